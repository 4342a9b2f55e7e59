use crate::forge::*;
use plimsoll_core::{Classify, Descriptor};
use plimsoll_crypto::provider;
use plimsoll_notary::{Format, SignOptions, inspect};
use plimsoll_testkit::{
    pki::{KeySpec, NOW},
    timestamp::TestTsa,
};

#[test]
fn a_good_envelope_is_described_whole() {
    let ca = ca();
    for format in FORMATS {
        let options = SignOptions::new(NOW).with_format(format).with_metadata("team", "dish");
        let signature = signed(&ca, &options);
        let found = inspect(signature.envelope.bytes(), format.media_type(), provider()).unwrap();
        assert_eq!((found.format, &found.integrity), (format, &Ok(())));
        assert_eq!(found.target, Some(target()));
        assert_eq!(found.metadata["team"], "dish");
        assert_eq!(found.claimed_algorithm.as_str(), "ES256");
        assert_eq!(found.attributes.unwrap().signing_time, NOW);
        let subjects: Vec<_> = found.certificates.iter().map(|one| one.subject.as_str()).collect();
        assert_eq!(subjects[0], "CN=Test Signer,O=Harbour,ST=WA,C=US");
        assert_eq!((subjects.len(), &*found.certificates[0].key), (3, "P-256"));
        assert!(!found.has_timestamp && found.claimed_signing_agent.is_some());
    }
}

#[test]
fn a_timestamp_is_described_as_a_claim() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    for format in FORMATS {
        let found = |token: &dyn Fn(&[u8]) -> Vec<u8>| {
            let envelope = stamped(format, &ca, |signature| token(signature));
            inspect(envelope.bytes(), format.media_type(), provider()).unwrap()
        };
        let good = found(&|signature| tsa.token(signature)).claimed_timestamp.unwrap();
        assert_eq!((good.earliest, good.latest), (NOW.saturating_sub(1), NOW.saturating_add(1)));
        assert_eq!((&*good.policy, good.is_of_signature), ("1.3.6.1.4.1.99999.1", true));
        assert_eq!((&*good.serial, &*good.imprint_hash), ("09".repeat(16).as_str(), "2.16.840.1.101.3.4.2.1"));
        assert!(!found(&|_| tsa.token(b"other")).claimed_timestamp.unwrap().is_of_signature);
        let broken = found(&|_| b"token".to_vec());
        assert!(broken.has_timestamp && broken.claimed_timestamp.is_none() && broken.integrity.is_ok());
        assert_eq!(broken.artifact.unwrap().digest, target().digest.into());
    }
}

// attack: A-114
// attack: A-382
#[test]
fn of_a_forged_envelope_nothing_that_was_signed_is_shown_and_the_rest_is_escaped() {
    let (ca, other) = (ca(), ca());
    let forge = Forge {
        unprotected: vec![("io.cncf.notary.signingAgent".into(), "x\u{1b}[2J".into())],
        ..Forge::new(Format::Jws).with("com.example\u{202e}", "\u{7}".into())
    };
    let envelope = forge.seal_by(&signer(&other.leaf), &ca.chain());
    let found = inspect(envelope.bytes(), "application/jose+json", provider()).unwrap();
    assert_eq!(found.integrity.unwrap_err().code().name(), "signature-invalid");
    assert_eq!((found.target, found.metadata.len()), (None::<Descriptor>, 0));
    assert_eq!(found.claimed_signing_agent.unwrap().as_str(), r"x\u{1b}[2J");
    let (name, value, critical) = &found.attributes.unwrap().extended[0];
    assert_eq!((name.as_str(), value.as_str(), *critical), (r"com.example\u{202e}", r"\u{7}", false));
}

#[test]
fn what_cannot_be_split_is_refused() {
    assert_eq!(inspect(b"{}", "application/jose+json", provider()).unwrap_err().code().name(), "envelope-malformed");
}
