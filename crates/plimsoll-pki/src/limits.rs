//! Limits on certificates and chains.

/// How much of foreign certificates is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one certificate. 64 KiB: a signing certificate has 1 to 2 KiB, and Go needed a bound after CVE-2026-27145.
    pub certificate_bytes: u64,
    /// Certificates of one chain. 10, as OpenSSL's and Go's verifiers are used to; real chains have 1 to 4.
    pub chain: u64,
    /// Extensions of one certificate. 64; real certificates have up to 12.
    pub extensions: u64,
    /// Certificates of one PEM file or named trust store. 4096: a distribution's whole bundle has about 150.
    pub store_certificates: u64,
    /// Bytes of one PEM file. 16 MiB, which holds that many certificates.
    pub pem_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            certificate_bytes: 64 * 1024,
            chain: 10,
            extensions: 64,
            store_certificates: 4096,
            pem_bytes: 16 * 1024 * 1024,
        }
    }
}
