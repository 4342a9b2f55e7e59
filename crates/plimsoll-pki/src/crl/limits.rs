//! Limits on revocation lists.

/// How much of a revocation list is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CrlLimits {
    /// Bytes of one list. One less than 32 MiB, as notation-core-go: about a million entries.
    pub bytes: u64,
    /// Extensions of a list, and of one of its entries. 32; real lists have up to five, entries up to three.
    pub extensions: u64,
    /// Distribution points of a certificate or list, and names in one. 32; real certificates have one to three.
    pub points: u64,
    /// Seconds by which `thisUpdate` may lie in the future, because clocks differ. 300, as OpenSSL's `ocsp` command.
    pub skew_seconds: u64,
}

impl Default for CrlLimits {
    fn default() -> Self {
        Self { bytes: 32 * 1024 * 1024 - 1, extensions: 32, points: 32, skew_seconds: 300 }
    }
}
