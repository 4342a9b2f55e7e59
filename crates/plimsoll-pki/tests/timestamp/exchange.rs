//! Requests, responses, and the authority's side.

use super::{MESSAGE, judge, now, parse};
use plimsoll_core::{Classify, UnixTime};
use plimsoll_crypto::{LocalSigner, SignError, provider};
use plimsoll_pki::{
    Hash, Validity, code,
    issue::{IssueError, Request, Role},
    timestamp::{
        FailureInfo, MessageImprint, Nonce, PkiStatus, TimestampAuthority, TimestampError, TimestampIssueError,
        TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken, issue, respond,
    },
};
use plimsoll_testkit::{
    pki::{Certified, KeySpec, NOT_AFTER, NOT_BEFORE, NOW, TestCa},
    timestamp::{AUTHORITY, POLICY, TestTsa, indefinite},
};
use proptest::prelude::*;
use std::time::Duration;

fn limits() -> TimestampLimits {
    TimestampLimits::default()
}

fn response(bytes: &[u8]) -> Result<TimestampResponse, TimestampError> {
    TimestampResponse::parse(bytes, &limits())
}

fn granted(token: &[u8]) -> TimestampResponse {
    TimestampResponse::granted(parse(token).unwrap())
}

fn text<T>(result: Result<T, TimestampError>) -> (plimsoll_core::Code, String) {
    let Err(error) = result else { panic!("expected an error") };
    (error.code(), error.to_string())
}

// spec: NP-027, NP-030, NP-190
#[test]
fn a_request_asks_for_certificates_and_a_number() {
    let request = TestTsa::request(MESSAGE);
    assert!(request.wants_certificates());
    let der = request.to_der();
    assert!(der.ends_with(&[1, 1, 0xff]), "certReq TRUE");
    assert_eq!(TimestampRequest::parse(&der, &limits()), Ok(request));
}

#[test]
fn a_nonce_is_below_two_to_the_159th() {
    assert_eq!(Nonce::from_random([0xff; 20]).as_bytes(), [&[0x7f][..], &[0xff; 19]].concat());
    assert_eq!(Nonce::from_random([0; 20]).as_bytes(), [0]);
    let mut small = [0; 20];
    small[19] = 0x80;
    assert_eq!(Nonce::from_random(small).as_bytes(), [0, 0x80]);
    assert_eq!(format!("{:?}", Nonce::from_random(small)), "Nonce(0080)");
}

// attack: A-206
#[test]
fn a_206_an_answer_to_another_request_is_refused() {
    let tsa = TestTsa::new(KeySpec::P256);
    let request = TestTsa::request(MESSAGE);
    let good = granted(&tsa.token(MESSAGE));
    assert_eq!(good.token_for(&request).unwrap().der(), tsa_der(&good));
    let other = TimestampRequest::new(request.imprint().clone(), Nonce::from_random([8; 20]));
    let nonce = "the answer of the timestamping authority does not repeat the nonce of the request";
    assert_eq!(text(good.token_for(&other)), (code::TIMESTAMP_MISMATCH, nonce.to_owned()));
    let without = granted(&tsa.forge_info(MESSAGE, |info| info.nonce = Vec::new()));
    assert_eq!(text(without.token_for(&request)), (code::TIMESTAMP_MISMATCH, nonce.to_owned()));
    let other = TestTsa::request(b"other");
    assert_eq!(good.token_for(&other), Err(TimestampError::ImprintMismatch));
    let longer = TimestampRequest::new(MessageImprint::of(Hash::Sha512, MESSAGE), Nonce::from_random([7; 20]));
    assert_eq!(good.token_for(&longer), Err(TimestampError::ImprintMismatch));
    let wanted: spki::ObjectIdentifier = "1.2.3".parse().unwrap();
    let policy = format!("expected a timestamp by the policy 1.2.3, found one by {POLICY}");
    assert_eq!(text(good.token_for(&request.clone().with_policy(wanted))), (code::TIMESTAMP_MISMATCH, policy));
    assert!(good.token_for(&request.with_policy(POLICY)).is_ok());
}

fn tsa_der(response: &TimestampResponse) -> Vec<u8> {
    let der = response.to_der();
    response
        .token_for(&TestTsa::request(MESSAGE))
        .map(|token| {
            assert!(der.ends_with(token.der()));
            token.der().to_vec()
        })
        .unwrap()
}

// attack: A-206
#[test]
fn a_206_a_refusal_is_one_whatever_comes_with_it() {
    let tsa = TestTsa::new(KeySpec::P256);
    let request = TestTsa::request(MESSAGE);
    // Status 2 with a good token, and with what is none.
    let status = [0x30, 3, 2, 1, 2];
    let sequence = |parts: &[&[u8]]| {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82], &length[..], &content].concat()
    };
    for extra in [tsa.token(MESSAGE), vec![0x30, 0]] {
        let response = response(&sequence(&[&status, &extra])).unwrap();
        let refusal = "the timestamping authority gave no timestamp: rejection";
        assert_eq!(text(response.token_for(&request)), (code::TIMESTAMP_REFUSED, refusal.to_owned()));
    }
    // Granted, and nothing there.
    let empty = response(&sequence(&[&[0x30, 3, 2, 1, 0]])).unwrap();
    let nothing = "the timestamping authority says that it granted the request, and sent no timestamp";
    assert_eq!(text(empty.token_for(&request)), (code::MALFORMED_TIMESTAMP, nothing.to_owned()));
    // Granted with modifications is granted; what is left of the numbers is not.
    for (number, name) in
        [(3, "waiting"), (4, "revocationWarning"), (5, "revocationNotification"), (6, "an unknown status")]
    {
        let response = response(&sequence(&[&[0x30, 3, 2, 1, number], &tsa.token(MESSAGE)])).unwrap();
        let refusal = format!("the timestamping authority gave no timestamp: {name}");
        assert_eq!(text(response.token_for(&request)), (code::TIMESTAMP_REFUSED, refusal));
    }
    let modified = response(&sequence(&[&[0x30, 3, 2, 1, 1], &tsa.token(MESSAGE)])).unwrap();
    assert_eq!(modified.status(), PkiStatus::GrantedWithMods);
    assert!(modified.token_for(&request).is_ok());
    let words = TimestampResponse::rejected(FailureInfo::BadAlg, "use\u{1b}[2J SHA-256");
    let read = response(&words.to_der()).unwrap();
    let said = text(read.token_for(&request)).1;
    assert_eq!(said, r"the timestamping authority gave no timestamp: rejection, badAlg (`use\u{1b}[2J SHA-256`)");
}

#[test]
fn every_failure_is_read_as_it_was_written() {
    for failure in [
        FailureInfo::BadAlg,
        FailureInfo::BadRequest,
        FailureInfo::BadDataFormat,
        FailureInfo::TimeNotAvailable,
        FailureInfo::UnacceptedPolicy,
        FailureInfo::UnacceptedExtension,
        FailureInfo::AddInfoNotAvailable,
        FailureInfo::SystemFailure,
    ] {
        let made = TimestampResponse::rejected(failure, "no");
        assert_eq!(response(&made.to_der()), Ok(made));
    }
}

#[test]
fn a_response_may_be_ber() {
    let tsa = TestTsa::new(KeySpec::P256);
    let made = granted(&tsa.token(MESSAGE));
    assert_eq!(response(&indefinite(&made.to_der())), Ok(made.clone()));
    let mut longer = made.to_der();
    longer.push(0);
    assert!(response(&longer).is_err());
}

// attack: A-208
#[test]
fn a_208_an_answer_of_more_than_a_mebibyte_is_refused() {
    let large = vec![0x30; 1024 * 1024 + 1];
    let limit = plimsoll_core::code::LIMIT_EXCEEDED;
    let said =
        |what: &str| (limit, format!("the timestamp is too large: more than 1048576 bytes in one timestamp{what}"));
    assert_eq!(text(response(&large)), said(" response"));
    assert_eq!(text(parse(&large)), said(""));
    assert_eq!(
        text(TimestampRequest::parse(&large, &limits())),
        (limit, "the timestamp is too large: more than 16384 bytes in one timestamp request".to_owned())
    );
}

struct Authority {
    tsa: TestTsa,
    signer: LocalSigner,
}

impl Authority {
    fn new(spec: KeySpec) -> Self {
        let tsa = TestTsa::new(spec);
        let signer = tsa.authority.key.signer(spec.certificate_algorithm()).unwrap();
        Self { tsa, signer }
    }
    fn with<T>(&self, run: impl FnOnce(&TimestampAuthority<'_>) -> T) -> T {
        let certificate = self.tsa.authority.view();
        run(&TimestampAuthority { certificate: &certificate, issuers: &[], policy: POLICY, accuracy: None })
    }
    fn issue(
        &self,
        request: &TimestampRequest,
        at: UnixTime,
    ) -> Result<TimestampToken, TimestampIssueError<SignError>> {
        self.with(|authority| now(issue(request, authority, [1; 16], at.into(), &self.signer, provider())))
    }
    fn respond(&self, request: &[u8]) -> TimestampResponse {
        self.with(|authority| now(respond(request, authority, [1; 16], NOW.into(), &self.signer, provider()))).unwrap()
    }
}

#[test]
fn an_authority_answers_what_a_client_asks() {
    for spec in KeySpec::ALL {
        let authority = Authority::new(spec);
        let request = TestTsa::request(MESSAGE);
        let answer = response(&authority.respond(&request.to_der()).to_der()).unwrap();
        let token = answer.token_for(&request).unwrap();
        let store = authority.tsa.trust_store();
        let verified = token.verify(MESSAGE, &store, provider()).unwrap();
        assert_eq!((verified.gen_time().second(), verified.accuracy()), (NOW, Duration::ZERO));
        assert_eq!(verified.info().serial, [1; 16]);
        assert_eq!(verified.info().nonce.as_ref(), request.nonce());
    }
}

/// tspclient-go writes NULL for the parameters that SHA-256 has not, and takes no answer that writes it otherwise.
#[test]
fn the_imprint_is_answered_as_it_was_written() {
    let authority = Authority::new(KeySpec::P256);
    let der = TestTsa::request(MESSAGE).to_der();
    // AlgorithmIdentifier without parameters, and with NULL; every length around it fits in one octet.
    let sha256 = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let (absent, null) =
        ([&[0x30, 11, 6, 9][..], &sha256].concat(), [&[0x30, 13, 6, 9][..], &sha256, &[5, 0]].concat());
    let at = der.windows(absent.len()).position(|window| window == absent).unwrap();
    let mut written = [&der[..at], &null, &der[at + absent.len()..]].concat();
    written[1] += 2;
    written[at - 1] += 2;
    let request = TimestampRequest::parse(&written, &limits()).unwrap();
    assert_eq!(request.to_der(), written);
    let imprint = &written[at - 2..at + null.len() + 34];
    let holds = |bytes: &[u8], imprint: &[u8]| bytes.windows(imprint.len()).any(|window| window == imprint);
    let token = authority.respond(&written).token_for(&request).unwrap();
    assert!(holds(token.der(), imprint));
    assert!(judge(token.der(), &authority.tsa.trust_store()).is_ok());
    let token = authority.respond(&der).token_for(&TestTsa::request(MESSAGE)).unwrap();
    assert!(holds(token.der(), &der[at - 2..at + absent.len() + 34]));
    // A client of ours does not mind how it is written.
    assert!(authority.respond(&written).token_for(&TestTsa::request(MESSAGE)).is_ok());
}

#[test]
fn keys_for_envelopes_can_sign_timestamps() {
    let authority = Authority::new(KeySpec::P256);
    let certificate = authority.tsa.authority.view();
    let keeper = TimestampAuthority { certificate: &certificate, issuers: &[], policy: POLICY, accuracy: None };
    let signer = authority.tsa.authority.key.envelope_signer().unwrap();
    let request = TestTsa::request(MESSAGE);
    let token = now(issue(&request, &keeper, [1; 16], NOW.into(), &signer, provider())).unwrap();
    assert!(judge(token.der(), &authority.tsa.trust_store()).is_ok());
}

#[test]
fn certificates_come_only_if_they_are_asked_for() {
    let authority = Authority::new(KeySpec::P256);
    let der = TestTsa::request(MESSAGE).to_der();
    // Without certReq, which is the default.
    let mut quiet = der[..der.len() - 3].to_vec();
    quiet[1] -= 3;
    let request = TimestampRequest::parse(&quiet, &limits()).unwrap();
    assert!(!request.wants_certificates());
    let token = authority.respond(&quiet).token_for(&request).unwrap();
    let error = judge(token.der(), &authority.tsa.trust_store()).unwrap_err();
    assert_eq!(error.to_string(), "the timestamp: the certificate that the signer names is not in the signed data");
}

#[test]
fn bad_requests_are_rejected_with_the_reason_that_rfc_3161_names() {
    let authority = Authority::new(KeySpec::P256);
    let good = TestTsa::request(MESSAGE);
    let failure = |bytes: &[u8]| match authority.respond(bytes).token_for(&good) {
        Err(TimestampError::Refused { status: PkiStatus::Rejection, failure: Some(failure), text: Some(_) }) => failure,
        other => panic!("expected a rejection, found {other:?}"),
    };
    let der = good.to_der();
    assert_eq!(failure(b"no request"), FailureInfo::BadDataFormat);
    assert_eq!(failure(&der[..der.len() - 1]), FailureInfo::BadDataFormat);
    let policy: spki::ObjectIdentifier = "1.2.3".parse().unwrap();
    assert_eq!(failure(&good.clone().with_policy(policy).to_der()), FailureInfo::UnacceptedPolicy);
    let mut version = der.clone();
    version[4] = 2;
    assert_eq!(failure(&version), FailureInfo::BadRequest);
    let sha1 = [&[0x30, 38, 2, 1, 1, 0x30, 33, 0x30, 9, 6, 5, 0x2b, 14, 3, 2, 26, 5, 0, 4, 20][..], &[1; 20]].concat();
    let sha1 = [&[0x30, 36, 2, 1, 1, 0x30, 31, 0x30, 7, 6, 5, 0x2b, 14, 3, 2, 26, 4, 20], &sha1[20..]].concat();
    assert_eq!(failure(&sha1), FailureInfo::BadAlg);
    // Any extension, critical or not (RFC 3161, 2.4.1).
    let extension = [0xa0, 8, 0x30, 6, 6, 2, 0x2a, 3, 4, 0];
    let mut extended = [&*der, &extension].concat();
    extended[1] += 10;
    assert_eq!(failure(&extended), FailureInfo::UnacceptedExtension);
}

#[test]
fn an_authority_that_is_none_makes_no_token() {
    let authority = Authority::new(KeySpec::P256);
    let request = TestTsa::request(MESSAGE);
    let said = |result: Result<TimestampToken, TimestampIssueError<SignError>>| {
        let error = result.unwrap_err();
        assert_eq!(error.code(), code::ISSUE_REFUSED);
        error.to_string()
    };
    let early = said(authority.issue(&request, NOT_BEFORE.saturating_sub(1)));
    assert!(early.starts_with("the authority cannot make timestamps now: certificate 0 of the chain"), "{early}");
    let other = Authority::new(KeySpec::P256);
    let mixed = Authority { tsa: authority.tsa, signer: other.signer };
    assert_eq!(
        said(mixed.issue(&request, NOW)),
        "the signature does not hold under the authority's certificate: certificate and private key do not belong together"
    );
    let policy = request.clone().with_policy("1.2.3".parse().unwrap());
    assert_eq!(
        said(mixed.issue(&policy, NOW)),
        format!("expected a request for the policy {POLICY} or for none, found 1.2.3")
    );
    // A certificate for signing artifacts.
    let ca = TestCa::new(KeySpec::P256);
    let certificate = ca.leaf.view();
    let wrong = TimestampAuthority { certificate: &certificate, issuers: &[], policy: POLICY, accuracy: None };
    let signer = ca.leaf.key.envelope_signer().unwrap();
    let found = said(now(issue(&request, &wrong, [1; 16], NOW.into(), &signer, provider())));
    assert!(found.starts_with("the authority's certificate breaks a rule: "), "{found}");
}

#[test]
fn the_certificate_of_an_authority_is_issued_below_another_only() {
    let root = Certified::self_signed(KeySpec::P256, "CN=Top,O=Harbour", Role::Root { path_length: None }, |_| ());
    let key = KeySpec::P256.key();
    let signer = root.key.signer(KeySpec::P256.certificate_algorithm()).unwrap();
    let validity = Validity { not_before: NOT_BEFORE, not_after: NOT_AFTER };
    let role = Role::TimestampAuthority { ocsp: &["http://ocsp.test/"], crl: &[] };
    let request = Request { subject: AUTHORITY, key: key.public_key(), serial: [1; 16], validity, role };
    let issued = now(plimsoll_pki::issue::issue(&request, Some(&root.view()), &signer, provider())).unwrap();
    let alone = now(plimsoll_pki::issue::issue(&request, None, &signer, provider())).unwrap_err();
    assert!(matches!(alone, IssueError::TimestampAuthorityWithoutIssuer));
    assert_eq!(alone.to_string(), "the certificate of a timestamping authority needs an issuer, found none");
    let tsa = TestTsa { root, authority: Certified { der: issued.der().to_vec(), key, spec: KeySpec::P256 } };
    assert!(judge(&tsa.token(MESSAGE), &tsa.trust_store()).is_ok());
}

proptest! {
    #[test]
    fn a_request_is_read_as_it_was_written(
        message in proptest::collection::vec(any::<u8>(), 0..100),
        nonce in any::<[u8; 20]>(),
        hash in prop_oneof![Just(Hash::Sha256), Just(Hash::Sha384), Just(Hash::Sha512)],
        policy in any::<bool>(),
    ) {
        let mut request = TimestampRequest::new(MessageImprint::of(hash, &message), Nonce::from_random(nonce));
        if policy {
            request = request.with_policy(POLICY);
        }
        prop_assert_eq!(TimestampRequest::parse(&request.to_der(), &limits()), Ok(request));
    }
    #[test]
    fn no_request_or_response_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = TimestampRequest::parse(&bytes, &limits());
        let _ = response(&bytes);
    }
}
