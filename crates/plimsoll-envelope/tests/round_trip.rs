//! What is written is read back as it was, and no bytes make a reader panic.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

mod common;

use common::{KEY, algorithm, signer};
use plimsoll_core::Algorithm;
use plimsoll_crypto::provider;
use plimsoll_envelope::{
    CoseDraft, Critical, DsseDraft, DsseSignature, HeaderValue, JwsDraft, Label, Limits, Member, Sealed,
};
use proptest::{collection::vec, prelude::*};
use std::borrow::Cow;

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    any::<String>().prop_map(Cow::Owned)
}

/// Values that both formats have.
fn common_value() -> impl Strategy<Value = HeaderValue<'static>> {
    prop_oneof![
        any::<bool>().prop_map(HeaderValue::Bool),
        any::<i64>().prop_map(HeaderValue::Int),
        Just(HeaderValue::Null),
        text().prop_map(HeaderValue::Text),
    ]
}

fn cose_value() -> impl Strategy<Value = HeaderValue<'static>> {
    let leaf = prop_oneof![
        common_value(),
        vec(any::<u8>(), 0..40).prop_map(|bytes| HeaderValue::Bytes(Cow::Owned(bytes))),
        any::<i64>().prop_map(HeaderValue::Time),
        (-1e300..1e300_f64).prop_map(HeaderValue::Float),
        prop_oneof![0..=19_u8, Just(23), 32..=255_u8].prop_map(HeaderValue::Simple),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(HeaderValue::List),
            (2_u64.., inner).prop_map(|(tag, value)| HeaderValue::Tagged(tag, Box::new(value))),
        ]
    })
}

fn jws_value() -> impl Strategy<Value = HeaderValue<'static>> {
    common_value().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(HeaderValue::List),
            inner.prop_map(|value| HeaderValue::Map(vec![("inner".into(), value)])),
        ]
    })
}

/// Members with distinct names that no format registers.
fn members(
    prefix: &'static str,
    value: impl Strategy<Value = HeaderValue<'static>>,
) -> impl Strategy<Value = Vec<Member<'static>>> {
    vec((any::<String>(), value), 0..6).prop_map(move |list| {
        let name = |(at, (name, value)): (usize, (String, HeaderValue<'static>))| {
            (Label::Text(Cow::Owned(format!("{prefix}{at}{name}"))), value)
        };
        list.into_iter().enumerate().map(name).collect()
    })
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..200)
}

proptest! {
    #[test]
    fn a_jws_is_read_as_it_was_written(
        protected in members("p", jws_value()), unprotected in members("u", jws_value()), payload in payload()
    ) {
        let draft = JwsDraft::new(algorithm(), &protected, &payload).unwrap();
        let signature = signer().sign_now(draft.signing_input()).unwrap();
        let flattened = draft.attach(&signature, &unprotected).unwrap();
        let compact = draft.attach_compact(&signature);
        let limits = Limits::default();
        let sealed = [
            Sealed::jws_flattened(&flattened, &limits).unwrap(),
            Sealed::jws_compact(compact.as_bytes(), &limits).unwrap(),
        ];
        for (sealed, unprotected) in sealed.iter().zip([&unprotected[..], &[]]) {
            let opened = sealed.open(0, KEY.public_key(), algorithm(), provider(), Critical::Only(&[])).unwrap();
            prop_assert_eq!(opened.payload(), &payload[..]);
            prop_assert_eq!(opened.protected().iter().skip(1).cloned().collect::<Vec<_>>(), &protected[..]);
            prop_assert_eq!(opened.unverified().unprotected().iter().cloned().collect::<Vec<_>>(), unprotected);
            prop_assert_eq!(opened.signature(), &signature[..]);
        }
    }

    #[test]
    fn a_cose_sign1_is_read_as_it_was_written(
        protected in members("p", cose_value()), unprotected in members("u", cose_value()), payload in payload()
    ) {
        let draft = CoseDraft::new(algorithm(), &protected, &payload).unwrap();
        let signature = signer().sign_now(draft.signing_input()).unwrap();
        let bytes = draft.attach(&signature, &unprotected).unwrap();
        let sealed = Sealed::cose_sign1(&bytes, &Limits::default()).unwrap();
        let opened = sealed.open(0, KEY.public_key(), algorithm(), provider(), Critical::Only(&[])).unwrap();
        prop_assert_eq!(opened.payload(), &payload[..]);
        for (label, value) in &protected {
            prop_assert_eq!(opened.protected().get(label.clone()), Some(value));
        }
        prop_assert_eq!(opened.protected().len(), protected.len() + 1);
        for (label, value) in &unprotected {
            prop_assert_eq!(opened.unverified().unprotected().get(label.clone()), Some(value));
        }
        // Deterministic: the order in which members are given changes nothing.
        let mut turned = protected.clone();
        turned.reverse();
        let again = CoseDraft::new(algorithm(), &turned, &payload).unwrap();
        prop_assert_eq!(again.signing_input(), draft.signing_input());
    }

    #[test]
    fn a_dsse_envelope_is_read_as_it_was_written(
        payload_type in "[^\u{0}]{1,30}", payload in vec(any::<u8>(), 0..200), chain in vec(vec(any::<u8>(), 1..80), 0..3)
    ) {
        let key = KEY.signer(Algorithm::EcdsaP256Sha256Der).unwrap();
        let draft = DsseDraft::new(&payload_type, &payload);
        let signature = key.sign_now(draft.signing_input()).unwrap();
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let bytes = draft.attach(&[DsseSignature::new(&signature).with_key_id("k").with_chain(&chain)]).unwrap();
        let sealed = Sealed::dsse(&bytes, &Limits::default()).unwrap();
        let algorithm = Algorithm::EcdsaP256Sha256Der;
        let opened = sealed.open(0, KEY.public_key(), algorithm, provider(), Critical::Only(&[])).unwrap();
        prop_assert_eq!(opened.payload(), &payload[..]);
        prop_assert_eq!(opened.content_type(), Some(payload_type.as_str()));
        prop_assert_eq!(opened.unverified().presented_chain().collect::<Vec<_>>(), chain);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200), cut in 0_usize..300, flip: u8) {
        read_all(&bytes);
        for good in [common::jws(common::PROTECTED, &common::header()).into_bytes(),
            common::cose(&common::cose_protected(), &common::cose_unprotected())]
        {
            let mut changed = good;
            let at = cut % changed.len();
            changed[at] ^= flip;
            read_all(&changed);
        }
    }
}

fn read_all(bytes: &[u8]) {
    let limits = Limits::default();
    let readers = [
        Sealed::jws_flattened(bytes, &limits),
        Sealed::jws_general(bytes, &limits),
        Sealed::jws_compact(bytes, &limits),
        Sealed::cose_sign1(bytes, &limits),
        Sealed::dsse(bytes, &limits),
    ];
    for sealed in readers.into_iter().flatten() {
        for index in 0..sealed.signatures() {
            let _ = sealed.open(index, KEY.public_key(), algorithm(), provider(), Critical::JudgedByCaller);
        }
    }
}
