//! Issuing certificates.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use plimsoll_core::{Algorithm, Classify, Provider, PublicKey, Sign, UnixTime};
use plimsoll_crypto::{Curve, LocalSigner, PrivateKey, SignError, provider};
use plimsoll_pki::{
    Certificate, ChainOptions, IdentityError, Limits, OwnedCertificate, Profile, Strictness, SubjectError, Validity,
    code,
    issue::{IssueError, Request, Role, issue},
    verify_chain,
};
use plimsoll_testkit::pki::{KeySpec, LEAF, NOT_AFTER, NOT_BEFORE, ROOT};
use proptest::prelude::*;
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

const AUTHORITY: Role<'_> = Role::Root { path_length: None };
const SIGNER: Role<'_> = Role::Signer { ocsp: &[], crl: &[] };

/// Keys in memory are ready at once.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a key in memory does not wait"),
    }
}

fn request<'a>(subject: &'a str, key: &'a PrivateKey, role: Role<'a>) -> Request<'a> {
    let validity = Validity { not_before: NOT_BEFORE, not_after: NOT_AFTER };
    Request { subject, key: key.public_key(), serial: [0xff; 16], validity, role }
}

fn make(
    request: &Request<'_>,
    issuer: Option<&OwnedCertificate>,
    key: &LocalSigner,
) -> Result<OwnedCertificate, IssueError<SignError>> {
    let limits = Limits::default();
    let issuer = issuer.map(|issuer| issuer.view(&limits).unwrap());
    now(issue(request, issuer.as_ref(), key, provider()))
}

#[test]
fn what_is_issued_holds_under_the_strictest_profile() {
    for spec in KeySpec::ALL {
        let [root_key, middle_key, leaf_key] = [spec.key(), spec.key(), spec.key()];
        // A key for certificates and a key for envelopes, whose ECDSA has another encoding: both can issue.
        let (root_signer, middle_signer) =
            (root_key.signer(spec.certificate_algorithm()).unwrap(), middle_key.envelope_signer().unwrap());
        let root = make(&request(ROOT, &root_key, Role::Root { path_length: Some(1) }), None, &root_signer).unwrap();
        let middle = Role::Intermediate { path_length: Some(0) };
        let middle = make(&request("CN=I,C=US", &middle_key, middle), Some(&root), &root_signer).unwrap();
        let role = Role::Signer { ocsp: &["http://ocsp.example"], crl: &["http://crl.example"] };
        let leaf = make(&request(LEAF, &leaf_key, role), Some(&middle), &middle_signer).unwrap();
        for profile in [Profile::NotarySigning, Profile::CodeSigning] {
            let options = ChainOptions::new(profile).with_strictness(Strictness::Strict);
            let chain = [leaf.der(), middle.der(), root.der()];
            let chain = verify_chain(&chain, &options, provider(), None).unwrap();
            assert_eq!(chain.leaf().subject().to_string(), LEAF);
            assert_eq!(chain.leaf().serial(), [&[0x7f][..], &[0xff; 15]].concat());
            assert_eq!(chain.leaf().authority_key_identifier(), chain.certificates()[1].subject_key_identifier());
            assert_eq!(chain.revocable().count(), 1);
        }
    }
}

#[test]
fn a_lone_signer_is_self_signed() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let made = make(&request(LEAF, &key, SIGNER), None, &key.envelope_signer().unwrap()).unwrap();
    assert!(verify_chain(&[made.der()], &ChainOptions::new(Profile::NotarySigning), provider(), None).is_ok());
}

#[test]
fn what_would_not_hold_is_not_issued() {
    let [key, other] = [0, 1].map(|_| PrivateKey::generate(Curve::P256).unwrap());
    let (signer, stranger) = (key.envelope_signer().unwrap(), other.envelope_signer().unwrap());
    let root = make(&request(ROOT, &key, Role::Root { path_length: Some(0) }), None, &signer).unwrap();
    let refused = |request: &Request<'_>, issuer: Option<&OwnedCertificate>, key: &LocalSigner| {
        let error = make(request, issuer, key).unwrap_err();
        assert_eq!(error.code(), code::ISSUE_REFUSED);
        error
    };
    let leaf = request(LEAF, &other, SIGNER);
    assert!(matches!(refused(&leaf, Some(&root), &stranger), IssueError::KeyMismatch));
    assert!(matches!(refused(&leaf, None, &signer), IssueError::KeyMismatch));
    let middle = request(ROOT, &other, Role::Intermediate { path_length: None });
    assert!(matches!(refused(&middle, Some(&root), &signer), IssueError::Issuer { .. }), "no path length is left");
    assert!(matches!(refused(&middle, None, &signer), IssueError::IntermediateWithoutIssuer));
    assert!(matches!(refused(&request(ROOT, &key, AUTHORITY), Some(&root), &signer), IssueError::RootWithIssuer));
    let signed = make(&leaf, Some(&root), &signer).unwrap();
    assert!(matches!(refused(&leaf, Some(&signed), &stranger), IssueError::Issuer { .. }), "a signer issues nothing");
    let backwards = Request { validity: Validity { not_before: NOT_AFTER, not_after: NOT_BEFORE }, ..leaf };
    assert!(matches!(refused(&backwards, Some(&root), &signer), IssueError::Validity { .. }));
    let short = Request { subject: "CN=only", ..leaf };
    assert!(matches!(refused(&short, Some(&root), &signer), IssueError::Subject(SubjectError::Missing { .. })));
    let unknown = Request { subject: "X=only", ..leaf };
    assert!(matches!(refused(&unknown, Some(&root), &signer), IssueError::Name(IdentityError::Pair { .. })));
    let no_key = Request { key: PublicKey::from_spki_der(b"x"), ..leaf };
    assert!(matches!(refused(&no_key, Some(&root), &signer), IssueError::Encoding));
    let url = Request { role: Role::Signer { ocsp: &["http://ä"], crl: &[] }, ..leaf };
    assert!(matches!(refused(&url, Some(&root), &signer), IssueError::Encoding));
}

/// RSA keys come from elsewhere: what nobody would trust afterwards is not made into an authority.
#[test]
fn no_authority_is_made_of_a_weak_key() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let signer = key.envelope_signer().unwrap();
    // SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { a modulus of 1024 bits, 3 } } }
    let algorithm = [0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let modulus = [&[2, 0x81, 0x81, 0][..], &[0xff; 128]].concat();
    let rsa = [&[0x30, 0x81, 0x87][..], &modulus, &[2, 1, 3]].concat();
    let weak = [&[0x30, 0x81, 0x9d][..], &algorithm, &[3, 0x81, 0x8b, 0], &rsa].concat();
    for role in [AUTHORITY, Role::Root { path_length: Some(0) }] {
        let request = Request { key: PublicKey::from_spki_der(&weak), ..request(ROOT, &key, role) };
        let error = make(&request, None, &signer).unwrap_err();
        assert!(matches!(error, IssueError::Profile(_)), "{error}");
    }
}

/// RFC 5280, 4.1.2.5: both ends belong to it.
#[test]
fn a_validity_of_one_second_is_one() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let validity = Validity { not_before: NOT_BEFORE, not_after: NOT_BEFORE };
    let request = Request { validity, ..request(ROOT, &key, AUTHORITY) };
    assert!(make(&request, None, &key.envelope_signer().unwrap()).is_ok());
}

#[test]
fn nothing_is_issued_that_no_back_end_could_check() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let signer = key.envelope_signer().unwrap();
    let error = now(issue(&request(ROOT, &key, AUTHORITY), None, &signer, Provider::new(&[]))).unwrap_err();
    assert_eq!(error.code(), code::CERTIFICATE_ALGORITHM_UNSUPPORTED);
}

/// A token that was pulled out.
struct Gone;

impl Sign for Gone {
    type Error = SignError;
    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256Der
    }
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Err(SignError::Failed { algorithm: self.algorithm() })
    }
}

#[test]
fn a_key_that_fails_keeps_its_own_code() {
    let key = PrivateKey::generate(Curve::P256).unwrap();
    let error = now(issue(&request(ROOT, &key, AUTHORITY), None, &Gone, provider())).unwrap_err();
    assert_eq!(error.code(), SignError::Failed { algorithm: Gone.algorithm() }.code());
}

proptest! {
    #[test]
    fn what_is_asked_for_is_what_is_read(
        name in "[^\0]{1,20}",
        serial in any::<[u8; 16]>(),
        from in 0_u64..253_402_300_799,
        length in 0_u64..10_000_000_000,
        path_length in any::<Option<u8>>(),
    ) {
        let key = PrivateKey::generate(Curve::P256).unwrap();
        let not_before = UnixTime::saturating_from_secs(from);
        let validity = Validity { not_before, not_after: not_before.saturating_add(length) };
        let hex: String = name.bytes().map(|octet| format!("\\{octet:02x}")).collect();
        let subject = format!("CN={hex},C=US");
        let role = Role::Root { path_length };
        let request = Request { subject: &subject, key: key.public_key(), serial, validity, role };
        let made = make(&request, None, &key.envelope_signer().unwrap()).unwrap();
        let read = Certificate::from_der(made.der(), &Limits::default()).unwrap();
        prop_assert_eq!(read.validity(), validity);
        prop_assert_eq!(&read.serial()[1..], &serial[1..]);
        prop_assert_eq!(read.public_key(), key.public_key());
        prop_assert_eq!(read.basic_constraints().unwrap().path_length, path_length.map(u32::from));
        let common = read.subject().attributes().find(|one| one.oid.to_string() == "2.5.4.3").unwrap();
        prop_assert_eq!(&*common.text(), &*name);
    }
}
