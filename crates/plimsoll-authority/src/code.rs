//! The denial codes of this crate.

plimsoll_core::codes! {
    /// The certificate was revoked before.
    ALREADY_REVOKED = "already-revoked", Malformed, "the certificate was revoked before, and a revocation is never changed";
    /// The certificates or the key of an authority cannot issue.
    AUTHORITY_UNUSABLE = "authority-unusable", Malformed, "the certificates and the key of the authority cannot issue what they are asked for";
    /// An address that others can reach, for a service that needs TLS.
    AUTHORITY_EXPOSED = "authority-exposed", Malformed, "an address other than loopback needs TLS, or a service whose answers are signed and which may be public";
    /// The address could not be listened on.
    AUTHORITY_NOT_LISTENING = "authority-not-listening", Unavailable, "the service of the authority could not listen on its address";
    /// The certificate or key for TLS is broken.
    AUTHORITY_TLS_MALFORMED = "authority-tls-malformed", Malformed, "the certificate chain and key for TLS of the authority's service cannot be used";
    /// The checkpoint is not by the authority.
    CHECKPOINT_UNTRUSTED = "checkpoint-untrusted", Untrusted, "the checkpoint of a ledger is not signed by the key of the authority";
    /// The answer certifies another key.
    ISSUED_FOR_ANOTHER_KEY = "issued-for-another-key", Untrusted, "an issuing service answered with a certificate for another key than the one that was sent";
    /// The key of the authority did not sign.
    ISSUING_FAILED = "issuing-failed", Unavailable, "the authority could not issue the certificate: its key did not sign, or what came out does not hold";
    /// The key is not one that may get a certificate.
    ISSUING_KEY_REFUSED = "issuing-key-refused", Untrusted, "the key is not one of the six kinds that signers of the Notary Project have, or not the one that was bound to the token";
    /// Too many certificates in a short time.
    ISSUING_RATE_EXCEEDED = "issuing-rate-exceeded", Unavailable, "the project, all below its rule, or all together asked for more certificates than the rate allows";
    /// The service said no.
    ISSUING_REFUSED = "issuing-refused", Untrusted, "an issuing service refused to certify the key, for the reason that it gives";
    /// The claims cannot stand in a certificate.
    ISSUING_SUBJECT_REFUSED = "issuing-subject-refused", Untrusted, "a rule fits the identity, but its claims cannot be written into a certificate";
    /// The service could not be asked.
    ISSUING_UNAVAILABLE = "issuing-unavailable", Unavailable, "an issuing service could not be asked for a certificate, or cannot issue now";
    /// The address is not one that a token may be sent to.
    ISSUING_URL_REFUSED = "issuing-url-refused", Malformed, "the address of an issuing service is neither https nor http on loopback";
    /// The ledger is not the one that was signed.
    LEDGER_CONTRADICTED = "ledger-contradicted", Untrusted, "the ledger of the authority is not the one that a checkpoint was signed over: its end was cut off, or it was written anew";
    /// The ledger is broken.
    LEDGER_MALFORMED = "ledger-malformed", Malformed, "the ledger of the authority is not a chain of entries as they were written";
    /// The ledger cannot be read or written.
    LEDGER_UNAVAILABLE = "ledger-unavailable", Unavailable, "the ledger of the authority cannot be read or written, so nothing is issued";
    /// The checkpoint is not of its form.
    MALFORMED_CHECKPOINT = "malformed-checkpoint", Malformed, "the text is no checkpoint of a ledger";
    /// The answer is not of its form.
    MALFORMED_ISSUING_ANSWER = "malformed-issuing-answer", Malformed, "the answer of an issuing service is no chain of certificates";
    /// The request is not of its form.
    MALFORMED_ISSUING_REQUEST = "malformed-issuing-request", Malformed, "the request for a certificate is not of the form that the issuing service demands";
    /// The rules are broken.
    MALFORMED_ISSUING_RULES = "malformed-issuing-rules", Malformed, "the issuing rules are not of their form, or would give certificates to anybody";
    /// The key set is broken.
    MALFORMED_KEY_SET = "malformed-key-set", Malformed, "the key set of a token issuer is not as RFC 7517 and RFC 7518 demand";
    /// No rule gives this identity a certificate.
    NO_ISSUING_RULE = "no-issuing-rule", Untrusted, "the identity is proven, but no rule gives it a certificate";
    /// The authority issued no such certificate.
    UNKNOWN_SERIAL = "unknown-serial", Malformed, "the authority issued no certificate with this serial number";
    /// The SVID proves nothing.
    SVID_REFUSED = "svid-refused", Untrusted, "the request is not signed by an X.509-SVID of the trust domain";
    /// The keys of the issuer cannot be had.
    TOKEN_KEYS_UNAVAILABLE = "token-keys-unavailable", Unavailable, "the keys of a token issuer cannot be had, so nothing can be said of the token";
    /// The claims are broken.
    TOKEN_MALFORMED = "token-malformed", Malformed, "the claims of the identity token are not as its specification demands";
    /// The token is too old or too new.
    TOKEN_OUT_OF_TIME = "token-out-of-time", Untrusted, "the identity token has expired, or is not yet valid";
    /// The token came before, with another key.
    TOKEN_REUSED = "token-reused", Untrusted, "the identity token was used before, for another key";
    /// The token is for or by somebody else.
    TOKEN_UNTRUSTED = "token-untrusted", Untrusted, "the identity token is not one of a trusted issuer for this service alone";
}
