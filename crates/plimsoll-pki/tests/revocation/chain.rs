//! The procedure over OCSP and lists.

use crate::fixture::{CRL, Harbour, OCSP};
use plimsoll_core::{Classify, Failure, Missing, Purpose, UnixTime, code as core_code};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    ChainOptions, Profile, code,
    crl::{CertificateList, CrlLimits, RevokedEntry, RevokedReason, read_lists},
    issue::{Draft, Role},
    ocsp::OcspStatus,
    revocation::{NoAnswers, Requirement, RevocationSources, Source, Status, check_chain},
    verify_chain,
};
use plimsoll_testkit::{
    crl::{DAY, forge, list, request},
    ocsp::{forge as forge_response, response},
    pki::{NOW, set_validity},
    revocation::Answers,
};

fn lists(der: &[&[u8]]) -> Vec<CertificateList> {
    der.iter().flat_map(|der| read_lists(der.to_vec(), &CrlLimits::default()).unwrap()).collect()
}

#[test]
fn who_names_nobody_cannot_be_revoked_unless_the_policy_requires_it() {
    let harbour = Harbour::new(&[], &[]);
    let report = harbour.check(&mut NoAnswers);
    assert!(report.certificates().iter().all(|one| one.status == Status::NonRevokable));
    assert_eq!((report.certificates().len(), report.outcome()), (2, Ok(())), "the root is not looked up");
    let required = RevocationSources::new().with_requirement(Requirement::Required);
    let report = harbour.check_at(NOW, &required, &mut NoAnswers);
    assert_eq!(report.outcome().unwrap_err().code(), code::CERTIFICATE_NOT_REVOCABLE);
    // Local lists of each issuer satisfy it.
    let local = lists(&[&list(&harbour.intermediate, &[]), &list(&harbour.root, &[])]);
    let report = harbour.check_at(NOW, &required.with_lists(&local), &mut NoAnswers);
    assert_eq!(report.outcome(), Ok(()));
}

#[test]
fn local_lists_come_first_and_a_stale_one_clears_nobody() {
    let harbour = Harbour::new(&[OCSP], &[CRL]);
    let good = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good);
    let clear = lists(&[&list(&harbour.root, &[]), &list(&harbour.intermediate, &[])]);
    let mut ask = Answers::new();
    let report = harbour.check_at(NOW, &RevocationSources::new().with_lists(&clear), &mut ask);
    assert_eq!(report.certificates()[0].source, Some(Source::LocalList(1)));
    assert!(ask.asked.is_empty(), "nobody is asked");
    let revoked = lists(&[&list(&harbour.intermediate, &[(&harbour.leaf, RevokedReason::Superseded)])]);
    let report = harbour.check_at(
        NOW,
        &RevocationSources::new().with_lists(&revoked),
        &mut Answers::new().with(OCSP, good.clone()),
    );
    assert!(matches!(report.certificates()[0].status, Status::Revoked(_)));
    // A stale one: others are asked, and without them it is unknown, although the certificate names nobody.
    let later = NOW.saturating_add(2 * DAY);
    let sources = RevocationSources::new().with_lists(&clear);
    assert_eq!(harbour.unknown_at(later, &sources, &mut NoAnswers).len(), 3);
    let silent = Harbour::new(&[], &[]);
    let stale = lists(&[&list(&silent.intermediate, &[])]);
    let why = silent.unknown_at(later, &RevocationSources::new().with_lists(&stale), &mut NoAnswers);
    assert_eq!(why, ["the revocation list counted until 2026-06-02T00:00:00Z, and it is 2026-06-03T00:00:00Z"]);
    assert_eq!(harbour.status(&mut Answers::new().with(OCSP, good)), Status::Good);
}

#[test]
fn of_several_local_lists_the_newest_counts_but_revoked_is_revoked() {
    let harbour = Harbour::new(&[], &[]);
    let serial = harbour.leaf.view().serial().to_vec();
    let of = |reason: Option<RevokedReason>, age: u64| {
        let entries: Vec<_> =
            reason.iter().map(|reason| (serial.as_slice(), RevokedEntry::new(*reason, NOW))).collect();
        let request = plimsoll_pki::crl::CrlRequest { this_update: NOW.saturating_sub(age), ..request(&entries) };
        forge(&harbour.intermediate, &request, |_| ())
    };
    let said = |der: [&[u8]; 2]| {
        let lists = lists(&der);
        harbour.check_at(NOW, &RevocationSources::new().with_lists(&lists), &mut NoAnswers).certificates()[0].status
    };
    let (new, old) = (1000, 2000);
    assert_eq!(
        said([&of(Some(RevokedReason::CertificateHold), old), &of(None, new)]),
        Status::Good,
        "the hold was lifted"
    );
    assert!(matches!(said([&of(None, old), &of(Some(RevokedReason::CertificateHold), new)]), Status::Revoked(_)));
    assert!(matches!(said([&of(Some(RevokedReason::Superseded), old), &of(None, new)]), Status::Revoked(_)));
}

// attack: A-183
#[test]
fn a_183_unreachable_is_unknown_and_never_success() {
    let harbour = Harbour::new(&[OCSP], &[CRL]);
    for missing in [Missing::Absent, Missing::Failed(Failure::new(core_code::UNREACHABLE, "timed out"))] {
        let mut ask = Answers::new().without(OCSP, missing.clone()).without(CRL, missing);
        let report = harbour.check(&mut ask);
        assert_eq!(report.certificates()[0].status, Status::Unknown);
        assert_eq!(report.outcome().unwrap_err().code(), code::REVOCATION_UNKNOWN);
    }
    let report = harbour.check(&mut NoAnswers);
    let text = "whether certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`) is revoked could not be found out: OCSP `http://ocsp.test`: nothing is asked over the network here; CRL `http://crl.test/one`: nothing is asked over the network here";
    assert_eq!(report.outcome().unwrap_err().to_string(), text);
}

// attack: A-184
#[test]
fn a_184_only_http_is_asked_and_only_four_doors_are_knocked_at() {
    let strange = [
        "file:///etc/passwd",
        "ldap://ldap.test/cn=crl",
        "ftp://ftp.test/crl",
        "http://",
        "javascript:x",
        "http://a b",
        "HTTPS",
    ];
    for url in strange {
        let mut ask = Answers::new();
        let harbour = Harbour::new(&[url], &[url]);
        let why = "expected an http or https URL, found another";
        assert_eq!(harbour.unknown(&mut ask), [why, why], "{url}");
        assert!(ask.asked.is_empty());
    }
    let mut ask = Answers::new();
    Harbour::new(&["https://ocsp.test"], &["HTTP://crl.test/x"]).unknown(&mut ask);
    assert_eq!(ask.urls(), ["https://ocsp.test", "HTTP://crl.test/x"]);
    let many: Vec<String> = (0..20).map(|number| format!("http://{number}.test")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut ask = Answers::new();
    let why = Harbour::new(&many, &many).unknown(&mut ask);
    assert_eq!(ask.asked.len(), 4);
    assert_eq!((why.len(), why[4].as_str()), (40, "it was not asked: more than 4 URLs of one certificate"));
    let long = format!("http://long.test/{}", "x".repeat(2048));
    let mut ask = Answers::new();
    Harbour::new(&[&long], &[]).unknown(&mut ask);
    assert!(ask.asked.is_empty());
}

#[test]
fn what_the_address_gate_forbids_keeps_its_code() {
    let harbour = Harbour::new(&[OCSP], &[]);
    let failure = Failure::new(core_code::FORBIDDEN_TARGET, "the address is internal");
    let report = harbour.check(&mut Answers::new().without(OCSP, Missing::Failed(failure)));
    assert_eq!(report.certificates()[0].attempts[0].cause.code(), core_code::FORBIDDEN_TARGET);
    assert_eq!(report.outcome().unwrap_err().code(), code::REVOCATION_UNKNOWN);
}

// attack: A-192
#[test]
fn a_192_only_an_authentic_time_before_the_invalidity_date_excuses() {
    let harbour = Harbour::new(&[OCSP], &[CRL]);
    let date: UnixTime = "2026-03-01T00:00:00Z".parse().unwrap();
    let entry = RevokedEntry::new(RevokedReason::KeyCompromise, NOW.saturating_sub(DAY)).with_invalidity_date(date);
    let serial = harbour.leaf.view().serial().to_vec();
    let list = forge(&harbour.intermediate, &request(&[(serial.as_slice(), entry)]), |_| ());
    let status = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Revoked(entry));
    for ask in [Answers::new().with(CRL, list.clone()), Answers::new().with(OCSP, status)] {
        let said = |time: Option<UnixTime>| {
            let sources =
                time.map_or_else(RevocationSources::new, |time| RevocationSources::new().with_authentic_time(time));
            let report = harbour.check_at(NOW, &sources, &mut ask.clone());
            (report.certificates()[0].status, report.outcome().is_ok())
        };
        assert_eq!(said(None), (Status::Revoked(entry), false), "there is no authentic time");
        assert_eq!(said(Some(date.saturating_sub(1))), (Status::Excused(entry), true));
        assert_eq!(said(Some(date)), (Status::Revoked(entry), false));
    }
    // An old list excuses nobody: the date may have been moved.
    let sources = RevocationSources::new().with_authentic_time(date.saturating_sub(1));
    let later = NOW.saturating_add(2 * DAY);
    harbour.unknown_at(later, &sources, &mut Answers::new().with(CRL, list));
}

// attack: A-192
#[test]
fn a_192_no_time_of_signing_excuses_a_responder() {
    let harbour = Harbour::new(&[OCSP], &[]);
    let url = "http://crl.test/responders";
    let responder = harbour.responder(&[url]);
    let der = forge_response(&responder, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |_| ());
    let entry = RevokedEntry::new(RevokedReason::KeyCompromise, NOW).with_invalidity_date(NOW);
    let serial = responder.view().serial().to_vec();
    let list = forge(&harbour.intermediate, &request(&[(serial.as_slice(), entry)]), |_| ());
    let sources = RevocationSources::new().with_authentic_time(NOW.saturating_sub(DAY));
    let why = harbour.unknown_at(NOW, &sources, &mut Answers::new().with(OCSP, der).with(url, list));
    assert_eq!(why, ["the certificate of the responder `CN=Responder` is revoked"]);
}

// attack: A-193
#[test]
fn a_193_a_revoked_intermediate_revokes_the_chain() {
    let url = "http://crl.test/root";
    let middle = Role::RevocableIntermediate { path_length: Some(0), ocsp: &[], crl: &[url] };
    let harbour = Harbour::with(middle, Role::Signer { ocsp: &[OCSP], crl: &[] });
    let good = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good);
    let revoked = list(&harbour.root, &[(&harbour.intermediate, RevokedReason::CaCompromise)]);
    let mut ask = Answers::new().with(OCSP, good.clone()).with(url, revoked.clone());
    let error = harbour.check(&mut ask).outcome().unwrap_err();
    assert_eq!(
        error.to_string(),
        "certificate 1 of the chain (`CN=Test Intermediate,O=Harbour,ST=WA,C=US`) is revoked since 2026-05-30T00:00:00Z (cACompromise)"
    );
    // Revoked beats unknown, whichever comes first.
    let error = harbour.check(&mut Answers::new().with(url, revoked)).outcome().unwrap_err();
    assert_eq!(error.code(), code::CERTIFICATE_REVOKED);
    let error = harbour.check(&mut Answers::new().with(OCSP, good)).outcome().unwrap_err();
    assert_eq!(error.code(), code::REVOCATION_UNKNOWN);
}

// attack: A-195
#[test]
fn a_195_what_a_cache_holds_is_checked_and_asked_for_anew_if_it_does_not_hold() {
    let harbour = Harbour::new(&[], &[CRL]);
    let good = list(&harbour.intermediate, &[]);
    let stale = forge(&harbour.intermediate, &request(&[]), |draft| draft.next_update = None);
    let forged = list(&Harbour::new(&[], &[]).intermediate, &[]);
    let (cut, junk) = (good[..good.len() - 1].to_vec(), b"{}".to_vec());
    for old in [stale, forged, cut, junk] {
        let mut ask = Answers::new().with(CRL, good.clone()).with_cached(CRL, old);
        let report = harbour.check(&mut ask);
        assert_eq!((report.certificates()[0].status, report.certificates()[0].attempts.len()), (Status::Good, 0));
        assert_eq!(ask.asked, [(CRL.to_owned(), Purpose::Crl), (CRL.to_owned(), Purpose::FreshCrl)]);
    }
    let mut ask = Answers::new().with(CRL, good.clone());
    assert_eq!(harbour.status(&mut ask), Status::Good);
    assert_eq!(ask.asked, [(CRL.to_owned(), Purpose::Crl)], "what holds is not asked for again");
    // A delta that does not build on the base that the cache had: both are asked for anew.
    let delta = "http://crl.test/delta";
    let freshest = [delta];
    let base = |number| plimsoll_pki::crl::CrlRequest { number, freshest: &freshest, ..request(&[]) };
    let new = plimsoll_pki::crl::CrlRequest { number: &[9], delta_of: Some(&[8]), ..request(&[]) };
    let [old, fresh] = [base(&[7]), base(&[8])].map(|request| forge(&harbour.intermediate, &request, |_| ()));
    let mut ask =
        Answers::new().with(CRL, fresh).with_cached(CRL, old).with(delta, forge(&harbour.intermediate, &new, |_| ()));
    assert_eq!(harbour.status(&mut ask), Status::Good);
}

// attack: A-197
#[test]
fn a_197_a_page_instead_of_a_list_gives_the_next_url() {
    let page = b"<!DOCTYPE html><title>Sign in</title>".to_vec();
    let harbour = Harbour::new(&["http://portal.test", OCSP], &[]);
    let good = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good);
    let mut ask = Answers::new().with("http://portal.test", page.clone()).with(OCSP, good);
    let report = harbour.check(&mut ask);
    assert_eq!(report.certificates()[0].status, Status::Good);
    assert_eq!(report.certificates()[0].attempts[0].cause.code(), code::MALFORMED_OCSP);
    let harbour = Harbour::new(&[], &["http://portal.test", "http://empty.test", CRL]);
    let good = list(&harbour.intermediate, &[]);
    let mut ask = Answers::new().with("http://portal.test", page).with("http://empty.test", vec![]).with(CRL, good);
    let report = harbour.check(&mut ask);
    assert_eq!(report.certificates()[0].status, Status::Good);
    assert!(report.certificates()[0].attempts.iter().all(|one| one.cause.code() == code::MALFORMED_CRL));
}

#[test]
fn everything_is_asked_in_one_round_and_pending_is_no_verdict() {
    struct Later(Vec<String>);
    impl plimsoll_pki::revocation::StatusAnswers for Later {
        fn http(
            &mut self,
            url: &str,
            _: Option<plimsoll_core::Bytes>,
            _: u64,
            _: Purpose,
        ) -> Result<plimsoll_core::Bytes, Missing> {
            self.0.push(url.into());
            Err(Missing::Pending)
        }
    }
    let middle = Role::RevocableIntermediate { path_length: Some(0), ocsp: &[], crl: &["http://crl.test/root"] };
    let harbour = Harbour::with(middle, Role::Signer { ocsp: &[OCSP], crl: &[CRL] });
    let chain = [&*harbour.leaf.der, &*harbour.intermediate.der, &*harbour.root.der];
    let chain = verify_chain(&chain, &ChainOptions::new(Profile::NotarySigning), provider(), None).unwrap();
    let mut later = Later(Vec::new());
    let found = check_chain(&chain, NOW, &RevocationSources::new(), &mut later, provider());
    assert_eq!(found, Err(Missing::Pending));
    assert_eq!(later.0.len(), 2, "one question for each certificate: {:?}", later.0);
    assert!(later.0[0].starts_with("http://ocsp.test/M") && later.0[1] == "http://crl.test/root");
}

#[test]
fn the_horizon_ends_with_the_certificate_of_the_responder() {
    let harbour = Harbour::new(&[OCSP], &[]);
    let ends = NOW.saturating_add(60);
    let brief = |draft: &mut Draft| set_validity(draft, NOW.saturating_sub(60), ends);
    let role = Role::OcspResponder { crl: &[] };
    let responder = harbour.intermediate.issue(plimsoll_testkit::pki::KeySpec::P384, "CN=Brief", role, brief);
    let der = forge_response(&responder, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |_| ());
    let report = harbour.check(&mut Answers::new().with(OCSP, der));
    assert_eq!(report.horizon().until, ends.saturating_add(1));
}

#[test]
fn a_local_delta_list_alone_revokes_and_clears_nobody() {
    let harbour = Harbour::new(&[], &[]);
    let serial = harbour.leaf.view().serial().to_vec();
    let revoked = [(serial.as_slice(), RevokedEntry::new(RevokedReason::Superseded, NOW))];
    let delta = |entries| plimsoll_pki::crl::CrlRequest { number: &[8], delta_of: Some(&[7]), ..request(entries) };
    let of = |entries| forge(&harbour.intermediate, &delta(entries), |_| ());
    let said = |der: &[&[u8]]| {
        let lists = lists(der);
        harbour.check_at(NOW, &RevocationSources::new().with_lists(&lists), &mut NoAnswers).certificates()[0].clone()
    };
    assert!(matches!(said(&[&of(&revoked)]).status, Status::Revoked(_)));
    let alone = said(&[&of(&[])]);
    assert_eq!((alone.status, alone.attempts.len()), (Status::Unknown, 1));
    let both = said(&[&of(&[]), &list(&harbour.intermediate, &[])]);
    assert_eq!((both.status, both.attempts.len()), (Status::Good, 0));
}

#[test]
fn a_local_delta_list_counts_though_nobody_names_it() {
    let harbour = Harbour::new(&[], &[CRL]);
    let serial = harbour.leaf.view().serial().to_vec();
    let delta = |number, reason, from| {
        let entry = [(serial.as_slice(), RevokedEntry::new(reason, NOW))];
        let made = plimsoll_pki::crl::CrlRequest {
            number,
            delta_of: Some(&[7]),
            this_update: NOW.saturating_sub(from),
            ..request(&entry)
        };
        forge(&harbour.intermediate, &made, |_| ())
    };
    let base = list(&harbour.intermediate, &[]);
    let held = delta(&[8], RevokedReason::CertificateHold, 60);
    let lifted = delta(&[9], RevokedReason::RemoveFromCrl, 30);
    let said = |local: &[&[u8]], at| {
        let lists = lists(local);
        let mut ask = Answers::new().with(CRL, base.clone());
        harbour.check_at(at, &RevocationSources::new().with_lists(&lists), &mut ask).certificates()[0].status
    };
    assert!(matches!(said(&[&base, &held], NOW), Status::Revoked(_)), "beside a local base");
    assert!(matches!(said(&[&held], NOW), Status::Revoked(_)), "beside a base that was fetched");
    // The newest counts, whatever the order.
    assert_eq!(said(&[&base, &held, &lifted], NOW), Status::Good);
    assert_eq!(said(&[&base, &lifted, &held], NOW), Status::Good);
}

// attack: A-188
#[test]
fn a_188_a_list_of_others_does_not_clear_an_intermediate() {
    let url = "http://crl.test/root";
    let middle = Role::RevocableIntermediate { path_length: Some(0), ocsp: &[], crl: &[url] };
    let harbour = Harbour::with(middle, Role::Signer { ocsp: &[], crl: &[] });
    let said = |scope| {
        let der = forge(&harbour.root, &plimsoll_pki::crl::CrlRequest { scope, ..request(&[]) }, |_| ());
        let report = harbour.check(&mut Answers::new().with(url, der));
        let one = &report.certificates()[1];
        (one.status, one.attempts.iter().map(|one| one.cause.to_string()).collect::<Vec<_>>())
    };
    use plimsoll_pki::crl::ListScope;
    assert_eq!(said(ListScope::Authorities), (Status::Good, vec![]));
    let why = "the revocation list does not cover the certificate: it is not of certificate authorities";
    assert_eq!(said(ListScope::EndEntities), (Status::Unknown, vec![why.into()]));
}
