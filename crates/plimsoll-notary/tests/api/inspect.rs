use crate::forge::*;
use plimsoll_core::{Classify, Descriptor};
use plimsoll_crypto::provider;
use plimsoll_notary::{Format, SignOptions, inspect};
use plimsoll_testkit::pki::NOW;

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
