//! Hostile input where little stack is left: half a MiB, as threads of other programs may have. A stack that overflows ends the process,
//! so whatever comes in must end in an answer.

use crate::forge::*;
use plimsoll_core::{Blob, Outcome};
use plimsoll_envelope::HeaderValue;
use plimsoll_notary::{
    Format, TrustContext,
    policy::{BlobTrustPolicy, TrustPolicy},
};
use plimsoll_testkit::pki::{KeySpec, TestCa, named_store};

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap().join().unwrap();
}

#[test]
fn good_signatures_of_every_kind_of_key_need_no_more() {
    on_a_small_stack(|| {
        for spec in KeySpec::ALL {
            let ca = TestCa::new(spec);
            let trust = strict(&ca);
            for format in FORMATS {
                assert_eq!(code(&verify(&Forge::new(format).seal(&ca), &trust)), "held", "{spec:?}");
            }
        }
    });
}

// attack: A-089
// attack: A-130
#[test]
fn envelopes_inside_themselves_are_refused() {
    on_a_small_stack(|| {
        let ca = ca();
        let trust = strict(&ca);
        let openings: [(Format, &[u8]); 8] = [
            (Format::Jws, b"["),
            (Format::Jws, br#"{"payload":"#),
            (Format::Jws, br#"{"header":{"x5c":["#),
            (Format::Jws, br#"{"header":{"io.cncf.notary.timestampSignature":["#),
            (Format::Cose, &[0xd2]),
            (Format::Cose, &[0x84]),
            (Format::Cose, &[0xd2, 0x84, 0x40, 0xa1, 0x18, 0x21]),
            (Format::Cose, &[0x9f]),
        ];
        for (format, opening) in openings {
            let envelope = Blob::of(format.media_type(), opening.repeat(100_000));
            let found = code(&verify(&envelope, &trust));
            assert!(["envelope-malformed", "limit-exceeded"].contains(&found), "{found}");
        }
    });
}

// attack: A-089
#[test]
fn payloads_and_attributes_inside_themselves_are_refused() {
    on_a_small_stack(|| {
        let ca = ca();
        let trust = strict(&ca);
        for format in FORMATS {
            for opening in ["[", r#"{"targetArtifact":"#, r#"{"targetArtifact":{"annotations":{"a":"#] {
                let forged = Forge { payload: opening.repeat(100_000), ..Forge::new(format) };
                assert_ne!(code(&verify(&forged.seal(&ca), &trust)), "held");
            }
            let deep = (0..30).fold(HeaderValue::Null, |inside, _| HeaderValue::List(vec![inside]));
            let forged = Forge::new(format).with("com.example.deep", deep);
            assert_eq!(code(&verify(&forged.seal(&ca), &trust)), "held", "what is not critical is passed over");
        }
    });
}

// attack: A-158
#[test]
fn chains_of_many_certificates_are_refused() {
    on_a_small_stack(|| {
        let ca = ca();
        let trust = strict(&ca);
        let chain: Vec<&[u8]> = ca.chain().into_iter().cycle().take(1000).collect();
        for format in FORMATS {
            let envelope = Forge::new(format).seal_by(&signer(&ca.leaf), &chain);
            assert!(matches!(verify(&envelope, &trust).outcome(), Outcome::Failed(..)));
        }
    });
}

// attack: A-100
#[test]
fn timestamps_inside_themselves_are_refused() {
    on_a_small_stack(|| {
        let ca = ca();
        let mut stores = stores(&ca);
        stores.add(named_store("tsa:test", &[&ca.root.der]));
        let statement = of_members(
            r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:test", "tsa:test"], "trustedIdentities": ["*"]"#,
        );
        let trust = TrustContext::new(statement, &stores);
        for format in FORMATS {
            for opening in [[0x30, 0x80], [0x24, 0x80], [0xa0, 0x80], [0x31, 0x80]] {
                let envelope = stamped(format, &ca, |_| opening.repeat(16_000));
                let found = code(&verify(&envelope, &trust));
                assert!(["timestamp-malformed", "limit-exceeded"].contains(&found), "{found}");
            }
        }
    });
}

// attack: A-089
#[test]
fn policies_inside_themselves_are_refused() {
    on_a_small_stack(|| {
        for opening in ["[", r#"{"trustPolicies":["#, r#"{"trustPolicies":[{"signatureVerification":"#, r#"{"a":"#] {
            let text = opening.repeat(100_000);
            assert!(TrustPolicy::parse(text.as_bytes()).is_err());
            assert!(BlobTrustPolicy::parse(text.as_bytes()).is_err());
        }
    });
}
