//! Blobs on their way in: distribution-spec, [Pushing blobs][spec], in one piece, in chunks, from another repository, and on from where
//! it broke off.
//!
//! [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs

use super::{
    Content, Machine, Notice, Repository,
    call::{Call, Reply, Wanted},
    conversation::refusal_of,
    download::digits,
    endpoint::{PULL, PUSH, Talk, scope_of},
    push::same_digest,
};
use crate::{Error, gate::required, limits::Asked};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Descriptor, Escaped};
use plimsoll_oci::media_type;
use url::Url;

/// How content is sent.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Uploading {
    /// By one PUT. Where a registry, or what stands before it, refuses that as too large (413), in chunks of 32 MiB.
    #[default]
    Whole,
    /// In chunks of so many bytes, or of as many as the registry asks for (`OCI-Chunk-Min-Length`).
    Chunks(u64),
}

/// An upload that a registry knows of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadSession {
    /// Where it goes on. It may hold secrets of the registry, and changes with each answer.
    location: Url,
    /// The first byte that is still to come.
    offset: u64,
    /// The least bytes of a chunk that is not the last.
    least: u64,
    /// The end of what was sent in it: a registry that has more has something else.
    sent: u64,
}

impl UploadSession {
    /// Where it goes on.
    #[must_use]
    pub fn location(&self) -> &Url {
        &self.location
    }
    /// The first byte that is still to come.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl Repository {
    /// Uploads a blob, unless it is there.
    ///
    /// What broke off goes on from the byte that the registry says is next, or begins anew where it says nothing. What the registry
    /// refuses is cancelled, where it lets uploads be cancelled.
    pub fn upload(&self, descriptor: &Descriptor, how: Uploading) -> Machine<()> {
        let (repository, descriptor) = (self.clone(), descriptor.clone());
        Machine::new(|port| async move {
            let talk = repository.talk(port);
            if talk.exists(&descriptor, PUSH).await? {
                return Ok(());
            }
            talk.upload(&descriptor, how, None).await
        })
    }
    /// Takes a blob over from another repository of the same registry, or uploads it where the registry does not do that
    /// (distribution-spec, Mounting a blob from another repository: 202).
    pub fn mount(&self, descriptor: &Descriptor, from: &plimsoll_core::Repository, how: Uploading) -> Machine<()> {
        let (repository, descriptor, from) = (self.clone(), descriptor.clone(), from.clone());
        Machine::new(|port| async move { repository.talk(port).mount(&descriptor, &from, how).await })
    }
    /// Begins an upload, for a program that keeps it.
    pub fn begin_upload(&self) -> Machine<UploadSession> {
        let repository = self.clone();
        Machine::new(|port| async move { repository.talk(port).begin().await })
    }
    /// Goes on with an upload, to its end.
    pub fn resume_upload(&self, session: UploadSession, descriptor: &Descriptor, how: Uploading) -> Machine<()> {
        let (repository, descriptor) = (self.clone(), descriptor.clone());
        Machine::new(|port| async move { repository.talk(port).upload(&descriptor, how, Some(session)).await })
    }
    /// Asks how far an upload is.
    pub fn upload_status(&self, location: &Url) -> Machine<UploadSession> {
        let (repository, location) = (self.clone(), location.clone());
        Machine::new(|port| async move { repository.talk(port).status(&location).await })
    }
    /// Cancels an upload. A registry that does not do that says so, which is an error; it then ends the upload in its own time.
    pub fn cancel_upload(&self, location: &Url) -> Machine<()> {
        let (repository, location) = (self.clone(), location.clone());
        Machine::new(|port| async move { repository.talk(port).cancel(&location).await })
    }
}

/// Why an upload did not come to its end.
struct Stopped {
    error: Error,
    asked: Asked,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self { error, asked: Asked::default() }
    }
}

/// What can be done then.
enum Onward {
    Nothing,
    /// In a new session.
    Anew(Uploading),
    /// From where the registry says.
    FromThere,
}

impl Talk {
    async fn mount(
        &self,
        descriptor: &Descriptor,
        from: &plimsoll_core::Repository,
        how: Uploading,
    ) -> Result<(), Error> {
        if self.exists(descriptor, PUSH).await? {
            return Ok(());
        }
        let mut call = self.at(Method::POST, "blobs/uploads/", PUSH);
        call.url
            .query_pairs_mut()
            .append_pair("mount", &descriptor.digest.to_string())
            .append_pair("from", from.path());
        call.scopes.push(scope_of(from, PULL));
        let reply = self.call(&call, Wanted::Head).await?;
        match reply.status {
            // A registry may say so and not have done it, so it is asked.
            StatusCode::CREATED if self.exists(descriptor, PUSH).await? => Ok(()),
            StatusCode::ACCEPTED => {
                let session = self.session(&call, &reply, 0)?;
                self.upload(descriptor, how, Some(session)).await
            }
            _ => self.upload(descriptor, how, None).await,
        }
    }
    async fn upload(
        &self,
        descriptor: &Descriptor,
        mut how: Uploading,
        mut session: Option<UploadSession>,
    ) -> Result<(), Error> {
        let (mut attempt, mut farthest) = (1, 0);
        loop {
            let mut current = match session.take() {
                Some(session) => session,
                None => self.begin().await?,
            };
            let Err(Stopped { error, asked }) = self.send_rest(&mut current, descriptor, how).await else {
                return Ok(());
            };
            match onward(&error, how) {
                Onward::Nothing => {
                    if matches!(error, Error::Status { .. }) {
                        // Nothing depends on it: what is not cancelled is forgotten some day.
                        let _ = self.cancel(&current.location).await;
                    }
                    return Err(error);
                }
                Onward::Anew(other) => {
                    attempt = self.pause(attempt, asked, error).await?;
                    how = other;
                }
                Onward::FromThere => {
                    let out_of_order = matches!(error, Error::Status { status: 416, .. });
                    attempt = self.pause(attempt, asked, error).await?;
                    let there = |session: &UploadSession| session.offset > 0 && session.offset <= current.sent;
                    session = self.status(&current.location).await.ok().filter(there);
                    match &session {
                        Some(there) if there.offset > farthest => {
                            (farthest, attempt) = (there.offset, 1);
                            let exchange = self.at(Method::PATCH, "blobs/uploads/", PUSH).exchange();
                            self.port.notice(Notice::Resumed { exchange, from: there.offset });
                        }
                        // Chunks that it does not understand, and no word of how far it is.
                        None if out_of_order => how = Uploading::Whole,
                        _ => {}
                    }
                }
            }
        }
    }
    async fn begin(&self) -> Result<UploadSession, Error> {
        let call = self.at(Method::POST, "blobs/uploads/", PUSH);
        let reply = self.call(&call, Wanted::Head).await?;
        let reply = Self::expect(&call, reply, &[StatusCode::ACCEPTED])?;
        self.session(&call, &reply, 0)
    }
    async fn send_rest(
        &self,
        session: &mut UploadSession,
        descriptor: &Descriptor,
        how: Uploading,
    ) -> Result<(), Stopped> {
        let piece = match how {
            Uploading::Whole if session.offset == 0 => None,
            Uploading::Whole => Some(u64::MAX),
            Uploading::Chunks(bytes) => Some(bytes.max(session.least).max(1)),
        };
        let Some(piece) = piece else {
            session.sent = descriptor.size;
            return self.complete(session, descriptor, Content::Source { from: 0, size: descriptor.size }).await;
        };
        loop {
            let left = descriptor.size.saturating_sub(session.offset);
            if left == 0 {
                return self.complete(session, descriptor, Content::Empty).await;
            }
            self.send_chunk(session, left.min(piece)).await?;
        }
    }
    async fn send_chunk(&self, session: &mut UploadSession, size: u64) -> Result<(), Stopped> {
        let from = session.offset;
        let end = from.saturating_add(size);
        let mut call = self.at(Method::PATCH, "", PUSH).header(header::CONTENT_TYPE, OCTETS);
        call.url = session.location.clone();
        // Without a unit: distribution-spec, Pushing a blob in chunks.
        if let Ok(range) = HeaderValue::try_from(format!("{from}-{}", end.saturating_sub(1))) {
            call = call.header(header::CONTENT_RANGE, range);
        }
        call.content = Content::Source { from, size };
        session.sent = session.sent.max(end);
        let reply = self.call_once(&call, Wanted::Head).await?;
        let reply = accepted(&call, reply, StatusCode::ACCEPTED)?;
        let next = self.session(&call, &reply, end)?;
        let offset = match reply.header(&header::RANGE) {
            // `0-0` may also be how nothing is said.
            Some(range) if end != 1 => received(range).unwrap_or(0),
            _ => end,
        };
        if offset > end || offset <= from {
            let found = Escaped::new(reply.header(&header::RANGE).unwrap_or_default());
            let expected = "a Range that ends with the chunk that was sent";
            return Err(Error::Malformed { exchange: call.exchange(), expected, found }.into());
        }
        *session = UploadSession { offset, least: session.least, sent: session.sent, ..next };
        Ok(())
    }
    async fn complete(
        &self,
        session: &UploadSession,
        descriptor: &Descriptor,
        content: Content,
    ) -> Result<(), Stopped> {
        let mut call = self.at(Method::PUT, "", PUSH).header(header::CONTENT_TYPE, OCTETS);
        call.url = session.location.clone();
        // What the location's query holds already is the registry's, and is kept.
        call.url.query_pairs_mut().append_pair("digest", &descriptor.digest.to_string());
        call.content = content;
        let reply = self.call_once(&call, Wanted::Head).await?;
        let reply = accepted(&call, reply, StatusCode::CREATED)?;
        Ok(same_digest(&call, &reply, &descriptor.digest)?)
    }
    async fn status(&self, location: &Url) -> Result<UploadSession, Error> {
        let mut call = self.at(Method::GET, "", PUSH);
        call.url = location.clone();
        let reply = self.call_once(&call, Wanted::Head).await?;
        let reply = Self::expect(&call, reply, &[StatusCode::NO_CONTENT])?;
        let offset = reply.header(&header::RANGE).and_then(received).unwrap_or_default();
        if reply.header(&header::LOCATION).is_none() {
            return Ok(UploadSession { location: location.clone(), offset, least: 0, sent: offset });
        }
        self.session(&call, &reply, offset)
    }
    async fn cancel(&self, location: &Url) -> Result<(), Error> {
        let mut call = self.at(Method::DELETE, "", PUSH);
        call.url = location.clone();
        let reply = self.call_once(&call, Wanted::Head).await?;
        Self::expect(&call, reply, &[StatusCode::NO_CONTENT, StatusCode::ACCEPTED, StatusCode::OK]).map(|_| ())
    }
    /// Where the upload goes on: on the registry's own origin, since content and credentials are sent there.
    fn session(&self, call: &Call, reply: &Reply, offset: u64) -> Result<UploadSession, Error> {
        let location =
            required(reply.header(&header::LOCATION), || call.exchange(), "an upload session with a Location")?;
        let location = self.gate().same_origin(&call.url, location, "upload location")?;
        let least = reply.header(&CHUNK_MIN_LENGTH).and_then(digits).unwrap_or_default();
        Ok(UploadSession { location, offset, least, sent: offset })
    }
}

fn onward(error: &Error, how: Uploading) -> Onward {
    match (error, how) {
        // A session that the registry no longer knows is as lost as a connection.
        (Error::Status { status: 404, .. }, _) => Onward::Anew(how),
        (Error::Status { status: 413, .. }, Uploading::Whole) => Onward::Anew(Uploading::Chunks(CHUNK)),
        (Error::Status { status: 405 | 501, .. }, Uploading::Chunks(_)) => Onward::Anew(Uploading::Whole),
        (Error::Status { status: 416, .. }, _) => Onward::FromThere,
        (error, _) if error.is_passing() => Onward::FromThere,
        _ => Onward::Nothing,
    }
}

fn accepted(call: &Call, reply: Reply, expected: StatusCode) -> Result<Reply, Stopped> {
    if reply.status == expected {
        return Ok(reply);
    }
    Err(Stopped { error: refusal_of(call.exchange(), &reply), asked: Asked::of(&reply.headers) })
}

/// `Range: 0-99` of an upload: how many bytes are there. `0-0` counts as none: it is what registries say of nothing, and of one byte.
fn received(range: &str) -> Option<u64> {
    let (first, last) = range.strip_prefix("bytes=").unwrap_or(range).split_once('-')?;
    let last = digits(last)?;
    (digits(first)? == 0).then(|| if last == 0 { 0 } else { last.saturating_add(1) })
}

const OCTETS: HeaderValue = HeaderValue::from_static(media_type::OCTET_STREAM);
const CHUNK_MIN_LENGTH: HeaderName = HeaderName::from_static("oci-chunk-min-length");
/// 32 MiB: below what proxies let through by default (100 MB at Cloudflare), and many times what a round trip costs.
const CHUNK: u64 = 32 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::received;

    #[test]
    fn the_range_of_an_upload_says_how_much_is_there() {
        for (range, bytes) in [("0-99", Some(100)), ("0-0", Some(0)), ("bytes=0-9", Some(10)), ("0-1", Some(2))] {
            assert_eq!(received(range), bytes, "{range}");
        }
        for wrong in ["", "5-9", "0", "-9", "0-", "0--9", "0-+9", "a-b"] {
            assert_eq!(received(wrong), None, "{wrong}");
        }
    }
}
