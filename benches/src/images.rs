//! Many images of one signer: what a memo is for.

use crate::{
    fixture::{now, trust},
    floor::{Library, Operation},
};
use plimsoll_core::{Descriptor, Provider};
use plimsoll_notary::{Format, SignOptions, TrustContext, sign, verify_signature};
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};
use plimsoll_verify::Memo;

/// The signatures of many images by one signer, and the one operation that each of them costs at least.
pub struct Images {
    /// The key and the format.
    pub name: String,
    format: Format,
    signed: Vec<(Descriptor, Vec<u8>)>,
    trust: TrustContext,
    floor: Operation,
}

impl Images {
    /// Signs `count` images, in both formats, by a P-256 and an RSA-4096 key.
    #[must_use]
    pub fn all(count: usize) -> Vec<Self> {
        let keys = [KeySpec::Rsa4096, KeySpec::P256];
        keys.into_iter().flat_map(|spec| [Format::Jws, Format::Cose].map(|it| Self::new(spec, it, count))).collect()
    }
    fn new(spec: KeySpec, format: Format, count: usize) -> Self {
        let ca = TestCa::new(spec);
        let signer = ca.leaf.key.envelope_signer().expect("a signer");
        let options = SignOptions::new(NOW).with_format(format);
        let one = |number: usize| {
            let content = number.to_string();
            let target = Descriptor::of("application/vnd.oci.image.manifest.v1+json", content.as_bytes());
            let made = now(sign(&target, &signer, &ca.chain(), &options, Library::Ring.provider()));
            let envelope = made.expect("a signature").envelope.bytes().to_vec();
            (target, envelope)
        };
        // A signing input of the usual length.
        let message = vec![b'x'; 600];
        let signature = signer.sign_now(&message).expect("a signature");
        let floor = Operation::envelope(Library::Ring, spec, &ca.leaf.view(), message, signature);
        let name = format!("{} {format}", ca.leaf.key.kind());
        Self { name, format, signed: (0..count).map(one).collect(), trust: trust(&ca.root.der), floor }
    }
    /// How many images there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signed.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signed.is_empty()
    }
    /// Verifies each once, with a memo that knows nothing at first.
    pub fn verify(&self) {
        let memo = Memo::new(4096);
        memo.remember(Library::Ring.provider(), |crypto| self.verify_by(crypto));
    }
    /// Verifies each once, without a memo.
    pub fn verify_anew(&self) {
        self.verify_by(Library::Ring.provider());
    }
    fn verify_by(&self, crypto: Provider<'_>) {
        for (target, envelope) in &self.signed {
            let found = verify_signature(envelope, self.format.media_type(), target, &self.trust, NOW, crypto);
            assert!(found.verified().is_some(), "{}: {:?}", self.name, found.failure());
        }
    }
    /// One bare operation under the signer's key.
    pub fn floor(&self) {
        self.floor.run();
    }
}
