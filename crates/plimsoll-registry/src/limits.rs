//! What clients may send.

use std::time::Duration;

/// Limits on what clients send.
///
/// Connections, the file that each serves, and two files for each upload stay below 1 024 open files, what most systems allow a process.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Most bytes of a manifest. 4 MiB: what distribution-spec asks registries to take at least, and distribution takes at most.
    pub manifest_bytes: u64,
    /// Most bytes of a blob. 100 GiB.
    pub blob_bytes: u64,
    /// Most entries of a page of tags or referrers, whatever `n` says (distribution CVE-2023-2253). 1 000, as distribution.
    pub page: usize,
    /// Most upload sessions at once. 128.
    pub uploads: usize,
    /// Longest time that an upload session may lie idle. 1 h; with all sessions taken, the oldest goes after [`Limits::body_idle`].
    pub upload_idle: Duration,
    /// Most connections at once. 256.
    pub connections: usize,
    /// Most bytes of a request's head. 64 KiB.
    pub head_bytes: usize,
    /// Most time for a request's head. 30 s.
    pub head_time: Duration,
    /// Most time without a byte of a request's content, or of an answer's that the client takes. 60 s.
    pub body_idle: Duration,
    /// Most time that a shutdown waits for requests that are under way. 10 s.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: 4 * 1024 * 1024,
            blob_bytes: 100 * 1024 * 1024 * 1024,
            page: 1000,
            uploads: 128,
            upload_idle: Duration::from_secs(3600),
            connections: 256,
            head_bytes: 64 * 1024,
            head_time: Duration::from_secs(30),
            body_idle: Duration::from_secs(60),
            shutdown: Duration::from_secs(10),
        }
    }
}
