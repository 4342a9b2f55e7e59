//! Signatures over signatures.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{
    CERTIFICATE, KEY, PAYLOAD, PROTECTED, b64, cbor, cose, cose_protected, cose_unprotected, header, jws, open,
};
use plimsoll_core::{Algorithm, PublicKey};
use plimsoll_crypto::{Curve, LocalSigner, PrivateKey, provider};
use plimsoll_envelope::{
    CountersignatureDraft, Countersigned, Critical, EnvelopeError, HeaderValue, Limits, Member, Opened, Sealed,
    signing_digest,
};
use std::sync::LazyLock;

static SECOND: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(Curve::P384).unwrap());
const ES384: Algorithm = Algorithm::EcdsaP384Sha384Fixed;

fn witness() -> LocalSigner {
    SECOND.envelope_signer().unwrap()
}

fn read(bytes: &[u8]) -> Sealed<'_> {
    let limits = Limits::default();
    if bytes.starts_with(b"{") { Sealed::jws_flattened(bytes, &limits) } else { Sealed::cose_sign1(bytes, &limits) }
        .unwrap()
}

fn both() -> [Vec<u8>; 2] {
    [jws(PROTECTED, &header()).into_bytes(), cose(&cose_protected(), &cose_unprotected())]
}

fn countersign(bytes: &[u8], members: &[Member<'_>]) -> Vec<u8> {
    let sealed = read(bytes);
    let opened = open(&sealed, &["scheme"]).unwrap();
    let draft = CountersignatureDraft::new(&opened, ES384, members).unwrap();
    let signature = witness().sign_now(draft.signing_input()).unwrap();
    let label = if bytes.starts_with(b"{") { "x5c".into() } else { 33.into() };
    draft.attach(&signature, &[(label, HeaderValue::chain(&[b"second"]))]).unwrap()
}

/// Opens the envelope, then countersignature number `index`.
fn check<T>(
    bytes: &[u8],
    index: usize,
    then: impl FnOnce(Result<Countersigned<'_>, EnvelopeError>) -> T,
) -> Result<T, EnvelopeError> {
    let sealed = read(bytes);
    let opened: Opened<'_> = open(&sealed, &["scheme"]).unwrap();
    assert_eq!(opened.payload(), PAYLOAD.as_bytes());
    let counter = opened.countersignatures()?.unwrap();
    let key: PublicKey<'_> = SECOND.public_key();
    Ok(then(counter.open(index, key, ES384, provider(), Critical::Only(&[]))))
}

fn verdict(bytes: &[u8]) -> Result<(), EnvelopeError> {
    check(bytes, 0, |found| found.map(|_| ())).and_then(|found| found)
}

#[test]
fn a_countersignature_is_read_back_and_the_first_signature_stays() {
    for envelope in both() {
        let twice = countersign(&envelope, &[]);
        assert_eq!(verdict(&twice), Ok(()));
        let sealed = read(&twice);
        let opened = open(&sealed, &["scheme"]).unwrap();
        assert_eq!(opened.unverified().presented_chain().collect::<Vec<_>>(), [CERTIFICATE]);
        assert_eq!(opened.unverified().unprotected().get("agent").and_then(HeaderValue::as_text), Some("test/1"));
        let before = read(&envelope);
        assert_eq!(open(&before, &["scheme"]).unwrap().signature(), opened.signature());
        let counter = opened.countersignatures().unwrap().unwrap();
        assert_eq!(counter.count(), 1);
        assert_eq!(counter.unverified(0).unwrap().presented_chain().collect::<Vec<_>>(), [b"second"]);
        assert!(open(&before, &["scheme"]).unwrap().countersignatures().unwrap().is_none());
    }
}

/// A key elsewhere that takes a digest signs the same: Ed25519 and ML-DSA, which sign the message, have none.
#[test]
fn a_countersignature_is_over_the_digest_of_its_input() {
    for envelope in both() {
        let sealed = read(&envelope);
        let opened = open(&sealed, &["scheme"]).unwrap();
        let draft = CountersignatureDraft::new(&opened, ES384, &[]).unwrap();
        assert_eq!(draft.signing_digest(), signing_digest(ES384, draft.signing_input()));
        assert_eq!(draft.signing_digest().unwrap().len(), 48);
        let message = CountersignatureDraft::new(&opened, Algorithm::Ed25519, &[]).unwrap();
        assert_eq!(message.signing_digest(), None);
        let signature = witness().sign_now(draft.signing_input()).unwrap();
        let twice = draft.attach(&signature, &[]).unwrap();
        assert_eq!(check(&twice, 0, |found| found.unwrap().signature().to_owned()).unwrap(), signature);
    }
}

#[test]
fn there_may_be_several_and_each_is_opened_by_itself() {
    for envelope in both() {
        let twice = countersign(&countersign(&countersign(&envelope, &[]), &[]), &[]);
        for index in 0..3 {
            assert_eq!(check(&twice, index, |found| found.map(|_| ())).unwrap(), Ok(()));
        }
        let sealed = read(&twice);
        assert_eq!(open(&sealed, &["scheme"]).unwrap().countersignatures().unwrap().unwrap().count(), 3);
        let none = check(&twice, 3, |found| found.map(|_| ())).unwrap();
        assert_eq!(none, Err(EnvelopeError::NoSuchSignature { index: 3, count: 3 }));
    }
}

#[test]
fn a_countersignature_of_another_envelope_does_not_hold() {
    for (at, envelope) in both().into_iter().enumerate() {
        let other = match at {
            0 => jws(PROTECTED, &header()).into_bytes(),
            _ => cose(&cose_protected(), &cose_unprotected()),
        };
        // Signed anew: the same payload and header under another signature, as ECDSA makes them.
        let (mut one, two) = (countersign(&envelope, &[]), countersign(&other, &[]));
        assert_eq!((verdict(&one), verdict(&two)), (Ok(()), Ok(())));
        one = moved(&two, &one);
        assert_eq!(verdict(&one), Err(EnvelopeError::SignatureInvalid));
    }
}

/// The first envelope with the countersignature of the second.
fn moved(envelope: &[u8], from: &[u8]) -> Vec<u8> {
    let from = read(from);
    let unprotected = from.unverified(0).unwrap();
    if envelope.starts_with(b"{") {
        let text = String::from_utf8(envelope.to_vec()).unwrap();
        let list = unprotected.unprotected().get("org.plimsoll.countersignatures").unwrap();
        let HeaderValue::Map(members) = &list.as_list().unwrap()[0] else { panic!() };
        let signature = |members: &[Member<'_>]| {
            members.iter().find(|(label, _)| label == "signature").unwrap().1.as_text().unwrap().to_owned()
        };
        let own = read(envelope);
        let unprotected = own.unverified(0).unwrap();
        let list = unprotected.unprotected().get("org.plimsoll.countersignatures").unwrap();
        let HeaderValue::Map(mine) = &list.as_list().unwrap()[0] else { panic!() };
        text.replace(&signature(mine), &signature(members)).into_bytes()
    } else {
        let signature = |sealed: &Sealed<'_>| {
            let list = sealed.unverified(0).unwrap().unprotected().get(11).unwrap().as_list().unwrap().to_vec();
            list[2].as_bytes().unwrap().to_vec()
        };
        let (own, foreign) = (signature(&read(envelope)), signature(&from));
        let at = envelope.windows(own.len()).position(|window| window == own).unwrap();
        [&envelope[..at], &foreign, &envelope[at + own.len()..]].concat()
    }
}

#[test]
fn a_jws_that_covers_something_else_is_no_countersignature() {
    // Signed over the same text, but not said to cover a JWS: from a signer who signs texts of others.
    let envelope = jws(PROTECTED, &header());
    let sealed = read(envelope.as_bytes());
    let opened = open(&sealed, &["scheme"]).unwrap();
    let draft = CountersignatureDraft::new(&opened, ES384, &[]).unwrap();
    let covered = draft.signing_input().split(|byte| *byte == b'.').nth(1).unwrap().to_vec();
    let protected = b64(br#"{"alg":"ES384","cty":"text/plain"}"#);
    let input = [protected.as_bytes(), b".", &covered].concat();
    let signature = b64(&witness().sign_now(&input).unwrap());
    let counter =
        format!(r#"{{"org.plimsoll.countersignatures":[{{"protected":"{protected}","signature":"{signature}"}}],"#);
    let forged = envelope.replacen(r#""header":{"#, &format!(r#""header":{counter}"#), 1);
    assert_eq!(
        verdict(forged.as_bytes()).unwrap_err().to_string(),
        "expected `cty` in the countersignature, found none"
    );
}

#[test]
fn what_is_no_countersignature_is_malformed() {
    let wrong = ["1", "[]", "[1]", "{}", "null"];
    for value in wrong {
        let text = jws(PROTECTED, &format!(r#"{{"org.plimsoll.countersignatures":{value}}}"#));
        let error = verdict(text.as_bytes()).unwrap_err();
        let expected = "expected countersignatures as `countersignature` in the unprotected header";
        assert_eq!(error.to_string(), expected, "{value}");
    }
    let text = jws(PROTECTED, r#"{"org.plimsoll.countersignatures":[{"protected":"e30"}]}"#);
    assert_eq!(
        verdict(text.as_bytes()).unwrap_err().to_string(),
        "expected `signature` in the countersignature, found none"
    );
    let bytes = cbor::bytes(b"");
    let map = cbor::map(&[]);
    for value in [
        cbor::int(1),
        cbor::array(&[]),
        cbor::array(&[cbor::int(1)]),
        cbor::array(&[bytes.clone(), map.clone()]),
        cbor::array(&[cbor::array(&[bytes.clone(), map.clone(), cbor::bytes(b"s"), bytes.clone()])]),
        cbor::tag(19, &cbor::array(&[bytes.clone(), map.clone(), cbor::bytes(b"s")])),
    ] {
        let envelope = cose(&cose_protected(), &[(cbor::int(11), value.clone())]);
        assert!(matches!(verdict(&envelope), Err(EnvelopeError::MalformedMember { .. })), "{value:02x?}");
    }
    let empty = cbor::array(&[cbor::bytes(&cbor::map(&[(cbor::int(1), cbor::int(-35))])), map.clone(), bytes.clone()]);
    let envelope = cose(&cose_protected(), &[(cbor::int(11), empty)]);
    assert_eq!(
        verdict(&envelope).unwrap_err().to_string(),
        "expected a signature as `signature` in the countersignature"
    );
    // Its algorithm must be protected, as in the envelope.
    let unsaid = cbor::array(&[bytes, map, cbor::bytes(b"s")]);
    let envelope = cose(&cose_protected(), &[(cbor::int(11), unsaid)]);
    assert!(matches!(verdict(&envelope), Err(EnvelopeError::MissingMember { name: "alg", .. })));
}

#[test]
fn countersignatures_are_counted() {
    let one = r#"{"protected":"e30","signature":"AAAA"}"#;
    let list = vec![one; 33].join(",");
    let text = jws(PROTECTED, &format!(r#"{{"org.plimsoll.countersignatures":[{list}]}}"#));
    assert_eq!(verdict(text.as_bytes()).unwrap_err().to_string(), "more than 32 countersignatures of a signature");
}

// attack: A-135
#[test]
fn the_first_signature_is_no_countersignature_and_the_other_way_round() {
    // The context string keeps the two apart: a countersignature as the signature of an envelope opens nothing.
    let envelope = cose(&cose_protected(), &cose_unprotected());
    let sealed = read(&envelope);
    let opened = open(&sealed, &["scheme"]).unwrap();
    let draft = CountersignatureDraft::new(&opened, common::algorithm(), &[]).unwrap();
    assert!(draft.signing_input().starts_with(b"\x86\x72CounterSignatureV2"));
    let version_one = [b"\x85\x70CounterSignature".as_slice(), &draft.signing_input()[20..]].concat();
    let signature = witness().sign_now(&version_one).unwrap();
    let forged = CountersignatureDraft::new(&opened, ES384, &[]).unwrap().attach(&signature, &[]).unwrap();
    assert_eq!(verdict(&forged), Err(EnvelopeError::SignatureInvalid));
    let moved = cbor::tag(
        18,
        &cbor::array(&[
            cbor::bytes(&cbor::map(&cose_protected())),
            cbor::map(&[]),
            cbor::bytes(PAYLOAD.as_bytes()),
            cbor::bytes(&common::signer().sign_now(draft.signing_input()).unwrap()),
        ]),
    );
    assert_eq!(common::cose_error(&moved), EnvelopeError::SignatureInvalid);
}

#[test]
fn what_cannot_carry_one_is_not_countersigned() {
    let refused = |opened: &Opened<'_>, algorithm| {
        CountersignatureDraft::new(opened, algorithm, &[]).map(|_| ()).unwrap_err().to_string()
    };
    let draft = plimsoll_envelope::DsseDraft::new("text/plain", b"{}");
    let signature = common::signer().sign_now(draft.signing_input()).unwrap();
    let dsse = draft.attach(&[plimsoll_envelope::DsseSignature::new(&signature)]).unwrap();
    let sealed = Sealed::dsse(&dsse, &Limits::default()).unwrap();
    let opened = open(&sealed, &[]).unwrap();
    assert!(opened.countersignatures().unwrap().is_none());
    assert_eq!(refused(&opened, ES384), "`countersignature` cannot be written: DSSE has a list of signatures");
    let envelope = cose(&cose_protected(), &[]);
    let sealed = read(&envelope);
    let opened = open(&sealed, &["scheme"]).unwrap();
    let der = refused(&opened, Algorithm::EcdsaP384Sha384Der);
    assert_eq!(der, "`alg` cannot be written: COSE has no number for this algorithm and encoding");
    let draft = plimsoll_envelope::CoseDraft::new(common::algorithm(), &[], b"cargo").unwrap();
    let signature = common::signer().sign_now(draft.signing_input()).unwrap();
    let detached = draft.attach_detached(&signature, &[]).unwrap();
    let sealed = Sealed::cose_sign1_detached(&detached, b"cargo", b"", &Limits::default()).unwrap();
    let opened = open(&sealed, &[]).unwrap();
    assert_eq!(refused(&opened, ES384), "`countersignature` cannot be written: the payload stands elsewhere");
    assert_eq!(opened.key(), KEY.public_key());
}
