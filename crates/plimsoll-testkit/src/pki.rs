//! A certificate authority for tests, and a forger that can break any field of what it issues.
//!
//! ```
//! use plimsoll_testkit::pki::{KeySpec, Level, TestCa, remove_extension};
//! let good = TestCa::new(KeySpec::P256);
//! assert_eq!(good.chain().len(), 3);
//! // The same authority, but the signer's certificate has no keyUsage and is signed without it.
//! let bad = TestCa::forge(KeySpec::P256, |level, draft| {
//!     if level == Level::Leaf {
//!         remove_extension(draft, "2.5.29.15");
//!     }
//! });
//! assert_ne!(good.chain(), bad.chain());
//! ```
#![expect(clippy::expect_used, reason = "only tests call this, and a broken fixture should fail them loudly")]

mod edit;

pub use edit::{extension, name, remove_extension, replace_extension, set_key_usage, set_purposes, set_validity, tlv};

use crate::rsa_key;
use plimsoll_core::{Algorithm, Digest, UnixTime};
use plimsoll_crypto::{Curve, PrivateKey, SignError, provider};
use plimsoll_pki::{
    Certificate, Limits, NamedStore, TrustStore, Validity,
    issue::{Draft, Request, Role, draft},
};
use std::sync::Arc;

/// A kind of key that a signer may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum KeySpec {
    P256,
    P384,
    P521,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl KeySpec {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::P256, Self::P384, Self::P521, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    /// A private key: new on a curve, the fixed one of the size for RSA.
    #[must_use]
    pub fn key(self) -> PrivateKey {
        let fixed = |bits| PrivateKey::read(rsa_key(bits).as_bytes(), None);
        match self {
            Self::P256 => PrivateKey::generate(Curve::P256),
            Self::P384 => PrivateKey::generate(Curve::P384),
            Self::P521 => PrivateKey::generate(Curve::P521),
            Self::Rsa2048 => fixed(2048),
            Self::Rsa3072 => fixed(3072),
            Self::Rsa4096 => fixed(4096),
        }
        .expect("a test key")
    }
    /// The algorithm by which certificates are signed with such a key.
    #[must_use]
    pub const fn certificate_algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::EcdsaP256Sha256Der,
            Self::P384 => Algorithm::EcdsaP384Sha384Der,
            Self::P521 => Algorithm::EcdsaP521Sha512Der,
            Self::Rsa2048 => Algorithm::RsaPkcs1Sha256,
            Self::Rsa3072 => Algorithm::RsaPkcs1Sha384,
            Self::Rsa4096 => Algorithm::RsaPkcs1Sha512,
        }
    }
}

/// A certificate and its private key.
pub struct Certified {
    /// The certificate.
    pub der: Vec<u8>,
    /// Its key.
    pub key: PrivateKey,
    /// The kind of its key.
    pub spec: KeySpec,
}

/// Since when the certificates of tests are valid: 2026-01-01.
pub const NOT_BEFORE: UnixTime = UnixTime::saturating_from_secs(1_767_225_600);
/// Until when they are: 2036-01-01.
pub const NOT_AFTER: UnixTime = UnixTime::saturating_from_secs(2_082_758_400);
/// A time within: 2026-06-01.
pub const NOW: UnixTime = UnixTime::saturating_from_secs(1_780_272_000);

impl Certified {
    /// A self-signed certificate, edited before it is signed.
    pub fn self_signed(spec: KeySpec, subject: &str, role: Role<'_>, edit: impl FnOnce(&mut Draft)) -> Self {
        let key = spec.key();
        let der = seal(request(subject, &key, role), None, &key, spec, edit);
        Self { der, key, spec }
    }
    /// A certificate that this one issues, edited before it is signed.
    pub fn issue(&self, spec: KeySpec, subject: &str, role: Role<'_>, edit: impl FnOnce(&mut Draft)) -> Self {
        let key = spec.key();
        let der = seal(request(subject, &key, role), Some(self), &self.key, self.spec, edit);
        Self { der, key, spec }
    }
    /// The certificate, read.
    #[must_use]
    pub fn view(&self) -> Certificate<'_> {
        Certificate::from_der(&self.der, &Limits::default()).expect("a certificate that can be read")
    }
    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }
}

/// Bytes in PEM.
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = data_encoding::BASE64.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

fn request<'a>(subject: &'a str, key: &'a PrivateKey, role: Role<'a>) -> Request<'a> {
    // One certificate, one serial number, the same in every run where the key is.
    let seed = Digest::sha256_of(&[subject.as_bytes(), key.public_key_spki_der()].concat());
    let mut serial = [0; 16];
    serial.iter_mut().zip(seed.as_bytes()).for_each(|(to, from)| *to = *from);
    let validity = Validity { not_before: NOT_BEFORE, not_after: NOT_AFTER };
    Request { subject, key: key.public_key(), serial, validity, role }
}

fn seal(
    request: Request<'_>,
    issuer: Option<&Certified>,
    key: &PrivateKey,
    spec: KeySpec,
    edit: impl FnOnce(&mut Draft),
) -> Vec<u8> {
    let signer = key.signer(spec.certificate_algorithm()).expect("a signer for the key");
    // The forger's own issuers may be broken so that the real code would not issue below them: then only their name counts.
    let issuer_name = issuer.map(|issuer| issuer.view().subject().der().to_vec());
    let view = issuer.map(Certified::view);
    let write = |request: &Request<'_>, issuer| draft::<SignError>(request, issuer, spec.certificate_algorithm());
    let mut made = write(&request, view.as_ref()).unwrap_or_else(|_| {
        let role = match request.role {
            Role::Intermediate { path_length } | Role::RevocableIntermediate { path_length, .. } => {
                Role::Root { path_length }
            }
            other => other,
        };
        write(&Request { role, ..request }, None).expect("a draft")
    });
    if let Some(name) = issuer_name {
        made.issuer = name;
    }
    edit(&mut made);
    let tbs = made.tbs();
    let signature = signer.sign_now(&tbs).expect("a signature");
    made.sealed(&tbs, &signature)
}

/// Where a certificate stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Root,
    Intermediate,
    Leaf,
}

/// Root, intermediate and signer.
pub struct TestCa {
    /// The self-signed root.
    pub root: Certified,
    /// Below the root.
    pub intermediate: Certified,
    /// The signer.
    pub leaf: Certified,
}

/// The subject of the root.
pub const ROOT: &str = "CN=Test Root,O=Harbour,ST=WA,C=US";
/// The subject of the intermediate.
pub const INTERMEDIATE: &str = "CN=Test Intermediate,O=Harbour,ST=WA,C=US";
/// The subject of the signer.
pub const LEAF: &str = "CN=Test Signer,O=Harbour,ST=WA,C=US";

impl TestCa {
    /// A good one, all keys of one kind.
    #[must_use]
    pub fn new(spec: KeySpec) -> Self {
        Self::forge(spec, |_, _| ())
    }
    /// One whose certificates are edited before they are signed.
    pub fn forge(spec: KeySpec, mut edit: impl FnMut(Level, &mut Draft)) -> Self {
        let authority = Role::Root { path_length: None };
        let root = Certified::self_signed(spec, ROOT, authority, |draft| edit(Level::Root, draft));
        let below = Role::Intermediate { path_length: Some(0) };
        let intermediate = root.issue(spec, INTERMEDIATE, below, |draft| edit(Level::Intermediate, draft));
        let signer = Role::Signer { ocsp: &[], crl: &[] };
        let leaf = intermediate.issue(spec, LEAF, signer, |draft| edit(Level::Leaf, draft));
        Self { root, intermediate, leaf }
    }
    /// The certificates in the order of a signature: signer, intermediate, root.
    #[must_use]
    pub fn chain(&self) -> Vec<&[u8]> {
        vec![&self.leaf.der, &self.intermediate.der, &self.root.der]
    }
    /// The same in PEM, as a certificate file of Notation.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        [self.leaf.pem(), self.intermediate.pem(), self.root.pem()].concat()
    }
    /// A named trust store, such as `ca:test`, that holds the root.
    #[must_use]
    pub fn named_store(&self, name: &str) -> Arc<NamedStore> {
        named_store(name, &[&self.root.der])
    }
    /// The trust store of one named trust store that holds the root.
    #[must_use]
    pub fn trust_store(&self, name: &str) -> TrustStore {
        TrustStore::new([self.named_store(name)])
    }
}

/// A named trust store that holds these certificates.
#[must_use]
pub fn named_store(name: &str, certificates: &[&[u8]]) -> Arc<NamedStore> {
    let name = name.parse().expect("the name of a store");
    let certificates = certificates.iter().copied();
    Arc::new(NamedStore::load(name, certificates, provider(), &Limits::default()).expect("a trust store"))
}
