//! Key sets from where issuers publish them.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use common::{AUDIENCE, Ci, ISSUER};
use plimsoll_authority::{FetchedKeys, Issuer, Issuers, KeySetUrl, Limits};
use plimsoll_core::Bytes;
use plimsoll_crypto::provider;
use plimsoll_distribution::{Request, Response, Transport, TransportError, http::StatusCode};
use plimsoll_testkit::pki::NOW;

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
