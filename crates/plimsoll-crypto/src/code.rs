//! Denial codes about keys.

plimsoll_core::codes! {
    /// A private key is encrypted, and no passphrase, or a wrong one, was given.
    PRIVATE_KEY_LOCKED = "private-key-locked", Unavailable, "the private key is encrypted, and the passphrase is missing or does not open it";
    /// What was given as a private key is none.
    PRIVATE_KEY_MALFORMED = "private-key-malformed", Malformed, "the input is not a private key in a form that is read here";
    /// A private key of a kind, size or encryption that is not used here.
    PRIVATE_KEY_UNSUPPORTED = "private-key-unsupported", Unavailable, "the private key is of a kind, size or encryption that this version does not use";
    /// What was given as a public key is none.
    PUBLIC_KEY_MALFORMED = "public-key-malformed", Malformed, "the input is not a SubjectPublicKeyInfo";
    /// A public key of a kind or size that is not used here.
    PUBLIC_KEY_UNSUPPORTED = "public-key-unsupported", Unavailable, "the public key is of a kind or size that this version does not use";
    /// A key could not make a signature.
    SIGNING_FAILED = "signing-failed", Unavailable, "the key could not make the signature that was asked for";
}
