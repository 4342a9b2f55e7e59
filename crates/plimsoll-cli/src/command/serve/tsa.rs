//! `serve tsa`: a time-stamping authority.

use super::serve;
use crate::{
    arguments::ServeTsa,
    command::pki::read_chain,
    failure::{Blame as _, Failure},
    machine::{heeded, passphrase_source},
    report::Report,
};
use plimsoll::{
    authority::{SystemClock, TimestampService},
    core::Escaped,
    crypto::provider,
    host::notation::load_key_files,
    pki::{ChainOptions, Profile},
};

pub(super) async fn run(words: &ServeTsa) -> Result<Report, Failure> {
    let policy = words.tsa_policy.parse().map_err(|_| {
        let found = Escaped::new(&words.tsa_policy);
        Failure::given(format!("--tsa-policy: expected an object identifier, found `{found}`"))
    })?;
    let source = passphrase_source(&words.passphrase);
    let options = ChainOptions::new(Profile::TimeStamping);
    // Key and chain are checked as a verifier will, before the first token.
    let loaded = load_key_files("tsa".into(), &words.key, &words.chain, &source, &options, provider()).given("")?;
    let key = heeded(loaded).key;
    let signer = key.signer(key.kind().der_algorithm()).given("")?;
    let chain = read_chain(&words.chain)?;
    let service = TimestampService::new(chain, signer, policy, SystemClock, provider()).given("")?;
    serve(service, &words.addr, &words.listen, words.public).await
}
