//! Timestamps, their requests and responses.

use plimsoll_crypto::provider;
use plimsoll_pki::{
    TrustStore,
    timestamp::{TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken},
};

/// A token is kept as DER, which reads as the same. Without anchors, none is believed.
pub fn timestamp_token(input: &[u8]) {
    let limits = TimestampLimits::default();
    crate::round_trip(input, |bytes| TimestampToken::parse(bytes, &limits), |token| token.der().to_vec());
    let Ok(token) = TimestampToken::parse(input, &limits) else { return };
    // An indefinite length takes four octets, a definite one up to five: DER is hardly longer than what came.
    assert!(token.der().len() <= input.len().saturating_mul(2));
    assert!(token.verify(b"cargo", &TrustStore::default(), provider()).is_err());
    let claimed = token.claimed();
    assert!(claimed.gen_time.earliest(claimed.accuracy()) <= claimed.gen_time.latest(claimed.accuracy()));
}

pub fn timestamp_response(input: &[u8]) {
    let limits = TimestampLimits::default();
    let Ok(response) = TimestampResponse::parse(input, &limits) else { return };
    let again = TimestampResponse::parse(&response.to_der(), &limits).expect("our own response");
    assert_eq!(again.status().is_granted(), response.status().is_granted());
}

pub fn timestamp_request(input: &[u8]) {
    let limits = TimestampLimits::default();
    crate::round_trip(input, |bytes| TimestampRequest::parse(bytes, &limits), TimestampRequest::to_der);
}
