//! Each denial code, produced, and the exact text of its error. Those of the ledger and of the rules stand in their own tests, too.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod common;

use common::{Ci, ISSUER, Job, claims, forged, owned, world};
use plimsoll_authority::{
    Audit, Authority, Checkpoint, FetchKeySet, FetchedKeys, Issuer, Issuers, IssuingRequest, KeySet, KeysError, Ledger,
    Limits, Order, Rate, RevocationReason, Rules, Server, SvidTrust, TimestampService, code,
};
use plimsoll_core::{Algorithm, Classify, Code, Sign};
use plimsoll_crypto::{SignError, provider};
#[cfg(feature = "fetch")]
use plimsoll_pki::TrustStore;
use plimsoll_pki::svid::SpiffeBundles;
use plimsoll_testkit::pki::NOW;
use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc};

fn said<T>(result: Result<T, impl Classify + std::fmt::Display>) -> (Code, String) {
    let Err(error) = result else { panic!("expected an error") };
    (error.code(), error.to_string())
}

fn is(code: Code, message: &str) -> (Code, String) {
    (code, message.to_owned())
}

/// A key that fails.
struct Broken;

impl Sign for Broken {
    type Error = SignError;
    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256Der
    }
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Err(SignError::Failed { algorithm: self.algorithm() })
    }
}

/// An issuer that is away.
struct Away;

impl FetchKeySet for Away {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, KeysError>> + Send + '_>> {
        Box::pin(std::future::ready(Err(KeysError::Unavailable { reason: "no answer within 10 s".into() })))
    }
}

#[tokio::test]
async fn of_tokens() {
    let (ci, limits) = (Ci::new(), Limits::default());
    let issuers = Issuers::new([Issuer::new(ISSUER, common::AUDIENCE, ci.keys())], limits.clone());
    let check =
        async |token: String, seconds: u64| said(issuers.verify(&token, NOW.saturating_add(seconds), provider()).await);
    assert_eq!(
        check(ci.token(|claims| claims["aud"] = "other".into()), 0).await,
        is(
            code::TOKEN_UNTRUSTED,
            "expected a token for `plimsoll-ca.example.com` and nobody else, found one for `other`"
        )
    );
    assert_eq!(
        check(ci.token(|claims| claims["iat"] = "today".into()), 0).await,
        is(code::TOKEN_MALFORMED, "expected whole seconds since 1970 as the claim `iat` of the token")
    );
    assert_eq!(
        check(ci.token(|_| ()), 4000).await,
        is(code::TOKEN_OUT_OF_TIME, "the token was valid until 2026-06-01T01:00:00Z, and it is 2026-06-01T01:06:40Z")
    );
    let away = Issuers::new([Issuer::new(ISSUER, "x", FetchedKeys::new(Away, limits.clone()))], limits.clone());
    assert_eq!(
        said(away.verify(&ci.token(|_| ()), NOW, provider()).await),
        is(
            code::TOKEN_KEYS_UNAVAILABLE,
            "the keys of `https://gitlab.example.com` cannot be had: no answer within 10 s"
        )
    );
    assert_eq!(
        said(KeySet::parse(b"{}", &limits)),
        is(code::MALFORMED_KEY_SET, "expected a list as `keys` in the key set")
    );
    let svids = SvidTrust::new(SpiffeBundles::default(), "x", limits);
    assert_eq!(
        said(svids.verify(&forged(r#"{"alg":"ES256"}"#, &claims().to_string(), &[7; 64]), NOW, provider()).await),
        is(code::SVID_REFUSED, "expected an SVID as `x5c` in a statement by an SVID, found none")
    );
}

#[tokio::test]
async fn of_requests() {
    let mut world = world();
    let job = Job::new();
    assert_eq!(
        said(IssuingRequest::parse(br#"{"token":1}"#, &Limits::default())),
        is(
            code::MALFORMED_ISSUING_REQUEST,
            "the request is malformed: line 1, column 10: invalid type: integer `1`, expected a string"
        )
    );
    let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    assert_eq!(
        said(world.service.issue(&IssuingRequest::with_proof(world.ci.token(|_| ()), ed25519, "a.b.c")).await),
        is(
            code::ISSUING_KEY_REFUSED,
            "expected a key of RSA-2048, RSA-3072, RSA-4096, P-256, P-384 or P-521: found Ed25519"
        )
    );
    let other = world.ci.token(|claims| claims["project_path"] = "evil/app".into());
    assert_eq!(
        said(world.service.issue(&job.request(&other)).await),
        is(
            code::NO_ISSUING_RULE,
            "no rule gives `project_path:harbour/pilot:ref_type:tag:ref:v1.2` of `https://gitlab.example.com` a certificate"
        )
    );
    let long = world.ci.token(|claims| claims["project_path"] = format!("harbour/{}", "x".repeat(60)).into());
    assert_eq!(
        said(world.service.issue(&job.request(&long)).await),
        is(
            code::ISSUING_SUBJECT_REFUSED,
            "rule `rest` fits, but its `subject` cannot be written: expected at most 64 characters in `CN`, found 68"
        )
    );
    let token = world.ci.token(|_| ());
    assert!(world.service.issue(&job.request(&token)).await.is_ok());
    assert_eq!(
        said(world.service.issue(&Job::new().request(&token)).await),
        is(code::TOKEN_REUSED, "the token was used before, for another key")
    );
    let none = Rate { burst: 0, per_hour: 0 };
    *Arc::get_mut(&mut world.service).unwrap() =
        common::service(&world.authority, &world.ci).with_rates(none, none, none);
    assert_eq!(
        said(world.service.issue(&job.request(&token)).await),
        is(code::ISSUING_RATE_EXCEEDED, "more certificates were asked for than the rate allows: try again in a minute")
    );
}

/// An issuing service that answers every client alike.
#[cfg(feature = "fetch")]
struct Says(u16, String);

#[cfg(feature = "fetch")]
impl plimsoll_distribution::Transport for Says {
    async fn send(
        &self,
        _: plimsoll_distribution::Request,
    ) -> Result<plimsoll_distribution::Response, plimsoll_distribution::TransportError> {
        let status = http::StatusCode::from_u16(self.0).unwrap();
        let body = Box::pin(plimsoll_core::OneChunk::new(self.1.clone().into_bytes().into()));
        Ok(plimsoll_distribution::Response::new(status, Default::default(), body))
    }
}

#[cfg(feature = "fetch")]
#[tokio::test]
async fn of_clients() {
    use plimsoll_authority::IssuingClient;
    let (world, job) = (world(), Job::new());
    let limits = Limits::default();
    let asked = async |status: u16, answer: &str| {
        let client = IssuingClient::new(Says(status, answer.to_owned()), "https://ca.example.com", &limits).unwrap();
        said(client.certify(&job.request("e.y.J"), job.0.public_key(), NOW, provider()).await)
    };
    assert_eq!(
        said(IssuingClient::new(Says(201, String::new()), "http://ca.example.com", &limits)),
        is(
            code::ISSUING_URL_REFUSED,
            "expected an https URL of an issuing service, or http on loopback, found `http://ca.example.com`"
        )
    );
    assert_eq!(
        asked(403, r#"{"status":403,"code":"no-issuing-rule","class":"untrusted","detail":"no rule"}"#).await,
        is(code::ISSUING_REFUSED, "the issuing service refused: no-issuing-rule: no rule")
    );
    assert_eq!(
        asked(429, r#"{"code":"issuing-rate-exceeded","detail":"too many"}"#).await,
        is(code::ISSUING_UNAVAILABLE, "the issuing service cannot issue now: issuing-rate-exceeded: too many")
    );
    assert_eq!(
        asked(403, "<html>a proxy</html>").await,
        is(code::ISSUING_UNAVAILABLE, "the issuing service could not be asked: expected status 201, found 403")
    );
    assert_eq!(
        asked(201, "").await,
        is(
            code::MALFORMED_ISSUING_ANSWER,
            "the answer of the issuing service is no chain of certificates: expected certificates in PEM or DER, found none"
        )
    );
    let other = world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.unwrap();
    assert_eq!(
        asked(201, &other.to_pem()).await,
        is(code::ISSUED_FOR_ANOTHER_KEY, "expected a certificate for the key that was sent, found one for another key")
    );
    let second = world.ci.token(|claims| claims["jti"] = "second".into());
    let own = world.service.issue(&job.request(&second)).await.unwrap();
    let client = || IssuingClient::new(Says(201, own.to_pem()), "https://ca.example.com", &limits).unwrap();
    let certify = async |client: IssuingClient<Says>, later: u64| {
        let now = NOW.saturating_add(later);
        client.certify(&job.request("e.y.J"), job.0.public_key(), now, provider()).await
    };
    assert_eq!(certify(client(), 0).await.unwrap(), own.chain);
    assert_eq!(certify(client(), 86_400).await.unwrap_err().code().name(), "certificate-expired");
    assert_eq!(
        certify(client().with_roots(TrustStore::default()), 0).await.unwrap_err().code().name(),
        "untrusted-chain"
    );
}

#[tokio::test]
async fn of_the_authority() {
    let world = world();
    let ledger = || world.authority.ledger().clone();
    let chain = || vec![owned(&world.ca.intermediate.der), owned(&world.ca.root.der)];
    let leaf = vec![owned(&world.ca.leaf.der), owned(&world.ca.root.der)];
    assert_eq!(
        said(Authority::new(leaf, Broken, ledger(), world.time.clock(), provider())),
        is(
            code::AUTHORITY_UNUSABLE,
            "the authority cannot issue this: expected the certificate of an authority first, found another"
        )
    );
    let broken = Authority::new(chain(), Broken, ledger(), world.time.clock(), provider()).unwrap();
    let job = Job::new();
    let order = Order::new("CN=pilot,O=Harbour,ST=WA,C=US", job.0.public_key());
    assert_eq!(
        said(broken.issue(&order).await),
        is(
            code::ISSUING_FAILED,
            "the key of the authority did not sign: the EcdsaP256Sha256Der signature could not be made"
        )
    );
    let issued = world.authority.issue(&order.minutes(5)).await.unwrap();
    world.authority.revoke(&issued.serial, RevocationReason::Unspecified, None).unwrap();
    let serial = data_encoding::HEXLOWER.encode(&issued.serial);
    assert_eq!(
        said(world.authority.revoke(&issued.serial, RevocationReason::Superseded, None)),
        is(code::ALREADY_REVOKED, &format!("the certificate {serial} was revoked at 2026-06-01T00:00:00Z"))
    );
    assert_eq!(
        said(world.authority.revoke(&[1], RevocationReason::Superseded, None)),
        is(code::UNKNOWN_SERIAL, "expected the serial number of a certificate that was issued here, found 01")
    );
    assert_eq!(
        said(Ledger::open("/nonexistent/x")),
        is(code::LEDGER_UNAVAILABLE, "/nonexistent/x: No such file or directory (os error 2)")
    );
    let path = world.directory.path().join("other");
    std::fs::write(&path, "x\n").unwrap();
    assert_eq!(
        said(Ledger::open(&path)),
        is(code::LEDGER_MALFORMED, &format!("{}, line 1: expected value at line 1 column 1", path.display()))
    );
    assert_eq!(
        said(Rules::parse("version: 1\nrules: []", &Limits::default())),
        is(code::MALFORMED_ISSUING_RULES, "expected at least one issuing rule, found none")
    );
}

#[tokio::test]
async fn of_checkpoints() {
    let world = world();
    let path = world.authority.ledger().path().to_owned();
    let key = world.ca.intermediate.view();
    let job = Job::new();
    let order = Order::new("CN=pilot,O=Harbour,ST=WA,C=US", job.0.public_key());
    world.authority.issue(&order).await.unwrap();
    let one = std::fs::read(&path).unwrap();
    world.authority.issue(&order).await.unwrap();
    let checkpoint = world.authority.checkpoint().await.unwrap();
    std::fs::write(&path, one).unwrap();
    assert_eq!(
        said(Audit::read(&path, std::slice::from_ref(&checkpoint))),
        is(
            code::LEDGER_CONTRADICTED,
            &format!(
                "{}: at 2026-06-01T00:00:00Z a checkpoint was signed over 2 lines: 1 are left, so its end was cut off",
                path.display()
            )
        )
    );
    assert_eq!(
        said(Checkpoint::read(b"plimsoll", key.public_key(), provider())),
        is(code::MALFORMED_CHECKPOINT, "the checkpoint is malformed: expected \"plimsoll-ledger-checkpoint/1\"")
    );
    let other = checkpoint.as_str().replace("lines 2", "lines 1");
    assert_eq!(
        said(Checkpoint::read(other.as_bytes(), key.public_key(), provider())),
        is(code::CHECKPOINT_UNTRUSTED, "the signature of the checkpoint does not hold under the key of the authority")
    );
}

#[tokio::test]
async fn of_listening() {
    let world = world();
    let policy = spki::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    let stamps = || {
        let chain = vec![owned(&world.ca.leaf.der)];
        TimestampService::new(chain, common::signer(&world.ca.leaf), policy, world.time.clock(), provider()).unwrap()
    };
    let anywhere = || "0.0.0.0:0".parse().unwrap();
    assert_eq!(
        said(Server::builder(world.service.clone(), anywhere()).public().bind().await),
        is(code::AUTHORITY_EXPOSED, "0.0.0.0:0 is not a loopback address: expected TLS")
    );
    assert_eq!(
        said(Server::builder(stamps(), anywhere()).bind().await),
        is(
            code::AUTHORITY_EXPOSED,
            "0.0.0.0:0 is not a loopback address: expected TLS, or that it is said to be public"
        )
    );
    let first = Server::builder(stamps(), anywhere()).public().bind().await.unwrap();
    assert_eq!(
        said(Server::builder(stamps(), first.address()).public().bind().await),
        is(code::AUTHORITY_NOT_LISTENING, &format!("{}: Address already in use (os error 98)", first.address()))
    );
    assert_eq!(
        said(Server::builder(stamps(), anywhere()).tls(b"", b"")),
        is(code::AUTHORITY_TLS_MALFORMED, "the TLS identity of the service cannot be used: the key: no items found")
    );
}

#[test]
fn every_code_has_a_test_here() {
    let source = include_str!("codes.rs");
    let constants: BTreeSet<String> =
        code::ALL.iter().map(|code| code.name().to_ascii_uppercase().replace('-', "_")).collect();
    assert_eq!(constants.len(), 30);
    for constant in constants {
        assert!(source.contains(&format!("code::{constant}")), "{constant}");
    }
}
