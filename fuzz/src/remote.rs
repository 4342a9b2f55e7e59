//! Both ends of the distribution API.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;
use plimsoll_core::{Descriptor, OneChunk, next_chunk};
use plimsoll_distribution::{Client, Request, Response, Timer, Transport, TransportError, Uploading};
use plimsoll_registry::{Limits, Registry};
use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Ends a message of an input that holds several.
const SEPARATOR: u8 = 0x1e;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// The input is what a registry answers, one message after the other: a line with the status, headers, an empty line, content.
pub fn registry_answer(input: &[u8]) {
    let script = Script {
        answers: input.split(|byte| *byte == SEPARATOR).map(<[u8]>::to_vec).collect(),
        next: Mutex::default(),
    };
    let client = Client::builder(script, Clock::default()).uploading(Uploading::Chunks(1)).build();
    let repository = "registry.test/team/app".parse().expect("a repository");
    let Ok(repository) = client.repository(&repository) else { return };
    let descriptor = Descriptor::of(plimsoll_oci::media_type::IMAGE_MANIFEST, b"{}");
    RUNTIME.block_on(async {
        let _ = repository.manifest(&plimsoll_core::Pointer::Tag("v1".parse().expect("a tag"))).await;
        let _ = repository.list_referrers(&descriptor.digest, None).await;
        let _ = repository.tags().await;
        let blob = repository.blob(&descriptor).await;
        assert!(blob.is_err_and(|_| true) || input.windows(2).any(|two| two == b"{}"), "content that nobody sent");
        let _ = repository.push_content(&descriptor, &Bytes::from_static(b"{}")).await;
        let layer = Descriptor::of("application/octet-stream", b"{}");
        let other = "registry.test/team/other".parse().expect("a repository");
        let _ = repository.push_from(&layer, &other, &Bytes::from_static(b"{}")).await;
        if let Ok(mut body) = repository.open_from(&layer, 1).await {
            let mut chunks = 0;
            while chunks < 1000 && next_chunk(&mut body).await.is_some_and(|chunk| chunk.is_ok()) {
                chunks += 1;
            }
        }
        let _ = repository.delete_manifest(&descriptor.digest).await;
        let _ = client.catalog("registry.test").await;
    });
}

struct Script {
    answers: Vec<Vec<u8>>,
    next: Mutex<usize>,
}

impl Transport for Script {
    fn send(&self, _: Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let mut next = self.next.lock().expect("one thread");
        let answer = self.answers.get(*next % self.answers.len()).and_then(|answer| response(answer));
        *next += 1;
        ready(answer.ok_or(TransportError::Broken("the script is wrong".into())))
    }
}

fn response(message: &[u8]) -> Option<Response> {
    let (status, headers, content) = split(message)?;
    let status = StatusCode::from_bytes(status.as_bytes()).ok()?;
    Some(Response::new(status, headers, Box::pin(OneChunk::new(content))))
}

/// The first line, the headers and the content.
fn split(message: &[u8]) -> Option<(&str, HeaderMap, Bytes)> {
    let end = message.windows(2).position(|two| two == b"\n\n").unwrap_or(message.len());
    let (head, content) = message.split_at(end);
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let first = lines.next()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.append(name.parse::<HeaderName>().ok()?, value.trim().parse::<HeaderValue>().ok()?);
    }
    Some((first, headers, Bytes::copy_from_slice(content.get(2..).unwrap_or_default())))
}

/// Time passes only by waiting.
#[derive(Default)]
struct Clock(AtomicU64);

impl Timer for Clock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        // On the second look: what is waited for beside the timer goes first.
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.0.fetch_add(span, Ordering::Relaxed);
        })
    }
}

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a directory for a registry"));
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let mut limits = Limits::default();
    (limits.blob_bytes, limits.manifest_bytes, limits.uploads) = (4096, 4096, 4);
    Registry::builder(DIRECTORY.path()).limits(limits).any_host().build()
});

/// The input is what a client sends, one request after the other: a line with method and path, headers, an empty line, content.
pub fn registry_request(input: &[u8]) {
    for message in input.split(|byte| *byte == SEPARATOR).take(8) {
        let Some((first, headers, content)) = split(message) else { continue };
        let Some((method, path)) = first.split_once(' ') else { continue };
        let Ok(mut request) = http::Request::builder().method(method).uri(path).body(Full::new(content)) else {
            continue;
        };
        *request.headers_mut() = headers;
        let answer = RUNTIME.block_on(REGISTRY.respond(request));
        assert_ne!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{first}");
    }
}
