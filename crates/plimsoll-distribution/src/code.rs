//! The denial codes of this crate.

plimsoll_core::codes! {
    /// A redirect leads from https to http.
    INSECURE_REDIRECT = "insecure-redirect", Untrusted, "a registry that speaks https redirected to plain http";
    /// A challenge cannot be read.
    MALFORMED_CHALLENGE = "malformed-challenge", Malformed, "the WWW-Authenticate header does not have the form of RFC 9110";
    /// Others kept changing the fallback tag.
    REFERRERS_CONFLICT = "referrers-conflict", Unavailable, "other writers kept changing the referrers tag, so the new entry could not be kept in it";
    /// The registry said no for a reason of its own.
    REGISTRY_REFUSED = "registry-refused", Unavailable, "the registry or service refused the request, and said that the request is at fault";
    /// Nothing came for too long.
    TIMED_OUT = "timed-out", Unavailable, "the peer did not answer in time";
    /// No encrypted connection came about.
    TLS_FAILED = "tls-failed", Unavailable, "no TLS connection came about; plain http is not tried in its place";
    /// The upload did not end as it should.
    UPLOAD_CONFLICT = "upload-conflict", Unavailable, "the registry did not accept the upload as the client sent it";
}
