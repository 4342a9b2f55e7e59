//! The denial codes of this crate.

plimsoll_core::codes! {
    /// The payload is not a Notary payload.
    MALFORMED_PAYLOAD = "malformed-payload", Malformed, "the signed payload is not a descriptor of the artifact as the Notary specification demands";
    /// The trust policy document is broken.
    MALFORMED_TRUST_POLICY = "malformed-trust-policy", Malformed, "the trust policy breaks a rule of its specification, and nothing is verified by it";
    /// Required user metadata was not signed.
    SIGNED_METADATA_MISMATCH = "signed-metadata-mismatch", Untrusted, "metadata that is required was not signed, or with another value";
    /// No statement of the trust policy is about the repository.
    NO_APPLICABLE_TRUST_POLICY = "no-applicable-trust-policy", Untrusted, "no statement of the trust policy is about this repository";
    /// The signature is about another artifact.
    TARGET_MISMATCH = "target-mismatch", Untrusted, "the signature is valid for another artifact than this one";
}
