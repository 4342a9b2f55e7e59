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
    /// The leaf does not have the name that is expected.
    CERTIFICATE_NAME_MISMATCH = "certificate-name-mismatch", Untrusted, "the certificate is valid, but not for the server, mailbox or URI that was asked for";
    /// A certificate is valid later, but not at the time in question.
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid", Untrusted, "a certificate of the chain was not yet valid at the time in question";
    /// The path holds for no certificate policy that is demanded.
    CERTIFICATE_POLICY_MISSING = "certificate-policy-missing", Untrusted, "the path is valid for none of the certificate policies that the caller or a certificate demands";
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
    /// The text is no name of a server.
    MALFORMED_SERVER_NAME = "malformed-server-name", Malformed, "the text is neither a host name in ASCII nor an IP address";
    /// The text is no SPIFFE ID.
    MALFORMED_SPIFFE_ID = "malformed-spiffe-id", Malformed, "the text is not a SPIFFE ID such as `spiffe://example.org/ci/release`, or not a trust domain";
    /// The bytes are no SPIFFE bundle.
    MALFORMED_SPIFFE_BUNDLE = "malformed-spiffe-bundle", Malformed, "the bytes are not the bundle of a SPIFFE trust domain";
    /// The name of a trust store is none.
    MALFORMED_STORE_NAME = "malformed-store-name", Malformed, "the text does not name a trust store as `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`";
    /// The bytes are no timestamp, or no request or response for one.
    MALFORMED_TIMESTAMP = "malformed-timestamp", Malformed, "the timestamp, or the request or response for one, is not as RFC 3161 and RFC 5652 demand, or does not sign which certificate is its signer's";
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
    /// A name of a certificate is where an authority above it forbids it.
    NAME_CONSTRAINT_VIOLATED = "name-constraint-violated", Untrusted, "a certificate of the path has a name that the name constraints of an authority above it do not allow, or that cannot be compared with them";
    /// The subject of a signer cannot be compared with trusted identities.
    SUBJECT_NOT_COMPARABLE = "subject-not-comparable", Untrusted, "the subject of the signing certificate lacks or repeats an attribute that trusted identities are compared by";
    /// A timestamp is signed with an algorithm that no back end given checks.
    TIMESTAMP_ALGORITHM_UNSUPPORTED = "timestamp-algorithm-unsupported", Unavailable, "the timestamp is signed with an algorithm or key that no given back end can check";
    /// A timestamp uses a hash function that is not accepted.
    TIMESTAMP_HASH = "timestamp-hash", Untrusted, "the timestamp uses a hash function other than SHA-256, SHA-384 and SHA-512";
    /// A timestamp is for something else.
    TIMESTAMP_MISMATCH = "timestamp-mismatch", Untrusted, "the timestamp is for other bytes, or not the answer to the request";
    /// A timestamping authority gave no timestamp.
    TIMESTAMP_REFUSED = "timestamp-refused", Unavailable, "the timestamping authority answered the request without giving a timestamp";
    /// The signature of a timestamp does not hold.
    TIMESTAMP_SIGNATURE_INVALID = "timestamp-signature-invalid", Untrusted, "the timestamp's own signature does not hold under the key of its signer's certificate";
    /// A trust store holds no certificate.
    TRUST_STORE_EMPTY = "trust-store-empty", Untrusted, "the trust store holds no certificate, so nothing can be trusted by it";
    /// A trust store holds what is no anchor.
    TRUST_STORE_INVALID = "trust-store-invalid", Malformed, "the trust store holds a certificate that cannot be an anchor in it";
    /// A PEM file holds something else than the certificates that were expected.
    UNEXPECTED_PEM = "unexpected-pem", Malformed, "the PEM file holds a block of another kind than the certificates that were expected";
    /// A certificate is no X.509-SVID, or of a trust domain without a bundle.
    SVID_INVALID = "svid-invalid", Untrusted, "the certificate breaks a rule for X.509-SVIDs, or no bundle is given for its trust domain";
    /// A certificate has a critical extension that is not known.
    UNKNOWN_CRITICAL_EXTENSION = "unknown-critical-extension", Untrusted, "a certificate of the path has a critical extension that is not evaluated, so that nobody knows what it forbids";
    /// No certificate of the chain is in the trust stores.
    UNTRUSTED_CHAIN = "untrusted-chain", Untrusted, "no certificate of the chain is in a trust store that the policy names";
    /// A key is too small or badly formed.
    WEAK_KEY = "weak-key", Untrusted, "a certificate of the chain has a key that is too weak";
    /// A certificate is signed with a broken hash.
    WEAK_SIGNATURE = "weak-signature", Untrusted, "a certificate of the chain is signed with MD5 or SHA-1";
}
