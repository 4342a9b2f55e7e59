//! Denial codes about keys behind PKCS#11.

plimsoll_core::codes! {
    /// The certificate on the token is not one for the key.
    PKCS11_CERTIFICATE_MISMATCH = "pkcs11-certificate-mismatch", Untrusted, "the certificate that the token holds beside the key is for another key";
    /// The token or its driver failed.
    PKCS11_FAILED = "pkcs11-failed", Unavailable, "the token or its PKCS#11 module failed";
    /// No key, or more than one, is what the URI names.
    PKCS11_KEY_NOT_FOUND = "pkcs11-key-not-found", Unavailable, "the token holds no key that the URI names, or more than one";
    /// The key cannot sign what is asked.
    PKCS11_KEY_UNSUPPORTED = "pkcs11-key-unsupported", Unavailable, "the key on the token is of a kind, or has a mechanism, that is not used here";
    /// The module could not be loaded.
    PKCS11_MODULE_UNAVAILABLE = "pkcs11-module-unavailable", Unavailable, "the PKCS#11 module could not be loaded or started";
    /// No token, or more than one, is what the URI names.
    PKCS11_TOKEN_NOT_FOUND = "pkcs11-token-not-found", Unavailable, "no token that the URI names is there, or more than one";
    /// The PIN was not given, not accepted, or not tried.
    PKCS11_PIN_REFUSED = "pkcs11-pin-refused", Unavailable, "the PIN was not given, was not accepted, or was not tried because it could lock the token";
    /// What the token signed does not hold.
    PKCS11_SIGNATURE_INVALID = "pkcs11-signature-invalid", Untrusted, "the signature that the token gave does not hold under its public key";
    /// Not a PKCS#11 URI.
    PKCS11_URI_MALFORMED = "pkcs11-uri-malformed", Malformed, "the text is not a PKCS#11 URI that names a key";
}
