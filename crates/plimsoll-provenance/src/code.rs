//! The denial codes of this crate.

plimsoll_core::codes! {
    /// Nothing that the configuration names vouches for an attestation or SBOM.
    ATTESTATION_NOT_AUTHENTICATED = "attestation-not-authenticated", Untrusted, "no key, certificate or Notary signature that the configuration names vouches for the attestation or SBOM, so anybody may have written it";
    /// More attestations are attached than are looked at.
    ATTESTATIONS_EXHAUSTED = "attestation-attempts-exhausted", Unavailable, "more attestations and SBOMs are attached than are looked at, by their number or their size, so it is not known what the rest says";
    /// The attestation is about something else.
    ATTESTATION_SUBJECT_MISMATCH = "attestation-subject-mismatch", Untrusted, "the attestation or SBOM is about another artifact than the one that it is attached to";
    /// An attestation is signed by an authority for other predicate types.
    ATTESTATION_TYPE_NOT_ALLOWED = "attestation-type-not-allowed", Untrusted, "the attestation is signed, but the configuration does not name its signer for its predicate type";
    /// The list of authorities is wrong.
    MALFORMED_AUTHORITIES = "malformed-authorities", Malformed, "the configuration of who may attest what breaks a rule of its form";
    /// A manifest that is attached as an attestation does not have the form of one.
    MALFORMED_ATTESTATION = "malformed-attestation", Malformed, "the manifest or envelope of an attestation does not have the form of one";
    /// A predicate type is none.
    MALFORMED_PREDICATE_TYPE = "malformed-predicate-type", Malformed, "the text is neither a short name of a predicate type nor a URI";
    /// SLSA provenance is not what its specification demands.
    MALFORMED_PROVENANCE = "malformed-provenance", Malformed, "the predicate does not have the form of SLSA provenance";
    /// A statement is not what its specification demands.
    MALFORMED_STATEMENT = "malformed-statement", Malformed, "the payload is not an in-toto statement of version 0.1 or 1";
}
