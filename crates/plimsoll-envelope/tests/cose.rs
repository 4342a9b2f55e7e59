//! `COSE_Sign1`: what is read, and the forgeries that are not.
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
    CERTIFICATE, KEY, PAYLOAD, algorithm, cbor, cose, cose_error, cose_protected, cose_raw, cose_signature,
    cose_unprotected, on_a_small_stack, open,
};
use plimsoll_core::Algorithm;
use plimsoll_crypto::provider;
use plimsoll_envelope::{Claimed, Critical, EnvelopeError, HeaderValue, Label, Limits, Part, Sealed};

type Entry = (Vec<u8>, Vec<u8>);

fn sign1(bytes: &[u8]) -> Result<Sealed<'_>, EnvelopeError> {
    Sealed::cose_sign1(bytes, &Limits::default())
}

fn opens(bytes: &[u8]) -> bool {
    let sealed = sign1(bytes).unwrap();
    open(&sealed, &["scheme"]).unwrap().payload() == PAYLOAD.as_bytes()
}

fn with(mut entries: Vec<Entry>, key: Vec<u8>, value: Vec<u8>) -> Vec<Entry> {
    entries.retain(|(known, _)| *known != key);
    entries.push((key, value));
    entries
}

/// A good header with one more member.
fn protected_with(key: Vec<u8>, value: Vec<u8>) -> Vec<u8> {
    cose(&with(cose_protected(), key, value), &cose_unprotected())
}

fn good() -> Vec<u8> {
    cose(&cose_protected(), &cose_unprotected())
}

/// The four items of a good envelope.
fn items() -> [Vec<u8>; 4] {
    let protected = cbor::map(&cose_protected());
    let signature = cose_signature("Signature1", &protected, b"", PAYLOAD.as_bytes());
    [cbor::bytes(&protected), cbor::map(&cose_unprotected()), cbor::bytes(PAYLOAD.as_bytes()), cbor::bytes(&signature)]
}

#[test]
fn a_good_envelope_is_opened() {
    let bytes = good();
    let sealed = sign1(&bytes).unwrap();
    let claims = sealed.unverified(0).unwrap();
    assert_eq!(claims.claimed_algorithm(), &Claimed::Known(Algorithm::EcdsaP256Sha256Fixed));
    assert_eq!(claims.presented_chain().collect::<Vec<_>>(), [CERTIFICATE]);
    assert_eq!(claims.claimed_content_type().unwrap().as_deref(), Some("text/plain"));
    assert_eq!(claims.unprotected().get("agent").and_then(HeaderValue::as_text), Some("test/1"));
    let opened = open(&sealed, &["scheme"]).unwrap();
    assert_eq!(opened.payload(), PAYLOAD.as_bytes());
    assert_eq!(opened.protected_bytes(), cbor::map(&cose_protected()));
    assert_eq!(opened.content_type(), Some("text/plain"));
    assert_eq!(opened.protected().get("time"), Some(&HeaderValue::Time(1_700_000_000)));
    assert_eq!(opened.protected().critical().collect::<Vec<_>>(), [Label::from("scheme")]);
    assert_eq!(opened.key(), KEY.public_key());
}

#[test]
fn text_labels_of_the_other_format_mean_nothing() {
    // `crit`, `cty` and `kid` are names in JWS; in COSE they are strangers.
    let entries = with(cose_protected(), cbor::text("crit"), cbor::array(&[cbor::text("time")]));
    let entries = with(with(entries, cbor::text("cty"), cbor::text("x")), cbor::text("kid"), cbor::text("x"));
    let bytes = cose(&entries, &cose_unprotected());
    let sealed = sign1(&bytes).unwrap();
    let opened = open(&sealed, &["scheme"]).unwrap();
    assert_eq!(opened.content_type(), Some("text/plain"));
    assert_eq!(opened.protected().critical().collect::<Vec<_>>(), [Label::from("scheme")]);
    assert_eq!(opened.protected().key_id(), None);
}

// attack: A-121
#[test]
fn the_list_of_critical_labels_keeps_its_form() {
    let list = |items: &[Vec<u8>]| cose_error(&protected_with(cbor::int(2), cbor::array(items)));
    let malformed = |what| EnvelopeError::MalformedCritical { what };
    assert_eq!(list(&[]), malformed("it is empty"));
    let absent = malformed("it names a member that is not in the protected header");
    assert_eq!(list(&[cbor::text("absent")]), absent);
    assert_eq!(list(&[cbor::int(99)]), absent);
    assert_eq!(list(&[cbor::text("agent")]), absent, "it stands in the unprotected header only");
    assert_eq!(list(&[cbor::text("time"), cbor::text("time")]), malformed("it names a member twice"));
    assert_eq!(list(&[cbor::int(1)]), malformed("it names a member that its specification registers"));
    assert_eq!(list(&[cbor::bytes(b"time")]), malformed("it holds something that is no name"));
    let text = cose_error(&protected_with(cbor::int(2), cbor::text("scheme")));
    assert_eq!(text, malformed("it is no list"));
    assert_eq!(list(&[cbor::text("time")]).to_string(), "the member `time` is critical, and not understood");
    let unknown = with(cose_protected(), cbor::int(99), cbor::int(1));
    let unknown = with(unknown, cbor::int(2), cbor::array(&[cbor::int(99)]));
    let error = cose_error(&cose(&unknown, &[]));
    assert_eq!(error, EnvelopeError::UnknownCritical { name: "99".into() });
    // Every reader understands the labels 0 to 7 (RFC 9052, 3.1).
    assert!(opens(&protected_with(cbor::int(2), cbor::array(&[cbor::int(3)]))));
}

// attack: A-122
#[test]
fn nothing_unprotected_is_critical() {
    let mut protected = cose_protected();
    protected.retain(|(label, _)| *label != cbor::int(2));
    let unprotected = with(cose_unprotected(), cbor::int(2), cbor::array(&[cbor::text("scheme")]));
    let error = cose_error(&cose(&protected, &unprotected));
    assert_eq!(error.to_string(), "the list of critical members is malformed: it stands in the unprotected header");
}

// attack: A-123
#[test]
fn labels_are_integers_or_text() {
    let labels = [
        cbor::array(&[]),
        cbor::map(&[]),
        cbor::tag(1, &cbor::int(1)),
        cbor::bytes(b"x"),
        vec![0xf5],
        vec![0xf6],
        vec![0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
        vec![0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for label in labels {
        let error = cose_error(&protected_with(label.clone(), cbor::int(1)));
        assert!(matches!(error, EnvelopeError::MalformedCbor { part: Part::ProtectedHeader, .. }), "{label:02x?}");
        let error = cose_error(&cose(&cose_protected(), &[(label.clone(), cbor::int(1))]));
        assert!(matches!(error, EnvelopeError::MalformedCbor { part: Part::UnprotectedHeader, .. }), "{label:02x?}");
    }
}

// attack: A-124
#[test]
fn header_members_have_their_type() {
    let error = cose_error(&protected_with(cbor::int(1), cbor::text("ES256")));
    assert_eq!(error.to_string(), "expected an integer as `alg` in the protected header");
    for chain in [cbor::int(1), cbor::text("x"), cbor::array(&[cbor::int(1)]), cbor::map(&[]), vec![0xf6]] {
        let error = cose_error(&cose(&cose_protected(), &[(cbor::int(33), chain)]));
        assert_eq!(error.to_string(), "expected certificates as byte strings as `x5chain` in the unprotected header");
    }
    let error = cose_error(&protected_with(cbor::text("t"), cbor::tag(1, &cbor::text("2026"))));
    assert!(error.to_string().contains("a time that is no number"), "{error}");
}

// attack: A-122
#[test]
fn nothing_that_is_signed_holds_a_countersignature() {
    for label in [7, 9, 11, 12] {
        let refused = cose_error(&protected_with(cbor::int(label), cbor::bytes(b"x")));
        assert_eq!(
            refused.to_string(),
            "expected a member of the unprotected header alone as `countersignature` in the protected header"
        );
    }
    assert!(opens(&protected_with(cbor::int(13), cbor::bytes(b"x"))));
}

// attack: A-125
/// RFC 9052, section 3.1; another reader that takes them for what they are would refuse what we accept.
#[test]
fn identifiers_and_initial_values_are_byte_strings() {
    for label in [4, 5, 6] {
        assert!(opens(&protected_with(cbor::int(label), cbor::bytes(b"x"))));
        for value in [cbor::text("x"), cbor::int(1), cbor::array(&[cbor::bytes(b"x")])] {
            let refused = cose_error(&protected_with(cbor::int(label), value.clone()));
            assert!(
                matches!(refused, EnvelopeError::MalformedMember { part: Part::ProtectedHeader, .. }),
                "{refused:?}"
            );
            let unprotected = with(cose_unprotected(), cbor::int(label), value);
            let refused = cose_error(&cose(&cose_protected(), &unprotected));
            assert!(
                matches!(refused, EnvelopeError::MalformedMember { part: Part::UnprotectedHeader, .. }),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn no_label_stands_twice() {
    let twice = |part, name: &str| EnvelopeError::DuplicateMember { part, name: name.into() };
    let mut entries = cose_protected();
    entries.push((cbor::int(3), cbor::text("application/other")));
    assert_eq!(cose_error(&cose(&entries, &[])), twice(Part::ProtectedHeader, "3"));
    let mut entries = cose_protected();
    // The same label with another head is the same label.
    entries.push((vec![0x18, 0x03], cbor::text("application/other")));
    assert_eq!(cose_error(&cose(&entries, &[])), twice(Part::ProtectedHeader, "3"));
    let unprotected = [cose_unprotected(), cose_unprotected()].concat();
    assert_eq!(cose_error(&cose(&cose_protected(), &unprotected)), twice(Part::UnprotectedHeader, "33"));
    let both = with(cose_unprotected(), cbor::int(3), cbor::text("x"));
    assert_eq!(cose_error(&cose(&cose_protected(), &both)), twice(Part::UnprotectedHeader, "3"));
    let nested = cbor::map(&[(cbor::int(1), cbor::int(1)), (cbor::int(1), cbor::int(2))]);
    assert_eq!(cose_error(&protected_with(cbor::text("x"), nested)), twice(Part::ProtectedHeader, "1"));
}

// attack: A-126
#[test]
fn heads_need_not_be_minimal_and_maps_not_sorted() {
    let [protected, unprotected, payload, signature] = items();
    let content = &protected[2..];
    assert_eq!(protected[0], 0x58);
    for head in [
        vec![0x59, 0, u8::try_from(content.len()).unwrap()],
        vec![0x5a, 0, 0, 0, u8::try_from(content.len()).unwrap()],
        vec![0x5b, 0, 0, 0, 0, 0, 0, 0, u8::try_from(content.len()).unwrap()],
    ] {
        let protected = [head, content.to_vec()].concat();
        let bytes = cbor::tag(18, &cbor::array(&[protected, unprotected.clone(), payload.clone(), signature.clone()]));
        assert!(opens(&bytes));
    }
    let mut reversed = cose_protected();
    reversed.reverse();
    assert!(opens(&cose(&reversed, &cose_unprotected())));
    // The content itself is signed as it came: writing it in another way breaks the signature.
    let bytes = cbor::tag(18, &cbor::array(&[cbor::bytes(&cbor::map(&reversed)), unprotected, payload, signature]));
    assert_eq!(cose_error(&bytes), EnvelopeError::SignatureInvalid);
}

// attack: A-127
#[test]
fn lengths_are_definite() {
    let [protected, unprotected, payload, signature] = items();
    let array = [&[0xd2, 0x9f][..], &protected, &unprotected, &payload, &signature, &[0xff]].concat();
    let mut streams = vec![array];
    for (at, replacement) in [
        (0, [&[0x5f][..], &protected, &[0xff]].concat()),
        (1, vec![0xbf, 0xff]),
        (2, [&[0x5f][..], &payload, &[0xff]].concat()),
        (3, [&[0x5f][..], &signature, &[0xff]].concat()),
    ] {
        let mut items = items();
        items[at] = replacement;
        streams.push(cbor::tag(18, &cbor::array(&items)));
    }
    let inner = [vec![0xbf], cbor::int(1), cbor::int(-7), vec![0xff]].concat();
    streams.push(cose_raw(&inner, &cbor::map(&[])));
    for value in [vec![0x9f, 0xff], vec![0xbf, 0xff], vec![0x5f, 0xff], vec![0x7f, 0xff]] {
        streams.push(protected_with(cbor::text("x"), value.clone()));
        streams.push(cose(&cose_protected(), &[(cbor::text("x"), value)]));
    }
    streams.push(protected_with(vec![0x7f, 0x61, b'x', 0xff], cbor::int(1)));
    for bytes in streams {
        let error = cose_error(&bytes).to_string();
        assert!(error.contains("an indefinite length"), "{error}: {bytes:02x?}");
    }
}

// attack: A-128
#[test]
fn only_the_tag_18_stands_in_front() {
    let good = good();
    assert!(opens(&good));
    let found = |bytes: &[u8]| match cose_error(bytes) {
        EnvelopeError::UnexpectedTag { found } => found.to_string(),
        other => panic!("{other}"),
    };
    assert_eq!(found(&good[1..]), "no tag");
    assert_eq!(found(&cbor::tag(98, &good[1..])), "98");
    assert_eq!(found(&cbor::tag(17, &good[1..])), "17");
    assert_eq!(found(&cbor::tag(61, &good)), "61");
    assert_eq!(found(&cbor::tag(18, &good)), "18 and then 18");
    assert_eq!(found(&[&[0xd9, 0xd9, 0xf7], good.as_slice()].concat()), "55799");
    assert!(matches!(cose_error(b""), EnvelopeError::MalformedCbor { .. }));
    assert_eq!(found(b"{}"), "no tag", "a JWS under the media type of COSE");
}

// attack: A-129
#[test]
fn a_detached_or_empty_payload_is_none() {
    for payload in [vec![0xf6], cbor::bytes(b"")] {
        let mut items = items();
        items[2] = payload;
        assert_eq!(cose_error(&cbor::tag(18, &cbor::array(&items))), EnvelopeError::MissingPayload);
    }
    for payload in [vec![0xf7], cbor::text(PAYLOAD), cbor::int(0)] {
        let mut items = items();
        items[2] = payload;
        assert!(matches!(cose_error(&cbor::tag(18, &cbor::array(&items))), EnvelopeError::MalformedCbor { .. }));
    }
}

// attack: A-130
#[test]
fn nesting_is_bounded() {
    on_a_small_stack(|| {
        let limit = "more than 32 levels of CBOR in an envelope";
        for opening in [vec![0x81], vec![0xa1, 0x00], vec![0xc6]] {
            let deep = |levels: usize| [opening.repeat(levels), vec![0x00]].concat();
            let error = cose_error(&cose(&cose_protected(), &[(cbor::text("x"), deep(100_000))]));
            assert_eq!(error.to_string(), limit);
            assert_eq!(cose_error(&protected_with(cbor::text("x"), deep(32))).to_string(), limit);
            assert!(opens(&protected_with(cbor::text("x"), deep(31))));
        }
    });
}

// attack: A-131
#[test]
fn a_length_is_only_a_claim() {
    for major in [0x5b_u8, 0x7b, 0x9b, 0xbb] {
        for length in [1_u64 << 63, u64::MAX, 1 << 40] {
            let head = [&[major][..], &length.to_be_bytes()].concat();
            cose_error(&cose(&cose_protected(), &[(cbor::text("x"), head.clone())]));
            cose_error(&[&[0xd2, 0x84][..], &head].concat());
            cose_error(&[&[0xd2][..], &head].concat());
            cose_error(&cose_raw(&head, &cbor::map(&[])));
        }
    }
    let many = [cbor::head(4, 1_000_000), vec![0xf6; 1_000_000]].concat();
    let error = cose_error(&cose(&cose_protected(), &[(cbor::text("x"), many)]));
    assert_eq!(error.to_string(), "more than 1024 values in a CBOR header");
}

// attack: A-095
#[test]
fn long_labels_are_not_compared() {
    let limit = "more than 1024 octets of a text label in CBOR";
    let (short, long) = (cbor::text(&"x".repeat(1024)), cbor::text(&"x".repeat(1025)));
    assert!(opens(&protected_with(short.clone(), cbor::int(1))));
    assert!(opens(&cose(&cose_protected(), &with(cose_unprotected(), short, cbor::int(1)))));
    assert_eq!(cose_error(&protected_with(long.clone(), cbor::int(1))).to_string(), limit);
    let nested = cbor::map(&[(long, cbor::int(1))]);
    assert_eq!(cose_error(&protected_with(cbor::text("x"), nested)).to_string(), limit);
    // A thousand that differ at their ends: half a million comparisons of 32 KiB. The first ends it.
    let start = "x".repeat(32 << 10);
    let many: Vec<Entry> = (0..1000).map(|n| (cbor::text(&format!("{start}{n}")), cbor::int(1))).collect();
    assert_eq!(cose_error(&cose(&cose_protected(), &many)).to_string(), limit);
}

// attack: A-132
#[test]
fn a_chain_is_one_certificate_or_a_few() {
    let chain = |value: Vec<u8>| cose(&cose_protected(), &[(cbor::int(33), value)]);
    for (value, count) in [
        (cbor::bytes(CERTIFICATE), 1),
        (cbor::array(&[cbor::bytes(CERTIFICATE)]), 1),
        (cbor::array(&vec![cbor::bytes(CERTIFICATE); 10]), 10),
    ] {
        let bytes = chain(value.clone());
        assert_eq!(sign1(&bytes).unwrap().unverified(0).unwrap().presented_chain().len(), count);
        let bytes = cose(&with(cose_protected(), cbor::int(33), value), &[]);
        assert_eq!(sign1(&bytes).unwrap().unverified(0).unwrap().presented_chain().len(), count);
    }
    assert!(matches!(cose_error(&chain(cbor::array(&[]))), EnvelopeError::MalformedMember { .. }));
    let error = cose_error(&chain(cbor::array(&vec![cbor::bytes(CERTIFICATE); 11])));
    assert_eq!(error.to_string(), "more than 10 certificates in a chain");
    let error = cose_error(&chain(cbor::bytes(&[7; 65_537])));
    assert_eq!(error.to_string(), "more than 65536 bytes in a certificate");
}

// attack: A-133
// spec: NP-066
#[test]
fn only_algorithms_of_public_keys_are_used() {
    let mut none = cose_protected();
    none.remove(0);
    let unprotected = with(cose_unprotected(), cbor::int(1), cbor::int(-7));
    assert!(matches!(cose_error(&cose(&none, &unprotected)), EnvelopeError::MissingMember { name: "alg", .. }));
    // HMAC 256/256, AES-GCM, private use, unassigned.
    for number in [5, 1, -65_537, 999, 0, -25] {
        let error = cose_error(&protected_with(cbor::int(1), cbor::int(number)));
        assert_eq!(error, EnvelopeError::UnsupportedAlgorithm { found: number.to_string().as_str().into() });
    }
    for (number, header) in
        [(-37, Algorithm::RsaPssSha256), (-257, Algorithm::RsaPkcs1Sha256), (-8, Algorithm::Ed25519)]
    {
        let error = cose_error(&protected_with(cbor::int(1), cbor::int(number)));
        assert_eq!(error, EnvelopeError::AlgorithmMismatch { header, key: algorithm() });
    }
}

// attack: A-134
#[test]
fn a_signature_in_der_is_no_signature_here() {
    let protected = cbor::map(&cose_protected());
    let input = cbor::array(&[
        cbor::text("Signature1"),
        cbor::bytes(&protected),
        cbor::bytes(b""),
        cbor::bytes(PAYLOAD.as_bytes()),
    ]);
    let der = KEY.signer(Algorithm::EcdsaP256Sha256Der).unwrap().sign_now(&input).unwrap();
    let mut items = items();
    let fixed = items[3][2..].to_vec();
    for signature in [&der[..], &fixed[..63], &[&fixed[..], &[0]].concat(), &[0; 64]] {
        items[3] = cbor::bytes(signature);
        assert_eq!(cose_error(&cbor::tag(18, &cbor::array(&items))), EnvelopeError::SignatureInvalid);
    }
    items[3] = cbor::bytes(b"");
    assert!(matches!(cose_error(&cbor::tag(18, &cbor::array(&items))), EnvelopeError::MalformedMember { .. }));
}

// attack: A-135
#[test]
fn another_context_or_external_data_is_another_message() {
    let protected = cbor::map(&cose_protected());
    let mut items = items();
    for (context, external) in
        [("Signature", &b""[..]), ("CounterSignature", b""), ("CounterSignature0", b""), ("Signature1", b"external")]
    {
        items[3] = cbor::bytes(&cose_signature(context, &protected, external, PAYLOAD.as_bytes()));
        assert_eq!(cose_error(&cbor::tag(18, &cbor::array(&items))), EnvelopeError::SignatureInvalid, "{context}");
    }
}

#[test]
fn nothing_follows_the_end() {
    let error = cose_error(&[good(), vec![0]].concat());
    assert!(error.to_string().contains("something follows its end"), "{error}");
    let inner = [cbor::map(&cose_protected()), vec![0]].concat();
    let error = cose_error(&cose_raw(&inner, &cbor::map(&[])));
    assert!(matches!(error, EnvelopeError::MalformedCbor { part: Part::ProtectedHeader, .. }), "{error}");
    let good = good();
    for end in 0..good.len() {
        assert!(sign1(&good[..end]).is_err(), "the first {end} bytes are an envelope");
    }
    for count in [3, 5] {
        let mut items = items().to_vec();
        items.resize(count, cbor::bytes(b"x"));
        assert!(matches!(cose_error(&cbor::tag(18, &cbor::array(&items))), EnvelopeError::MalformedMember { .. }));
    }
}

#[test]
fn every_kind_of_value_can_be_walked() {
    let values = [
        (cbor::tag(1, &[0xfb, 0x41, 0xd9, 0x54, 0xfc, 0x40, 0x20, 0, 0]), HeaderValue::Time(1_700_000_000)),
        (vec![0xf9, 0x3c, 0x00], HeaderValue::Float(1.0)),
        (vec![0xfa, 0x3f, 0x80, 0, 0], HeaderValue::Float(1.0)),
        (vec![0xf7], HeaderValue::Simple(23)),
        (vec![0xf8, 0xff], HeaderValue::Simple(255)),
        (vec![0xf4], HeaderValue::Bool(false)),
        (vec![0xf6], HeaderValue::Null),
        (cbor::tag(0, &cbor::text("2026")), HeaderValue::Tagged(0, Box::new("2026".into()))),
        (cbor::bytes(b"x"), HeaderValue::from(&b"x"[..])),
        (cbor::int(-1), HeaderValue::Int(-1)),
    ];
    for (encoded, value) in values {
        let bytes = protected_with(cbor::text("x"), encoded);
        let sealed = sign1(&bytes).unwrap();
        let opened = sealed.open(0, KEY.public_key(), algorithm(), provider(), Critical::Only(&["scheme"])).unwrap();
        assert_eq!(opened.protected().get("x"), Some(&value));
    }
}
