//! An authority, an issuer of tokens and a job, all in this process.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a helper of tests, of which each uses a part"
)]

use data_encoding::BASE64URL_NOPAD;
use plimsoll_authority::{Authority, Issuer, Issuers, IssuingRequest, IssuingService, KeySet, Ledger, Limits, Rules};
use plimsoll_core::{Algorithm, UnixTime};
use plimsoll_crypto::{LocalSigner, PrivateKey, provider};
use plimsoll_envelope::{HeaderValue, JwsDraft};
use plimsoll_pki::{Limits as PkiLimits, OwnedCertificate, issue::CertificationRequestDraft};
use plimsoll_testkit::pki::{Certified, KeySpec, NOW, TestCa, pem};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tempfile::TempDir;

pub const ISSUER: &str = "https://gitlab.example.com";
pub const AUDIENCE: &str = "plimsoll-ca.example.com";

pub const RULES: &str = "
version: 1
rules:
  - name: release
    issuer: https://gitlab.example.com
    claims: {project_path: harbour/pilot, ref_protected: true, ref: {glob: 'v*'}}
    subject: CN={project_path},OU=release,O=Harbour,ST=WA,C=US
    uri: https://gitlab.example.com/{project_path}
    minutes: 15
  - name: rest
    issuer: https://gitlab.example.com
    claims: {project_path: {glob: 'harbour/*'}}
    subject: CN={project_path},O=Harbour,ST=WA,C=US
";

/// A clock that a test sets.
#[derive(Clone)]
pub struct Time(Arc<AtomicU64>);

impl Time {
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(NOW.as_secs())))
    }
    pub fn now(&self) -> UnixTime {
        UnixTime::saturating_from_secs(self.0.load(Ordering::SeqCst))
    }
    pub fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
    pub fn clock(&self) -> impl Fn() -> UnixTime + Send + Sync + use<> {
        let time = self.clone();
        move || time.now()
    }
}

/// A CI system.
pub struct Ci {
    pub key: PrivateKey,
    pub kid: &'static str,
}

impl Ci {
    pub fn new() -> Self {
        Self { key: KeySpec::P256.key(), kid: "ci-1" }
    }
    pub fn jwks(&self) -> String {
        json!({ "keys": [jwk(&self.key, self.kid)] }).to_string()
    }
    pub fn keys(&self) -> KeySet {
        KeySet::parse(self.jwks().as_bytes(), &Limits::default()).unwrap()
    }
    pub fn token(&self, edit: impl FnOnce(&mut Value)) -> String {
        let mut claims = claims();
        edit(&mut claims);
        self.sign(&claims)
    }
    pub fn sign(&self, claims: &Value) -> String {
        let header = [("kid".into(), self.kid.into()), ("typ".into(), "JWT".into())];
        jws(&self.key, &header, claims.to_string().as_bytes())
    }
}

pub fn jws(key: &PrivateKey, header: &[(plimsoll_envelope::Label<'_>, HeaderValue<'_>)], payload: &[u8]) -> String {
    let signer = key.envelope_signer().unwrap();
    let draft = JwsDraft::new(key.kind().envelope_algorithm().unwrap(), header, payload).unwrap();
    draft.attach_compact(&signer.sign_now(draft.signing_input()).unwrap())
}

/// A P-256 key as JWK.
pub fn jwk(key: &PrivateKey, kid: &str) -> Value {
    let point = &key.public_key_spki_der()[key.public_key_spki_der().len() - 64..];
    let (x, y) = point.split_at(32);
    let encode = |bytes| BASE64URL_NOPAD.encode(bytes);
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid, "x": encode(x), "y": encode(y) })
}

pub fn claims() -> Value {
    let now = NOW.as_secs();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "project_path:harbour/pilot:ref_type:tag:ref:v1.2",
        "iat": now, "nbf": now - 5, "exp": now + 3600, "jti": "0b3c",
        "project_path": "harbour/pilot", "ref": "v1.2", "ref_protected": "true", "project_id": "42",
    })
}

/// A job that wants to sign.
pub struct Job(pub PrivateKey);

impl Job {
    pub fn new() -> Self {
        Self(KeySpec::P256.key())
    }
    pub fn csr_der(&self) -> Vec<u8> {
        let algorithm = self.0.kind().der_algorithm();
        let draft = CertificationRequestDraft::new("CN=ignored,O=x,ST=x,C=US", self.0.public_key(), algorithm).unwrap();
        draft.attach(self.0.signer(algorithm).unwrap().sign_now(draft.signing_input()).unwrap()).unwrap()
    }
    pub fn csr(&self) -> String {
        pem("CERTIFICATE REQUEST", &self.csr_der())
    }
    pub fn request(&self, token: &str) -> IssuingRequest {
        IssuingRequest::with_csr(token, self.csr())
    }
}

pub struct World {
    pub ci: Ci,
    pub time: Time,
    pub ca: TestCa,
    pub directory: TempDir,
    pub authority: Arc<Authority<LocalSigner>>,
    pub service: Arc<IssuingService<LocalSigner>>,
}

pub fn signer(certified: &Certified) -> LocalSigner {
    certified.key.signer(certified.spec.certificate_algorithm()).unwrap()
}

pub fn owned(der: &[u8]) -> OwnedCertificate {
    OwnedCertificate::from_der(der, &PkiLimits::default()).unwrap()
}

pub fn world() -> World {
    world_with(KeySpec::P256, RULES)
}

pub fn world_with(spec: KeySpec, rules: &str) -> World {
    let (ci, time, ca, directory) = (Ci::new(), Time::new(), TestCa::new(spec), tempfile::tempdir().unwrap());
    let ledger = Arc::new(Ledger::open(directory.path().join("ledger.jsonl")).unwrap());
    let chain = vec![owned(&ca.intermediate.der), owned(&ca.root.der)];
    let authority = Authority::new(chain, signer(&ca.intermediate), ledger, time.clock(), provider()).unwrap();
    let addresses = |path: &str| vec![format!("http://127.0.0.1:1/{path}")];
    let authority = Arc::new(authority.with_addresses(addresses("ocsp"), addresses("ca.crl")));
    let limits = Limits::default();
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, ci.keys())], limits.clone());
    let rules = Rules::parse(rules, &limits).unwrap();
    let service = Arc::new(IssuingService::new(authority.clone(), issuers, rules, limits));
    World { ci, time, ca, directory, authority, service }
}

/// RFC 7515 without a key: any header, any payload, any signature.
pub fn forged(header: &str, payload: &str, signature: &[u8]) -> String {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    format!("{}.{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()), encode(signature))
}

pub const ES256: Algorithm = Algorithm::EcdsaP256Sha256Fixed;

pub fn service(authority: &Arc<Authority<LocalSigner>>, ci: &Ci) -> IssuingService<LocalSigner> {
    let limits = Limits::default();
    let issuers = Issuers::new([Issuer::new(ISSUER, AUDIENCE, ci.keys())], limits.clone());
    IssuingService::new(authority.clone(), issuers, Rules::parse(RULES, &limits).unwrap(), limits)
}

/// The service after a restart, on the same ledger.
pub fn world_on(world: &World) -> IssuingService<LocalSigner> {
    let ledger = Arc::new(Ledger::open(world.directory.path().join("ledger.jsonl")).unwrap());
    let chain = vec![owned(&world.ca.intermediate.der), owned(&world.ca.root.der)];
    let key = signer(&world.ca.intermediate);
    service(&Arc::new(Authority::new(chain, key, ledger, world.time.clock(), provider()).unwrap()), &world.ci)
}

/// An ECDSA signature on P-256 with the other of the two `s` that hold.
pub fn negated(signature: &str) -> String {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let mut borrow = 0;
    for (s, order) in bytes[32..].iter_mut().rev().zip(ORDER.iter().rev()) {
        let left = i16::from(*order) - i16::from(*s) - borrow;
        borrow = i16::from(left < 0);
        *s = u8::try_from(left.rem_euclid(256)).unwrap();
    }
    BASE64URL_NOPAD.encode(&bytes)
}

/// Sends one request over a connection of its own; gives status, head and content.
pub async fn http(address: std::net::SocketAddr, head: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let host = if head.to_ascii_lowercase().contains("\r\nhost:") { "" } else { "Host: 127.0.0.1\r\n" };
    let length = body.len();
    let (first, rest) =
        head.split_once("\r\n").map_or((head, String::new()), |(first, rest)| (first, format!("{rest}\r\n")));
    let head = format!("{first} HTTP/1.1\r\n{host}{rest}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    // A server that refuses need not read to the end.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let at = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..at]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_ascii_lowercase(), answer.get(at + 4..).unwrap_or_default().to_vec())
}
