//! Denial codes about envelopes.

plimsoll_core::codes! {
    /// The header names another algorithm than the key's.
    ALGORITHM_MISMATCH = "algorithm-mismatch", Untrusted, "the header of the envelope names another algorithm than the key demands";
    /// A member or label stands twice.
    DUPLICATE_MEMBER = "duplicate-member", Malformed, "a member stands twice, so that two readers could see two values";
    /// The envelope does not have the form of its specification.
    ENVELOPE_MALFORMED = "envelope-malformed", Malformed, "the envelope does not have the form that its specification demands";
    /// The envelope cannot be written as asked.
    ENVELOPE_UNWRITABLE = "envelope-unwritable", Malformed, "the header or signature cannot be written in this form of envelope";
    /// A good form, but not the one that is due.
    ENVELOPE_UNSUPPORTED_FORM = "envelope-unsupported-form", Malformed, "the envelope is of a form that may not be used here";
    /// The signature does not hold.
    SIGNATURE_INVALID = "signature-invalid", Untrusted, "the signature does not hold over these bytes under this key";
    /// The header claims an algorithm that is not used here.
    SIGNATURE_ALGORITHM_UNSUPPORTED = "signature-algorithm-unsupported", Untrusted, "the header of the envelope names an algorithm that no signature may be made with";
    /// A critical header member is not understood.
    UNKNOWN_CRITICAL = "unknown-critical", Untrusted, "the header marks a member as critical that the verifier does not understand";
}
