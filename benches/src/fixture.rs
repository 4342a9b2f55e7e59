//! One signature, and what its verification cannot avoid.

use crate::{
    floor::{Library, Operation},
    nodding,
};
use plimsoll_core::{Descriptor, Digest, Provider};
use plimsoll_notary::{
    Format, SignOptions, TrustContext, TrustStores, Verification, policy::TrustPolicy, sign, verify_signature,
};
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa, named_store};
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// One signature, all that is needed to verify it, and the operations that no verification can avoid.
pub struct Fixture {
    /// The key, the format, and what is unusual.
    pub name: String,
    /// The envelope.
    pub envelope: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// The root, in PEM.
    pub root_pem: String,
    leaf: Vec<u8>,
    spki: Vec<u8>,
    target: Descriptor,
    trust: TrustContext,
    crypto: Provider<'static>,
    floor: Vec<Operation>,
}

impl Fixture {
    /// Both formats under a chain of three whose root is trusted, RSA-4096 and P-256: what most signatures are.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        let keys = [KeySpec::Rsa4096, KeySpec::P256];
        let both = |spec| [Format::Jws, Format::Cose].map(|format| Self::new(spec, format, Library::Ring, Level::Root));
        keys.into_iter().flat_map(both).collect()
    }
    /// The usual ones; the slower curves; a pinned intermediate; and the same by each other library that was built in.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Self::usual();
        let jws = |spec, library, anchor| Self::new(spec, Format::Jws, library, anchor);
        for library in Library::ALL {
            if *library != Library::Ring {
                all.extend([KeySpec::Rsa4096, KeySpec::P256].map(|spec| jws(spec, *library, Level::Root)));
            }
            all.extend([KeySpec::P384, KeySpec::P521].map(|spec| jws(spec, *library, Level::Root)));
        }
        all.extend([KeySpec::Rsa4096, KeySpec::P256].map(|spec| jws(spec, Library::Ring, Level::Intermediate)));
        all
    }
    fn new(spec: KeySpec, format: Format, library: Library, anchor: Level) -> Self {
        let ca = TestCa::new(spec);
        let target = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
        let signer = ca.leaf.key.envelope_signer().expect("a signer");
        let options = SignOptions::new(NOW).with_format(format);
        let made = now(sign(&target, &signer, &ca.chain(), &options, library.provider())).expect("a signature");
        let envelope = made.envelope.bytes().to_vec();
        // A signing input of the usual length.
        let message = vec![b'x'; 600];
        let signature = signer.sign_now(&message).expect("a signature");
        let mut floor = vec![Operation::envelope(library, spec, &ca.leaf.view(), message, signature)];
        floor.extend(Operation::links(library, spec, &ca, anchor == Level::Root));
        let pinned = if anchor == Level::Root { "" } else { " pinned" };
        let name = format!("{} {format}{pinned}{}", ca.leaf.key.kind(), library.suffix());
        let trust = trust(if anchor == Level::Root { &ca.root.der } else { &ca.intermediate.der });
        let spki = ca.leaf.key.public_key_spki_der().to_vec();
        Self {
            name,
            envelope,
            format,
            root_pem: ca.root.pem(),
            leaf: ca.leaf.der,
            spki,
            target,
            trust,
            crypto: library.provider(),
            floor,
        }
    }
    /// Envelope bytes to outcome.
    #[must_use]
    pub fn verify(&self) -> Verification {
        self.verify_by(self.crypto)
    }
    /// The same without the public-key operations: what Plimsoll does itself.
    #[must_use]
    pub fn verify_nodding(&self) -> Verification {
        self.verify_by(nodding())
    }
    fn verify_by(&self, crypto: Provider<'_>) -> Verification {
        verify_signature(&self.envelope, self.format.media_type(), &self.target, &self.trust, NOW, crypto)
    }
    /// Envelope bytes to outcome, with the trust store and the policy read anew.
    #[must_use]
    pub fn verify_cold(&self) -> Verification {
        let policy = TrustPolicy::parse(POLICY.as_bytes()).expect("a policy");
        let limits = plimsoll_pki::Limits::default();
        let certificates = plimsoll_pki::read_certificates(self.root_pem.as_bytes(), &limits).expect("certificates");
        let der = certificates.iter().map(plimsoll_pki::OwnedCertificate::der);
        let name = STORE.parse().expect("a name");
        let mut stores = TrustStores::new();
        stores.add(plimsoll_pki::NamedStore::load(name, der, self.crypto, &limits).expect("a store"));
        let trust = TrustContext::new(policy.statements().first().expect("a statement").clone(), &stores);
        verify_signature(&self.envelope, self.format.media_type(), &self.target, &trust, NOW, self.crypto)
    }
    /// The hashes that a verified signature has for its signer: of the certificate, and of its key.
    #[must_use]
    pub fn hashes(&self) -> [Digest; 2] {
        [&self.leaf, &self.spki].map(|bytes| Digest::sha256_of(bytes))
    }
    /// The signature and the links, by the bare library.
    pub fn floor(&self) {
        self.floor.iter().for_each(Operation::run);
    }
}

/// Which certificate is trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Intermediate,
}

/// Trusts one certificate, and a subject of the test authority.
pub(crate) fn trust(anchor: &[u8]) -> TrustContext {
    let mut stores = TrustStores::new();
    stores.add(named_store(STORE, &[anchor]));
    let policy = TrustPolicy::parse(POLICY.as_bytes()).expect("a policy");
    TrustContext::new(policy.statements().first().expect("a statement").clone(), &stores)
}

pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a local key does not wait"),
    }
}

const STORE: &str = "ca:bench";
const POLICY: &str = r#"{"version": "1.0", "trustPolicies": [{"name": "bench", "registryScopes": ["*"],
    "signatureVerification": {"level": "strict"}, "trustStores": ["ca:bench"],
    "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour"]}]}"#;
