//! OCSP responses, good and bad.

use crate::fixture::{CRL, Harbour, OCSP};
use plimsoll_core::{Classify, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    code,
    crl::{RevokedEntry, RevokedReason},
    issue::{Draft, Role},
    ocsp::{CertId, IdHash, NonceCheck, OcspError, OcspLimits, OcspRequest, OcspResponse, OcspStatus, ResponseDraft},
    revocation::{RevocationSources, Source, Status},
};
use plimsoll_testkit::{
    crl,
    ocsp::{forge, response},
    pki::{Certified, KeySpec, LEAF, NOW, extension, remove_extension, set_purposes, set_validity, tlv},
    revocation::Answers,
};

const HOUR: u64 = 3600;

fn harbour() -> Harbour {
    Harbour::new(&[OCSP], &[])
}

fn answer(der: Vec<u8>) -> Answers {
    Answers::new().with(OCSP, der)
}

fn time(time: UnixTime) -> Vec<u8> {
    let text: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
    tlv(der::Tag::GeneralizedTime, format!("{text}Z").as_bytes())
}

/// What comes of a response that the issuer signs after this edit.
fn edited(edit: impl FnOnce(&mut ResponseDraft)) -> Vec<String> {
    let harbour = harbour();
    let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, edit);
    harbour.unknown(&mut answer(der))
}

#[test]
fn the_issuer_says_that_a_certificate_is_good_or_revoked() {
    let harbour = harbour();
    let der = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good);
    let report = harbour.check(&mut answer(der.clone()));
    let one = &report.certificates()[0];
    assert_eq!(one.status, Status::Good);
    assert!(matches!(&one.source, Some(Source::Responder(url)) if url.as_str() == OCSP));
    assert_eq!(report.evidence().collect::<Vec<_>>(), [&plimsoll_core::Digest::sha256_of(&der)]);
    assert_eq!(report.horizon().until, NOW.saturating_add(HOUR + 1), "never beyond nextUpdate");
    assert_eq!(report.outcome(), Ok(()));
    let entry = RevokedEntry::new(RevokedReason::KeyCompromise, NOW);
    let der = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Revoked(entry));
    assert_eq!(harbour.status(&mut answer(der)), Status::Revoked(entry));
}

// attack: A-178
#[test]
fn a_178_a_response_about_another_certificate_says_nothing() {
    let harbour = harbour();
    let other =
        harbour.intermediate.issue(KeySpec::P256, "CN=o,O=O,ST=S,C=US", Role::Signer { ocsp: &[], crl: &[] }, |_| ());
    let der = response(&harbour.intermediate, &other, OcspStatus::Good);
    let no_match = ["the OCSP response speaks of another certificate than the one that was asked for"];
    assert_eq!(harbour.unknown(&mut answer(der)), no_match, "another serial number");
    // The same serial number, of an issuer with another name, and of one with another key.
    let serial = harbour.leaf.view().serial().to_vec();
    let signer = Role::Signer { ocsp: &[], crl: &[] };
    let renamed = Certified::self_signed(KeySpec::P256, "CN=Other", Role::Root { path_length: None }, |_| ());
    let same_name = Harbour::new(&[], &[]).intermediate;
    for issuer in [renamed, same_name] {
        let twin = issuer.issue(KeySpec::P256, LEAF, signer, |draft| draft.serial.clone_from(&serial));
        for hash in [IdHash::Sha1, IdHash::Sha256] {
            let id = CertId::of(&twin.view(), &issuer.view(), hash).unwrap();
            assert_eq!(edited_id(&harbour, &id), no_match);
        }
    }
    // Another name under the same key, and another key under the same name.
    let right = CertId::of(&harbour.leaf.view(), &harbour.intermediate.view(), IdHash::Sha1).unwrap();
    for at in [15, 37] {
        let mut id = right.der().to_vec();
        id[at] ^= 1;
        let edit = |draft: &mut ResponseDraft| draft.responses[0].id = id;
        let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, edit);
        assert_eq!(harbour.unknown(&mut answer(der)), no_match);
    }
    // Either hash of the right one will do.
    let id = CertId::of(&harbour.leaf.view(), &harbour.intermediate.view(), IdHash::Sha256).unwrap();
    let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |draft| {
        draft.responses[0].id = id.der().to_vec();
    });
    assert_eq!(harbour.status(&mut answer(der)), Status::Good);
}

fn edited_id(harbour: &Harbour, id: &CertId) -> Vec<String> {
    let edit = |draft: &mut ResponseDraft| draft.responses[0].id = id.der().to_vec();
    let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, edit);
    harbour.unknown(&mut answer(der))
}

// attack: A-179
#[test]
fn a_179_a_response_counts_from_this_update_to_next_update() {
    let at = |this: UnixTime, next: Option<UnixTime>| {
        let harbour = harbour();
        let edit = |draft: &mut ResponseDraft| {
            draft.responses[0].this_update = time(this);
            draft.responses[0].next_update = next.map(time);
        };
        let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, edit);
        let report = harbour.check(&mut answer(der));
        let one = report.certificates()[0].clone();
        (one.status, one.attempts.first().map(|one| one.cause.to_string()).unwrap_or_default())
    };
    let (past, soon) = (NOW.saturating_sub(HOUR), NOW.saturating_add(HOUR));
    assert_eq!(at(past, Some(NOW)).0, Status::Good, "the last second");
    assert_eq!(at(NOW.saturating_add(300), Some(soon)).0, Status::Good, "clocks differ by five minutes");
    let stale = "the OCSP response counted until 2026-05-31T23:59:59Z, and it is 2026-06-01T00:00:00Z";
    assert_eq!(at(past, Some(NOW.saturating_sub(1))), (Status::Unknown, stale.into()));
    let future = "the OCSP response is of 2026-06-01T00:05:01Z, which lies in the future at 2026-06-01T00:00:00Z";
    assert_eq!(at(NOW.saturating_add(301), Some(soon)), (Status::Unknown, future.into()));
    let endless = "the OCSP response has no nextUpdate, so how long it counts is not known";
    assert_eq!(at(past, None), (Status::Unknown, endless.into()));
}

#[test]
fn an_old_response_still_revokes_but_not_one_that_holds() {
    let harbour = harbour();
    let revoked = |reason| {
        let status = OcspStatus::Revoked(RevokedEntry::new(reason, NOW));
        let stale = |draft: &mut ResponseDraft| draft.responses[0].next_update = Some(time(NOW.saturating_sub(1)));
        let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, status, stale);
        harbour.status(&mut answer(der))
    };
    assert!(matches!(revoked(RevokedReason::Superseded), Status::Revoked(_)));
    assert_eq!(revoked(RevokedReason::CertificateHold), Status::Unknown);
}

// attack: A-180
#[test]
fn a_180_another_nonce_is_the_answer_to_another_request() {
    let harbour = harbour();
    let sources = RevocationSources::new().with_nonce([7; 32]);
    let nonce = |octets: &[u8]| extension("1.3.6.1.5.5.7.48.1.2", false, &tlv(der::Tag::OctetString, octets));
    let with = |nonces: &[plimsoll_pki::issue::DraftExtension]| {
        let nonces = nonces.to_vec();
        let edit = |draft: &mut ResponseDraft| draft.extensions = nonces;
        forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, edit)
    };
    let unknown = |der| harbour.unknown_at(NOW, &sources, &mut answer(der));
    assert_eq!(unknown(with(&[nonce(&[8; 32])])), ["the OCSP response has another nonce than the request"]);
    assert_eq!(unknown(with(&[nonce(&[7; 31])])), ["the OCSP response has another nonce than the request"]);
    let same = harbour.check_at(NOW, &sources, &mut answer(with(&[nonce(&[7; 32])])));
    assert_eq!(same.certificates()[0].status, Status::Good);
    // None is allowed, and shows.
    let (leaf, issuer) = (harbour.leaf.view(), harbour.intermediate.view());
    let request = OcspRequest::new(&leaf, &issuer).with_nonce([7; 32]);
    let said = |der: Vec<u8>| {
        let response = OcspResponse::from_der(der, &OcspLimits::default()).unwrap();
        response.verify(&request, &leaf, &issuer, NOW, provider()).unwrap().nonce()
    };
    assert_eq!(said(with(&[])), NonceCheck::Absent);
    assert_eq!(said(with(&[nonce(&[7; 32])])), NonceCheck::Same);
    let twice = OcspResponse::from_der(with(&[nonce(&[7; 32]), nonce(&[7; 32])]), &OcspLimits::default());
    assert!(matches!(twice, Err(OcspError::DuplicateExtension { .. })));
    // What nobody asked for is nothing to go by.
    assert_eq!(harbour.status(&mut answer(with(&[nonce(&[8; 32])]))), Status::Good);
}

/// What comes of a response by a responder whose certificate is edited before the intermediate signs it.
fn delegated(edit: impl FnOnce(&mut Draft)) -> (Status, Vec<String>) {
    let harbour = harbour();
    let role = Role::OcspResponder { crl: &[] };
    let responder = harbour.intermediate.issue(KeySpec::P256, "CN=Responder", role, edit);
    let der = forge(&responder, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |_| ());
    let report = harbour.check(&mut answer(der));
    let one = &report.certificates()[0];
    (one.status, one.attempts.iter().map(|one| one.cause.to_string()).collect())
}

/// RFC 6960, 4.2.2.3: the response names who signed it. Another certificate that came along does not count, whoever issued it.
#[test]
fn a_responder_is_the_one_that_the_response_names() {
    let harbour = harbour();
    let responder = harbour.intermediate.issue(KeySpec::P256, "CN=Responder", Role::OcspResponder { crl: &[] }, |_| ());
    let der = |edit: &dyn Fn(&mut ResponseDraft)| {
        forge(&responder, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |draft| edit(draft))
    };
    assert_eq!(harbour.status(&mut answer(der(&|_| ()))), Status::Good);
    let other = plimsoll_testkit::pki::name(&[("2.5.4.3", der::Tag::Utf8String, b"Somebody")]);
    let renamed = der(&|draft| draft.responder = [&[0xa1, u8::try_from(other.len()).unwrap()][..], &other].concat());
    assert_eq!(
        harbour.unknown(&mut answer(renamed)),
        [
            "the OCSP response is not signed by who may: the response names neither the issuer nor a certificate that came with it as its responder"
        ]
    );
}

// attack: A-181
#[test]
fn a_181_only_a_responder_whom_the_issuer_certified_may_answer() {
    assert_eq!(delegated(|_| ()).0, Status::Good);
    let purpose = "the OCSP response is not signed by who may: the certificate of the responder `CN=Responder` is not for this: its extKeyUsage lacks OCSPSigning, or its keyUsage digitalSignature";
    let none = delegated(|draft| remove_extension(draft, "2.5.29.37"));
    assert_eq!(none, (Status::Unknown, vec![purpose.into()]));
    // anyExtendedKeyUsage does not stand for it.
    let any = delegated(|draft| set_purposes(draft, &["2.5.29.37.0"]));
    assert_eq!(any, (Status::Unknown, vec![purpose.into()]));
    let usage = delegated(|draft| plimsoll_testkit::pki::set_key_usage(draft, true, [0x04, 0]));
    assert_eq!(usage, (Status::Unknown, vec![purpose.into()]));
    let (status, why) = delegated(|draft| set_validity(draft, NOW.saturating_sub(HOUR), NOW.saturating_sub(1)));
    assert_eq!(status, Status::Unknown);
    assert!(
        why[0].contains("is valid from 2026-05-31T23:00:00Z to 2026-05-31T23:59:59Z, not at 2026-06-01"),
        "{why:?}"
    );
    let (status, why) = delegated(|draft| draft.issuer = plimsoll_testkit::pki::name(&[]));
    assert!(status == Status::Unknown && why[0].ends_with("is not signed by the issuer of the certificate"), "{why:?}");
    let (status, why) = delegated(|draft| draft.extensions.push(extension("1.2.3.4", true, &[5, 0])));
    assert!(status == Status::Unknown && why[0].contains("critical extension 1.2.3.4"), "{why:?}");
}

// attack: A-181
#[test]
fn a_181_another_authority_cannot_answer() {
    let harbour = harbour();
    // Its own authority has the same names but another key; and one is certified by the root, which is not the issuer.
    let strangers = [Harbour::new(&[], &[]).responder(&[]), {
        harbour.root.issue(KeySpec::P256, "CN=Responder", Role::OcspResponder { crl: &[] }, |_| ())
    }];
    for stranger in strangers {
        let der = forge(&stranger, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |_| ());
        let why = "the OCSP response is not signed by who may: the certificate of the responder `CN=Responder` is not signed by the issuer of the certificate";
        assert_eq!(harbour.unknown(&mut answer(der)), [why]);
    }
    // Nobody whom the response names came with it.
    let responder = harbour.responder(&[]);
    let alone = |draft: &mut ResponseDraft| draft.certificates.clear();
    let der = forge(&responder, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, alone);
    let why = "the OCSP response is not signed by who may: the response names neither the issuer nor a certificate that came with it as its responder";
    assert_eq!(harbour.unknown(&mut answer(der)), [why]);
}

// attack: A-181
#[test]
fn a_181_a_certificate_cannot_speak_for_itself() {
    // The signer's own certificate, with the purpose of a responder. No profile allows it; the check does not rest on that.
    let harbour = harbour();
    let both = harbour.responder(&[]);
    let der = forge(&both, &harbour.intermediate, &both, OcspStatus::Good, |_| ());
    let (itself, issuer) = (both.view(), harbour.intermediate.view());
    let request = OcspRequest::new(&itself, &issuer);
    let found = OcspResponse::from_der(der, &OcspLimits::default()).unwrap();
    let error = found.verify(&request, &itself, &issuer, NOW, provider()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the OCSP response is not signed by who may: the certificate in question is the one that signed the response"
    );
    assert_eq!(error.code(), code::OCSP_UNTRUSTED);
}

#[test]
fn a_responder_without_nocheck_must_not_be_revoked() {
    let harbour = harbour();
    let url = "http://crl.test/responders";
    let responder = harbour.responder(&[url]);
    let der = forge(&responder, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |_| ());
    let unknown = "the certificate of the responder `CN=Responder` has no id-pkix-ocsp-nocheck, and whether it is revoked is not known";
    assert_eq!(harbour.unknown(&mut answer(der.clone())), [unknown]);
    let clear = crl::list(&harbour.intermediate, &[]);
    assert_eq!(harbour.status(&mut answer(der.clone()).with(url, clear.clone())), Status::Good);
    let revoked = crl::list(&harbour.intermediate, &[(&responder, RevokedReason::KeyCompromise)]);
    let why = harbour.unknown(&mut answer(der.clone()).with(url, revoked));
    assert_eq!(why, ["the certificate of the responder `CN=Responder` is revoked"]);
    // Without an address it must be found on a local list, which then is the list of the signer, too.
    let bare = harbour.intermediate.issue(KeySpec::P256, "CN=Responder", Role::OcspResponder { crl: &[] }, |draft| {
        remove_extension(draft, "1.3.6.1.5.5.7.48.1.5");
    });
    let der = forge(&bare, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |_| ());
    assert_eq!(harbour.unknown(&mut answer(der)), [unknown]);
}

// attack: A-182
#[test]
fn a_182_a_responder_that_gives_no_status_leaves_it_to_the_list() {
    let harbour = Harbour::new(&[OCSP], &[CRL]);
    let unknown = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Unknown);
    let empty = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |draft| {
        draft.responses.clear();
    });
    let refused = |number| vec![0x30, 3, 0x0a, 1, number];
    let cases = [
        (unknown, "the OCSP responder does not know the certificate"),
        (empty, "the OCSP response speaks of another certificate than the one that was asked for"),
        (refused(1), "the OCSP responder answered `malformedRequest`"),
        (refused(2), "the OCSP responder answered `internalError`"),
        (refused(3), "the OCSP responder answered `tryLater`"),
        (refused(5), "the OCSP responder answered `sigRequired`"),
        (refused(6), "the OCSP responder answered `unauthorized`"),
    ];
    for (der, why) in cases {
        let list = crl::list(&harbour.intermediate, &[]);
        let report = harbour.check(&mut answer(der.clone()).with(CRL, list));
        let one = &report.certificates()[0];
        assert_eq!(one.status, Status::Good);
        assert_eq!(one.attempts[0].cause.to_string(), why);
        let list = crl::list(&harbour.intermediate, &[(&harbour.leaf, RevokedReason::Superseded)]);
        assert!(matches!(harbour.status(&mut answer(der.clone()).with(CRL, list)), Status::Revoked(_)));
        let whys = harbour.unknown(&mut answer(der));
        assert_eq!(whys, [why, "cannot connect"], "nobody else answers");
    }
}

#[test]
fn the_next_responder_is_asked_when_one_fails_and_none_when_one_answered() {
    let harbour = Harbour::new(&["http://down.test", OCSP, "http://third.test"], &[]);
    let good = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good);
    let mut ask = answer(good);
    assert_eq!(harbour.status(&mut ask), Status::Good);
    assert_eq!(ask.urls(), ["http://down.test", OCSP]);
    let unknown = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Unknown);
    let mut ask = answer(unknown);
    harbour.unknown(&mut ask);
    assert_eq!(ask.urls(), ["http://down.test", OCSP], "one that does not know has answered");
}

#[test]
fn a_response_of_several_counts_by_its_gravest_word() {
    let harbour = harbour();
    let entry = RevokedEntry::new(RevokedReason::Superseded, NOW);
    let revoked = OcspStatus::Revoked(entry);
    let good = tlv(der::Tag::ContextSpecific { constructed: false, number: der::TagNumber(0) }, &[]);
    for first in [0, 1] {
        let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, revoked, |draft| {
            let mut other = draft.responses[0].clone();
            other.status.clone_from(&good);
            draft.responses.insert(first, other);
        });
        assert_eq!(harbour.status(&mut answer(der)), Status::Revoked(entry));
    }
}

#[test]
fn what_is_not_understood_or_does_not_hold_says_nothing() {
    let critical = extension("1.2.3.4", true, &[5, 0]);
    let why = "the OCSP message has the critical extension 1.2.3.4, which is not understood";
    assert_eq!(edited(|draft| draft.extensions.push(critical.clone())), [why]);
    assert_eq!(edited(|draft| draft.responses[0].extensions.push(critical.clone())), [why]);
    let ignored = extension("1.2.3.4", false, &[5, 0]);
    let harbour = harbour();
    let der = forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |draft| {
        draft.extensions.push(ignored.clone());
        draft.responses[0].extensions.push(ignored.clone());
    });
    assert_eq!(harbour.status(&mut answer(der.clone())), Status::Good);
    // One bit of the signature.
    let mut broken = der;
    *broken.last_mut().unwrap() ^= 1;
    let why = harbour.unknown(&mut answer(broken));
    assert_eq!(
        why,
        [
            "the signature of the OCSP response does not hold under the key of `CN=Test Intermediate,O=Harbour,ST=WA,C=US`"
        ]
    );
    let sha1 = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let why = edited(|draft| draft.method = sha1.to_vec());
    assert_eq!(
        why,
        [
            "expected an OCSP response signed with SHA-256, SHA-384 or SHA-512, found one with a broken hash (1.2.840.10045.4.1)"
        ]
    );
    let why = edited(|draft| draft.kind = spki::ObjectIdentifier::new_unwrap("1.2.3"));
    assert_eq!(why, ["expected an OCSP response of the type id-pkix-ocsp-basic, found 1.2.3"]);
    let why = edited(|draft| draft.version = Some(vec![1]));
    assert_eq!(why, ["the OCSP message is malformed: expected version 1"]);
}

// attack: A-185
#[test]
fn a_185_a_response_has_at_most_twenty_kibibytes() {
    let harbour = harbour();
    let padded = |octets: usize| {
        let padding = extension("1.2.3.4", false, &vec![0; octets]);
        let edit = |draft: &mut ResponseDraft| draft.extensions.push(padding);
        forge(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, edit)
    };
    // A signature by ECDSA has no fixed length, so the padding is tried.
    let around = padded(1000).len() - 1000;
    let of = |length: usize| {
        (length - around - 6..length - around + 6).cycle().take(500).map(padded).find(|der| der.len() == length)
    };
    let read = |length| OcspResponse::from_der(of(length).unwrap(), &OcspLimits::default()).map(|_| ());
    assert_eq!((read(20_479), read(20_480)), (Ok(()), Ok(())));
    let error = read(20_481).unwrap_err();
    assert_eq!(error.to_string(), "the OCSP message is too large: more than 20480 bytes in one OCSP response");
    assert_eq!(error.code(), plimsoll_core::code::LIMIT_EXCEEDED);
}

// attack: A-100
#[test]
fn a_100_lengths_that_lie_are_malformed() {
    let harbour = harbour();
    let good = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good);
    let limits = OcspLimits::default();
    for end in 0..good.len() {
        let error = OcspResponse::from_der(good[..end].to_vec(), &limits).unwrap_err();
        assert_eq!(error.code(), code::MALFORMED_OCSP);
    }
    for trailing in [&[0][..], &[5, 0]] {
        assert!(OcspResponse::from_der([&good, trailing].concat(), &limits).is_err());
    }
    // Indefinite length, which BER has and DER has not.
    let inner = &good[4..];
    assert!(OcspResponse::from_der([&[0x30, 0x80], inner, &[0, 0]].concat(), &limits).is_err());
}

#[test]
fn short_requests_are_asked_by_get_and_read_again() {
    let harbour = harbour();
    let (leaf, issuer) = (harbour.leaf.view(), harbour.intermediate.view());
    let request = OcspRequest::new(&leaf, &issuer);
    let url = request.get_url("http://ocsp.test/status/").unwrap();
    let path = url.strip_prefix("http://ocsp.test/status").unwrap();
    assert!(path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/%".contains(&byte)), "{path}");
    assert_eq!(OcspRequest::from_get(path, &OcspLimits::default()), Ok(request.clone()));
    assert!(request.ids()[0].matches(leaf.serial(), &issuer));
    let long = request.clone().with_nonce([1; 32]);
    assert_eq!(OcspRequest::from_der(&long.to_der(), &OcspLimits::default()), Ok(long.clone()));
    assert_eq!(long.nonce(), Some(&[1; 32][..]));
    // A query in the responder's address would swallow the request.
    assert_eq!(request.get_url("http://ocsp.test/?of=harbour"), None);
    for broken in ["", "/", "/%", "/%4", "/MEI=", "/AAAA"] {
        assert!(OcspRequest::from_get(broken, &OcspLimits::default()).is_err(), "{broken}");
    }
}
