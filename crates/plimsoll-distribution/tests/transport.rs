//! Our own transport keeps the contract.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use plimsoll_distribution::{Client, Error, PlainHttp, ReqwestTransport, TokioTimer};
use plimsoll_testkit::registry::{Reply, Scripted};
use std::time::Duration;

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
