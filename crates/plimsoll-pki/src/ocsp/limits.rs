//! Limits on OCSP.

/// How much of an OCSP message is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct OcspLimits {
    /// Bytes of one request or response. 20 KiB, as notation-core-go; real responses have up to 3.
    pub bytes: u64,
    /// Certificates that one request asks for, or one response speaks of. 64; a response to one question has one.
    pub statuses: u64,
    /// Certificates that come with a response. 8; real responses bring up to three.
    pub certificates: u64,
    /// Extensions of one list of extensions. 32; real lists have one or two.
    pub extensions: u64,
    /// Seconds by which `thisUpdate` may lie in the future, because clocks differ. 300, as OpenSSL's `ocsp` command.
    pub skew_seconds: u64,
}

impl Default for OcspLimits {
    fn default() -> Self {
        Self { bytes: 20 * 1024, statuses: 64, certificates: 8, extensions: 32, skew_seconds: 300 }
    }
}
