//! What the benchmarks measure: signatures made by a test authority, and the bare `ring` operations under each.
#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "a broken fixture should stop a benchmark loudly")]

use der::{
    Decode, Reader, SliceReader,
    asn1::{AnyRef, BitStringRef},
};
use plimsoll_core::Descriptor;
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Format, SignOptions, TrustContext, TrustStores, Verification, policy::TrustPolicy, sign, verify_signature,
};
use plimsoll_pki::Certificate;
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// One signature, all that is needed to verify it, and the operations that no verification can avoid.
pub struct Fixture {
    /// The key and the format.
    pub name: String,
    /// The envelope.
    pub envelope: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// The root, in PEM.
    pub root_pem: String,
    target: Descriptor,
    trust: TrustContext,
    floor: Vec<Operation>,
}

/// One bare signature check.
struct Operation {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Fixture {
    /// Both formats under a chain of three, RSA-4096 and P-256.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let keys = [KeySpec::Rsa4096, KeySpec::P256];
        keys.into_iter().flat_map(|spec| [Format::Jws, Format::Cose].map(|format| Self::new(spec, format))).collect()
    }
    fn new(spec: KeySpec, format: Format) -> Self {
        let ca = TestCa::new(spec);
        let target = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
        let signer = ca.leaf.key.envelope_signer().expect("a signer");
        let options = SignOptions::new(NOW).with_format(format);
        let made = now(sign(&target, &signer, &ca.chain(), &options, provider())).expect("a signature");
        let envelope = made.envelope.bytes().to_vec();
        let mut stores = TrustStores::new();
        stores.add(ca.named_store("ca:bench"));
        let policy = TrustPolicy::parse(POLICY.as_bytes()).expect("a policy");
        let trust = TrustContext::new(policy.statements().first().expect("a statement").clone(), &stores);
        let floor = floor(&ca, spec, &signer);
        let name = format!("{} {format}", ca.leaf.key.kind());
        Self { name, envelope, format, root_pem: ca.root.pem(), target, trust, floor }
    }
    /// Envelope bytes to outcome.
    #[must_use]
    pub fn verify(&self) -> Verification {
        verify_signature(&self.envelope, self.format.media_type(), &self.target, &self.trust, NOW, provider())
    }
    /// The same, with the trust store and the policy read anew.
    #[must_use]
    pub fn verify_cold(&self) -> Verification {
        let policy = TrustPolicy::parse(POLICY.as_bytes()).expect("a policy");
        let limits = plimsoll_pki::Limits::default();
        let certificates = plimsoll_pki::read_certificates(self.root_pem.as_bytes(), &limits).expect("certificates");
        let der = certificates.iter().map(plimsoll_pki::OwnedCertificate::der);
        let name = "ca:bench".parse().expect("a name");
        let mut stores = TrustStores::new();
        stores.add(plimsoll_pki::NamedStore::load(name, der, provider(), &limits).expect("a store"));
        let trust = TrustContext::new(policy.statements().first().expect("a statement").clone(), &stores);
        verify_signature(&self.envelope, self.format.media_type(), &self.target, &trust, NOW, provider())
    }
    /// The signature and the two links below the trusted root, by `ring` alone.
    pub fn floor(&self) {
        for one in &self.floor {
            UnparsedPublicKey::new(one.algorithm, &one.key).verify(&one.message, &one.signature).expect("it holds");
        }
    }
}

const POLICY: &str = r#"{"version": "1.0", "trustPolicies": [{"name": "bench", "registryScopes": ["*"],
    "signatureVerification": {"level": "strict"}, "trustStores": ["ca:bench"],
    "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour"]}]}"#;

fn floor(ca: &TestCa, spec: KeySpec, signer: &plimsoll_crypto::LocalSigner) -> Vec<Operation> {
    let (envelope, link): (&'static dyn VerificationAlgorithm, &'static dyn VerificationAlgorithm) = match spec {
        KeySpec::P256 => (&ECDSA_P256_SHA256_FIXED, &ECDSA_P256_SHA256_ASN1),
        _ => (&RSA_PSS_2048_8192_SHA512, &RSA_PKCS1_2048_8192_SHA512),
    };
    // A signing input of the usual length.
    let message = vec![b'x'; 600];
    let signature = signer.sign_now(&message).expect("a signature");
    let (leaf, intermediate, root) = (ca.leaf.view(), ca.intermediate.view(), ca.root.view());
    let bare = |one: &Certificate<'_>, issuer: &Certificate<'_>| Operation {
        algorithm: link,
        key: key(issuer),
        message: one.tbs().to_vec(),
        signature: one.signature().to_vec(),
    };
    vec![
        Operation { algorithm: envelope, key: key(&leaf), message, signature },
        bare(&leaf, &intermediate),
        bare(&intermediate, &root),
    ]
}

/// The content of the BIT STRING of a `SubjectPublicKeyInfo`, as `ring` wants a key.
fn key(certificate: &Certificate<'_>) -> Vec<u8> {
    let spki = AnyRef::from_der(certificate.public_key().spki_der()).expect("a SEQUENCE");
    let mut inner = SliceReader::new(spki.value()).expect("its content");
    AnyRef::decode(&mut inner).expect("an algorithm");
    let bits = BitStringRef::decode(&mut inner).expect("a BIT STRING");
    inner.finish().expect("its end");
    bits.as_bytes().expect("whole octets").to_vec()
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a local key does not wait"),
    }
}
