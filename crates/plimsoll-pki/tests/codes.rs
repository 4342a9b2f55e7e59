//! Each denial code, produced, and the exact text of its error.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use plimsoll_core::{Classify, Code, Provider, UnixTime};
use plimsoll_crypto::{SignError, provider};
use plimsoll_pki::{
    Certificate, CertificationRequest, ChainOptions, DistinguishedName, Limits, NamedStore, Profile, StoreName,
    TrustStore, Validity, code,
    distrust::{Distrust, DistrustEntry, Subject},
    issue::{CertificationRequestDraft, IssueError, Request, Role, draft},
    read_certificates, verify_chain,
};
use plimsoll_testkit::pki::{Certified, KeySpec, Level, NOW, TestCa, named_store, remove_extension, set_validity};
use std::collections::BTreeMap;

const LEAF: &str = "certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`)";

fn said<T>(result: Result<T, impl Classify + std::fmt::Display>) -> (Code, String) {
    let Err(error) = result else { panic!("expected an error") };
    (error.code(), error.to_string())
}

fn chain(ca: &TestCa, provider: Provider<'_>) -> (Code, String) {
    said(verify_chain(&ca.chain(), &ChainOptions::new(Profile::NotarySigning), provider, None))
}

fn forged(edit: impl Fn(&mut plimsoll_pki::issue::Draft)) -> (Code, String) {
    chain(
        &TestCa::forge(KeySpec::P256, |level, draft| {
            if level == Level::Leaf {
                edit(draft);
            }
        }),
        provider(),
    )
}

fn of_chains() -> Vec<(Code, (Code, String), String)> {
    let ca = TestCa::new(KeySpec::P256);
    let options = ChainOptions::new(Profile::NotarySigning);
    let verified = verify_chain(&ca.chain(), &options, provider(), None);
    let at = |time: &str| said(verified.as_ref().unwrap().valid_at(time.parse::<UnixTime>().unwrap()));
    let valid = "is valid from 2026-01-01T00:00:00Z to 2036-01-01T00:00:00Z";
    let reversed: Vec<_> = ca.chain().into_iter().rev().collect();
    let sha1 = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let rsa = [
        &[0x30, 0x81, 159, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0, 3, 0x81, 141, 0][..],
        &[0x30, 0x81, 137, 2, 0x81, 129, 0],
        &[0xff; 128],
        &[2, 3, 1, 0, 1],
    ]
    .concat();
    vec![
        (code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
            chain(&ca, Provider::new(&[])),
            format!("{LEAF}: no back end can check its signature (ECDSA with SHA-256, issuer's key P-256)"),
        ),
        (code::CERTIFICATE_EXPIRED, at("2040-01-01T00:00:00Z"), format!("{LEAF} {valid}, not at 2040-01-01T00:00:00Z")),
        (code::CERTIFICATE_NOT_YET_VALID, at("2020-01-01T00:00:00Z"), format!("{LEAF} {valid}, not at 2020-01-01T00:00:00Z")),
        (code::CERTIFICATE_PROFILE,
            forged(|draft| remove_extension(draft, "2.5.29.15")),
            format!("{LEAF}: expected a critical keyUsage with digitalSignature, found none"),
        ),
        (code::CHAIN_INVALID,
            said(verify_chain(&reversed, &options, provider(), None)),
            "certificate 0 of the chain (`CN=Test Root,O=Harbour,ST=WA,C=US`) is self-signed: only the last may be, and the signer comes first".to_owned(),
        ),
        (code::UNTRUSTED_CHAIN,
            said(verified.as_ref().unwrap().anchored_in(&TrustStore::new([TestCa::new(KeySpec::P256).named_store("ca:other")]))),
            "no certificate of the chain up to certificate 2 of the chain (`CN=Test Root,O=Harbour,ST=WA,C=US`) is in the trust stores: `ca:other`".to_owned(),
        ),
        (code::WEAK_KEY,
            forged(move |draft| draft.spki.clone_from(&rsa)),
            format!("{LEAF}: its key is too weak or malformed: expected RSA of 2048 to 8192 bits, found RSA-1024"),
        ),
        (code::WEAK_SIGNATURE,
            forged(move |draft| (draft.inner_method, draft.outer_method) = (sha1.to_vec(), sha1.to_vec())),
            format!("{LEAF}: expected a signature with SHA-256, SHA-384 or SHA-512, found one with a broken hash (1.2.840.10045.4.1)"),
        ),
    ]
}

fn of_data() -> Vec<(Code, (Code, String), String)> {
    let ca = TestCa::new(KeySpec::P256);
    let limits = Limits::default();
    let load = |certificates: &[&[u8]]| {
        said(NamedStore::load("ca:x".parse().unwrap(), certificates.iter().copied(), provider(), &limits))
    };
    let no_state = Certified::self_signed(KeySpec::P256, "CN=x,O=y,C=US", Role::Root { path_length: None }, |_| ());
    let identity = DistinguishedName::parse("C=US,ST=WA,O=x").unwrap();
    let key = KeySpec::P256.key();
    let validity = Validity { not_before: NOW, not_after: NOW };
    let role = Role::Intermediate { path_length: None };
    let request = Request { subject: "CN=x", key: key.public_key(), serial: [1; 16], validity, role };
    let issued: Result<_, IssueError<SignError>> = draft(&request, None, KeySpec::P256.certificate_algorithm());
    vec![
        (code::ISSUE_REFUSED, said(issued), "an intermediate certificate needs an issuer, found none".to_owned()),
        (code::MALFORMED_CERTIFICATE,
            said(Certificate::from_der(&[0x30, 0x80], &limits)),
            "the certificate is malformed: `Certificate` is not as DER and RFC 5280 demand, at byte 0 of it".to_owned(),
        ),
        (code::MALFORMED_IDENTITY, said(DistinguishedName::parse("C=US")), "expected the attributes C, ST and O at least, found no `ST`".to_owned()),
        (code::MALFORMED_PEM,
            said(read_certificates(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", &limits)),
            "line 3: expected PEM as RFC 7468 has it, found a broken or unfinished block".to_owned(),
        ),
        (code::MALFORMED_STORE_NAME,
            said("ca:../x".parse::<StoreName>()),
            "expected a trust store such as `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`, found `ca:../x`".to_owned(),
        ),
        (code::SUBJECT_NOT_COMPARABLE,
            said(identity.matches(&no_state.view().subject())),
            "the subject of the signer has no `ST`, which is needed to be compared with trusted identities".to_owned(),
        ),
        (code::TRUST_STORE_EMPTY, load(&[]), "trust store `ca:x` holds no certificate".to_owned()),
        (code::TRUST_STORE_INVALID,
            load(&[&ca.leaf.der]),
            "trust store `ca:x`, certificate 0 (`CN=Test Signer,O=Harbour,ST=WA,C=US`): expected a self-signed certificate or that of a certificate authority, found another".to_owned(),
        ),
        (code::UNEXPECTED_PEM,
            said(read_certificates(plimsoll_testkit::rsa_key(2048).as_bytes(), &limits)),
            "line 1: expected a block `CERTIFICATE`, found `PRIVATE KEY`".to_owned(),
        ),
    ]
}

fn of_distrust() -> Vec<(Code, (Code, String), String)> {
    let ca = TestCa::new(KeySpec::P256);
    let chain = verify_chain(&ca.chain(), &ChainOptions::new(Profile::NotarySigning), provider(), None).unwrap();
    let leaf = chain.leaf().digest();
    let entry = DistrustEntry::new(Subject::Certificate(leaf), "laptop stolen");
    let since = Distrust::new([entry.clone().signed_after(NOW)]);
    vec![
        (code::CERTIFICATE_DISTRUSTED,
            said(Distrust::new([entry]).check(&chain, Some(NOW..=NOW))),
            format!("{LEAF}: the certificate {leaf} is distrusted: laptop stolen"),
        ),
        (code::CERTIFICATE_DISTRUSTED,
            said(since.check(&chain, None)),
            format!("{LEAF}: the certificate {leaf} is distrusted for signatures from 2026-06-01T00:00:00Z on, expected one proven to be older, found no verified time: laptop stolen"),
        ),
        (code::MALFORMED_DISTRUST_LIST,
            said(Distrust::from_json(br#"{"entries": [{"reason": "x"}]}"#)),
            "the distrust list is malformed: line 1, column 29: expected exactly one of `certificate`, `key` and `issuer` in an entry".to_owned(),
        ),
    ]
}

fn of_requests() -> Vec<(Code, (Code, String), String)> {
    let key = KeySpec::P256.key();
    let subject = "CN=pilot,O=Harbour,ST=WA,C=US";
    let draft =
        CertificationRequestDraft::new(subject, key.public_key(), KeySpec::P256.certificate_algorithm()).unwrap();
    let other = key.signer(KeySpec::P256.certificate_algorithm()).unwrap().sign_now(b"other").unwrap();
    let unproven = draft.attach(other).unwrap();
    vec![
        (
            code::MALFORMED_CERTIFICATION_REQUEST,
            said(CertificationRequest::verify(&unproven[1..], provider())),
            "expected a PKCS#10 certification request in DER, found bytes that are not one".to_owned(),
        ),
        (
            code::POSSESSION_UNPROVEN,
            said(CertificationRequest::verify(&unproven, provider())),
            "the signature of the certification request does not hold under its own key".to_owned(),
        ),
    ]
}

#[test]
fn every_code_is_produced_and_says_exactly_this() {
    let mut seen = BTreeMap::new();
    for (code, (found_code, found), expected) in
        of_chains().into_iter().chain(of_data()).chain(of_distrust()).chain(of_requests())
    {
        assert_eq!((found_code, found.as_str()), (code, expected.as_str()));
        assert!(!found.contains('\n') && !found.ends_with('.'));
        seen.insert(code, ());
    }
    // Larger concerns have test programs of their own, with a file of codes each.
    for code in code::ALL.iter().filter(|code| !seen.contains_key(code)) {
        let constant = format!("code::{}", code.name().to_uppercase().replace('-', "_"));
        assert!(ELSEWHERE.iter().any(|file| file.contains(&constant)), "{code} is produced by no test");
    }
}

const ELSEWHERE: [&str; 3] =
    [include_str!("path/codes.rs"), include_str!("revocation/codes.rs"), include_str!("timestamp/codes.rs")];

#[test]
fn an_expired_certificate_and_an_absent_store_are_named_in_full() {
    let early = UnixTime::saturating_from_secs(NOW.as_secs() - 1);
    let ca = TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Intermediate {
            set_validity(draft, UnixTime::MIN, early);
        }
    });
    let verified = verify_chain(&ca.chain(), &ChainOptions::new(Profile::NotarySigning), provider(), None).unwrap();
    assert_eq!(
        verified.valid_at(NOW).unwrap_err().to_string(),
        "certificate 1 of the chain (`CN=Test Intermediate,O=Harbour,ST=WA,C=US`) is valid from 1970-01-01T00:00:00Z to 2026-05-31T23:59:59Z, not at 2026-06-01T00:00:00Z"
    );
    let untrusted = verified.anchored_in(&TrustStore::default()).unwrap_err();
    assert!(untrusted.to_string().ends_with("is in the trust stores: none was given"));
    assert!(verified.anchored_in(&TrustStore::new([named_store("ca:x", &[&ca.root.der])])).is_ok());
}
