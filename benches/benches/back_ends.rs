//! One verification by each back end, over the seam: the floor of whoever chooses it.
//!
//! `cargo bench -p plimsoll-benches --bench back_ends`, with `--features aws-lc-rs` for the third.

use criterion::{Criterion, criterion_group, criterion_main};
use plimsoll_core::{Algorithm, Message, Provider};
use plimsoll_crypto::{Curve, PrivateKey};
use plimsoll_testkit::rsa_key;

/// A signing input of the usual length.
const MESSAGE: [u8; 600] = [b'x'; 600];

fn keys() -> Result<Vec<(&'static str, Algorithm, PrivateKey)>, plimsoll_crypto::KeyError> {
    let rsa = |bits| PrivateKey::read(rsa_key(bits).as_bytes(), None);
    Ok(vec![
        ("ES256", Algorithm::EcdsaP256Sha256Fixed, PrivateKey::generate(Curve::P256)?),
        ("ES384", Algorithm::EcdsaP384Sha384Fixed, PrivateKey::generate(Curve::P384)?),
        ("ES512", Algorithm::EcdsaP521Sha512Fixed, PrivateKey::generate(Curve::P521)?),
        ("PS256", Algorithm::RsaPssSha256, rsa(2048)?),
        ("PS384", Algorithm::RsaPssSha384, rsa(3072)?),
        ("PS512", Algorithm::RsaPssSha512, rsa(4096)?),
    ])
}

fn providers() -> Vec<(&'static str, Provider<'static>)> {
    vec![
        ("ring", plimsoll_crypto::ring::provider()),
        ("pure", plimsoll_crypto::pure::provider()),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", plimsoll_crypto::aws_lc::provider()),
    ]
}

#[expect(clippy::expect_used, reason = "a broken fixture should stop a benchmark loudly")]
fn back_ends(criterion: &mut Criterion) {
    for (name, algorithm, key) in keys().expect("keys") {
        let signature = key.signer(algorithm).expect("a signer").sign_now(&MESSAGE).expect("a signature");
        let mut group = criterion.benchmark_group(name);
        for (library, provider) in providers() {
            let verify = || provider.verify(algorithm, key.public_key(), Message::Parts(&[&MESSAGE]), &signature);
            group.bench_function(library, |bencher| bencher.iter(|| verify().expect("it holds")));
        }
        group.finish();
    }
}

criterion_group!(benches, back_ends);
criterion_main!(benches);
