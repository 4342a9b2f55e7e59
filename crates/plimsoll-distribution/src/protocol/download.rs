//! Content as a stream, which goes on where it broke off.

use super::{
    Machine, Notice, Repository,
    call::{Call, Reply, Wanted},
    endpoint::{PULL, Talk},
};
use crate::{Error, limits::Asked};
use http::{HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Descriptor, Escaped, Pointer};
use plimsoll_oci::media_type;

impl Repository {
    /// Streams content from its byte `offset` on. The stream is unchecked: whoever reads it checks it.
    ///
    /// Where it breaks off, the rest is asked for by range (RFC 9110, section 14); a registry that gives everything instead is read
    /// over what was had before. Attempts that bring less than [`Limits::slowest`](crate::Limits::slowest) allows for are limited.
    pub fn download(&self, descriptor: &Descriptor, offset: u64) -> Machine<()> {
        let (repository, descriptor) = (self.clone(), descriptor.clone());
        Machine::new(|port| async move { repository.talk(port).download(&descriptor, offset).await })
    }
}

impl Talk {
    async fn download(&self, descriptor: &Descriptor, offset: u64) -> Result<(), Error> {
        let (mut had, mut attempt) = (offset, 1);
        loop {
            let call = self.content_call(descriptor, had);
            let reply = self.call(&call, Wanted::Stream).await?;
            let skip = first_byte(&call, reply, had)?;
            let (bytes, outcome) = self.port.stream(had.saturating_sub(skip)).await?;
            had = had.saturating_add(bytes);
            let Err(source) = outcome else { return Ok(()) };
            // Everything is here; how the connection ended after that is nobody's concern.
            if had >= descriptor.size {
                return Ok(());
            }
            if bytes >= self.progress() {
                attempt = 1;
            }
            let error = Error::Body { exchange: call.exchange(), source };
            attempt = self.pause(attempt, Asked::default(), error).await?;
            self.port.notice(Notice::Resumed { exchange: call.exchange(), from: had });
        }
    }
    /// As many bytes as have to come in the time for a document: fewer are no progress, and attempts that bring them are counted.
    fn progress(&self) -> u64 {
        let limits = &self.shared().limits;
        limits.slowest.saturating_mul(limits.document_time.as_secs()).max(1)
    }
    fn content_call(&self, descriptor: &Descriptor, from: u64) -> Call {
        let call = if media_type::is_manifest(&descriptor.media_type) {
            self.manifest_call(Method::GET, &Pointer::Digest(descriptor.digest), PULL)
        } else {
            self.blob_call(Method::GET, &descriptor.digest, PULL)
        };
        match HeaderValue::try_from(format!("bytes={from}-")) {
            Ok(range) if from > 0 => call.header(header::RANGE, range),
            _ => call,
        }
    }
}

/// The first byte of what comes: all, or what was asked for and nothing else.
fn first_byte(call: &Call, reply: Reply, wanted: u64) -> Result<u64, Error> {
    let reply = Talk::expect(call, reply, &[StatusCode::OK, StatusCode::PARTIAL_CONTENT])?;
    if reply.status == StatusCode::OK {
        return Ok(0);
    }
    let found = reply.header(&header::CONTENT_RANGE).unwrap_or_default();
    match content_range(found) {
        Some((first, _)) if first == wanted => Ok(first),
        _ => Err(Error::Malformed {
            exchange: call.exchange(),
            expected: "a Content-Range that begins where the range that was asked for does",
            found: Escaped::new(found),
        }),
    }
}

/// `bytes 5-9/10`: RFC 9110, section 14.4. The first and the last byte.
///
/// ```
/// use plimsoll_distribution::protocol::content_range;
/// assert_eq!(content_range("bytes 5-9/10"), Some((5, 9)));
/// for wrong in ["", "bytes 9-5/10", "bytes 5-9", "bytes */10", "items 5-9/10", "bytes 5-10/10", "bytes -5-9/10"] {
///     assert_eq!(content_range(wrong), None, "{wrong}");
/// }
/// ```
#[must_use]
pub fn content_range(header: &str) -> Option<(u64, u64)> {
    let (range, size) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (digits(first)?, digits(last)?);
    let fits = size == "*" || digits(size).is_some_and(|size| last < size);
    (first <= last && fits).then_some((first, last))
}

/// A number without a sign, as RFC 9110 has them.
pub(super) fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
