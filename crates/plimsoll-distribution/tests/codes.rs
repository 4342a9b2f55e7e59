//! Each denial code of this crate, and the exact words that come with it.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails loudly")]

mod common;

use common::{Fake, failing, reply};
use plimsoll_core::{Classify as _, Code, Descriptor, Digest, Referrer};
use plimsoll_distribution::{Error, Retry, TransportError, code};
use plimsoll_oci::{ImageManifest, media_type, referrers_index};

async fn tags(fake: Fake) -> Error {
    let client = fake.builder().retry(Retry::never()).build();
    client.repository(&"registry.example.com/app".parse().unwrap()).unwrap().tags().await.unwrap_err()
}

fn assert_is(error: &Error, code: Code, message: &str) {
    assert_eq!((error.code(), error.to_string().as_str()), (code, message));
}

const TAGS: &str = "GET https://registry.example.com/v2/app/tags/list";

#[tokio::test]
async fn insecure_redirect() {
    let error =
        tags(Fake::new(|_| reply(307).header("location", "http://user:pass@x.example.net/a?token=secret"))).await;
    let message = "https://registry.example.com/v2/app/tags/list redirected to http://x.example.net/a: expected https";
    assert_is(&error, code::INSECURE_REDIRECT, message);
}

#[tokio::test]
async fn malformed_challenge() {
    let error = tags(Fake::new(|_| reply(401).header("www-authenticate", "Bearer realm=\"a"))).await;
    let message =
        format!("{TAGS}: expected a challenge such as `Bearer realm=\"https://…\"`, found `Bearer realm=\"a`");
    assert_is(&error, code::MALFORMED_CHALLENGE, &message);
}

#[tokio::test]
async fn referrers_conflict() {
    // Another writer is always faster.
    let other = ImageManifest::artifact("application/y").to_blob();
    let index = referrers_index(&[Referrer::new(other.descriptor().clone(), None)]);
    let fake = Fake::new(move |sent| match sent.method.as_str() {
        "GET" => reply(200).index(index.bytes()),
        _ => reply(201),
    });
    let subject = Descriptor::new(media_type::IMAGE_MANIFEST, Digest::sha256_of(b"subject"), 7);
    let entry = ImageManifest::artifact("application/x").about(subject).to_blob();
    let pointer = plimsoll_core::Pointer::Digest(entry.descriptor().digest);
    let error = fake.repository("registry.example.com/app").push_manifest(&entry, &pointer).await.unwrap_err();
    let subject = Digest::sha256_of(b"subject");
    let hex = subject.encoded();
    let message = format!("the referrers tag sha256-{hex} of {subject} lost the new entry 10 times to other writers");
    assert_is(&error, code::REFERRERS_CONFLICT, &message);
}

#[tokio::test]
async fn registry_refused() {
    let body = r#"{"errors":[{"code":"NAME_INVALID","message":"bad\u001b[2J name"}]}"#;
    let error = tags(Fake::new(move |_| reply(400).json(body))).await;
    assert_is(&error, code::REGISTRY_REFUSED, &format!("{TAGS}: status 400 NAME_INVALID: bad\\u{{1b}}[2J name"));
}

#[tokio::test]
async fn timed_out() {
    let error = tags(Fake::new(|_| failing(TransportError::TimedOut { seconds: 30 }))).await;
    assert_is(&error, code::TIMED_OUT, &format!("{TAGS}: no answer within 30 s"));
    let error = tags(Fake::new(|_| reply(200).stalling())).await;
    assert_is(&error, code::TIMED_OUT, &format!("{TAGS}: not done within 60 s"));
}

#[tokio::test]
async fn tls_failed() {
    let error = tags(Fake::new(|_| failing(TransportError::Tls("unknown issuer".into())))).await;
    assert_is(&error, code::TLS_FAILED, &format!("{TAGS}: no TLS connection: unknown issuer"));
}

#[tokio::test]
async fn upload_conflict() {
    let fake = Fake::new(|sent| match sent.method.as_str() {
        "HEAD" => reply(404),
        "POST" => reply(202).header("location", "/up?_state=secret"),
        _ => reply(416),
    });
    let content = plimsoll_core::Bytes::from_static(b"content");
    let repository = fake.repository("registry.example.com/app");
    let error = repository.push_content(&Descriptor::of("text/plain", &content), &content).await.unwrap_err();
    assert_is(&error, code::UPLOAD_CONFLICT, "PUT https://registry.example.com/up: status 416");
}

#[tokio::test]
async fn codes_of_the_seam_have_their_words_too() {
    let error = tags(Fake::new(|_| reply(307).header("location", "https://169.254.169.254/latest"))).await;
    let message = "https://registry.example.com/v2/app/tags/list named https://169.254.169.254/latest as its redirect: \
                   it is an address further inside than the one that led there; `allow_host` permits it";
    let message =
        message.replace("https://registry.example.com/v2/app/tags/list", "https://registry.example.com/v2/app/");
    assert_is(&error, plimsoll_core::code::FORBIDDEN_TARGET, &message);
    let error = tags(Fake::new(|_| reply(200).json("[]"))).await;
    assert_is(&error, plimsoll_core::code::MALFORMED_ANSWER, &format!("{TAGS}: expected a list of tags, found `[]`"));
    let error = tags(Fake::new(|_| failing(TransportError::Connect("connection refused".into())))).await;
    assert_is(&error, plimsoll_core::code::UNREACHABLE, &format!("{TAGS}: no connection: connection refused"));
}

#[test]
fn every_code_has_a_test_here() {
    let names: Vec<_> = code::ALL.iter().map(|code| code.name()).collect();
    let tested = [
        "insecure-redirect",
        "malformed-challenge",
        "referrers-conflict",
        "registry-refused",
        "timed-out",
        "tls-failed",
        "upload-conflict",
    ];
    assert_eq!(names, tested);
}
