//! The machines of the protocol, driven by hand: no IO, no clock, no runtime.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use plimsoll_core::{Blob, BodyError, Bytes, Descriptor, Digest, Pointer};
use plimsoll_distribution::{
    Credential, Error, Notice, TransportError, Uploading,
    http::{HeaderMap, HeaderName, HeaderValue},
    protocol::{Action, Content, Event, Head, Machine, Moment, Outgoing, Protocol, Repository, Step},
};
use plimsoll_oci::ImageManifest;
use proptest::prelude::*;
use std::time::Duration;

fn repository() -> Repository {
    Protocol::builder().build().repository(&"registry.example.com/app".parse().unwrap()).unwrap()
}

fn head(status: u16, headers: &[(&'static str, &str)]) -> Event {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    Event::Head(Head::new(status).headers(headers))
}

/// Drives by hand.
struct Hand<T>(Machine<T>, Moment);

impl<T: std::fmt::Debug> Hand<T> {
    fn on(machine: Machine<T>) -> Self {
        Self(machine, Moment::default())
    }
    fn act(&mut self, event: Event) -> Action {
        match self.0.next(event, self.1) {
            Step::Do(action) => action,
            Step::Done(outcome) => panic!("it ended: {outcome:?}"),
        }
    }
    fn sends(&mut self, event: Event) -> Outgoing {
        match self.act(event) {
            Action::Send(request) => *request,
            other => panic!("expected a request, found {other:?}"),
        }
    }
    fn line(&mut self, event: Event) -> String {
        let request = self.sends(event);
        format!("{} {}", request.method, request.url)
    }
    fn ends(&mut self, event: Event) -> Result<T, Error> {
        match self.0.next(event, self.1) {
            Step::Done(outcome) => outcome,
            Step::Do(action) => panic!("it goes on: {action:?}"),
        }
    }
}

#[test]
fn a_blob_that_cannot_be_mounted_is_uploaded_in_the_session_that_the_202_began() {
    let bytes = Bytes::from_static(b"content");
    let blob = Descriptor::of("text/plain", &bytes);
    let mut hand =
        Hand::on(repository().mount(&blob, &"registry.example.com/other".parse().unwrap(), Uploading::Whole));
    assert!(hand.line(Event::Begin).starts_with("HEAD https://registry.example.com/v2/app/blobs/sha256:"));
    let line = hand.line(head(404, &[]));
    assert!(line.starts_with("POST https://registry.example.com/v2/app/blobs/uploads/?mount=sha256"), "{line}");
    assert!(line.ends_with("&from=other"), "{line}");
    // 202, mounted nothing: the session is used, and no second one is begun.
    let put = hand.sends(head(202, &[("location", "/v2/app/blobs/uploads/1?_state=a%2Bb")]));
    assert_eq!(put.method, "PUT");
    assert!(put.url.as_str().contains("/uploads/1?_state=a%2Bb&digest=sha256"), "{}", put.url);
    assert!(matches!(put.content, Content::Source { from: 0, size: 7 }));
    hand.ends(head(201, &[])).unwrap();
}

#[test]
fn an_upload_that_broke_off_goes_on_in_the_place_that_the_registry_names() {
    let blob = Descriptor::of("text/plain", &[0; 100]);
    let mut hand = Hand::on(repository().upload(&blob, Uploading::Whole));
    hand.act(Event::Begin);
    assert!(hand.line(head(404, &[])).starts_with("POST"));
    assert!(hand.line(head(202, &[("location", "/v2/app/blobs/uploads/1?n=1")])).starts_with("PUT"));
    let broken = Event::Failed(TransportError::Broken("reset".into()));
    assert!(matches!(hand.act(broken), Action::Wait(_)));
    let line = hand.line(Event::Waited);
    assert_eq!(line, "GET https://registry.example.com/v2/app/blobs/uploads/1?n=1");
    let patch = hand.sends(head(204, &[("location", "/v2/app/blobs/uploads/1?n=2"), ("range", "0-59")]));
    assert_eq!((patch.method.as_str(), patch.url.query()), ("PATCH", Some("n=2")));
    assert_eq!(patch.headers["content-range"], "60-99");
    assert!(matches!(patch.content, Content::Source { from: 60, size: 40 }));
    let put = hand.sends(head(202, &[("location", "/v2/app/blobs/uploads/1?n=3"), ("range", "0-99")]));
    assert!(put.url.query().unwrap().starts_with("n=3&digest="));
    assert!(matches!(put.content, Content::Empty));
    hand.ends(head(201, &[])).unwrap();
    assert!(hand.0.notices().iter().any(|notice| matches!(notice, Notice::Resumed { from: 60, .. })));
}

#[test]
fn a_token_is_asked_for_with_the_credential_and_used_again() {
    let repository = repository();
    let mut hand = Hand::on(repository.tags());
    assert!(!hand.sends(Event::Begin).headers.contains_key("authorization"));
    let challenge = r#"Bearer realm="https://auth.example.com/token",service="s""#;
    assert!(matches!(hand.act(head(401, &[("www-authenticate", challenge)])), Action::Read(_)));
    let Action::Credential { registry, repository: name } = hand.act(Event::Body(Bytes::new())) else { panic!() };
    assert_eq!((&*registry, name.unwrap().path()), ("registry.example.com", "app"));
    let token = hand.sends(Event::Credential(Ok(Credential::basic("u", "p"))));
    assert_eq!(token.url.host_str(), Some("auth.example.com"));
    assert!(token.headers["authorization"].is_sensitive());
    assert!(matches!(hand.act(head(200, &[])), Action::Read(_)));
    let again = hand.sends(Event::Body(r#"{"token":"t","expires_in":100}"#.into()));
    assert_eq!(again.headers["authorization"], "Bearer t");
    assert!(matches!(hand.act(head(200, &[])), Action::Read(_)));
    assert_eq!(hand.ends(Event::Body(r#"{"tags":["a"]}"#.into())).unwrap().len(), 1);
    // Known by now, until it ends.
    let mut hand = Hand::on(repository.tags());
    assert!(matches!(hand.act(Event::Begin), Action::Credential { .. }));
    let known = hand.sends(Event::Credential(Ok(Credential::basic("u", "p"))));
    assert_eq!(known.headers["authorization"], "Bearer t");
    let mut hand = Hand::on(repository.tags());
    hand.1.now = Duration::from_secs(101);
    hand.act(Event::Begin);
    let token = hand.sends(Event::Credential(Ok(Credential::basic("u", "p"))));
    assert_eq!(token.url.host_str(), Some("auth.example.com"));
}

#[test]
fn an_event_that_answers_nothing_is_an_error_and_the_end() {
    let mut hand = Hand::on(repository().tags());
    hand.act(Event::Begin);
    assert!(matches!(hand.ends(Event::Waited), Err(Error::Unsupported { .. })));
    assert!(matches!(hand.ends(Event::Begin), Err(Error::Unsupported { .. })));
}

#[test]
fn a_redirect_away_takes_no_credential_along_and_never_comes_back_with_it() {
    let repository = repository();
    let blob = Descriptor::of("text/plain", b"content");
    let mut hand = Hand::on(repository.download(&blob, 0));
    hand.act(Event::Begin);
    hand.act(head(401, &[("www-authenticate", "Basic")]));
    hand.act(Event::Body(Bytes::new()));
    let known = hand.sends(Event::Credential(Ok(Credential::basic("u", "p"))));
    assert!(known.headers.contains_key("authorization"));
    assert!(matches!(hand.act(head(307, &[("location", "https://storage.example.net/x?sig=1")])), Action::Read(_)));
    let away = hand.sends(Event::Body(Bytes::new()));
    assert_eq!(away.url.host_str(), Some("storage.example.net"));
    assert!(!away.headers.contains_key("authorization"));
    hand.act(head(307, &[("location", "https://registry.example.com/back")]));
    assert!(!hand.sends(Event::Body(Bytes::new())).headers.contains_key("authorization"));
    assert!(matches!(hand.act(head(200, &[])), Action::Stream { skip: 0 }));
    hand.ends(Event::Streamed { bytes: 7, outcome: Ok(()) }).unwrap();
}

/// An answer to an action, from a few bytes.
fn answer(action: &Action, [kind, more, ..]: [u8; 4]) -> Event {
    let texts = ["/v2/app/blobs/uploads/1", "https://other.example.net/", "0-5", "bytes 3-9/10", "", "0-0", "7", "x"];
    let text = texts[usize::from(more) % texts.len()];
    let statuses = [200, 201, 202, 204, 206, 303, 304, 307, 400, 401, 403, 404, 405, 412, 413, 416, 429, 500, 503];
    match action {
        _ if kind > 250 => Event::Waited,
        Action::Send(_) if kind > 240 => Event::Failed(TransportError::Broken("reset".into())),
        Action::Send(_) if kind > 235 => Event::TimedOut,
        Action::Send(_) => {
            let status = statuses[usize::from(kind) % statuses.len()];
            let names = ["location", "link", "range", "content-range", "etag", "retry-after", "oci-subject", "warning"];
            let mut headers: Vec<(&'static str, &str)> = vec![("www-authenticate", "Basic"), ("location", text)];
            headers.push((names[usize::from(more / 8) % names.len()], text));
            head(status, &headers)
        }
        Action::Read(_) if kind > 230 => Event::TooLong,
        Action::Read(_) if kind > 200 => Event::Broken(BodyError::Broken("reset".into())),
        Action::Read(_) if kind % 3 == 0 => Event::Body(r#"{"tags":["a","b"],"token":"t","manifests":[]}"#.into()),
        Action::Read(_) => Event::Body(vec![more; usize::from(kind)].into()),
        Action::Stream { .. } if kind % 2 == 0 => Event::Streamed { bytes: u64::from(more), outcome: Ok(()) },
        Action::Stream { .. } => {
            Event::Streamed { bytes: u64::from(more), outcome: Err(BodyError::Broken("reset".into())) }
        }
        Action::Credential { .. } => Event::Credential(Ok(Credential::basic("u", "p"))),
        _ => Event::Waited,
    }
}

/// Drives to the end, and says in how many steps.
fn end<T>(mut machine: Machine<T>, script: &[[u8; 4]]) -> usize {
    let (mut event, mut moment) = (Event::Begin, Moment::default());
    for step in 0..10_000 {
        moment.now += Duration::from_millis(1);
        match machine.next(event, moment) {
            Step::Done(_) => return step,
            Step::Do(action) => event = answer(&action, script[step % script.len()]),
        }
    }
    panic!("it does not end");
}

proptest! {
    /// Whatever a registry says, every operation ends, within its limits and without a panic.
    #[test]
    fn every_operation_ends(script in prop::collection::vec(any::<[u8; 4]>(), 1..40)) {
        let repository = repository();
        let blob = Descriptor::new("text/plain", Digest::sha256_of(b""), 10);
        let manifest: Blob = ImageManifest::artifact("application/x").about(blob.clone()).to_blob();
        let pointer = Pointer::Tag("v1".parse().unwrap());
        end(repository.manifest(&pointer), &script);
        end(repository.blob(&blob), &script);
        end(repository.download(&blob, 3), &script);
        end(repository.upload(&blob, Uploading::Whole), &script);
        end(repository.upload(&blob, Uploading::Chunks(3)), &script);
        end(repository.mount(&blob, repository.name(), Uploading::Whole), &script);
        end(repository.push_manifest(&manifest, &pointer), &script);
        end(repository.referrers(&blob.digest, Some("application/x")), &script);
        end(repository.unlist_under_tag(&blob.digest, &manifest.descriptor().digest), &script);
        end(repository.tags(), &script);
        end(repository.delete_manifest(&blob.digest), &script);
    }
}
