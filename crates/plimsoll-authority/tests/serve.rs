//! The services over loopback, with real HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]

mod common;

use common::{Job, http, owned, world};
use plimsoll_authority::{
    CertificateStatus, LedgerError, Limits, RevocationReason, RevocationService, Server, Shutdown, TimestampService,
};
use plimsoll_core::Bytes;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Hash, Limits as PkiLimits, OwnedCertificate,
    crl::{CertificateList, CrlLimits},
    issue::Role,
    ocsp::{OcspLimits, OcspRequest, OcspResponse, OcspStatus, ResponseStatus},
    read_certificates,
    timestamp::{MessageImprint, Nonce, PkiStatus, TimestampLimits, TimestampRequest, TimestampResponse},
};
use plimsoll_testkit::pki::{KeySpec, TestCa};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

async fn serve(service: impl plimsoll_authority::Service) -> (SocketAddr, Shutdown) {
    let server = Server::builder(service, "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let (address, shutdown) = (server.address(), server.shutdown());
    tokio::spawn(server.run());
    (address, shutdown)
}

const POST: &str = "POST /v1/certificates\r\nContent-Type: application/json";

#[tokio::test]
async fn a_job_gets_its_chain_in_pem_or_json() {
    let world = world();
    let (address, _) = serve(world.service.clone()).await;
    let request = Job::new().request(&world.ci.token(|_| ())).to_json();
    let (status, head, body) = http(address, POST, request.as_bytes()).await;
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    assert!(
        head.contains("content-type: application/pem-certificate-chain") && head.contains("cache-control: no-store")
    );
    let chain = read_certificates(&body, &PkiLimits::default()).unwrap();
    assert_eq!(chain.len(), 3);
    assert_eq!(chain[1].der(), world.ca.intermediate.der);
    let (status, _, body) = http(address, &format!("{POST}\r\nAccept: application/json"), request.as_bytes()).await;
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, json["certificates"].as_array().unwrap().len()), (201, 3));
    assert_eq!(json["notAfter"], "2026-06-01T00:15:00Z");
    let (status, _, body) = http(address, "GET /v1/chain", b"").await;
    assert_eq!((status, read_certificates(&body, &PkiLimits::default()).unwrap().len()), (200, 2));
}

#[tokio::test]
async fn a_refusal_has_a_status_and_a_code() {
    let world = world();
    let (address, _) = serve(world.service.clone()).await;
    let ask = async |head: &str, body: &str| {
        let (status, _, body) = http(address, head, body.as_bytes()).await;
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        (status, json["code"].as_str().unwrap_or_default().to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(ask(POST, "{}").await, is(400, "malformed-issuing-request"));
    assert_eq!(ask(POST, r#"{"token":"a","token":"a","csr":"x"}"#).await, is(400, "malformed-issuing-request"));
    assert_eq!(ask(POST, r#"{"token":"a","csr":"x","more":1}"#).await, is(400, "malformed-issuing-request"));
    assert_eq!(ask(POST, r#"{"token":"a.b.c","csr":"x"}"#).await.0, 400);
    let other = world.ci.token(|claims| claims["project_path"] = "evil/app".into());
    let job = Job::new();
    assert_eq!(ask(POST, &job.request(&other).to_json()).await, is(403, "no-issuing-rule"));
    let token = world.ci.token(|_| ());
    for _ in 0..10 {
        assert_eq!(ask(POST, &job.request(&token).to_json()).await.0, 201);
    }
    assert_eq!(ask(POST, &job.request(&token).to_json()).await, is(429, "issuing-rate-exceeded"));
    assert_eq!(ask("POST /v1/certificates", "{}").await.0, 415);
    assert_eq!(ask("GET /v1/certificates", "").await.0, 405);
    assert_eq!(ask("GET /v2/", "").await.0, 404);
    let large = "x".repeat(200 * 1024);
    assert_eq!(ask(POST, &large).await.0, 413);
    assert_eq!(ask("GET /v1/chain\r\nHost: evil.test", "").await.0, 421);
    assert_eq!(ask("GET /v1/chain\r\nOrigin: https://evil.test", "").await.0, 421);
}

// attack: A-032
#[tokio::test]
async fn a_032_a_slow_client_is_let_go_and_a_shutdown_ends() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let world = world();
    let mut limits = Limits::default();
    limits.head_time = Duration::from_millis(50);
    limits.body_time = Duration::from_millis(50);
    let builder = Server::builder(world.service.clone(), "127.0.0.1:0".parse().unwrap()).limits(limits);
    let server = builder.bind().await.unwrap();
    let (address, shutdown) = (server.address(), server.shutdown());
    let running = tokio::spawn(server.run());
    for (sent, expected) in [
        ("POST /v1/certi", ""),
        ("POST /v1/certificates HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nx", "HTTP/1.1 408"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        assert!(answer.starts_with(expected), "{answer}");
    }
    shutdown.shut_down();
    running.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// Waits as long as it is held.
struct Held(Arc<AtomicBool>);
impl plimsoll_authority::StatusDatabase for Held {
    fn status(&self, _: &[u8]) -> Result<CertificateStatus, LedgerError> {
        while self.0.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(CertificateStatus::Good)
    }
}

#[tokio::test]
async fn a_database_that_waits_for_ever_holds_nobody_up() {
    let world = world();
    let held = Arc::new(AtomicBool::new(true));
    let database = Arc::new(Held(held.clone()));
    let key = common::signer(&world.ca.intermediate);
    let service = Arc::new(RevocationService::with_database(world.authority.clone(), key, database));
    let (leaf, issuer) = (world.ca.leaf.view(), world.ca.intermediate.view());
    let request = OcspRequest::new(&leaf, &issuer);
    let later = ResponseStatus::TryLater.to_der();
    // More than look at it at a time, all on this one thread.
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (service, request) = (service.clone(), request.to_der());
        asked.spawn(async move { service.respond(&request).await });
    }
    assert!(asked.join_all().await.iter().all(|said| *said == later));
    held.store(false, Ordering::Relaxed);
    let good = service.respond(&request.to_der()).await;
    let good = OcspResponse::from_der(good, &OcspLimits::default()).unwrap();
    let verified = good.verify(&request, &leaf, &issuer, world.time.now(), provider()).unwrap();
    assert_eq!(verified.status(), OcspStatus::Good);
}

#[tokio::test]
async fn what_was_issued_is_good_until_it_is_revoked() {
    let world = world();
    let service = RevocationService::new(world.authority.clone(), common::signer(&world.ca.intermediate));
    let (address, _) = serve(service).await;
    let issued = world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.unwrap();
    let limits = PkiLimits::default();
    let (leaf, issuer) = (issued.chain[0].view(&limits).unwrap(), world.ca.intermediate.view());
    let request = OcspRequest::new(&leaf, &issuer).with_nonce([7; 32]);
    let status = async |get: bool| {
        let body = if get {
            let plain = OcspRequest::new(&leaf, &issuer).get_url("/ocsp").unwrap();
            http(address, &format!("GET {plain}"), b"").await
        } else {
            http(address, "POST /ocsp\r\nContent-Type: application/ocsp-request", &request.to_der()).await
        };
        assert!(body.0 == 200 && body.1.contains("content-type: application/ocsp-response"), "{}", body.1);
        let response = OcspResponse::from_der(body.2, &OcspLimits::default()).unwrap();
        let asked = if get { OcspRequest::new(&leaf, &issuer) } else { request.clone() };
        let verified = response.verify(&asked, &leaf, &issuer, world.time.now(), provider());
        verified.unwrap().status()
    };
    assert_eq!((status(false).await, status(true).await), (OcspStatus::Good, OcspStatus::Good));
    let lists = async |path: &str| {
        let (status, _, body) = http(address, &format!("GET {path}"), b"").await;
        (status == 200).then(|| CertificateList::from_der(Bytes::from(body), &CrlLimits::default()).unwrap())
    };
    assert!(lists("/delta.crl").await.is_none(), "no full list yet");
    let before = lists("/ca.crl").await.unwrap();
    assert!(before.is_empty());
    let since = world.time.now();
    world.time.pass(10);
    world.authority.revoke(&issued.serial, RevocationReason::KeyCompromise, Some(since)).unwrap();
    for get in [false, true] {
        let OcspStatus::Revoked(entry) = status(get).await else { panic!("expected it to be revoked") };
        assert_eq!(
            (entry.reason.number(), entry.revoked_at, entry.invalidity_date),
            (1, world.time.now(), Some(since))
        );
    }
    let delta = lists("/delta.crl").await.unwrap();
    let full = lists("/ca.crl").await.unwrap();
    for list in [&delta, &full] {
        let verified = list.verify(&issuer, provider()).unwrap();
        assert_eq!(verified.entry(&issued.serial).map(|entry| entry.invalidity_date), Some(Some(since)));
    }
    assert!(delta.is_delta() && !full.is_delta());
    let old = before.verify(&issuer, provider()).unwrap();
    assert_eq!(old.completed_by(&delta.verify(&issuer, provider()).unwrap()), Ok(()));
    assert_eq!(lists("/ca.crl").await.unwrap().digest(), full.digest(), "nothing new, the same list");
    // The oldest list in use is what a delta completes, also when there is a younger one.
    world.time.pass(3601);
    let later = lists("/delta.crl").await.unwrap();
    assert_eq!(old.completed_by(&later.verify(&issuer, provider()).unwrap()), Ok(()));
    assert!(later.claimed_number() > full.claimed_number());
}

#[tokio::test]
async fn of_others_nothing_is_said() {
    let world = world();
    let service = RevocationService::new(world.authority.clone(), common::signer(&world.ca.intermediate));
    let (leaf, issuer) = (world.ca.leaf.view(), world.ca.intermediate.view());
    // By the same authority, and not in the ledger: not good.
    let unknown = service.respond(&OcspRequest::new(&leaf, &issuer).to_der()).await;
    let unknown = OcspResponse::from_der(unknown, &OcspLimits::default()).unwrap();
    let asked = OcspRequest::new(&leaf, &issuer);
    let verified = unknown.verify(&asked, &leaf, &issuer, world.time.now(), provider()).unwrap();
    assert_eq!(verified.status(), OcspStatus::Unknown);
    let other = TestCa::new(KeySpec::P256);
    let foreign = OcspRequest::new(&other.leaf.view(), &other.intermediate.view()).to_der();
    assert_eq!(service.respond(&foreign).await, ResponseStatus::Unauthorized.to_der());
    assert_eq!(service.respond(b"0").await, ResponseStatus::MalformedRequest.to_der());
    assert_eq!(service.respond(b"").await, ResponseStatus::MalformedRequest.to_der());
    std::fs::remove_file(world.directory.path().join("ledger.jsonl")).unwrap();
    let request = OcspRequest::new(&leaf, &issuer).to_der();
    assert_eq!(service.respond(&request).await, ResponseStatus::TryLater.to_der());
    let wrong = RevocationService::new(world.authority.clone(), common::signer(&other.intermediate));
    std::fs::write(world.directory.path().join("ledger.jsonl"), "").unwrap();
    assert_eq!(wrong.respond(&request).await, ResponseStatus::InternalError.to_der());
}

fn stamping(world: &common::World) -> (TimestampService<plimsoll_crypto::LocalSigner>, OwnedCertificate) {
    let role = Role::TimestampAuthority { ocsp: &[], crl: &[] };
    let tsa = world.ca.intermediate.issue(KeySpec::P256, "CN=Time,O=Harbour,ST=WA,C=US", role, |_| ());
    let chain = vec![owned(&tsa.der), owned(&world.ca.intermediate.der), owned(&world.ca.root.der)];
    let policy = spki::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    let service = TimestampService::new(chain, common::signer(&tsa), policy, world.time.clock(), provider()).unwrap();
    (service, owned(&tsa.der))
}

#[tokio::test]
async fn a_time_stamp_says_when_and_a_bad_query_says_why_not() {
    let world = world();
    let (address, _) = serve(stamping(&world).0).await;
    let query = TimestampRequest::new(MessageImprint::of(Hash::Sha256, b"cargo"), Nonce::from_random([9; 20]));
    let send = async |body: &[u8]| {
        let head = "POST /\r\nContent-Type: application/timestamp-query";
        let (status, head, body) = http(address, head, body).await;
        assert!(status == 200 && head.contains("content-type: application/timestamp-reply"), "{head}");
        TimestampResponse::parse(&body, &TimestampLimits::default()).unwrap()
    };
    let token = send(&query.to_der()).await.token_for(&query).unwrap();
    let store = world.ca.trust_store("tsa:test");
    let verified = token.verify(b"cargo", &store, provider()).unwrap();
    assert_eq!(verified.gen_time().second(), world.time.now());
    assert!(token.verify(b"ballast", &store, provider()).is_err());
    let other = query.clone().with_policy(spki::ObjectIdentifier::new_unwrap("1.2.3"));
    for (query, failure) in [(other.to_der(), "unacceptedPolicy"), (b"rubbish".to_vec(), "badDataFormat")] {
        let refused = send(&query).await;
        assert_eq!(refused.status(), PkiStatus::Rejection);
        let shown = refused.token_for(&other).unwrap_err().to_string();
        assert!(shown.contains(failure), "{shown}");
    }
    assert_eq!(http(address, "POST /\r\nContent-Type: text/plain", b"").await.0, 415);
    assert_eq!(http(address, "GET /", b"").await.0, 405);
    // Beyond its certificate an authority does not know the time.
    world.time.pass(20 * 365 * 86_400);
    let late = send(&query.to_der()).await.token_for(&query).unwrap_err().to_string();
    assert!(late.contains("timeNotAvailable"), "{late}");
}
