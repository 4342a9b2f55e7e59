//! The denial codes of this crate.

plimsoll_core::codes! {
    /// The trust policy document is broken.
    MALFORMED_TRUST_POLICY = "malformed-trust-policy", Malformed, "the trust policy breaks a rule of its specification, and nothing is verified by it";
    /// No statement of the trust policy is about the repository.
    NO_APPLICABLE_TRUST_POLICY = "no-applicable-trust-policy", Untrusted, "no statement of the trust policy is about this repository";
}
