//! Denial codes of certificates, chains and trust stores.

plimsoll_core::codes! {
    /// A certificate uses an algorithm that no back end given checks.
    CERTIFICATE_ALGORITHM_UNSUPPORTED = "certificate-algorithm-unsupported", Unavailable, "a certificate is signed with an algorithm or key that no given back end can check";
    /// The operator's distrust list names a certificate, key or issuer of the chain.
    CERTIFICATE_DISTRUSTED = "certificate-distrusted", Untrusted, "the operator's distrust list names a certificate of the chain, its key or an issuer, and no verified time saves the signature";
    /// A certificate was valid before, but not at the time in question.
    CERTIFICATE_EXPIRED = "certificate-expired", Untrusted, "a certificate of the chain had expired at the time in question";
    /// A certificate cannot be revoked, and the policy wants that it can.
    CERTIFICATE_NOT_REVOCABLE = "certificate-not-revocable", Unavailable, "the policy requires that revocation is checked, and a certificate names no OCSP responder and no CRL, nor is there a local CRL of its issuer";
    /// A certificate is valid later, but not at the time in question.
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid", Untrusted, "a certificate of the chain was not yet valid at the time in question";
    /// A certificate breaks a rule of the profile that the chain is judged by.
    CERTIFICATE_PROFILE = "certificate-profile", Untrusted, "a certificate of the chain breaks a rule of its profile: an extension, key usage or key is not as it must be";
    /// A certificate is revoked.
    CERTIFICATE_REVOKED = "certificate-revoked", Untrusted, "a certificate of the chain is revoked by its issuer";
    /// The certificates do not form a chain.
    CHAIN_INVALID = "chain-invalid", Untrusted, "the certificates are not one chain, in order, each issued by the next, from the signer to a self-signed root";
    /// A revocation list does not speak of the certificate, or in a way that is not understood.
    CRL_NOT_APPLICABLE = "crl-not-applicable", Unavailable, "the revocation list does not cover the certificate, does not fit its delta list, or has a critical extension that is not understood";
    /// A revocation list is too old, too new, or without an end.
    CRL_STALE = "crl-stale", Unavailable, "the revocation list does not count at the time in question: it is past its nextUpdate, has none, or lies in the future";
    /// A revocation list is not one of the certificate's issuer.
    CRL_UNTRUSTED = "crl-untrusted", Untrusted, "the revocation list is not signed by the issuer of the certificate, with a key that may sign such lists and a sound hash";
    /// A certificate cannot be issued as asked.
    ISSUE_REFUSED = "issue-refused", Malformed, "a certificate cannot be issued with these names, numbers, times and keys";
    /// The bytes are no certificate.
    MALFORMED_CERTIFICATE = "malformed-certificate", Malformed, "the bytes are not a certificate as RFC 5280 and DER demand";
    /// The bytes are no request for a certificate.
    MALFORMED_CERTIFICATION_REQUEST = "malformed-certification-request", Malformed, "the bytes are not a PKCS#10 certification request as RFC 2986 and DER demand";
    /// The bytes are no distrust list.
    MALFORMED_DISTRUST_LIST = "malformed-distrust-list", Malformed, "the distrust list is not the JSON that it must be, so nobody knows what it distrusts";
    /// The bytes are no revocation list.
    MALFORMED_CRL = "malformed-crl", Malformed, "the bytes are not a certificate revocation list as RFC 5280 and DER demand";
    /// The text is no distinguished name that identities can be compared by.
    MALFORMED_IDENTITY = "malformed-identity", Malformed, "the distinguished name of a trusted identity breaks a rule of the trust policy specification";
    /// The bytes are no OCSP request or response.
    MALFORMED_OCSP = "malformed-ocsp", Malformed, "the bytes are not an OCSP request or response as RFC 6960 and DER demand";
    /// The text is no PEM.
    MALFORMED_PEM = "malformed-pem", Malformed, "the file is not PEM as RFC 7468 demands";
    /// The name of a trust store is none.
    MALFORMED_STORE_NAME = "malformed-store-name", Malformed, "the text does not name a trust store as `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`";
    /// Nothing shows that the requester has the private key.
    POSSESSION_UNPROVEN = "possession-unproven", Untrusted, "the requester of a certificate does not show that the private key is there: the signature does not hold under the key";
    /// An OCSP response says nothing about the certificate.
    OCSP_NO_STATUS = "ocsp-no-status", Unavailable, "the OCSP responder gave no status for the certificate: an error, `unknown`, or the status of another certificate";
    /// An OCSP response is too old, too new, or without an end.
    OCSP_STALE = "ocsp-stale", Unavailable, "the OCSP response does not count at the time in question: it is past its nextUpdate, has none, lies in the future, or answers another request";
    /// An OCSP response is not signed by who may.
    OCSP_UNTRUSTED = "ocsp-untrusted", Untrusted, "the OCSP response is not signed by the issuer of the certificate or by a responder that the issuer certified for this";
    /// Whether a certificate is revoked could not be found out.
    REVOCATION_UNKNOWN = "revocation-unknown", Unavailable, "whether a certificate of the chain is revoked could not be found out";
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
