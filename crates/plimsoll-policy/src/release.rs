//! What a signer says of a release, as user metadata of its signature.

/// The repository that the signature is for, as the normal form of a reference writes it: `registry.example.com/team/app`.
pub const REPOSITORY: &str = "org.plimsoll.repository";
/// The version, as Semantic Versioning writes it.
pub const VERSION: &str = "org.plimsoll.version";
