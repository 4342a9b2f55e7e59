//! Uploads: end-4, end-5, end-6, end-11, end-13, and cancelling.

use crate::{
    Limits,
    body::{Answer, empty, next},
    refusal::Refusal,
    registry::{CONTENT_DIGEST, Registry, query, set},
    route,
};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName, Request, StatusCode, header};
use http_body::Body;
use plimsoll_core::{Digest, Replay as _, Repository, StoreError, next_chunk};
use plimsoll_store::Staged;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::{
    collections::BTreeMap,
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The upload sessions that are open.
#[derive(Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<String, Session>>);

#[derive(Clone)]
struct Session {
    repository: Repository,
    /// One request at a time.
    content: Arc<tokio::sync::Mutex<Content>>,
    used: Instant,
}

struct Content {
    /// Taken by the request that ends the upload.
    staged: Option<Staged>,
}

impl Uploads {
    fn begin(&self, repository: &Repository, staged: Staged, limits: &Limits) -> Result<String, Refusal> {
        let mut random = [0; 16];
        let failed = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "no random numbers");
        SystemRandom::new().fill(&mut random).map_err(failed)?;
        let id = HEXLOWER.encode(&random);
        let mut sessions = self.lock();
        // One whose content is just coming is not idle, however long it takes.
        sessions.retain(|_, one| one.used.elapsed() < limits.upload_idle || one.content.try_lock().is_err());
        if sessions.len() >= limits.uploads {
            // Sessions that were begun and left do not shut everybody out for an hour.
            let left = sessions.iter().filter(|(_, one)| one.content.try_lock().is_ok());
            let oldest = left.max_by_key(|(_, one)| one.used.elapsed());
            let oldest = oldest.filter(|(_, one)| one.used.elapsed() >= limits.body_idle).map(|(id, _)| id.clone());
            oldest.and_then(|id| sessions.remove(&id));
        }
        if sessions.len() >= limits.uploads {
            let message = format!("more than {} uploads at once", limits.uploads);
            return Err(
                Refusal::new(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", message).with(header::RETRY_AFTER, "5")
            );
        }
        let content = Arc::new(tokio::sync::Mutex::new(Content { staged: Some(staged) }));
        sessions.insert(id.clone(), Session { repository: repository.clone(), content, used: Instant::now() });
        Ok(id)
    }
    fn find(&self, repository: &Repository, id: &str) -> Result<Arc<tokio::sync::Mutex<Content>>, Refusal> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(id).filter(|session| session.repository == *repository);
        let session = session.ok_or_else(|| Refusal::not_found("BLOB_UPLOAD_UNKNOWN", "the upload"))?;
        session.used = Instant::now();
        Ok(session.content.clone())
    }
    fn end(&self, id: &str) {
        self.lock().remove(id);
    }
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn staged(&mut self) -> Result<&mut Staged, Refusal> {
        self.staged.as_mut().ok_or_else(|| Refusal::not_found("BLOB_UPLOAD_UNKNOWN", "the upload"))
    }
}

impl Registry {
    /// Starts an upload, takes a blob whole, or mounts one of another repository.
    pub(crate) async fn begin_upload<B>(&self, repository: &Repository, request: Request<B>) -> Result<Answer, Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        let parameters = request.uri().query().map(str::to_owned);
        let parameter = |name| query(parameters.as_deref(), name);
        if let (Some(digest), Some(from)) = (parameter("mount"), parameter("from"))
            && let Some(answer) = self.mount(repository, &digest, &from).await?
        {
            return Ok(answer);
        }
        let layout = self.0.repositories.create(repository)?;
        let mut staged = layout.stage()?;
        if let Some(digest) = parameter("digest") {
            let digest = digest.parse().map_err(|_| Refusal::digest_invalid(&digest))?;
            self.receive(&mut staged, request.into_body()).await?;
            return self.commit(repository, staged, &digest);
        }
        let id = self.0.uploads.begin(repository, staged, &self.0.limits)?;
        Ok(session(StatusCode::ACCEPTED, repository, &id, 0))
    }
    /// Takes a chunk.
    pub(crate) async fn append_upload<B>(
        &self,
        repository: &Repository,
        id: &str,
        request: Request<B>,
    ) -> Result<Answer, Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        let content = self.0.uploads.find(repository, id)?;
        let mut content = content.lock().await;
        let staged = content.staged()?;
        check_range(request.headers(), repository, id, staged.size())?;
        self.receive(staged, request.into_body()).await?;
        Ok(session(StatusCode::ACCEPTED, repository, id, staged.size()))
    }
    /// Takes the last chunk, if there is one, and commits.
    pub(crate) async fn finish_upload<B>(
        &self,
        repository: &Repository,
        id: &str,
        request: Request<B>,
    ) -> Result<Answer, Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        let digest = query(request.uri().query(), "digest").unwrap_or_default();
        let digest = digest.parse().map_err(|_| Refusal::digest_invalid(&digest))?;
        let content = self.0.uploads.find(repository, id)?;
        let mut content = content.lock().await;
        let staged = content.staged()?;
        check_range(request.headers(), repository, id, staged.size())?;
        self.receive(staged, request.into_body()).await?;
        // What is committed or refused is over: a session serves one blob.
        self.0.uploads.end(id);
        let staged = content.staged.take().ok_or_else(|| Refusal::not_found("BLOB_UPLOAD_UNKNOWN", "the upload"))?;
        self.commit(repository, staged, &digest)
    }
    pub(crate) async fn upload_status(&self, repository: &Repository, id: &str) -> Result<Answer, Refusal> {
        let content = self.0.uploads.find(repository, id)?;
        let size = content.lock().await.staged()?.size();
        Ok(session(StatusCode::NO_CONTENT, repository, id, size))
    }
    pub(crate) fn cancel_upload(&self, repository: &Repository, id: &str) -> Result<Answer, Refusal> {
        self.0.uploads.find(repository, id)?;
        self.0.uploads.end(id);
        Ok(empty(StatusCode::NO_CONTENT))
    }
    /// `None` where there is nothing to mount: then an upload starts.
    async fn mount(&self, repository: &Repository, digest: &str, from: &str) -> Result<Option<Answer>, Refusal> {
        let digest: Digest = digest.parse().map_err(|_| Refusal::digest_invalid(digest))?;
        let Ok(from) = route::repository(from) else { return Ok(None) };
        let Some(source) = self.0.repositories.find(&from)? else { return Ok(None) };
        if self.0.repositories.whole(&from, &source, &digest).await?.is_none() {
            return Ok(None);
        }
        let mut staged = self.0.repositories.create(repository)?.stage()?;
        let mut body = source.open_blob(&digest)?.open_at(0);
        while let Some(chunk) = next_chunk(&mut body).await {
            write(&mut staged, &chunk.map_err(StoreError::from)?)?;
            // A file is always ready; others want to be served too.
            tokio::task::yield_now().await;
        }
        self.commit(repository, staged, &digest).map(Some)
    }
    async fn receive<B>(&self, staged: &mut Staged, mut body: B) -> Result<(), Refusal>
    where
        B: Body<Data = Bytes> + Send + Unpin,
    {
        while let Some(chunk) = next(&mut body, self.0.limits.body_idle).await? {
            let size = staged.size().saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if size > self.0.limits.blob_bytes {
                let message = format!("expected a blob of at most {} bytes", self.0.limits.blob_bytes);
                return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message));
            }
            write(staged, &chunk)?;
        }
        Ok(())
    }
    /// Acknowledges only what is durable and has the digest.
    fn commit(&self, repository: &Repository, staged: Staged, digest: &Digest) -> Result<Answer, Refusal> {
        staged.commit_digest(digest)?;
        self.0.repositories.received(repository, digest);
        let mut answer = empty(StatusCode::CREATED);
        set(&mut answer, header::LOCATION, &format!("/v2/{}/blobs/{digest}", repository.path()));
        set(&mut answer, CONTENT_DIGEST, &digest.to_string());
        Ok(answer)
    }
}

fn write(staged: &mut Staged, chunk: &[u8]) -> Result<(), Refusal> {
    let failed = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "the storage failed");
    staged.write_all(chunk).map_err(failed)
}

/// `Content-Range: <start>-<end>`, without a unit, must go on where the upload stands, and be as long as the content
/// (distribution-spec, Pushing a blob in chunks). A request without it goes on as well.
fn check_range(headers: &HeaderMap, repository: &Repository, id: &str, size: u64) -> Result<(), Refusal> {
    let Some(range) = headers.get(header::CONTENT_RANGE) else { return Ok(()) };
    let text = range.to_str().unwrap_or_default();
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let read = text.split_once('-').and_then(|(start, end)| Some((number(start)?, number(end)?)));
    let refused = |status, message: String| {
        Refusal::new(status, "BLOB_UPLOAD_INVALID", message)
            .with(header::LOCATION, &location(repository, id))
            .with(header::RANGE, &received(size))
    };
    let Some((start, end)) = read.filter(|(start, end)| start <= end) else {
        return Err(refused(StatusCode::BAD_REQUEST, "expected a Content-Range of the form START-END".into()));
    };
    if start != size {
        let message = format!("expected content from byte {size} on, found {start}");
        return Err(refused(StatusCode::RANGE_NOT_SATISFIABLE, message));
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(number);
    if length.is_some_and(|length| end.checked_sub(start).and_then(|span| span.checked_add(1)) != Some(length)) {
        let message = "expected a Content-Length that agrees with the Content-Range";
        return Err(refused(StatusCode::BAD_REQUEST, message.into()));
    }
    Ok(())
}

fn session(status: StatusCode, repository: &Repository, id: &str, size: u64) -> Answer {
    let mut answer = empty(status);
    set(&mut answer, header::LOCATION, &location(repository, id));
    set(&mut answer, header::RANGE, &received(size));
    set(&mut answer, UPLOAD_ID, id);
    answer
}

fn location(repository: &Repository, id: &str) -> String {
    format!("/v2/{}/blobs/uploads/{id}", repository.path())
}

/// What was received, inclusive; nothing and one byte look alike, as the specification has it.
fn received(size: u64) -> String {
    format!("0-{}", size.saturating_sub(1))
}

const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");
