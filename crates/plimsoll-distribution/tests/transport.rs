//! Our own transport keeps the contract.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use plimsoll_core::{Bytes, OneChunk};
use plimsoll_distribution::{
    Client, Error, PlainHttp, Reach, Request, ReqwestTransport, TokioTimer, Transport as _, http::Method,
};
use plimsoll_testkit::registry::{Reply, Scripted};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const CONTENT: usize = 8 << 20;

fn transport() -> ReqwestTransport {
    ReqwestTransport::builder().without_system_roots().idle_time(Duration::from_secs(20)).build().unwrap()
}

// attack: A-038
// attack: A-017
#[tokio::test]
async fn a_038_the_contract_of_a_transport_is_kept() {
    plimsoll_testkit::registry::transport(&transport()).await;
}

// attack: A-026
#[tokio::test]
async fn a_026_a_failed_handshake_is_not_tried_in_plain_text() {
    let plain = Scripted::start(|_| Reply::new(200)).await;
    let client = Client::builder(transport(), TokioTimer::new()).plain_http(PlainHttp::Nowhere).build();
    let repository = client.repository(&format!("{}/app", plain.address()).parse().unwrap()).unwrap();
    let error = repository.tags().await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error}");
    assert_eq!(plimsoll_core::Classify::code(&error), plimsoll_distribution::code::TLS_FAILED);
    assert!(plain.log().is_empty());
}

/// A registry that takes content slowly is not idle: an upload may take longer than one wait for a byte.
#[tokio::test]
async fn an_upload_may_last_longer_than_a_silence() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = vec![0; 64 * 1024];
        let mut left = CONTENT;
        while left > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let count = stream.read(&mut read).await.unwrap();
            left = left.saturating_sub(count);
        }
        stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let transport = ReqwestTransport::builder().without_system_roots().idle_time(Duration::from_millis(500)).build();
    let mut request = Request::new(Method::PUT, format!("http://{address}/x").parse().unwrap(), Reach::Any);
    request.size = CONTENT as u64;
    request.body = Box::pin(OneChunk::new(Bytes::from(vec![0; CONTENT])));
    let response = transport.unwrap().send(request).await.unwrap();
    assert_eq!(response.status.as_u16(), 201);
}

// attack: A-032
#[tokio::test]
async fn a_032_a_registry_that_stalls_ends_in_a_time_out() {
    let stalling = Scripted::start(|_| Reply::new(200).body("{").announcing(9).stalling()).await;
    let transport = ReqwestTransport::builder().without_system_roots().idle_time(Duration::from_millis(50)).build();
    let mut retry = plimsoll_distribution::Retry::never();
    retry.first = Duration::ZERO;
    let client = Client::builder(transport.unwrap(), TokioTimer::new()).retry(retry).build();
    let repository = client.repository(&format!("{}/app", stalling.address()).parse().unwrap()).unwrap();
    let error = repository.tags().await.unwrap_err();
    assert_eq!(plimsoll_core::Classify::code(&error), plimsoll_distribution::code::TIMED_OUT);
}
