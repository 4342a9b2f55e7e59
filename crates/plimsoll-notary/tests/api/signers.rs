//! Several signers: distinct keys are counted, and one signature fills one role.

use crate::{
    forge::*,
    ml_dsa::{PqCa, both},
};
use plimsoll_core::{Algorithm, Name};
use plimsoll_crypto::{ParameterSet, provider};
use plimsoll_envelope::{CountersignatureDraft, HeaderValue, Label};
use plimsoll_notary::{
    Artifact, AttachedSignature, Format, SignOptions, SignatureWarning, SigningError, TrustContext, VerifiedSignature,
    sign_artifact,
};
use plimsoll_pki::issue::Role;
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};

const OTHER: &str = "CN=Other Signer,O=Harbour,ST=WA,C=US";

fn made(ca: &TestCa, format: Format) -> AttachedSignature {
    let artifact = target();
    let options = SignOptions::new(NOW).with_format(format);
    now(sign_artifact(Artifact::Manifest(&artifact), &signer(&ca.leaf), &ca.chain(), &options, provider())).unwrap()
}

/// Countersigns without any check, as a forger does.
fn forged(
    envelope: &[u8],
    format: Format,
    algorithm: Algorithm,
    by: &dyn Fn(&[u8]) -> Vec<u8>,
    chain: &[&[u8]],
) -> Vec<u8> {
    let read = plimsoll_envelope::Sealed::jws_flattened(envelope, &Default::default());
    let sealed = match format {
        Format::Jws => read.unwrap(),
        _ => plimsoll_envelope::Sealed::cose_sign1(envelope, &Default::default()).unwrap(),
    };
    let leaf: Vec<u8> = sealed.unverified(0).unwrap().presented_chain().next().unwrap().to_vec();
    let leaf = plimsoll_pki::Certificate::from_der(&leaf, &Default::default()).unwrap();
    let own = match leaf.key() {
        plimsoll_pki::KeyKind::P384 => Algorithm::EcdsaP384Sha384Fixed,
        plimsoll_pki::KeyKind::Rsa { .. } => Algorithm::RsaPssSha256,
        _ => Algorithm::EcdsaP256Sha256Fixed,
    };
    let critical = plimsoll_envelope::Critical::JudgedByCaller;
    let opened = sealed.open(0, leaf.public_key(), own, provider(), critical).unwrap();
    let draft = CountersignatureDraft::new(&opened, algorithm, &[]).unwrap();
    let label = if format == Format::Jws { Label::from("x5c") } else { Label::from(33) };
    draft.attach(&by(draft.signing_input()), &[(label, HeaderValue::chain(chain))]).unwrap()
}

fn blob(format: Format, bytes: Vec<u8>) -> plimsoll_core::Blob {
    plimsoll_core::Blob::of(format.media_type(), bytes)
}

// attack: A-138
#[test]
fn a_key_that_countersigns_twice_is_one_signer() {
    let (first, second) = (TestCa::new(KeySpec::P384), PqCa::new(ParameterSet::MlDsa44));
    for format in FORMATS {
        let made = made(&first, format);
        let by = |input: &[u8]| second.signer.sign_now(input).unwrap();
        let once = forged(made.envelope().unwrap().bytes(), format, Algorithm::MlDsa44, &by, &second.chain());
        let twice = forged(&once, format, Algorithm::MlDsa44, &by, &second.chain());
        assert_ne!(once, twice);
        let trust = TrustContext::new(statement("strict", "", "*"), &both(&first, &second));
        for bytes in [once.clone(), twice] {
            let held = verify(&blob(format, bytes), &trust);
            assert_eq!(held.verified().unwrap().claims().countersigners.len(), 1);
        }
        // And nobody makes one by mistake.
        let input = made.countersigning_input(Algorithm::MlDsa44, provider()).unwrap();
        let seconded =
            made.with_countersignature(Algorithm::MlDsa44, &by(&input), &second.chain(), provider()).unwrap();
        let input = seconded.countersigning_input(Algorithm::MlDsa44, provider()).unwrap();
        let again = seconded.with_countersignature(Algorithm::MlDsa44, &by(&input), &second.chain(), provider());
        assert_eq!(again.unwrap_err(), SigningError::SameKey);
    }
}

#[test]
fn countersignatures_beyond_the_fourth_leave_a_warning() {
    let (first, second) = (TestCa::new(KeySpec::P384), PqCa::new(ParameterSet::MlDsa44));
    let trust = TrustContext::new(statement("strict", "", "*"), &both(&first, &second));
    let by = |input: &[u8]| second.signer.sign_now(input).unwrap();
    for format in FORMATS {
        let mut bytes = made(&first, format).envelope().unwrap().bytes().to_vec();
        for count in 1..=6 {
            bytes = forged(&bytes, format, Algorithm::MlDsa44, &by, &second.chain());
            let held = verify(&blob(format, bytes.clone()), &trust);
            let report = held.report().to_json();
            let text = "countersignature 4: more than 4 countersignatures of one signature are not looked at";
            assert_eq!(report.contains(text), count > 4, "{report}");
            let claims = held.verified().unwrap().claims();
            assert_eq!(claims.countersigners.len(), 1);
            // Those of one key, and that there are more.
            assert_eq!(claims.warnings.len(), if count > 4 { 4 } else { count - 1 });
        }
    }
}

/// The key of the signer in another certificate, and in every other writing of it: none is a second signer.
// attack: A-138
#[test]
fn a_key_in_another_certificate_or_another_writing_is_no_second_signer() {
    for spec in [KeySpec::P256, KeySpec::Rsa2048] {
        let ca = TestCa::new(spec);
        let spki = ca.leaf.key.public_key_spki_der().to_vec();
        for (why, other) in writings(spec, &spki) {
            let again = reissued(&ca, &other);
            let chain = [&again[..], &ca.intermediate.der, &ca.root.der];
            for format in FORMATS {
                let made = made(&ca, format);
                let by = |input: &[u8]| signer(&ca.leaf).sign_now(input).unwrap();
                let algorithm = plimsoll_core::Sign::algorithm(&signer(&ca.leaf));
                let bytes = forged(made.envelope().unwrap().bytes(), format, algorithm, &by, &chain);
                let held = verify(&blob(format, bytes), &strict(&ca));
                let claims = held.verified().unwrap().claims();
                assert!(claims.countersigners.is_empty(), "{spec:?} {why}");
                assert!(matches!(&claims.warnings[..], [.., SignatureWarning::Countersignature { .. }]), "{why}");
                let input = made.countersigning_input(algorithm, provider()).unwrap();
                assert!(made.with_countersignature(algorithm, &by(&input), &chain, provider()).is_err(), "{why}");
                // Nor does a signature of its own give the key another name for who counts.
                let envelope = Forge::new(format).seal_by(&signer(&ca.leaf), &chain);
                let Some(identity) = verify(&envelope, &strict(&ca)).verified().map(VerifiedSignature::identity) else {
                    assert_ne!(why, "another certificate");
                    continue;
                };
                let plain = verify(made.envelope().unwrap(), &strict(&ca)).verified().unwrap().identity();
                assert_eq!(key_of(identity.name()), key_of(plain.name()), "{spec:?} {why}");
            }
        }
    }
}

fn key_of(name: &Name) -> plimsoll_core::Digest {
    match name {
        Name::X509 { spki, .. } => *spki,
        other => panic!("{other:?}"),
    }
}

/// A certificate of the intermediate over a public key as it is written here.
fn reissued(ca: &TestCa, spki: &[u8]) -> Vec<u8> {
    let role = Role::Signer { ocsp: &[], crl: &[] };
    ca.intermediate.issue(KeySpec::P256, OTHER, role, |draft| draft.spki = spki.to_vec()).der
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match content.len() {
        0..0x80 => vec![tag, length[1]],
        0x80..0x100 => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [head, content.to_vec()].concat()
}

fn writings(spec: KeySpec, spki: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let written =
        |algorithm: &[u8], key: &[u8]| tlv(0x30, &[tlv(0x30, algorithm), tlv(3, &[&[0], key].concat())].concat());
    let mut all = vec![("another certificate", spki.to_vec()), ("something behind it", [spki, &[0]].concat())];
    if spec == KeySpec::P256 {
        let (algorithm, point) = (&spki[4..23], &spki[26..]);
        let parity = point[64] & 1;
        all.extend([
            ("compressed", written(algorithm, &[&[2 + parity], &point[1..33]].concat())),
            ("hybrid", written(algorithm, &[&[6 + parity], &point[1..]].concat())),
            ("without a curve", written(&algorithm[..9], point)),
            ("a long length", [&[0x30, 0x81], &spki[1..]].concat()),
        ]);
    } else {
        let (oid, key) = (&spki[6..17], &spki[24..]);
        let pss = [&oid[..10], &[10]].concat();
        all.extend([
            ("without NULL", written(oid, key)),
            ("NULL with something in it", written(&[oid, &[5, 1, 0]].concat(), key)),
            ("for RSASSA-PSS", written(&pss, key)),
            ("for RSASSA-PSS with NULL", written(&[&pss[..], &[5, 0]].concat(), key)),
            ("a zero before the modulus", {
                let (modulus, exponent) = (&key[8..key.len() - 5], &key[key.len() - 5..]);
                let modulus = tlv(2, &[&[0], modulus].concat());
                written(&[oid, &[5, 0]].concat(), &tlv(0x30, &[&modulus, exponent].concat()))
            }),
        ]);
    }
    all
}
