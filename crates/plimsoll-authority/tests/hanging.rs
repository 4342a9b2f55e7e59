//! Keys that never answer, locks that others keep, and clients that hang up.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod common;

use bytes::Bytes;
use common::{Job, World, http, owned, signer, world};
use http::{Request, Response};
use plimsoll_authority::{
    Authority, CheckpointSettings, Checkpoints, Exposure, Issuer, Issuers, IssuingService, Limits, RevocationService,
    Rules, Server, Service, TimestampService, code,
};
use plimsoll_core::{Algorithm, Classify as _, Sign};
use plimsoll_crypto::{LocalSigner, SignError, provider};
use plimsoll_pki::{
    issue::Role,
    ocsp::{OcspRequest, ResponseStatus},
    timestamp::{MessageImprint, Nonce, PkiStatus, TimestampRequest},
};
use plimsoll_testkit::pki::KeySpec;
use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::io::AsyncWriteExt as _;

/// A token that hangs from some moment on: a call of PKCS#11 that does not return.
#[derive(Clone)]
struct Hanging(Arc<(LocalSigner, AtomicBool)>);

impl Hanging {
    fn new(signer: LocalSigner) -> Self {
        Self(Arc::new((signer, AtomicBool::new(true))))
    }
    fn hang(&self, hangs: bool) {
        self.0.1.store(hangs, Ordering::SeqCst);
    }
}

impl Sign for Hanging {
    type Error = SignError;
    fn algorithm(&self) -> Algorithm {
        self.0.0.algorithm()
    }
    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignError> {
        if self.0.1.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.0.0.sign(input).await
    }
}

/// Little time, and as few at once as make a difference.
fn limits(signing: usize, millis: u64) -> Limits {
    let mut limits = Limits::default();
    (limits.signing, limits.signing_time) = (signing, Duration::from_millis(millis));
    limits
}

/// The authority of the world, by a key that hangs.
fn hanging(world: &World, limits: &Limits) -> (Hanging, Arc<Authority<Hanging>>) {
    let key = Hanging::new(signer(&world.ca.intermediate));
    let chain = world.authority.chain().to_vec();
    let ledger = world.authority.ledger().clone();
    let authority = Authority::new(chain, key.clone(), ledger, world.time.clock(), provider()).unwrap();
    (key, Arc::new(authority.with_limits(limits)))
}

fn issuing(world: &World, authority: &Arc<Authority<Hanging>>) -> IssuingService<Hanging> {
    let limits = Limits::default();
    let issuers = Issuers::new([Issuer::new(common::ISSUER, common::AUDIENCE, world.ci.keys())], limits.clone());
    IssuingService::new(authority.clone(), issuers, Rules::parse(common::RULES, &limits).unwrap(), limits)
}

async fn serve(service: impl Service, limits: Limits) -> SocketAddr {
    let builder = Server::builder(service, "127.0.0.1:0".parse().unwrap()).limits(limits);
    let server = builder.bind().await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());
    address
}

const POST: &str = "POST /v1/certificates\r\nContent-Type: application/json";
const OCSP: &str = "POST /ocsp\r\nContent-Type: application/ocsp-request";

#[tokio::test]
async fn a_key_that_never_answers_is_told_of_and_holds_nobody_up() {
    let world = world();
    let (key, authority) = hanging(&world, &limits(64, 50));
    let service = RevocationService::new(authority.clone(), key.clone()).with_limits(limits(64, 50));
    let status = serve(service, Limits::default()).await;
    let asked = OcspRequest::new(&world.ca.leaf.view(), &world.ca.intermediate.view()).to_der();
    let (code, _, said) = http(status, OCSP, &asked).await;
    assert_eq!((code, said), (200, ResponseStatus::TryLater.to_der()));
    let (code, _, said) = http(status, "GET /ca.crl", b"").await;
    assert_eq!(code, 503);
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("issuing-failed") && said.contains("expected its answer within 50ms"), "{said}");
    let issuer = serve(issuing(&world, &authority), Limits::default()).await;
    let request = Job::new().request(&world.ci.token(|_| ())).to_json();
    assert_eq!(http(issuer, POST, request.as_bytes()).await.0, 503);
    assert_eq!(http(issuer, "GET /v1/chain", b"").await.0, 200);
    // As soon as it answers again, so does the service.
    key.hang(false);
    let (_, _, said) = http(status, OCSP, &asked).await;
    assert_ne!(said, ResponseStatus::TryLater.to_der());
    assert_eq!(http(issuer, POST, request.as_bytes()).await.0, 201);
}

#[tokio::test]
async fn no_more_wait_for_a_key_than_may() {
    let world = world();
    let (key, authority) = hanging(&world, &limits(2, 600_000));
    let service = Arc::new(RevocationService::new(authority, key.clone()).with_limits(limits(2, 600_000)));
    let asked = OcspRequest::new(&world.ca.leaf.view(), &world.ca.intermediate.view()).to_der();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (service, asked) = (service.clone(), asked.clone());
        waiting.spawn(async move { service.respond(&asked).await });
    }
    // Two wait for the key, for ten minutes; the others hear at once that it is busy.
    for _ in 0..4 {
        assert_eq!(waiting.join_next().await.unwrap().unwrap(), ResponseStatus::TryLater.to_der());
    }
    waiting.abort_all();
}

#[tokio::test]
async fn a_time_stamp_that_is_not_signed_in_time_is_refused() {
    let world = world();
    let role = Role::TimestampAuthority { ocsp: &[], crl: &[] };
    let tsa = world.ca.intermediate.issue(KeySpec::P256, "CN=Time,O=Harbour,ST=WA,C=US", role, |_| ());
    let chain = vec![owned(&tsa.der), owned(&world.ca.intermediate.der), owned(&world.ca.root.der)];
    let policy = spki::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    let key = Hanging::new(signer(&tsa));
    let service = TimestampService::new(chain, key, policy, world.time.clock(), provider()).unwrap();
    let service = service.with_limits(limits(64, 50));
    let imprint = MessageImprint::of(plimsoll_pki::Hash::Sha256, b"cargo");
    let query = TimestampRequest::new(imprint, Nonce::from_random([9; 20]));
    let said = service.respond(&query.to_der()).await;
    assert_eq!(said.status(), PkiStatus::Rejection);
    let said = said.token_for(&query).unwrap_err().to_string();
    assert!(said.contains("systemFailure"), "{said}");
}

#[tokio::test]
async fn whoever_looks_at_the_last_checkpoint_does_not_wait_for_the_next() {
    let world = world();
    let (key, authority) = hanging(&world, &limits(64, 600_000));
    let path = world.directory.path().join("ledger.checkpoint");
    let checkpoints = Arc::new(Checkpoints::open(authority, path, CheckpointSettings::default()).unwrap());
    key.hang(false);
    let first = checkpoints.write().await.unwrap();
    key.hang(true);
    let writing = tokio::spawn({
        let checkpoints = checkpoints.clone();
        async move { checkpoints.write().await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!writing.is_finished(), "it waits for the key");
    let last = tokio::time::timeout(Duration::from_secs(60), checkpoints.last()).await.unwrap();
    assert_eq!(last, Some(first));
    writing.abort();
}

/// A service that waits for ever, but for one path.
struct Waiting;
impl Service for Waiting {
    fn exposure(&self) -> Exposure {
        Exposure::Public
    }
    fn most_bytes(&self) -> u64 {
        1024
    }
    async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        if request.uri().path() != "/" {
            std::future::pending::<()>().await;
        }
        Response::new(Bytes::from_static(b"here"))
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up_and_its_connection_is_free() {
    let mut limits = Limits::default();
    (limits.connections, limits.answer_time) = (1, Duration::from_millis(50));
    let address = serve(Waiting, limits).await;
    let (status, head, body) = http(address, "GET /slow", b"").await;
    assert!(status == 503 && head.contains("application/problem+json"), "{head}");
    assert!(String::from_utf8(body).unwrap().contains("expected an answer within 50ms"));
    assert_eq!(http(address, "GET /", b"").await.2, b"here");
}

fn lines(world: &World, kind: &str) -> usize {
    let ledger = fs::read_to_string(world.directory.path().join("ledger.jsonl")).unwrap();
    ledger.lines().filter(|line| line.contains(kind)).count()
}

#[tokio::test]
async fn a_client_that_hangs_up_costs_one_list_and_not_one_each() {
    let world = world();
    let (key, authority) = hanging(&world, &limits(64, 600_000));
    let address = serve(RevocationService::new(authority, key.clone()), Limits::default()).await;
    for _ in 0..5 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /ca.crl HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
        // Until it is at work.
        while lines(&world, "crl-issued") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(stream);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(lines(&world, "crl-issued"), 1);
}

#[tokio::test]
async fn a_list_that_could_not_be_signed_is_not_tried_again_at_once() {
    let world = world();
    let (key, authority) = hanging(&world, &limits(64, 20));
    let address = serve(RevocationService::new(authority, key), Limits::default()).await;
    for _ in 0..5 {
        assert_eq!(http(address, "GET /ca.crl", b"").await.0, 503);
    }
    assert_eq!(lines(&world, "crl-issued"), 1);
}

#[tokio::test]
async fn a_lock_that_somebody_keeps_is_not_waited_for_without_end() {
    use rustix::fs::{FlockOperation, flock};
    let world = world();
    let kept = fs::File::open(world.directory.path().join("ledger.jsonl")).unwrap();
    flock(&kept, FlockOperation::LockExclusive).unwrap();
    let request = Job::new().request(&world.ci.token(|_| ()));
    let settings = plimsoll_authority::CrlSettings::default();
    let (issued, list) = tokio::join!(world.service.issue(&request), world.authority.crl(&settings));
    assert_eq!(issued.unwrap_err().code(), code::LEDGER_UNAVAILABLE);
    let error = list.unwrap_err();
    assert_eq!(error.code(), code::LEDGER_UNAVAILABLE);
    assert!(error.to_string().contains("somebody else has kept it locked for 5s"), "{error}");
    drop(kept);
    assert!(world.service.issue(&request).await.is_ok());
}
