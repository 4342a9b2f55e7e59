//! The denial codes of this crate.

plimsoll_core::codes! {
    /// An address that others can reach, without a login or without TLS.
    INSECURE_LISTENER = "insecure-listener", Malformed, "an address other than loopback needs both a password file and TLS";
    /// The address could not be listened on.
    LISTEN_FAILED = "listen-failed", Unavailable, "the address could not be listened on";
    /// The password file is broken.
    MALFORMED_HTPASSWD = "malformed-htpasswd", Malformed, "the password file does not hold lines of the form USER:BCRYPT-HASH";
    /// The certificate or key for TLS is broken.
    MALFORMED_TLS_IDENTITY = "malformed-tls-identity", Malformed, "the certificate chain and key for TLS cannot be used";
}
