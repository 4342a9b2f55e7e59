//! Workloads that ask with their X.509-SVID.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod common;

use common::{AUDIENCE, Job, claims, jws, world};
use data_encoding::HEXLOWER;
use der::{Tag, TagNumber};
use plimsoll_authority::{Issuers, IssuingError, IssuingService, Limits, Rules, SvidStatement, SvidTrust, code};
use plimsoll_core::{Classify as _, Digest, Sign as _};
use plimsoll_crypto::{PrivateKey, provider};
use plimsoll_envelope::HeaderValue;
use plimsoll_pki::{
    Limits as PkiLimits,
    issue::{Draft, DraftExtension, Role},
    svid::{SpiffeBundle, SpiffeBundles, SpiffeId},
};
use plimsoll_testkit::pki::{Certified, KeySpec, NOW, TestCa, remove_extension, set_purposes, tlv};
use serde_json::{Value, json};

const ID: &str = "spiffe://harbour.example/ci/release";

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
}

impl Workload {
    fn new() -> Self {
        let ca = TestCa::new(KeySpec::P256);
        let role = Role::Signer { ocsp: &[], crl: &[] };
        let svid = ca.intermediate.issue(KeySpec::P256, "CN=x,O=SPIRE,ST=WA,C=US", role, as_svid);
        Self { ca, svid }
    }
    fn trust(&self) -> SvidTrust {
        let id: SpiffeId = ID.parse().unwrap();
        let pem = self.ca.root.pem();
        let bundle =
            SpiffeBundle::from_pem(id.trust_domain().clone(), pem.as_bytes(), provider(), &PkiLimits::default());
        SvidTrust::new(SpiffeBundles::new([bundle.unwrap()]), AUDIENCE, Limits::default())
    }
    fn statement(&self, key: &PrivateKey, edit: impl FnOnce(&mut Value)) -> String {
        self.statement_by(&self.svid.key, "plimsoll-svid-request+jwt", key, edit)
    }
    fn statement_by(&self, by: &PrivateKey, typ: &str, key: &PrivateKey, edit: impl FnOnce(&mut Value)) -> String {
        let digest = HEXLOWER.encode(Digest::sha256_of(key.public_key_spki_der()).as_bytes());
        let now = NOW.as_secs();
        let mut claims = json!({ "aud": AUDIENCE, "iat": now, "exp": now + 300, "keySha256": digest });
        edit(&mut claims);
        let certificates =
            [data_encoding::BASE64.encode(&self.svid.der), data_encoding::BASE64.encode(&self.ca.intermediate.der)];
        let x5c = HeaderValue::List(certificates.iter().map(|one| one.as_str().into()).collect());
        jws(by, &[("typ".into(), typ.into()), ("x5c".into(), x5c)], claims.to_string().as_bytes())
    }
}

const RULES: &str = "
version: 1
rules:
  - name: workloads
    issuer: spiffe://harbour.example
    claims: {path: {glob: 'ci/*'}}
    subject: CN={path},O=Harbour,ST=WA,C=US
    uri: spiffe://harbour.example/{path}
";

#[tokio::test]
async fn an_svid_is_swapped_for_a_certificate_for_the_key_that_it_names_and_no_other() {
    let (world, workload) = (world(), Workload::new());
    let limits = Limits::default();
    let rules = Rules::parse(RULES, &limits).unwrap();
    let service = IssuingService::new(world.authority.clone(), Issuers::new([], limits.clone()), rules, limits);
    let (job, thief) = (Job::new(), Job::new());
    let statement = workload.statement(&job.0, |_| ());
    let closed = service.issue(&job.request(&statement).by_svid()).await.unwrap_err();
    assert_eq!(
        closed.to_string(),
        "expected a trust domain that is trusted here in a statement by an SVID, found none"
    );
    let service = service.with_svids(workload.trust());
    let issued = service.issue(&job.request(&statement).by_svid()).await.unwrap();
    let view = issued.chain[0].view(&PkiLimits::default()).unwrap();
    assert_eq!(view.subject().to_string(), "CN=ci/release,O=Harbour,ST=WA,C=US");
    let stolen = service.issue(&thief.request(&statement).by_svid()).await.unwrap_err();
    assert_eq!(stolen, IssuingError::OtherKey);
    // A statement is no token, and a token no statement.
    assert!(service.issue(&job.request(&statement)).await.is_err());
    assert!(service.issue(&job.request(&world.ci.sign(&claims())).by_svid()).await.is_err());
}

#[tokio::test]
async fn what_a_workload_writes_is_a_statement_for_one_key_one_service_and_five_minutes() {
    let (workload, job) = (Workload::new(), Job::new());
    let signer = workload.svid.key.envelope_signer().unwrap();
    let chain = [workload.svid.der.as_slice(), &workload.ca.intermediate.der];
    let written = |audience: &str| {
        let statement = SvidStatement::new(signer.algorithm(), &chain, audience, job.0.public_key(), NOW).unwrap();
        statement.attach(&signer.sign_now(statement.signing_input()).unwrap())
    };
    let trust = workload.trust();
    let identity = trust.verify(&written(AUDIENCE), NOW, provider()).await.unwrap();
    assert_eq!((identity.subject(), identity.expires()), (ID, NOW.saturating_add(300)));
    let key = Digest::sha256_of(job.0.public_key_spki_der());
    assert_eq!(identity.key(), Some(key));
    assert_eq!(trust.verify(&written("other"), NOW, provider()).await.unwrap_err().code(), code::TOKEN_UNTRUSTED);
    assert!(trust.verify(&written(AUDIENCE), NOW.saturating_add(400), provider()).await.is_err());
}

#[tokio::test]
async fn a_statement_that_is_not_by_the_svid_for_us_and_now_is_refused() {
    let (workload, job) = (Workload::new(), Job::new());
    let trust = workload.trust();
    let check = async |statement: &str, later: u64| {
        trust.verify(statement, NOW.saturating_add(later), provider()).await.map_err(|e| e.code())
    };
    let good = workload.statement(&job.0, |_| ());
    let identity = trust.verify(&good, NOW, provider()).await.unwrap();
    assert_eq!((identity.issuer(), identity.subject()), ("spiffe://harbour.example", ID));
    assert_eq!(identity.claim("path").as_deref(), Some("ci/release"));
    assert_eq!(check(&good, 400).await.unwrap_err(), code::TOKEN_OUT_OF_TIME);
    let long = workload.statement(&job.0, |claims| claims["exp"] = (NOW.as_secs() + 86_400).into());
    assert_eq!(check(&long, 700).await.unwrap_err(), code::TOKEN_OUT_OF_TIME);
    let other = workload.statement(&job.0, |claims| claims["aud"] = "other".into());
    assert_eq!(check(&other, 0).await.unwrap_err(), code::TOKEN_UNTRUSTED);
    for value in [Value::Null, json!("AB"), json!("ab"), json!(7)] {
        let unbound = workload.statement(&job.0, |claims| claims["keySha256"] = value);
        assert_eq!(check(&unbound, 0).await.unwrap_err(), code::TOKEN_MALFORMED);
    }
    let foreign = workload.statement_by(&Job::new().0, "plimsoll-svid-request+jwt", &job.0, |_| ());
    assert_eq!(check(&foreign, 0).await.unwrap_err().name(), "signature-invalid");
    let typed = workload.statement_by(&workload.svid.key, "JWT", &job.0, |_| ());
    assert_eq!(check(&typed, 0).await.unwrap_err(), code::SVID_REFUSED);
    let bare = jws(&workload.svid.key, &[], b"{}");
    assert_eq!(check(&bare, 0).await.unwrap_err(), code::SVID_REFUSED);
    let stranger = Workload::new();
    assert!(check(&stranger.statement(&job.0, |_| ()), 0).await.is_err());
    assert!(Workload::new().trust().verify(&good, NOW, provider()).await.is_err());
}
