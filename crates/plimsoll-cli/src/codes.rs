//! Every denial code of this build.

use plimsoll::core::Code;

/// The codes of each crate.
pub(crate) static KNOWN: &[&[Code]] = &[
    plimsoll::authority::code::ALL,
    plimsoll::catalog::code::ALL,
    plimsoll::core::code::ALL,
    plimsoll::crypto::code::ALL,
    plimsoll::distribution::code::ALL,
    plimsoll::envelope::code::ALL,
    plimsoll::host::code::ALL,
    plimsoll::notary::code::ALL,
    plimsoll::oci::code::ALL,
    #[cfg(feature = "pkcs11")]
    plimsoll::pkcs11::code::ALL,
    plimsoll::pki::code::ALL,
    plimsoll::policy::code::ALL,
    plimsoll::provenance::code::ALL,
    plimsoll::registry::code::ALL,
    plimsoll::sbom::code::ALL,
    plimsoll::store::code::ALL,
    plimsoll::verify::code::ALL,
];

/// All of them, by name.
pub(crate) fn all() -> impl Iterator<Item = &'static Code> {
    let mut codes: Vec<&'static Code> = KNOWN.iter().copied().flatten().collect();
    codes.sort();
    codes.into_iter()
}

/// The code with this name.
pub(crate) fn find(name: &str) -> Option<&'static Code> {
    KNOWN.iter().copied().flatten().find(|code| code.name() == name)
}
