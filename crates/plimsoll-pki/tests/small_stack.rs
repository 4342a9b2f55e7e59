//! Hostile input where little stack is left: half a MiB, as threads of other programs may have. A stack that overflows ends the process,
//! so whatever comes in must end in an answer.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use plimsoll_crypto::provider;
use plimsoll_pki::{
    Certificate, ChainError, ChainOptions, Limits, Name, Profile, crl::CertificateList, crl::CrlLimits,
    crl::read_lists, distrust::Distrust, issue::Draft, ocsp::OcspLimits, ocsp::OcspRequest, ocsp::OcspResponse,
    path::PathBuilder, path::PathError, path::PathProfile, read_certificates, svid::SpiffeBundle,
    timestamp::TimestampLimits, timestamp::TimestampRequest, timestamp::TimestampResponse, timestamp::TimestampToken,
    verify_chain,
};
use plimsoll_testkit::pki::{KeySpec, Level, NOW, TestCa, extension, pem, replace_extension};

const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const CERTIFICATE_POLICIES: &str = "2.5.29.32";

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap().join().unwrap();
}

/// One element in DER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let head = match content.len() {
        0..0x80 => vec![tag, length[3]],
        0x80..0x100 => vec![tag, 0x81, length[3]],
        0x100..0x1_0000 => vec![tag, 0x82, length[2], length[3]],
        _ => vec![tag, 0x84, length[0], length[1], length[2], length[3]],
    };
    [&*head, content].concat()
}

/// Elements inside elements, each of a length that fits: 40 KB, below the limit of one certificate.
fn nested(tag: u8) -> Vec<u8> {
    (0..10_000).fold(Vec::new(), |content, _| element(tag, &content))
}

/// Elements inside elements without lengths, closed or not.
fn indefinite(tag: u8, closed: bool) -> Vec<u8> {
    let (levels, ends) = (100_000, if closed { 100_000 } else { 0 });
    [[tag, 0x80].repeat(levels), [0, 0].repeat(ends)].concat()
}

/// SEQUENCE, SET, context tag, OCTET STRING and UTF8String in pieces.
const CONSTRUCTED: [u8; 5] = [0x30, 0x31, 0xa0, 0x24, 0x2c];

// attack: A-100
#[test]
fn elements_inside_elements_are_refused_by_every_reader() {
    on_a_small_stack(|| {
        for tag in CONSTRUCTED {
            let timestamps = TimestampLimits::default();
            for input in [nested(tag), indefinite(tag, true), indefinite(tag, false)] {
                assert!(Certificate::from_der(&input, &Limits::default()).is_err());
                assert!(Name::from_der(&input).is_err());
                assert!(read_certificates(pem("CERTIFICATE", &input).as_bytes(), &Limits::default()).is_err());
                assert!(CertificateList::from_der(input.clone(), &CrlLimits::default()).is_err());
                assert!(read_lists(pem("X509 CRL", &input).into_bytes(), &CrlLimits::default()).is_err());
                assert!(OcspRequest::from_der(&input, &OcspLimits::default()).is_err());
                assert!(OcspResponse::from_der(input.clone(), &OcspLimits::default()).is_err());
                assert!(TimestampRequest::parse(&input, &timestamps).is_err());
                assert!(TimestampResponse::parse(&input, &timestamps).is_err());
                assert!(TimestampToken::parse(&input, &timestamps).is_err());
                // Where the content of signed data stands.
                let signed = [&b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80"[..], &input].concat();
                assert!(TimestampToken::parse(&signed, &timestamps).is_err());
            }
        }
    });
}

// attack: A-100
#[test]
fn elements_inside_the_parts_of_a_certificate_are_refused_or_never_walked() {
    on_a_small_stack(|| {
        for tag in CONSTRUCTED {
            let deep = nested(tag);
            let parts: [fn(&mut Draft, Vec<u8>); 6] = [
                |draft, deep| draft.subject = deep,
                |draft, deep| draft.issuer = deep,
                |draft, deep| draft.spki = deep,
                |draft, deep| draft.inner_method = deep,
                |draft, deep| draft.outer_method = deep,
                |draft, deep| draft.not_before = deep,
            ];
            for part in parts {
                assert!(matches!(judged(|draft| part(draft, deep.clone())), Err(ChainError::Certificate { .. })));
            }
            for oid in [SUBJECT_ALT_NAME, NAME_CONSTRAINTS, CERTIFICATE_POLICIES] {
                let edit = |draft: &mut Draft| replace_extension(draft, extension(oid, true, &deep));
                // The Notary Project's rules have no use for policies; path validation looks into all.
                assert!(judged(edit).is_err() || oid == CERTIFICATE_POLICIES, "{oid}");
                assert!(path(edit).is_err(), "{oid}");
            }
        }
    });
}

// attack: A-160
#[test]
fn many_names_and_constraints_end_within_the_budget() {
    on_a_small_stack(|| {
        let names: Vec<u8> = (0..4000).flat_map(|index| element(0x82, format!("h{index}.test").as_bytes())).collect();
        let names = element(0x30, &names);
        let many = |draft: &mut Draft| replace_extension(draft, extension(SUBJECT_ALT_NAME, false, &names));
        assert_eq!(judged(many).map(|_| ()), Ok(()));
        let ca = TestCa::forge(KeySpec::P256, |level, draft| {
            let trees = (0..3000).flat_map(|index| element(0x30, &element(0x82, format!("t{index}.test").as_bytes())));
            let trees = element(0x30, &element(0xa1, &trees.collect::<Vec<u8>>()));
            match level {
                Level::Root => {}
                Level::Intermediate => replace_extension(draft, extension(NAME_CONSTRAINTS, true, &trees)),
                Level::Leaf => many(draft),
            }
        });
        assert!(matches!(built(&ca), Err(PathError::Limit(_))), "{:?}", built(&ca));
    });
}

// attack: A-158
#[test]
fn long_chains_and_large_bags_end_within_the_budget() {
    on_a_small_stack(|| {
        let ca = TestCa::new(KeySpec::P256);
        let chain: Vec<&[u8]> = ca.chain().into_iter().cycle().take(100_000).collect();
        let options = ChainOptions::new(Profile::NotarySigning);
        assert!(matches!(verify_chain(&chain, &options, provider(), None), Err(ChainError::Limit(_))));
        let anchors = ca.trust_store("ca:test");
        let profile = PathProfile::code_signing();
        assert!(PathBuilder::new(&anchors, &profile, provider()).build(&ca.leaf.der, &chain, NOW).is_err());
    });
}

// attack: A-089
#[test]
fn json_inside_json_is_refused() {
    on_a_small_stack(|| {
        for opening in ["[", r#"{"keys":["#, r#"{"entries":["#, r#"{"keys":[{"x":"#, r#"{"a":"#] {
            let text = opening.repeat(100_000);
            assert!(Distrust::from_json(text.as_bytes()).is_err());
            let domain = "harbour.test".parse().unwrap();
            assert!(SpiffeBundle::from_json(domain, text.as_bytes(), provider(), &Limits::default()).is_err());
        }
    });
}

#[test]
fn good_chains_of_every_kind_of_key_need_no_more() {
    on_a_small_stack(|| {
        for spec in KeySpec::ALL {
            let ca = TestCa::new(spec);
            assert!(verify_chain(&ca.chain(), &ChainOptions::new(Profile::NotarySigning), provider(), None).is_ok());
        }
    });
}

/// What the Notary Project's rules say of a chain whose leaf was edited.
fn judged(edit: impl Fn(&mut Draft)) -> Result<usize, ChainError> {
    let ca = leaf(edit);
    let options = ChainOptions::new(Profile::NotarySigning);
    verify_chain(&ca.chain(), &options, provider(), None).map(|chain| chain.warnings().len())
}

/// What path validation says of it.
fn path(edit: impl Fn(&mut Draft)) -> Result<(), PathError> {
    built(&leaf(edit))
}

fn built(ca: &TestCa) -> Result<(), PathError> {
    let anchors = ca.trust_store("ca:test");
    let profile = PathProfile::code_signing();
    PathBuilder::new(&anchors, &profile, provider()).build(&ca.leaf.der, &[&ca.intermediate.der], NOW).map(|_| ())
}

fn leaf(edit: impl Fn(&mut Draft)) -> TestCa {
    TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            edit(draft);
        }
    })
}
