//! What may be read of a registry's answers.

use std::time::Duration;

/// Limits on what registries send.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Most bytes of a manifest, index, tag list or referrers page. 4 MiB, as distribution, oras-go and notation-go.
    pub document_bytes: u64,
    /// Most bytes of a blob that is read into memory. 32 MiB, as oras-go's `content.ReadAll` and notation-go's envelopes.
    pub blob_bytes: u64,
    /// Most bytes of a token answer. 128 KiB, as oras-go.
    pub token_bytes: u64,
    /// Most bytes of an error's body that are read. 8 KiB, as oras-go.
    pub error_bytes: u64,
    /// Most time for what is read of the body of an error or a redirect. 10 s.
    pub error_time: Duration,
    /// Most pages of a list. 1 000: distribution serves up to 1 000 entries a page.
    pub pages: u64,
    /// Most entries of a list. 100 000.
    pub entries: u64,
    /// Most bytes of all pages of a list. 64 MiB, sixteen of the largest.
    pub list_bytes: u64,
    /// Most time for all pages of a list. 10 min.
    pub list_time: Duration,
    /// Most redirects of one request. 10, as Go's net/http.
    pub redirects: u64,
    /// Most time for a document or token, head and body. 60 s.
    pub document_time: Duration,
    /// Slowest blob, in bytes per second of waiting beyond [`Limits::document_time`]. 10 KiB/s.
    pub slowest: u64,
    /// Requests to one registry that read, and requests that write, under way at once. 32 each.
    pub concurrency: usize,
    /// Most tokens, challenges and manifests that are remembered, each. 256.
    pub remembered: usize,
    /// Most bytes of manifests that are remembered in all. 8 MiB, two of the largest.
    pub remembered_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 4 * 1024 * 1024,
            blob_bytes: 32 * 1024 * 1024,
            token_bytes: 128 * 1024,
            error_bytes: 8 * 1024,
            error_time: Duration::from_secs(10),
            pages: 1000,
            entries: 100_000,
            list_bytes: 64 * 1024 * 1024,
            list_time: Duration::from_secs(600),
            redirects: 10,
            document_time: Duration::from_secs(60),
            slowest: 10 * 1024,
            concurrency: 32,
            remembered: 256,
            remembered_bytes: 8 * 1024 * 1024,
        }
    }
}

/// How often, and after what time, a request is sent again.
///
/// It is sent again on 408, 429, 500, 502, 503 and 504, and when the connection did not come about, broke off or timed out.
/// `Retry-After` is honoured, and for everything else that is asked of this registry; when it asks for more than [`Retry::longest`], that is
/// an error at once. Without it the pause doubles from [`Retry::first`]. Up to a quarter is added at random, so that many clients do
/// not come back together.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Retry {
    /// Most attempts in all, at least one. 5, as oras-go.
    pub attempts: u32,
    /// The first pause. 250 ms, as oras-go.
    pub first: Duration,
    /// The longest pause, whatever the registry asks. 60 s, as containers/image.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 5, first: Duration::from_millis(250), longest: Duration::from_secs(60) }
    }
}

impl Retry {
    /// Never sends a request again.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }
    /// The pause after the attempt with this number, counted from one; none when a longer one is asked for than is waited.
    pub(crate) fn pause(&self, attempt: u32, asked: Option<Duration>, random: u64) -> Option<Duration> {
        if asked.is_some_and(|asked| asked > self.longest) {
            return None;
        }
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let least = asked.unwrap_or_else(|| self.first.saturating_mul(factor)).min(self.longest);
        let part = u32::try_from(random % JITTER).unwrap_or_default();
        let jitter = least.saturating_mul(part).checked_div(STEPS).unwrap_or_default();
        Some(least.saturating_add(jitter))
    }
}

/// A quarter, in steps of a 256th.
const STEPS: u32 = 256;
const JITTER: u64 = 64;

/// What a registry announced about when it may be asked again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Asked(Option<Duration>);

impl Asked {
    /// What a refusal says.
    pub(crate) fn of(headers: &http::HeaderMap) -> Self {
        Self(retry_after(headers))
    }
    pub(crate) fn pause(self) -> Option<Duration> {
        self.0
    }
    /// How long nothing more is left to ask, as a success says it: `RateLimit-Remaining: 0` and `RateLimit-Reset` in seconds
    /// ([draft-ietf-httpapi-ratelimit-headers-06, section 3][draft]).
    ///
    /// [draft]: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-06#section-3
    pub(crate) fn exhausted(headers: &http::HeaderMap) -> Option<Duration> {
        let number = |name| -> Option<u64> { headers.get(name)?.to_str().ok()?.trim().parse().ok() };
        (number("ratelimit-remaining")? == 0).then(|| number("ratelimit-reset").map(Duration::from_secs)).flatten()
    }
}

/// `Retry-After` of RFC 9110, section 10.2.3: seconds, or a date, which counts from the answer's own `Date`.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::trim);
    let asked = text(http::header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let (then, now) =
        (httpdate::parse_http_date(asked).ok()?, httpdate::parse_http_date(text(http::header::DATE)?).ok()?);
    Some(then.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, header};

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:47 GMT"));
        assert_eq!(retry_after(&headers), None);
        headers.insert(header::DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(10)));
    }

    #[test]
    fn pauses_double_and_are_capped() {
        let retry = Retry::default();
        assert_eq!(retry.pause(1, None, 0), Some(Duration::from_millis(250)));
        assert_eq!(retry.pause(3, None, 0), Some(Duration::from_secs(1)));
        assert_eq!(retry.pause(40, None, 0), Some(Duration::from_secs(60)));
    }

    #[test]
    fn an_announced_pause_is_never_cut_short() {
        let retry = Retry::default();
        assert_eq!(retry.pause(1, Some(Duration::from_secs(60)), 0), Some(Duration::from_secs(60)));
        assert_eq!(retry.pause(1, Some(Duration::from_secs(61)), 0), None);
        for random in [0, 1, 63, 64, u64::MAX] {
            let pause = retry.pause(1, Some(Duration::from_secs(8)), random).unwrap();
            assert!(pause >= Duration::from_secs(8) && pause < Duration::from_secs(10), "{pause:?}");
        }
    }

    #[test]
    fn a_limit_that_is_used_up_says_when_it_is_new() {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit-remaining", HeaderValue::from_static("1"));
        headers.insert("ratelimit-reset", HeaderValue::from_static("30"));
        assert_eq!(Asked::exhausted(&headers), None);
        headers.insert("ratelimit-remaining", HeaderValue::from_static("0"));
        assert_eq!(Asked::exhausted(&headers), Some(Duration::from_secs(30)));
        // Docker Hub's own form, with a window: it says not when.
        headers.insert("ratelimit-remaining", HeaderValue::from_static("0;w=21600"));
        assert_eq!(Asked::exhausted(&headers), None);
    }
}
