//! The bare operations that no verification can avoid, by the library itself, without Plimsoll.

use der::{
    Decode, Reader, SliceReader,
    asn1::{AnyRef, BitStringRef},
};
use p521::ecdsa::{DerSignature, Signature, VerifyingKey, signature::Verifier};
use plimsoll_core::{Provider, PublicKey};
use plimsoll_pki::Certificate;
use plimsoll_testkit::pki::{KeySpec, TestCa};
use ring::signature as ring;

/// Who does the public-key operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Library {
    /// `ring`, and `p521` for P-521.
    Ring,
    /// AWS-LC.
    #[cfg(feature = "aws-lc-rs")]
    AwsLc,
}

impl Library {
    /// Every library that was built in.
    pub const ALL: &[Self] = &[
        Self::Ring,
        #[cfg(feature = "aws-lc-rs")]
        Self::AwsLc,
    ];

    pub(crate) fn provider(self) -> Provider<'static> {
        match self {
            Self::Ring => plimsoll_crypto::ring::provider(),
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => plimsoll_crypto::aws_lc::provider(),
        }
    }
    /// The suffix of names: none for the default.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Ring => "",
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => " aws-lc",
        }
    }
}

/// One bare signature check.
pub(crate) struct Operation {
    library: Library,
    spec: KeySpec,
    kind: Kind,
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// What the signature is on.
#[derive(Clone, Copy)]
enum Kind {
    Envelope,
    Link,
}

impl Operation {
    /// The check of an envelope's signature.
    pub(crate) fn envelope(
        library: Library,
        spec: KeySpec,
        signer: &Certificate<'_>,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> Self {
        let key = key(signer.public_key());
        Self { library, spec, kind: Kind::Envelope, key, message, signature }
    }
    /// The check of a certificate.
    pub(crate) fn link(library: Library, spec: KeySpec, one: &Certificate<'_>, issuer: &Certificate<'_>) -> Self {
        let (message, signature) = (one.tbs().to_vec(), one.signature().to_vec());
        Self { library, spec, kind: Kind::Link, key: key(issuer.public_key()), message, signature }
    }
    /// The links below the root; with an anchor other than the root, its own signature too.
    pub(crate) fn links(library: Library, spec: KeySpec, ca: &TestCa, root_is_trusted: bool) -> Vec<Self> {
        let (leaf, intermediate, root) = (ca.leaf.view(), ca.intermediate.view(), ca.root.view());
        let mut all =
            vec![Self::link(library, spec, &leaf, &intermediate), Self::link(library, spec, &intermediate, &root)];
        if !root_is_trusted {
            all.push(Self::link(library, spec, &root, &root));
        }
        all
    }
    pub(crate) fn run(&self) {
        match (self.library, self.spec) {
            (Library::Ring, KeySpec::P521) => self.p521(),
            (Library::Ring, _) => self.ring(),
            #[cfg(feature = "aws-lc-rs")]
            (Library::AwsLc, _) => self.aws_lc(),
        }
    }
    fn ring(&self) {
        let algorithm: &dyn ring::VerificationAlgorithm = match (self.spec, self.kind) {
            (KeySpec::P256, Kind::Envelope) => &ring::ECDSA_P256_SHA256_FIXED,
            (KeySpec::P256, Kind::Link) => &ring::ECDSA_P256_SHA256_ASN1,
            (KeySpec::P384, Kind::Envelope) => &ring::ECDSA_P384_SHA384_FIXED,
            (KeySpec::P384, Kind::Link) => &ring::ECDSA_P384_SHA384_ASN1,
            (_, Kind::Envelope) => &ring::RSA_PSS_2048_8192_SHA512,
            (_, Kind::Link) => &ring::RSA_PKCS1_2048_8192_SHA512,
        };
        let key = ring::UnparsedPublicKey::new(algorithm, &self.key);
        key.verify(&self.message, &self.signature).expect("it holds");
    }
    fn p521(&self) {
        let key = VerifyingKey::from_sec1_bytes(&self.key).expect("a key");
        match self.kind {
            Kind::Envelope => {
                let signature = Signature::from_slice(&self.signature).expect("a signature");
                key.verify(&self.message, &signature).expect("it holds");
            }
            Kind::Link => {
                let signature = DerSignature::from_bytes(&self.signature).expect("a signature");
                key.verify(&self.message, &signature).expect("it holds");
            }
        }
    }
    #[cfg(feature = "aws-lc-rs")]
    fn aws_lc(&self) {
        use aws_lc_rs::signature as aws;
        let algorithm: &'static dyn aws::VerificationAlgorithm = match (self.spec, self.kind) {
            (KeySpec::P256, Kind::Envelope) => &aws::ECDSA_P256_SHA256_FIXED,
            (KeySpec::P256, Kind::Link) => &aws::ECDSA_P256_SHA256_ASN1,
            (KeySpec::P384, Kind::Envelope) => &aws::ECDSA_P384_SHA384_FIXED,
            (KeySpec::P384, Kind::Link) => &aws::ECDSA_P384_SHA384_ASN1,
            (KeySpec::P521, Kind::Envelope) => &aws::ECDSA_P521_SHA512_FIXED,
            (KeySpec::P521, Kind::Link) => &aws::ECDSA_P521_SHA512_ASN1,
            (_, Kind::Envelope) => &aws::RSA_PSS_2048_8192_SHA512,
            (_, Kind::Link) => &aws::RSA_PKCS1_2048_8192_SHA512,
        };
        let key = aws::UnparsedPublicKey::new(algorithm, &self.key);
        key.verify(&self.message, &self.signature).expect("it holds");
    }
}

/// The content of the BIT STRING of a `SubjectPublicKeyInfo`, as the libraries want a key.
fn key(key: PublicKey<'_>) -> Vec<u8> {
    let spki = AnyRef::from_der(key.spki_der()).expect("a SEQUENCE");
    let mut inner = SliceReader::new(spki.value()).expect("its content");
    AnyRef::decode(&mut inner).expect("an algorithm");
    let bits = BitStringRef::decode(&mut inner).expect("a BIT STRING");
    inner.finish().expect("its end");
    bits.as_bytes().expect("whole octets").to_vec()
}
