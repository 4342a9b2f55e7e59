//! SVIDs that hold, and that somebody took back.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod common;

use common::{AUDIENCE, Job, World, jws, world};
use data_encoding::HEXLOWER;
use der::{Tag, TagNumber};
use plimsoll_authority::{Issuers, IssuingService, Limits, Rules, SvidTrust};
use plimsoll_core::{Answer, Answerer, Bytes, Class, Classify as _, Code, Digest, Failure, Want, code};
use plimsoll_crypto::provider;
use plimsoll_envelope::HeaderValue;
use plimsoll_pki::{
    Limits as PkiLimits,
    crl::{CertificateList, CrlLimits, RevokedReason},
    distrust::{Distrust, DistrustEntry, Subject},
    issue::{Draft, DraftExtension, Role},
    ocsp::OcspStatus,
    revocation::Requirement,
    svid::{SpiffeBundle, SpiffeBundles, SpiffeId},
};
use plimsoll_testkit::{
    crl, ocsp,
    pki::{Certified, KeySpec, NOW, TestCa, remove_extension, set_purposes, tlv},
};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const ID: &str = "spiffe://harbour.example/ci/release";
const LIST: &str = "http://crl.harbour.example/ca.crl";

fn as_svid(draft: &mut Draft) {
    remove_extension(draft, "2.5.29.37");
    set_purposes(draft, &["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    let uri = Tag::ContextSpecific { constructed: false, number: TagNumber(6) };
    let value = tlv(Tag::Sequence, &tlv(uri, ID.as_bytes()));
    let oid = spki::ObjectIdentifier::new_unwrap("2.5.29.17");
    draft.extensions.push(DraftExtension { oid, critical: false, value });
}

struct Workload {
    ca: TestCa,
    svid: Certified,
    job: Job,
}

impl Workload {
    /// An SVID that names these lists.
    fn new(lists: &[&str]) -> Self {
        let ca = TestCa::new(KeySpec::P256);
        let role = Role::Signer { ocsp: &[], crl: lists };
        let svid = ca.intermediate.issue(KeySpec::P256, "CN=x,O=SPIRE,ST=WA,C=US", role, as_svid);
        Self { ca, svid, job: Job::new() }
    }
    fn trust(&self) -> SvidTrust {
        let id: SpiffeId = ID.parse().unwrap();
        let pem = self.ca.root.pem();
        let bundle =
            SpiffeBundle::from_pem(id.trust_domain().clone(), pem.as_bytes(), provider(), &PkiLimits::default());
        SvidTrust::new(SpiffeBundles::new([bundle.unwrap()]), AUDIENCE, Limits::default())
    }
    fn statement(&self) -> String {
        let digest = HEXLOWER.encode(Digest::sha256_of(self.job.0.public_key_spki_der()).as_bytes());
        let now = NOW.as_secs();
        let claims = json!({ "aud": AUDIENCE, "iat": now, "exp": now + 300, "keySha256": digest });
        let chain = [&self.svid.der, &self.ca.intermediate.der].map(|one| data_encoding::BASE64.encode(one));
        let x5c = HeaderValue::List(chain.iter().map(|one| one.as_str().into()).collect());
        let header = [("typ".into(), "plimsoll-svid-request+jwt".into()), ("x5c".into(), x5c)];
        jws(&self.svid.key, &header, claims.to_string().as_bytes())
    }
    async fn verify(&self, trust: &SvidTrust) -> Result<(), Code> {
        trust.verify(&self.statement(), NOW, provider()).await.map(drop).map_err(|error| error.code())
    }
    fn list(&self, revoked: &[(&Certified, RevokedReason)]) -> CertificateList {
        CertificateList::from_der(crl::list(&self.ca.intermediate, revoked), &CrlLimits::default()).unwrap()
    }
}

fn digest(certified: &Certified) -> Digest {
    Digest::sha256_of(&certified.der)
}

fn key(certified: &Certified) -> Digest {
    Digest::sha256_of(certified.key.public_key_spki_der())
}

#[tokio::test]
async fn whom_the_operator_distrusts_is_no_identity() {
    let workload = Workload::new(&[]);
    assert_eq!(workload.verify(&workload.trust()).await, Ok(()));
    let subjects = [
        Subject::Certificate(digest(&workload.svid)),
        Subject::Key(key(&workload.svid)),
        Subject::Certificate(digest(&workload.ca.intermediate)),
        Subject::Issuer(digest(&workload.ca.intermediate)),
        Subject::Issuer(key(&workload.ca.root)),
    ];
    for subject in subjects {
        let entry = DistrustEntry::new(subject, "stolen");
        // Whenever it was stolen: nobody vouches for when a statement was signed.
        for entry in [entry.clone(), entry.signed_after(NOW.saturating_add(1_000_000))] {
            let trust = workload.trust().with_distrust(Distrust::new([entry]));
            assert_eq!(workload.verify(&trust).await.unwrap_err().name(), "certificate-distrusted", "{subject}");
        }
    }
    let others = [Subject::Issuer(digest(&workload.svid)), Subject::Certificate(digest(&workload.ca.leaf))];
    let trust = workload.trust().with_distrust(Distrust::new(others.map(|one| DistrustEntry::new(one, "x"))));
    assert_eq!(workload.verify(&trust).await, Ok(()));
}

// attack: A-193
#[tokio::test]
async fn a_193_a_list_of_the_operators_own_revokes_the_svid_or_its_issuer() {
    let workload = Workload::new(&[]);
    let clean = workload.list(&[]);
    assert_eq!(workload.verify(&workload.trust().with_lists(vec![clean.clone()])).await, Ok(()));
    let revoked = workload.list(&[(&workload.svid, RevokedReason::KeyCompromise)]);
    let refused = workload.verify(&workload.trust().with_lists(vec![revoked])).await;
    assert_eq!(refused.unwrap_err().name(), "certificate-revoked");
    // The leaf is fine; the root took its issuer back.
    let root = crl::list(&workload.ca.root, &[(&workload.ca.intermediate, RevokedReason::CaCompromise)]);
    let root = CertificateList::from_der(root, &CrlLimits::default()).unwrap();
    let refused = workload.verify(&workload.trust().with_lists(vec![clean, root])).await;
    assert_eq!(refused.unwrap_err().name(), "certificate-revoked");
    // A list of somebody else, of the same name, says nothing.
    let other = Workload::new(&[]).list(&[(&workload.svid, RevokedReason::KeyCompromise)]);
    assert_ne!(workload.verify(&workload.trust().with_lists(vec![other])).await.unwrap_err().class(), Class::Untrusted);
}

#[tokio::test]
async fn who_demands_that_all_can_be_revoked_gets_no_other() {
    let workload = Workload::new(&[]);
    let strict = workload.trust().with_requirement(Requirement::Required);
    assert_eq!(workload.verify(&strict).await.unwrap_err().name(), "certificate-not-revocable");
    let root = CertificateList::from_der(crl::list(&workload.ca.root, &[]), &CrlLimits::default()).unwrap();
    let strict = strict.with_lists(vec![workload.list(&[]), root]);
    assert_eq!(workload.verify(&strict).await, Ok(()));
}

/// Whoever asks is told this.
struct Says(Vec<u8>);

impl Answerer for Says {
    async fn answer(&self, _: &Want) -> Answer {
        Answer::Bytes(Bytes::from(self.0.clone()))
    }
}

// attack: A-181
#[tokio::test]
async fn a_181_a_responder_that_is_distrusted_clears_no_svid() {
    let mut workload = Workload::new(&[]);
    let role = Role::Signer { ocsp: &["http://ocsp.test"], crl: &[] };
    let authority = &workload.ca.intermediate;
    workload.svid = authority.issue(KeySpec::P256, "CN=x,O=SPIRE,ST=WA,C=US", role, as_svid);
    let responder = authority.issue(KeySpec::P256, "CN=Responder", Role::OcspResponder { crl: &[] }, |_| ());
    let said = ocsp::forge(&responder, authority, &workload.svid, OcspStatus::Good, |_| ());
    let trust = workload.trust().with_answers(Arc::new(Says(said)));
    assert_eq!(workload.verify(&trust).await, Ok(()));
    let entry = DistrustEntry::new(Subject::Key(key(&responder)), "stolen");
    let refused = workload.verify(&trust.with_distrust(Distrust::new([entry]))).await.unwrap_err();
    assert_eq!(refused.name(), "revocation-unknown");
}

/// Answers one address, or none, and counts.
struct Answers(Option<Vec<u8>>, AtomicUsize);

impl Answerer for Answers {
    async fn answer(&self, want: &Want) -> Answer {
        self.1.fetch_add(1, Ordering::SeqCst);
        match (want, &self.0) {
            (Want::Http { url, .. }, Some(list)) if &**url == LIST => Answer::Bytes(Bytes::from(list.clone())),
            _ => Answer::Failed(Failure::new(code::UNREACHABLE, "cannot connect")),
        }
    }
}

fn answers(list: Option<Vec<u8>>) -> Arc<Answers> {
    Arc::new(Answers(list, AtomicUsize::new(0)))
}

// attack: A-183
#[tokio::test]
async fn a_183_what_cannot_be_found_out_is_unavailable_and_no_identity() {
    let workload = Workload::new(&[LIST]);
    // Nobody may be asked, or nobody answers.
    let closed = workload.verify(&workload.trust()).await.unwrap_err();
    let away = answers(None);
    let silent = workload.verify(&workload.trust().with_answers(away.clone())).await.unwrap_err();
    for refused in [closed, silent] {
        assert_eq!((refused.name(), refused.class()), ("revocation-unknown", Class::Unavailable));
    }
    assert!(away.1.load(Ordering::SeqCst) > 0);
    // Or with rubbish.
    let rubbish = answers(Some(b"<html>".to_vec()));
    let refused = workload.verify(&workload.trust().with_answers(rubbish)).await.unwrap_err();
    assert_eq!(refused.class(), Class::Unavailable);
}

// attack: A-187
#[tokio::test]
async fn a_187_an_old_list_clears_nobody_and_still_revokes() {
    let workload = Workload::new(&[LIST]);
    let old = |revoked: &[(&Certified, RevokedReason)]| {
        let views: Vec<_> = revoked.iter().map(|(one, reason)| (one.view(), *reason)).collect();
        let since = NOW.saturating_sub(9 * crl::DAY);
        let entry = |reason| plimsoll_pki::crl::RevokedEntry::new(reason, since);
        let entries: Vec<_> = views.iter().map(|(view, reason)| (view.serial(), entry(*reason))).collect();
        let mut request = crl::request(&entries);
        (request.this_update, request.next_update) = (since, NOW.saturating_sub(1));
        crl::forge(&workload.ca.intermediate, &request, |_| ())
    };
    let refused = workload.verify(&workload.trust().with_answers(answers(Some(old(&[]))))).await.unwrap_err();
    assert_eq!(refused.name(), "revocation-unknown");
    let revoked = old(&[(&workload.svid, RevokedReason::KeyCompromise)]);
    let refused = workload.verify(&workload.trust().with_answers(answers(Some(revoked)))).await.unwrap_err();
    assert_eq!(refused.name(), "certificate-revoked");
}

#[tokio::test]
async fn a_list_that_the_svid_names_is_fetched_and_counts() {
    let workload = Workload::new(&[LIST]);
    let good = answers(Some(crl::list(&workload.ca.intermediate, &[])));
    assert_eq!(workload.verify(&workload.trust().with_answers(good)).await, Ok(()));
    let revoked = crl::list(&workload.ca.intermediate, &[(&workload.svid, RevokedReason::Superseded)]);
    let refused = workload.verify(&workload.trust().with_answers(answers(Some(revoked)))).await.unwrap_err();
    assert_eq!(refused.name(), "certificate-revoked");
    // Who has a fresh list asks nobody.
    let asked = answers(None);
    let trust = workload.trust().with_lists(vec![workload.list(&[])]).with_answers(asked.clone());
    assert_eq!((workload.verify(&trust).await, asked.1.load(Ordering::SeqCst)), (Ok(()), 0));
}

// attack: A-184
#[tokio::test]
async fn a_184_nobody_is_asked_before_the_statement_holds() {
    let workload = Workload::new(&[LIST]);
    let asked = answers(None);
    let trust = workload.trust().with_answers(asked.clone());
    let statement = workload.statement();
    let parts: Vec<&str> = statement.split('.').collect();
    let signature = format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86));
    let stranger = Workload::new(&["http://127.0.0.1:1/evil.crl"]).statement();
    for bad in [signature, stranger] {
        assert!(trust.verify(&bad, NOW, provider()).await.is_err());
    }
    // Too late, or for somebody else, is no reason to ask either.
    assert!(trust.verify(&statement, NOW.saturating_add(4000), provider()).await.is_err());
    assert_eq!(asked.1.load(Ordering::SeqCst), 0);
    assert!(trust.verify(&statement, NOW, provider()).await.is_err());
    assert!(asked.1.load(Ordering::SeqCst) > 0);
}

/// Never answers.
struct Silent;

impl Answerer for Silent {
    async fn answer(&self, _: &Want) -> Answer {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_responder_that_never_answers_is_not_waited_for_without_end() {
    let workload = Workload::new(&[LIST]);
    let mut limits = Limits::default();
    limits.status_time = std::time::Duration::from_millis(10);
    let id: SpiffeId = ID.parse().unwrap();
    let pem = workload.ca.root.pem();
    let bundle = SpiffeBundle::from_pem(id.trust_domain().clone(), pem.as_bytes(), provider(), &PkiLimits::default());
    let trust = SvidTrust::new(SpiffeBundles::new([bundle.unwrap()]), AUDIENCE, limits).with_answers(Arc::new(Silent));
    assert_eq!(workload.verify(&trust).await.unwrap_err().class(), Class::Unavailable);
}

fn issuing(world: &World, trust: SvidTrust) -> IssuingService<plimsoll_crypto::LocalSigner> {
    let rules = "
version: 1
rules:
  - name: workloads
    issuer: spiffe://harbour.example
    claims: {path: {glob: 'ci/*'}}
    subject: CN={path},O=Harbour,ST=WA,C=US
";
    let limits = Limits::default();
    let rules = Rules::parse(rules, &limits).unwrap();
    IssuingService::new(world.authority.clone(), Issuers::new([], limits.clone()), rules, limits).with_svids(trust)
}

#[tokio::test]
async fn who_is_distrusted_while_the_service_runs_gets_no_certificate_more() {
    let (world, workload) = (world(), Workload::new(&[]));
    let service = issuing(&world, workload.trust());
    let request = workload.job.request(&workload.statement()).by_svid();
    assert!(service.issue(&request).await.is_ok());
    let entry = DistrustEntry::new(Subject::Key(key(&workload.svid)), "stolen");
    service.replace_svids(workload.trust().with_distrust(Distrust::new([entry])));
    let refused = service.issue(&request).await.unwrap_err();
    assert_eq!(refused.code().name(), "certificate-distrusted");
    assert_eq!(world.authority.ledger().lines(), 1);
}
