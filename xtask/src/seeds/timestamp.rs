//! Timestamps, their requests and responses.

use super::{Outcome, Seeds};
use plimsoll_pki::{
    Hash,
    timestamp::{
        FailureInfo, MessageImprint, Nonce, TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken,
    },
};
use plimsoll_testkit::{
    pki::{KeySpec, NOW},
    timestamp::{POLICY, TestTsa, indefinite},
};

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    for spec in [KeySpec::P256, KeySpec::Rsa2048] {
        let tsa = TestTsa::new(spec);
        let draft = tsa.draft(b"cargo", NOW.into());
        let signer = draft.signer_info(&tsa.sign(&draft));
        let tokens = [
            tsa.token(b"cargo"),
            draft.sealed_by(&[&signer, &signer]),
            tsa.forge_token(b"cargo", |draft| draft.certificates.clear()),
            tsa.forge_info(b"cargo", |info| {
                info.set_time("20260601000000.884Z");
                info.ordering = vec![1, 1, 0xff];
                info.accuracy = vec![0x30, 10, 2, 1, 2, 0x80, 1, 3, 0x81, 2, 1, 0xf4];
                info.extensions = vec![0xa1, 8, 0x30, 6, 6, 2, 0x2a, 3, 4, 0];
            }),
        ];
        for token in tokens {
            let response = TimestampResponse::granted(TimestampToken::parse(&token, &TimestampLimits::default())?);
            seeds.all("timestamp_response", [response.to_der(), indefinite(&response.to_der())]);
            seeds.all("timestamp_token", [indefinite(&token), token]);
        }
    }
    seeds.add("timestamp_response", TimestampResponse::rejected(FailureInfo::BadAlg, "use SHA-256").to_der());
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let request = TimestampRequest::new(MessageImprint::of(hash, b"cargo"), Nonce::from_random([7; 20]));
        seeds.all("timestamp_request", [request.to_der(), request.with_policy(POLICY).to_der()]);
    }
    Ok(())
}
