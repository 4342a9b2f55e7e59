/// Limits on one envelope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the whole envelope. 32 MiB, as notation-go's limit on a signature blob (`maxBlobSizeLimit`).
    pub envelope: u64,
    /// Bytes of a decoded protected header. 64 KiB: Notation writes some hundred, and CVE-2025-30204 and CVE-2025-66506 show what large ones do.
    pub header: u64,
    /// Values in one JSON text or CBOR header, at any depth: members, items and what they hold. 1024, so that looking for twins stays cheap.
    pub values: u64,
    /// Octets of one member's name or text label. 1 KiB: each is compared with those before it, so that long ones that differ only at their ends would
    /// cost far more than their length. RFC 7515 advises 8, names that are URIs have some dozens.
    pub name: u64,
    /// Depth of arrays, maps and tags. 32: envelopes need three; RUSTSEC-2019-0025 and RUSTSEC-2024-0012 are stack overflows.
    pub depth: u64,
    /// Certificates in a presented chain. 10: a chain of a real authority has two to four.
    pub certificates: u64,
    /// Bytes of one certificate. 64 KiB, ten times what one with many names takes.
    pub certificate: u64,
    /// Signatures in one envelope. 32.
    pub signatures: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            envelope: 32 << 20,
            header: 64 << 10,
            values: 1024,
            name: 1024,
            depth: 32,
            certificates: 10,
            certificate: 64 << 10,
            signatures: 32,
        }
    }
}
