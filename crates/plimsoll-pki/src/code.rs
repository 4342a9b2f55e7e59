//! Denial codes of certificates, chains and trust stores.

plimsoll_core::codes! {
    /// A certificate uses an algorithm that no back end given checks.
    CERTIFICATE_ALGORITHM_UNSUPPORTED = "certificate-algorithm-unsupported", Unavailable, "a certificate is signed with an algorithm or key that no given back end can check";
    /// A certificate was valid before, but not at the time in question.
    CERTIFICATE_EXPIRED = "certificate-expired", Untrusted, "a certificate of the chain had expired at the time in question";
    /// A certificate is valid later, but not at the time in question.
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid", Untrusted, "a certificate of the chain was not yet valid at the time in question";
    /// A certificate breaks a rule of the profile that the chain is judged by.
    CERTIFICATE_PROFILE = "certificate-profile", Untrusted, "a certificate of the chain breaks a rule of its profile: an extension, key usage or key is not as it must be";
    /// The certificates do not form a chain.
    CHAIN_INVALID = "chain-invalid", Untrusted, "the certificates are not one chain, in order, each issued by the next, from the signer to a self-signed root";
    /// A certificate cannot be issued as asked.
    ISSUE_REFUSED = "issue-refused", Malformed, "a certificate cannot be issued with these names, numbers, times and keys";
    /// The bytes are no certificate.
    MALFORMED_CERTIFICATE = "malformed-certificate", Malformed, "the bytes are not a certificate as RFC 5280 and DER demand";
    /// The text is no distinguished name that identities can be compared by.
    MALFORMED_IDENTITY = "malformed-identity", Malformed, "the distinguished name of a trusted identity breaks a rule of the trust policy specification";
    /// The text is no PEM.
    MALFORMED_PEM = "malformed-pem", Malformed, "the file is not PEM as RFC 7468 demands";
    /// The name of a trust store is none.
    MALFORMED_STORE_NAME = "malformed-store-name", Malformed, "the text does not name a trust store as `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`";
    /// The subject of a signer cannot be compared with trusted identities.
    SUBJECT_NOT_COMPARABLE = "subject-not-comparable", Untrusted, "the subject of the signing certificate lacks or repeats an attribute that trusted identities are compared by";
    /// A trust store holds no certificate.
    TRUST_STORE_EMPTY = "trust-store-empty", Untrusted, "the trust store holds no certificate, so nothing can be trusted by it";
    /// A trust store holds what is no anchor.
    TRUST_STORE_INVALID = "trust-store-invalid", Malformed, "the trust store holds a certificate that cannot be an anchor in it";
    /// A PEM file holds something else than the certificates that were expected.
    UNEXPECTED_PEM = "unexpected-pem", Malformed, "the PEM file holds a block of another kind than the certificates that were expected";
    /// No certificate of the chain is in the trust stores.
    UNTRUSTED_CHAIN = "untrusted-chain", Untrusted, "no certificate of the chain is in a trust store that the policy names";
    /// A key is too small or badly formed.
    WEAK_KEY = "weak-key", Untrusted, "a certificate of the chain has a key that is too weak";
    /// A certificate is signed with a broken hash.
    WEAK_SIGNATURE = "weak-signature", Untrusted, "a certificate of the chain is signed with MD5 or SHA-1";
}
