//! What clients, issuers and rules may send.

use std::time::Duration;

/// Limits on requests, tokens, key sets and rules.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Most bytes of a request for a certificate. 128 KiB: a token has 1 to 2 KiB, a request for a key 1 KiB, a chain of an SVID 4 KiB.
    pub request_bytes: u64,
    /// Most bytes of an identity token. 16 KiB: those of GitLab and GitHub have below 2 KiB, and CVE-2025-30204 and CVE-2025-66506 show what
    /// large ones do.
    pub token_bytes: u64,
    /// Most bytes of a key set. 256 KiB: that of a large issuer has 10 KiB.
    pub key_set_bytes: u64,
    /// Most time until the key set of an issuer is here, whole. 10 s.
    pub key_set_time: Duration,
    /// Most bytes of what an issuing service answers a client. 256 KiB: a chain has below 16 KiB.
    pub client_bytes: usize,
    /// Most time until the answer of an issuing service is here, whole. 40 s: it gives itself 30.
    pub client_time: Duration,
    /// Most time for all questions about the revocation of one SVID. 10 s, as for a verdict.
    pub status_time: Duration,
    /// Most keys of a key set. 64; issuers have 2 to 10.
    pub keys: u64,
    /// Most values in one JSON text, at any depth. 1 024, so that looking for twins stays cheap.
    pub json_values: u64,
    /// Most levels of JSON. 16: claims have 3.
    pub json_depth: u64,
    /// Most seconds that the clocks of an issuer and of this service may differ. 60 s: RFC 7519, 4.1.4, allows "a few minutes".
    pub skew: u64,
    /// Most seconds since a token was issued. 24 h: a GitLab token lives as long as its job may run.
    pub token_age: u64,
    /// Most projects and rules whose rate is remembered. 16 384; with all places taken nothing more is issued to a new one.
    pub remembered_identities: usize,
    /// Most bytes of the rules. 1 MiB.
    pub rules_bytes: usize,
    /// Most rules. 1 024.
    pub rules: usize,
    /// Most characters of one value in a subject. 64: `ub-common-name` and its like; twice that for L and ST (RFC 5280, A.1).
    pub attribute_chars: usize,
    /// Most bytes of a URI in a certificate. 2 048, which is what a SPIFFE ID may have.
    pub uri_bytes: usize,
    /// Most bytes of an OCSP or time-stamp request. 64 KiB: they have below 1 KiB.
    pub protocol_bytes: u64,
    /// Most connections at once. 256.
    pub connections: usize,
    /// Most bytes of a request's head. 64 KiB.
    pub head_bytes: usize,
    /// Most time for a request's head. 10 s.
    pub head_time: Duration,
    /// Most time for the whole content of a request, which is small. 10 s.
    pub body_time: Duration,
    /// Most time without a byte of an answer that the client takes. 30 s.
    pub answer_idle: Duration,
    /// Most time for a service to find its answer. 30 s: the keys of an issuer, the status of an SVID and a signature may each take 10 s. Who waits longer
    /// gets 503, and what was under way is given up.
    pub answer_time: Duration,
    /// Most time for one signature by the key of a service. 10 s: tokens and key services need below 1 s, and a call of PKCS#11 that hangs never ends.
    pub signing_time: Duration,
    /// Most signatures that are waited for at once. 64, a quarter of the connections: while a key hangs, others still hear that it does.
    pub signing: usize,
    /// Most time that a shutdown waits for requests that are under way. 10 s.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 128 * 1024,
            token_bytes: 16 * 1024,
            key_set_bytes: 256 * 1024,
            key_set_time: Duration::from_secs(10),
            client_bytes: 256 * 1024,
            client_time: Duration::from_secs(40),
            status_time: Duration::from_secs(10),
            keys: 64,
            json_values: 1024,
            json_depth: 16,
            skew: 60,
            token_age: 24 * 3600,
            remembered_identities: 16_384,
            rules_bytes: 1024 * 1024,
            rules: 1024,
            attribute_chars: 64,
            uri_bytes: 2048,
            protocol_bytes: 64 * 1024,
            connections: 256,
            head_bytes: 64 * 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            answer_idle: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            signing_time: Duration::from_secs(10),
            signing: 64,
            shutdown: Duration::from_secs(10),
        }
    }
}
