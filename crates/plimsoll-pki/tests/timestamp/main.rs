//! Timestamps: tokens, requests, responses, and the authority's side.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

mod ber;
mod chains;
mod codes;
mod exchange;
mod info;
mod openssl;
mod signers;

use plimsoll_core::{Classify, Code};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    TrustStore,
    timestamp::{TimestampError, TimestampLimits, TimestampToken, TstInfo},
};
use plimsoll_testkit::timestamp::TestTsa;
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

const MESSAGE: &[u8] = b"the signature value of an envelope";

fn parse(bytes: &[u8]) -> Result<TimestampToken, TimestampError> {
    TimestampToken::parse(bytes, &TimestampLimits::default())
}

/// Reads and verifies a token over [`MESSAGE`].
fn judge(bytes: &[u8], store: &TrustStore) -> Result<TstInfo, TimestampError> {
    let token = parse(bytes)?;
    let verified = token.verify(MESSAGE, store, provider())?;
    Ok(verified.info().clone())
}

/// The code and the text of a refusal.
fn refused(bytes: &[u8], tsa: &TestTsa) -> (Code, String) {
    let error = judge(bytes, &tsa.trust_store()).unwrap_err();
    (error.code(), error.to_string())
}

/// Keys in memory are ready at once.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a key in memory does not wait"),
    }
}
