//! Revocation lists, good and bad.

use crate::fixture::{CRL, Harbour};
use plimsoll_core::{Classify, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    code,
    crl::{
        CertificateList, CrlDraft, CrlError, CrlLimits, CrlRequest, ListScope, RevokedEntry, RevokedReason, read_lists,
    },
    issue::Role,
    revocation::{RevocationSources, Source, Status},
};
use plimsoll_testkit::{
    crl::{DAY, forge, list, request},
    pki::{INTERMEDIATE, KeySpec, NOW, extension, pem, set_key_usage, tlv},
    revocation::Answers,
};

const DELTA: &str = "http://crl.test/delta";

fn harbour() -> Harbour {
    Harbour::new(&[], &[CRL])
}

fn answer(der: Vec<u8>) -> Answers {
    Answers::new().with(CRL, der)
}

fn time(time: UnixTime) -> Vec<u8> {
    let text: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
    tlv(der::Tag::GeneralizedTime, format!("{text}Z").as_bytes())
}

/// What comes of an empty list that the issuer signs after this edit.
fn edited(edit: impl FnOnce(&mut CrlDraft)) -> Vec<String> {
    let harbour = harbour();
    harbour.unknown(&mut answer(forge(&harbour.intermediate, &request(&[]), edit)))
}

fn entry(reason: RevokedReason) -> RevokedEntry {
    RevokedEntry::new(reason, NOW.saturating_sub(DAY))
}

#[test]
fn who_is_on_the_list_is_revoked_and_who_is_not_is_good() {
    let harbour = harbour();
    let good = list(&harbour.intermediate, &[(&harbour.intermediate, RevokedReason::Superseded)]);
    let report = harbour.check(&mut answer(good.clone()));
    let one = &report.certificates()[0];
    assert_eq!(one.status, Status::Good);
    assert!(matches!(&one.source, Some(Source::List(url)) if url.as_str() == CRL));
    assert_eq!(one.evidence, [plimsoll_core::Digest::sha256_of(&good)]);
    assert_eq!(report.horizon().until, NOW.saturating_add(DAY + 1), "never beyond nextUpdate");
    for number in (0..=10).filter(|number| ![7, 8].contains(number)) {
        let reason = RevokedReason::from_number(number);
        let der = list(&harbour.intermediate, &[(&harbour.leaf, reason)]);
        let Status::Revoked(found) = harbour.status(&mut answer(der)) else { panic!() };
        assert_eq!(found.reason, reason);
    }
}

// attack: A-186
#[test]
fn a_186_only_the_issuer_signs_the_list_and_only_with_a_key_for_it() {
    let harbour = harbour();
    let empty = list(&harbour.intermediate, &[]);
    let mut broken = empty.clone();
    *broken.last_mut().unwrap() ^= 1;
    let bad = "the signature of the revocation list does not hold under the key of `CN=Test Intermediate,O=Harbour,ST=WA,C=US`";
    assert_eq!(harbour.unknown(&mut answer(broken)), [bad]);
    // The same name, another key; and another name.
    let namesake = Harbour::new(&[], &[]).intermediate;
    assert_eq!(harbour.unknown(&mut answer(list(&namesake, &[]))), [bad]);
    let other = "the revocation list is issued by another: expected `CN=Test Intermediate,O=Harbour,ST=WA,C=US`, found `CN=Test Root,O=Harbour,ST=WA,C=US`";
    assert_eq!(harbour.unknown(&mut answer(list(&harbour.root, &[]))), [other]);
    // The name alone, over another's signature.
    let named = forge(&harbour.root, &request(&[]), |draft| {
        draft.issuer = harbour.intermediate.view().subject().der().to_vec();
    });
    assert_eq!(harbour.unknown(&mut answer(named)), [bad]);
}

// attack: A-186
#[test]
fn a_186_an_issuer_without_crl_sign_signs_no_list() {
    let Harbour { root, .. } = Harbour::new(&[], &[]);
    let role = Role::Intermediate { path_length: Some(0) };
    let intermediate = root.issue(KeySpec::P256, INTERMEDIATE, role, |draft| set_key_usage(draft, true, [0x04, 0]));
    let leaf =
        intermediate.issue(KeySpec::P256, plimsoll_testkit::pki::LEAF, Role::Signer { ocsp: &[], crl: &[CRL] }, |_| ());
    let harbour = Harbour { root, intermediate, leaf };
    let why = "`CN=Test Intermediate,O=Harbour,ST=WA,C=US` may not sign revocation lists: its keyUsage lacks cRLSign";
    assert_eq!(harbour.unknown(&mut answer(list(&harbour.intermediate, &[]))), [why]);
}

#[test]
fn a_list_by_a_broken_hash_or_with_two_algorithms_is_refused() {
    let sha1 = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let weak = edited(|draft| (draft.inner_method, draft.outer_method) = (sha1.to_vec(), sha1.to_vec()));
    let why = "expected a revocation list signed with SHA-256, SHA-384 or SHA-512, found one with a broken hash (1.2.840.10045.4.1)";
    assert_eq!(weak, [why]);
    let two = edited(|draft| draft.outer_method = sha1.to_vec());
    let why =
        "the revocation list is malformed: the signed signature algorithm differs from the one beside the signature";
    assert_eq!(two, [why]);
}

// attack: A-187
#[test]
fn a_187_an_expired_or_endless_list_clears_nobody_and_still_revokes() {
    let harbour = harbour();
    let with = |next: Option<UnixTime>, reason: Option<RevokedReason>| {
        let serial = harbour.leaf.view().serial().to_vec();
        let entries: Vec<_> = reason.iter().map(|reason| (serial.as_slice(), entry(*reason))).collect();
        let der = forge(&harbour.intermediate, &request(&entries), |draft| draft.next_update = next.map(time));
        harbour.check(&mut answer(der)).certificates()[0].clone()
    };
    let cause = |next| with(next, None).attempts[0].cause.to_string();
    assert_eq!(with(Some(NOW), None).status, Status::Good, "the last second");
    let before = NOW.saturating_sub(1);
    assert_eq!(
        cause(Some(before)),
        "the revocation list counted until 2026-05-31T23:59:59Z, and it is 2026-06-01T00:00:00Z"
    );
    assert_eq!(cause(None), "the revocation list has no nextUpdate, so how long it counts is not known");
    for next in [Some(before), None] {
        assert_eq!(with(next, None).status, Status::Unknown);
        assert!(matches!(with(next, Some(RevokedReason::KeyCompromise)).status, Status::Revoked(_)));
        assert_eq!(with(next, Some(RevokedReason::CertificateHold)).status, Status::Unknown, "it may have been lifted");
    }
    let future = |seconds| {
        let this = NOW.saturating_add(seconds);
        let der = forge(&harbour.intermediate, &request(&[]), |draft| draft.this_update = time(this));
        harbour.status(&mut answer(der))
    };
    assert_eq!((future(300), future(301)), (Status::Good, Status::Unknown));
}

/// `issuingDistributionPoint` with this content.
fn idp(content: &[u8]) -> plimsoll_pki::issue::DraftExtension {
    extension("2.5.29.28", true, &tlv(der::Tag::Sequence, content))
}

// attack: A-188
#[test]
fn a_188_a_list_speaks_of_its_scope_only() {
    let why = |text: &str| vec![format!("the revocation list does not cover the certificate: {text}")];
    let scoped = |content: &[u8]| {
        let content = content.to_vec();
        edited(move |draft| draft.extensions.push(idp(&content)))
    };
    assert_eq!(scoped(&[0x82, 1, 0xff]), why("it is of certificate authorities only"));
    assert_eq!(scoped(&[0x85, 1, 0xff]), why("it is of attribute certificates only"));
    assert_eq!(scoped(&[0x83, 2, 1, 0x06]), why("it is of some reasons only"));
    assert_eq!(scoped(&[0x84, 1, 0xff]), why("it is an indirect list, which is not supported"));
    // Not critical, which RFC 5280 forbids: it limits the list all the same.
    let loose = edited(|draft| {
        let mut scope = idp(&[0x82, 1, 0xff]);
        scope.critical = false;
        draft.extensions.push(scope);
    });
    assert_eq!(loose, why("it is of certificate authorities only"));
    let point = why("none of its distribution points is one that the certificate names");
    let harbour = harbour();
    let at = |place: &[&str]| {
        forge(&harbour.intermediate, &CrlRequest { scope: ListScope::DistributionPoint(place), ..request(&[]) }, |_| ())
    };
    assert_eq!(harbour.unknown(&mut answer(at(&["http://crl.test/two"]))), point);
    assert_eq!(harbour.status(&mut answer(at(&["http://crl.test/two", CRL]))), Status::Good);
    let users = CrlRequest { scope: ListScope::EndEntities, ..request(&[]) };
    assert_eq!(harbour.status(&mut answer(forge(&harbour.intermediate, &users, |_| ()))), Status::Good);
}

// attack: A-188
#[test]
fn a_188_every_distribution_point_of_the_certificate_counts() {
    let harbour = Harbour::new(&[], &["http://crl.test/first", CRL]);
    let scope = ListScope::DistributionPoint(&[CRL]);
    let der = forge(&harbour.intermediate, &CrlRequest { scope, ..request(&[]) }, |_| ());
    let mut ask = answer(der);
    assert_eq!(harbour.status(&mut ask), Status::Good, "the second point is the list's");
    assert_eq!(ask.urls(), ["http://crl.test/first", CRL]);
    // A point with reasons, or with another issuer, is no whole one: its list would leave something out.
    for tail in [&[0x81, 2, 1, 0x06][..], &[0xa2, 2, 0x82, 0]] {
        let Harbour { root, intermediate, .. } = Harbour::new(&[], &[]);
        let name = tlv(der::Tag::ContextSpecific { constructed: false, number: der::TagNumber(6) }, CRL.as_bytes());
        let context =
            |content: &[u8]| tlv(der::Tag::ContextSpecific { constructed: true, number: der::TagNumber(0) }, content);
        let point = tlv(der::Tag::Sequence, &[&context(&context(&name)), tail].concat());
        let leaf = intermediate.issue(
            KeySpec::P256,
            plimsoll_testkit::pki::LEAF,
            Role::Signer { ocsp: &[], crl: &[] },
            |draft| {
                draft.extensions.push(extension("2.5.29.31", false, &tlv(der::Tag::Sequence, &point)));
            },
        );
        let harbour = Harbour { root, intermediate, leaf };
        let der = list(&harbour.intermediate, &[]);
        let why = "the revocation list does not cover the certificate: it is of some reasons only";
        assert_eq!(harbour.unknown(&mut answer(der)), [why]);
    }
}

// attack: A-188
#[test]
fn a_188_who_is_on_a_list_of_some_is_revoked_but_not_by_an_indirect_one() {
    let harbour = harbour();
    let serial = harbour.leaf.view().serial().to_vec();
    let entries = [(serial.as_slice(), entry(RevokedReason::KeyCompromise))];
    let scoped = |content: &[u8]| {
        let der = forge(&harbour.intermediate, &request(&entries), |draft| draft.extensions.push(idp(content)));
        harbour.status(&mut answer(der))
    };
    assert!(matches!(scoped(&[0x83, 2, 1, 0x06]), Status::Revoked(_)));
    assert_eq!(scoped(&[0x84, 1, 0xff]), Status::Unknown, "the serial number may be another issuer's");
    assert_eq!(scoped(&[0x85, 1, 0xff]), Status::Unknown, "the serial number is one of an attribute certificate");
}

// attack: A-189
#[test]
fn a_189_a_malformed_scope_is_malformed_and_no_panic() {
    // An empty BIT STRING, one without octets but with unused bits, set unused bits, two kinds at once, nothing at all, a boolean that
    // is none, an empty name.
    let bad: [&[u8]; 8] = [
        &[0x83, 0],
        &[0x83, 1, 1],
        &[0x83, 2, 1, 0x07],
        &[0x81, 1, 0xff, 0x82, 1, 0xff],
        &[],
        &[0x82, 1, 1],
        &[0xa0, 2, 0xa0, 0],
        &[0x82, 1, 0xff, 0x81, 1, 0xff],
    ];
    let harbour = harbour();
    for content in bad {
        let der = forge(&harbour.intermediate, &request(&[]), |draft| draft.extensions.push(idp(content)));
        let error = CertificateList::from_der(der.clone(), &CrlLimits::default()).unwrap_err();
        assert_eq!(error.code(), code::MALFORMED_CRL, "{content:02x?}: {error}");
        assert_eq!(harbour.status(&mut answer(der)), Status::Unknown);
    }
}

struct Deltas {
    harbour: Harbour,
}

impl Deltas {
    fn new() -> Self {
        Self { harbour: harbour() }
    }
    /// The status by a base with number 7 and a delta, each with what it says of the signer.
    fn status(
        &self,
        base: Option<RevokedReason>,
        delta: Option<RevokedReason>,
        edit: impl FnOnce(&mut CrlDraft),
    ) -> (Status, Vec<String>) {
        let serial = self.harbour.leaf.view().serial().to_vec();
        let of = |reason: Option<RevokedReason>| reason.map(|reason| (serial.clone(), entry(reason)));
        let [base, delta] = [of(base), of(delta)];
        let entries = |one: &'_ Option<(Vec<u8>, RevokedEntry)>| {
            one.iter().map(|(serial, entry)| (serial.clone(), *entry)).collect::<Vec<_>>()
        };
        let (base, delta) = (entries(&base), entries(&delta));
        let base: Vec<_> = base.iter().map(|(serial, entry)| (serial.as_slice(), *entry)).collect();
        let delta: Vec<_> = delta.iter().map(|(serial, entry)| (serial.as_slice(), *entry)).collect();
        let base = CrlRequest { freshest: &[DELTA], ..request(&base) };
        let delta = CrlRequest { number: &[8], delta_of: Some(&[7]), ..request(&delta) };
        let base = forge(&self.harbour.intermediate, &base, |_| ());
        let delta = forge(&self.harbour.intermediate, &delta, edit);
        let report = self.harbour.check(&mut answer(base).with(DELTA, delta));
        let one = &report.certificates()[0];
        (one.status, one.attempts.iter().map(|one| one.cause.to_string()).collect())
    }
}

// spec: NP-255
#[test]
fn a_delta_list_adds_to_its_base_and_lifts_holds() {
    use RevokedReason::{CertificateHold, KeyCompromise, RemoveFromCrl};
    let deltas = Deltas::new();
    let said = |base, delta| deltas.status(base, delta, |_| ()).0;
    let revoked = |reason| Status::Revoked(entry(reason));
    assert_eq!(said(None, None), Status::Good);
    assert_eq!(said(None, Some(KeyCompromise)), revoked(KeyCompromise));
    assert_eq!(said(None, Some(CertificateHold)), revoked(CertificateHold));
    assert_eq!(said(Some(CertificateHold), None), revoked(CertificateHold));
    assert_eq!(said(Some(CertificateHold), Some(RemoveFromCrl)), Status::Good);
    assert_eq!(said(Some(CertificateHold), Some(KeyCompromise)), revoked(KeyCompromise));
    assert_eq!(said(Some(KeyCompromise), Some(RemoveFromCrl)), revoked(KeyCompromise), "only holds are lifted");
    assert_eq!(said(None, Some(RemoveFromCrl)), Status::Good, "it expired, or was never held");
}

// attack: A-190
#[test]
fn a_190_a_delta_list_that_does_not_fit_leaves_the_status_unknown() {
    let deltas = Deltas::new();
    let number = |number: u8| extension("2.5.29.20", false, &[2, 1, number]);
    let base = |number: u8| extension("2.5.29.27", true, &[2, 1, number]);
    let set = |draft: &mut CrlDraft, new: plimsoll_pki::issue::DraftExtension| {
        draft.extensions.retain(|one| one.oid != new.oid);
        draft.extensions.push(new);
    };
    let why = |edit: &dyn Fn(&mut CrlDraft)| {
        let (status, why) = deltas.status(None, None, edit);
        assert_eq!(status, Status::Unknown);
        why
    };
    let fit = "the delta list does not fit the base list: ";
    let without = why(&|draft| draft.extensions.retain(|one| one.oid.to_string() != "2.5.29.20"));
    assert_eq!(without, [format!("{fit}base or delta has no cRLNumber")]);
    assert_eq!(
        why(&|draft| set(draft, number(7))),
        [format!("{fit}its number 0x07 is not above number 0x07 of the base")]
    );
    assert_eq!(
        why(&|draft| set(draft, number(6))),
        [format!("{fit}its number 0x06 is not above number 0x07 of the base")]
    );
    assert_eq!(
        why(&|draft| set(draft, base(8))),
        [format!("{fit}it builds on number 0x08, and the base has number 0x07")]
    );
    assert_eq!(deltas.status(None, None, |draft| set(draft, base(3))).0, Status::Good, "it builds on an older base");
    let complete = why(&|draft| draft.extensions.retain(|one| one.oid.to_string() != "2.5.29.27"));
    assert_eq!(complete, [format!("{fit}it has no delta indicator")]);
    let scoped = why(&|draft| draft.extensions.push(idp(&[0x81, 1, 0xff])));
    assert_eq!(scoped, [format!("{fit}their issuing distribution points differ")]);
    let stale = why(&|draft| draft.next_update = Some(time(NOW.saturating_sub(1))));
    assert_eq!(stale, ["the revocation list counted until 2026-05-31T23:59:59Z, and it is 2026-06-01T00:00:00Z"]);
    let huge = extension("2.5.29.20", false, &[&[2, 21][..], &[1; 21]].concat());
    assert_eq!(
        why(&|draft| set(draft, huge.clone())),
        ["the revocation list is malformed: `cRLNumber` is not as DER and RFC 5280 demand, at byte 0 of it"]
    );
}

/// RFC 5280, 6.3.3 (c): base and delta have the same scope.
// attack: A-190
#[test]
fn a_190_a_delta_list_of_another_scope_completes_nothing() {
    let harbour = harbour();
    let said = |scope, delta_scope| {
        let base = CrlRequest { freshest: &[DELTA], scope, ..request(&[]) };
        let delta = CrlRequest { number: &[8], delta_of: Some(&[7]), scope: delta_scope, ..request(&[]) };
        let [base, delta] = [base, delta].map(|one| forge(&harbour.intermediate, &one, |_| ()));
        harbour.status(&mut answer(base).with(DELTA, delta))
    };
    let place: &[&str] = &[CRL];
    for (base, delta, expected) in [
        (ListScope::All, ListScope::All, Status::Good),
        (ListScope::EndEntities, ListScope::EndEntities, Status::Good),
        (ListScope::DistributionPoint(place), ListScope::DistributionPoint(place), Status::Good),
        (ListScope::All, ListScope::EndEntities, Status::Unknown),
        (ListScope::EndEntities, ListScope::All, Status::Unknown),
        (ListScope::EndEntities, ListScope::Authorities, Status::Unknown),
        (ListScope::EndEntities, ListScope::DistributionPoint(place), Status::Unknown),
        (
            ListScope::DistributionPoint(place),
            ListScope::DistributionPoint(&["http://crl.test/other"]),
            Status::Unknown,
        ),
    ] {
        assert_eq!(said(base, delta), expected, "{base:?} {delta:?}");
    }
}

/// Of several entries the gravest counts, in whatever order they stand.
#[test]
fn a_second_entry_lifts_nothing() {
    use RevokedReason::{CertificateHold, KeyCompromise, RemoveFromCrl};
    let harbour = harbour();
    let serial = harbour.leaf.view().serial().to_vec();
    let base = forge(&harbour.intermediate, &CrlRequest { freshest: &[DELTA], ..request(&[]) }, |_| ());
    for (reasons, gravest) in [
        ([CertificateHold, RemoveFromCrl], CertificateHold),
        ([RemoveFromCrl, CertificateHold], CertificateHold),
        ([RemoveFromCrl, KeyCompromise], KeyCompromise),
        ([KeyCompromise, CertificateHold], KeyCompromise),
        ([CertificateHold, KeyCompromise], KeyCompromise),
    ] {
        let entries = reasons.map(|reason| (serial.as_slice(), entry(reason)));
        let delta = CrlRequest { number: &[8], delta_of: Some(&[7]), ..request(&entries) };
        let delta = forge(&harbour.intermediate, &delta, |_| ());
        let found = harbour.status(&mut answer(base.clone()).with(DELTA, delta));
        assert_eq!(found, Status::Revoked(entry(gravest)), "{reasons:?}");
    }
}

// attack: A-190
#[test]
fn a_190_a_base_without_number_delta_or_with_remove_from_crl_is_no_base() {
    let harbour = harbour();
    let base = CrlRequest { freshest: &[DELTA], ..request(&[]) };
    let delta =
        forge(&harbour.intermediate, &CrlRequest { number: &[8], delta_of: Some(&[7]), ..request(&[]) }, |_| ());
    let bare =
        forge(&harbour.intermediate, &base, |draft| draft.extensions.retain(|one| one.oid.to_string() != "2.5.29.20"));
    let why = harbour.unknown(&mut answer(bare).with(DELTA, delta.clone()));
    assert_eq!(why, ["the delta list does not fit the base list: base or delta has no cRLNumber"]);
    // No delta to be had, and a delta where the base should be.
    let base = forge(&harbour.intermediate, &base, |_| ());
    assert_eq!(harbour.unknown(&mut answer(base.clone())), ["cannot connect"]);
    let why = harbour.unknown(&mut answer(delta.clone()));
    assert_eq!(why, ["the revocation list does not cover the certificate: it is a delta list, which is not complete"]);
    let serial = harbour.leaf.view().serial().to_vec();
    let lifted = [(serial.as_slice(), entry(RevokedReason::RemoveFromCrl))];
    let der = forge(&harbour.intermediate, &request(&lifted), |_| ());
    let why = harbour.unknown(&mut answer(der));
    assert_eq!(
        why,
        ["the revocation list is malformed: `revokedCertificates` is not as DER and RFC 5280 demand, at byte 0 of it"]
    );
    // Delta lists of the caller's complete what came over the network, and the other way round.
    let lists = read_lists(delta, &CrlLimits::default()).unwrap();
    let sources = RevocationSources::new().with_lists(&lists);
    let report = harbour.check_at(NOW, &sources, &mut answer(base));
    assert_eq!(report.certificates()[0].status, Status::Good);
    assert_eq!(report.certificates()[0].evidence.len(), 2);
}

#[test]
fn the_certificate_may_name_the_delta_list() {
    let Harbour { root, intermediate, .. } = Harbour::new(&[], &[]);
    let signer = Role::Signer { ocsp: &[], crl: &[CRL] };
    let leaf = intermediate.issue(KeySpec::P256, plimsoll_testkit::pki::LEAF, signer, |draft| {
        let points = draft.extensions.iter().find(|one| one.oid.to_string() == "2.5.29.31").unwrap().clone();
        draft.extensions.push(extension("2.5.29.46", false, &points.value));
    });
    let harbour = Harbour { root, intermediate, leaf };
    let mut ask = answer(list(&harbour.intermediate, &[]));
    assert_eq!(harbour.unknown(&mut ask), ["the delta list does not fit the base list: it has no delta indicator"]);
}

// attack: A-191
#[test]
fn a_191_a_critical_extension_that_is_not_understood_spoils_the_list() {
    let critical = extension("1.2.3.4", true, &[5, 0]);
    let why = "the revocation list has the critical extension 1.2.3.4, which is not understood, so the whole list says nothing";
    assert_eq!(edited(|draft| draft.extensions.push(critical.clone())), [why]);
    let harbour = harbour();
    let with = |extension: plimsoll_pki::issue::DraftExtension| {
        let entries = [(&[1][..], entry(RevokedReason::Superseded))];
        let edit = |draft: &mut CrlDraft| draft.entries[0].extensions.push(extension);
        answer(forge(&harbour.intermediate, &request(&entries), edit))
    };
    // An entry of somebody else's spoils it, too: RFC 5280, 5.3.
    assert_eq!(harbour.unknown(&mut with(critical)), [why]);
    let issuer = extension("2.5.29.29", true, &[0x30, 0]);
    let indirect = "the revocation list has the critical extension 2.5.29.29, which is not understood, so the whole list says nothing";
    assert_eq!(harbour.unknown(&mut with(issuer)), [indirect]);
    assert_eq!(harbour.status(&mut with(extension("1.2.3.4", false, &[5, 0]))), Status::Good);
}

// attack: A-185
#[test]
fn a_185_a_list_is_smaller_than_its_limit() {
    let harbour = harbour();
    let der = list(&harbour.intermediate, &[]);
    let mut limits = CrlLimits::default();
    assert_eq!(limits.bytes, 33_554_431);
    let size = u64::try_from(der.len()).unwrap();
    for (limit, fits) in [(size - 1, false), (size, true), (size + 1, true)] {
        limits.bytes = limit;
        let read = CertificateList::from_der(der.clone(), &limits);
        assert_eq!(read.is_ok(), fits);
        assert!(fits || matches!(read, Err(CrlError::Limit(_))));
    }
}

// attack: A-100
#[test]
fn a_100_lengths_that_lie_are_malformed() {
    let harbour = harbour();
    let good = list(&harbour.intermediate, &[(&harbour.leaf, RevokedReason::KeyCompromise)]);
    for end in 0..good.len() {
        let error = CertificateList::from_der(good[..end].to_vec(), &CrlLimits::default()).unwrap_err();
        assert_eq!(error.code(), code::MALFORMED_CRL);
    }
    assert!(CertificateList::from_der([&good, &[0][..]].concat(), &CrlLimits::default()).is_err());
    // A serial number that is not in the fewest octets would hide from a search.
    let why = edited(|draft| {
        let revoked_at = draft.this_update.clone();
        let serial = vec![0, 1];
        draft.entries.push(plimsoll_pki::crl::DraftEntry { serial, revoked_at, extensions: vec![] });
    });
    assert_eq!(
        why,
        ["the revocation list is malformed: `userCertificate` is not as DER and RFC 5280 demand, at byte 0 of it"]
    );
}

#[test]
fn files_hold_lists_in_pem_or_der() {
    let harbour = harbour();
    let der = list(&harbour.intermediate, &[]);
    let limits = CrlLimits::default();
    let of = |bytes: Vec<u8>| read_lists(bytes, &limits);
    assert_eq!(of(der.clone()).unwrap().len(), 1);
    let text = pem("X509 CRL", &der) + "between\n" + &pem("X509 CRL", &list(&harbour.root, &[]));
    let read = of(text.into_bytes()).unwrap();
    assert_eq!((read.len(), &**read[0].der()), (2, &*der));
    assert_eq!(of(vec![]), Err(CrlError::Empty));
    let other = of(harbour.leaf.pem().into_bytes()).unwrap_err();
    assert_eq!(
        other.to_string(),
        "line 1: expected a block `X509 CRL` of PEM as RFC 7468 has it, found a broken, unfinished or other block"
    );
    assert_eq!(other.code(), code::MALFORMED_PEM);
    assert!(of(pem("X509 CRL", &der[1..]).into_bytes()).is_err());
}

#[test]
fn version_one_has_no_extensions() {
    let harbour = harbour();
    let plain = |draft: &mut CrlDraft| {
        draft.version = None;
        draft.extensions.clear();
    };
    assert_eq!(harbour.status(&mut answer(forge(&harbour.intermediate, &request(&[]), plain))), Status::Good);
    let why = "the revocation list is malformed: expected version 2, or version 1 without extensions";
    assert_eq!(edited(|draft| draft.version = None), [why]);
    assert_eq!(edited(|draft| draft.version = Some(vec![2])), [why]);
    let twice = edited(|draft| draft.extensions.push(draft.extensions[0].clone()));
    assert_eq!(twice, ["the revocation list is malformed: the extension 2.5.29.20 stands there twice"]);
}

#[test]
fn of_two_entries_the_gravest_counts() {
    let harbour = harbour();
    let serial = harbour.leaf.view().serial().to_vec();
    let two = [
        (serial.as_slice(), entry(RevokedReason::KeyCompromise)),
        (serial.as_slice(), entry(RevokedReason::CertificateHold)),
    ];
    for entries in [two, [two[1], two[0]]] {
        let der = forge(&harbour.intermediate, &request(&entries), |_| ());
        let list = CertificateList::from_der(der, &CrlLimits::default()).unwrap();
        let issuer = harbour.intermediate.view();
        let found = list.verify(&issuer, provider()).unwrap().entry(&serial).unwrap();
        assert_eq!(found.reason, RevokedReason::KeyCompromise);
    }
}

#[test]
fn a_certificate_whose_distribution_points_cannot_be_read_is_unknown() {
    let Harbour { root, intermediate, .. } = Harbour::new(&[], &[]);
    // No name and no issuer, reasons alone, and an empty list of names.
    for point in [&[0x30, 0][..], &[0x30, 4, 0x81, 2, 1, 0x06], &[0x30, 4, 0xa0, 2, 0xa0, 0]] {
        let value = tlv(der::Tag::Sequence, point);
        let role = Role::Signer { ocsp: &[], crl: &[] };
        let leaf = intermediate.issue(KeySpec::P256, plimsoll_testkit::pki::LEAF, role, |draft| {
            draft.extensions.push(extension("2.5.29.31", false, &value));
        });
        let chain = [&*leaf.der, &*intermediate.der, &*root.der];
        let options = plimsoll_pki::ChainOptions::new(plimsoll_pki::Profile::NotarySigning);
        let chain = plimsoll_pki::verify_chain(&chain, &options, provider(), None).unwrap();
        let report = plimsoll_pki::revocation::check_chain(
            &chain,
            NOW,
            &RevocationSources::new(),
            &mut Answers::new(),
            provider(),
        );
        let error = report.unwrap().outcome().unwrap_err();
        let why = "whether certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`) is revoked could not be found out: the certificate: the certificate is malformed: `cRLDistributionPoints` is not as DER and RFC 5280 demand, at byte 0 of it";
        assert_eq!(error.to_string(), why);
    }
}

// attack: A-188
#[test]
fn a_188_a_point_with_reasons_does_not_make_a_list_complete() {
    let Harbour { root, intermediate, .. } = Harbour::new(&[], &[]);
    let context = |constructed, number: u32, content: &[u8]| {
        tlv(der::Tag::ContextSpecific { constructed, number: der::TagNumber(number) }, content)
    };
    let full = |url: &str| context(true, 0, &context(true, 0, &context(false, 6, url.as_bytes())));
    let whole = tlv(der::Tag::Sequence, &full(CRL));
    let part = tlv(der::Tag::Sequence, &[&*full("http://crl.test/part"), &[0x81, 2, 1, 0x06]].concat());
    let role = Role::Signer { ocsp: &[], crl: &[] };
    let leaf = intermediate.issue(KeySpec::P256, plimsoll_testkit::pki::LEAF, role, |draft| {
        draft.extensions.push(extension("2.5.29.31", false, &tlv(der::Tag::Sequence, &[whole, part].concat())));
    });
    let harbour = Harbour { root, intermediate, leaf };
    let of = |place: &[&str]| {
        let scope = ListScope::DistributionPoint(place);
        answer(forge(&harbour.intermediate, &CrlRequest { scope, ..request(&[]) }, |_| ()))
    };
    assert_eq!(harbour.status(&mut of(&[CRL])), Status::Good);
    let point = "the revocation list does not cover the certificate: none of its distribution points is one that the certificate names";
    assert_eq!(harbour.unknown(&mut of(&["http://crl.test/part"]))[0], point);
}
