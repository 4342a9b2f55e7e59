//! Limits on the search for a path.

/// How much work one search may take, whatever the certificates say. All are counted over the whole search, not anew for
/// each path that is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PathLimits {
    /// How much of each certificate is read.
    pub certificate: crate::Limits,
    /// Certificates that came with the leaf. 256; real chains have up to 5, and x509-limbo's hostile graphs 100.
    pub intermediates: u64,
    /// Certificates of a path, the leaf and the anchor included. 10, as for chains in order.
    pub path: u64,
    /// Authorities between the leaf and the anchor that are not self-issued; what RFC 5280 counts for a path length. 8, which `path` implies.
    pub authorities: u64,
    /// Public-key operations. 100, as in rustls-webpki since RUSTSEC-2023-0052; a path of 10 takes 9. Beyond as many as the longest path
    /// takes, they are also counted by their cost, and all together may cost no more than so many under a key of P-256: one under P-384 or P-521
    /// counts 25, one of ML-DSA or above RSA-4096 counts 6. So no graph takes longer than the longest path does, or 100 operations of P-256.
    pub signatures: u64,
    /// Certificates that are tried in a place. 10 000; rustls-webpki allows 200 000 calls.
    pub steps: u64,
    /// Comparisons of a name with a constraint, each counted once more for every 256 octets of both. 250 000, as in rustls-webpki and, since
    /// CVE-2025-58187, in Go, where the octets do not count.
    pub name_comparisons: u64,
    /// Nodes and edges of policies that are looked at. 100 000; OpenSSL needed a bound of a thousand nodes after CVE-2023-0464.
    pub policy_steps: u64,
}

impl Default for PathLimits {
    fn default() -> Self {
        Self {
            certificate: crate::Limits::default(),
            intermediates: 256,
            path: 10,
            authorities: 8,
            signatures: 100,
            steps: 10_000,
            name_comparisons: 250_000,
            policy_steps: 100_000,
        }
    }
}

impl PathLimits {
    /// Sets how many authorities, not self-issued, may stand between leaf and anchor.
    #[must_use]
    pub fn with_authorities(mut self, authorities: u64) -> Self {
        self.authorities = authorities;
        self
    }
    /// Sets the number of public-key operations.
    #[must_use]
    pub fn with_signatures(mut self, signatures: u64) -> Self {
        self.signatures = signatures;
        self
    }
}
