//! Blobs: end-2 and end-10.

use crate::{
    body::{Answer, empty, stored},
    refusal::Refusal,
    registry::{CONTENT_DIGEST, Registry, StoredContent, set},
};
use http::{HeaderMap, Response, StatusCode, header};
use plimsoll_core::{Descriptor, Digest, Replay as _, Repository};
use plimsoll_oci::media_type;
use plimsoll_store::Layout;

impl Registry {
    pub(crate) async fn blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        headers: &HeaderMap,
    ) -> Result<Answer, Refusal> {
        let layout = self.0.repositories.find(repository)?.ok_or_else(|| unknown(digest))?;
        let size = self.size_of(repository, &layout, digest).await?.ok_or_else(|| unknown(digest))?;
        let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).and_then(|text| range(text, size));
        let (from, to) = match range {
            Some(Ok(range)) => range,
            Some(Err(())) => return Err(unsatisfiable(size)),
            None => (0, size),
        };
        let content = layout.open_blob(digest)?;
        let part = to.saturating_sub(from);
        // A part cannot be checked while it goes; the whole was, since the file last changed.
        let check = (part == size && self.0.stored == StoredContent::Verify)
            .then(|| Descriptor::new(media_type::OCTET_STREAM, *digest, size));
        let mut answer = Response::new(stored(content.open_at(from), part, check));
        if range.is_some() {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(&mut answer, header::CONTENT_RANGE, &format!("bytes {from}-{}/{size}", to.saturating_sub(1)));
        }
        answer.headers_mut().insert(header::CONTENT_LENGTH, part.into());
        set(&mut answer, header::CONTENT_TYPE, media_type::OCTET_STREAM);
        set(&mut answer, header::ACCEPT_RANGES, "bytes");
        set(&mut answer, header::ETAG, &format!("\"{digest}\""));
        set(&mut answer, CONTENT_DIGEST, &digest.to_string());
        Ok(answer)
    }
    pub(crate) fn delete_blob(&self, repository: &Repository, digest: &Digest) -> Result<Answer, Refusal> {
        let layout = self.0.repositories.find(repository)?.ok_or_else(|| unknown(digest))?;
        if layout.delete_blob(digest)? { Ok(empty(StatusCode::ACCEPTED)) } else { Err(unknown(digest)) }
    }
    /// The size of content that is there, checked as the registry was told to.
    pub(crate) async fn size_of(
        &self,
        repository: &Repository,
        layout: &Layout,
        digest: &Digest,
    ) -> Result<Option<u64>, Refusal> {
        match self.0.stored {
            StoredContent::Verify => self.0.repositories.whole(repository, layout, digest).await,
            StoredContent::Trust => Ok(layout.stat(digest)?),
        }
    }
}

/// `bytes=from-to` of RFC 9110, section 14.1.2, as first byte and byte after the last; `None` for what may be ignored: other units, several
/// ranges, what has not the form.
fn range(text: &str, size: u64) -> Option<Result<(u64, u64), ()>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let (from, to) = match (from, to) {
        ("", last) => (size.saturating_sub(number(last)?), size),
        (from, "") => (number(from)?, size),
        (from, to) => (number(from)?, number(to)?.saturating_add(1).min(size)),
    };
    Some(if from < to { Ok((from, to)) } else { Err(()) })
}

fn unsatisfiable(size: u64) -> Refusal {
    let message = format!("expected a range within {size} bytes");
    Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", message)
        .with(header::CONTENT_RANGE, &format!("bytes */{size}"))
}

fn unknown(digest: &Digest) -> Refusal {
    Refusal::not_found("BLOB_UNKNOWN", digest)
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_read_ignored_or_refused() {
        assert_eq!(range("bytes=0-3", 10), Some(Ok((0, 4))));
        assert_eq!(range("bytes=4-", 10), Some(Ok((4, 10))));
        assert_eq!(range("bytes=-3", 10), Some(Ok((7, 10))));
        assert_eq!(range("bytes=5-99", 10), Some(Ok((5, 10))));
        for refused in ["bytes=10-", "bytes=5-4", "bytes=-0"] {
            assert_eq!(range(refused, 10), Some(Err(())), "{refused}");
        }
        for ignored in
            ["items=0-1", "bytes=a-b", "bytes=0-1,3-4", "bytes=", "bytes=+1-2", "bytes=99999999999999999999-"]
        {
            assert_eq!(range(ignored, 10), None, "{ignored}");
        }
    }
}
