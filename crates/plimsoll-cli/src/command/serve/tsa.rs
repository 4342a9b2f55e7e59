//! `serve tsa`: a time-stamping authority.

use super::serve;
use crate::{
    arguments::ServeTsa,
    command::pki::read_chain,
    failure::{Blame as _, Failure},
    report::Report,
    signer::HeldKey,
};
use plimsoll::{
    authority::{SystemClock, TimestampService},
    core::Escaped,
    crypto::provider,
    pki::{ChainOptions, OwnedCertificate, Profile, verify_chain},
};

pub(super) async fn run(words: &ServeTsa) -> Result<Report, Failure> {
    let policy = words.tsa_policy.parse().map_err(|_| {
        let found = Escaped::new(&words.tsa_policy);
        Failure::given(format!("--tsa-policy: expected an object identifier, found `{found}`"))
    })?;
    let key = HeldKey::open(&words.key, &words.token, &words.passphrase)?;
    let chain = read_chain(&words.chain)?;
    // Key and chain are checked as a verifier will, before the first token.
    let der: Vec<&[u8]> = chain.iter().map(OwnedCertificate::der).collect();
    let verified = verify_chain(&der, &ChainOptions::new(Profile::TimeStamping), provider(), None);
    key.demand(&words.key, verified.given(words.chain.display())?.leaf().public_key(), &words.chain)?;
    let service = TimestampService::new(chain, key.signer()?, policy, SystemClock, provider()).given("")?;
    serve(service, &words.addr, &words.listen, words.public).await
}
