//! Key sets from where issuers publish them.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use common::{AUDIENCE, Ci, ISSUER};
use plimsoll_authority::{FetchKeySet as _, FetchedKeys, Issuer, Issuers, KeySetUrl, Limits, code};
use plimsoll_core::{Body, BodyError, Bytes, Classify as _};
use plimsoll_crypto::provider;
use plimsoll_distribution::{Request, Response, Transport, TransportError, http::StatusCode};
use plimsoll_testkit::pki::NOW;
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// Answers every request alike.
struct Fixed(StatusCode, Vec<u8>);

impl Transport for Fixed {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        assert_eq!(request.url.as_str(), "https://gitlab.example.com/oauth/discovery/keys");
        let body = Box::pin(plimsoll_core::OneChunk::new(Bytes::from(self.1.clone())));
        Ok(Response::new(self.0, Default::default(), body))
    }
}

async fn ask(status: StatusCode, body: Vec<u8>, ci: &Ci) -> Result<(), String> {
    let url =
        KeySetUrl::new(Fixed(status, body), "https://gitlab.example.com/oauth/discovery/keys", &Limits::default());
    let keys = FetchedKeys::new(url.unwrap(), Limits::default());
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, keys)], Limits::default());
    let verified = issuers.verify(&ci.token(|_| ()), NOW, provider()).await;
    verified.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn keys_come_from_the_address_of_the_issuer() {
    let ci = Ci::new();
    assert_eq!(ask(StatusCode::OK, ci.jwks().into_bytes(), &ci).await, Ok(()));
    for (status, body, message) in [
        (StatusCode::NOT_FOUND, Vec::new(), "expected status 200, found 404"),
        (StatusCode::FOUND, ci.jwks().into_bytes(), "expected status 200, found 302"),
        (StatusCode::OK, vec![b' '; 300 * 1024], "expected at most 262144 bytes, found more"),
        (StatusCode::OK, b"{}".to_vec(), "expected a list as `keys` in the key set"),
    ] {
        let error = ask(status, body, &ci).await.unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}

/// Takes the question, and gives a part of the answer, or none.
struct Trickle(Option<&'static [u8]>);

impl Transport for Trickle {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        let Some(part) = self.0 else { return std::future::pending().await };
        Ok(Response::new(StatusCode::OK, Default::default(), Box::pin(Part(Some(part)))))
    }
}

/// A body that begins, and does not end.
struct Part(Option<&'static [u8]>);

impl Body for Part {
    fn poll_chunk(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.0.take().map_or(Poll::Pending, |part| Poll::Ready(Some(Ok(Bytes::from_static(part)))))
    }
}

// attack: A-032
#[tokio::test]
async fn a_032_an_answer_that_does_not_come_or_does_not_end_has_one_deadline() {
    let ci = Ci::new();
    let mut limits = Limits::default();
    limits.key_set_time = Duration::from_millis(20);
    for part in [None, Some(&b"{\"keys\":["[..])] {
        let url = KeySetUrl::new(Trickle(part), "https://gitlab.example.com/oauth/discovery/keys", &limits).unwrap();
        let error = url.fetch().await.unwrap_err();
        assert_eq!(error.to_string(), "expected an answer within 20ms, found none");
        let issuers =
            Issuers::new([Issuer::new(ISSUER, AUDIENCE, FetchedKeys::new(url, limits.clone()))], limits.clone());
        let error = issuers.verify(&ci.token(|_| ()), NOW, provider()).await.unwrap_err();
        assert_eq!(error.code(), code::TOKEN_KEYS_UNAVAILABLE);
    }
}

// attack: A-015
#[tokio::test]
async fn a_015_a_redirect_is_an_answer_like_any_other_that_is_no_key_set() {
    // Whoever answers for the issuer's address may point elsewhere; nobody goes there.
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = canary.local_addr().unwrap();
    let issuer = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = issuer.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = issuer.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer =
                format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/keys\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let transport = plimsoll_distribution::ReqwestTransport::builder().build().unwrap();
    let url = KeySetUrl::new(transport, &format!("http://{address}/keys"), &Limits::default()).unwrap();
    let error = url.fetch().await.unwrap_err();
    assert!(error.to_string().contains("expected status 200, found 302"), "{error}");
    assert!(tokio::time::timeout(Duration::from_millis(20), canary.accept()).await.is_err());
}

#[test]
fn only_an_address_over_tls_or_on_loopback_is_asked() {
    let make = |url: &str| KeySetUrl::new(Fixed(StatusCode::OK, Vec::new()), url, &Limits::default()).is_ok();
    assert!(make("https://gitlab.example.com/keys") && make("http://127.0.0.1:1/keys") && make("http://[::1]/keys"));
    for url in
        ["http://gitlab.example.com/keys", "http://localhost/keys", "file:///keys", "https://a:b@x.test/", "", "x"]
    {
        assert!(!make(url), "{url}");
    }
}
