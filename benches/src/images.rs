//! Many images of one signer: what a memo is for.

use crate::{
    fixture::{now, trust},
    floor::{Library, Operation},
    nodding,
};
use plimsoll_core::{Descriptor, Provider};
use plimsoll_notary::{Format, SignOptions, TrustContext, sign, verify_signature};
use plimsoll_testkit::pki::{Certified, KeySpec, NOW, TestCa};
use plimsoll_verify::Memo;

/// The signatures of many images by one signer, and the one operation that each of them costs at least.
pub struct Images {
    /// The key and the format.
    pub name: String,
    format: Format,
    signed: Vec<(Descriptor, Vec<u8>)>,
    trust: TrustContext,
    signer: Certified,
    floor: Vec<Operation>,
}

impl Images {
    /// Signs `count` images, in both formats, by a P-256 and an RSA-4096 key.
    #[must_use]
    pub fn all(count: usize) -> Vec<Self> {
        let one = |spec, format| Self::new(spec, format, count).with_floor();
        KEYS.into_iter().flat_map(|spec| [Format::Jws, Format::Cose].map(|format| one(spec, format))).collect()
    }
    /// The images of one signer, with the name that it would have among [`Images::all`], but without the bare operations.
    #[must_use]
    pub fn named(name: &str, count: usize) -> Option<Self> {
        let all = KEYS.into_iter().flat_map(|spec| [Format::Jws, Format::Cose].map(|format| (spec, format)));
        let made =
            |(spec, format): (KeySpec, Format)| (named(spec, format) == name).then(|| Self::new(spec, format, count));
        all.into_iter().find_map(made)
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
        let name = named(spec, format);
        let signed = (0..count).map(one).collect();
        Self { name, format, signed, trust: trust(&ca.root.der), signer: ca.leaf, floor: Vec::new() }
    }
    fn with_floor(mut self) -> Self {
        let signer = self.signer.key.envelope_signer().expect("a signer");
        let one = |number: usize| {
            // A signing input of the usual length.
            let message = format!("{number:x<600}").into_bytes();
            let signature = signer.sign_now(&message).expect("a signature");
            Operation::envelope(Library::Ring, self.signer.spec, &self.signer.view(), message, signature)
        };
        self.floor = (0..self.signed.len()).map(one).collect();
        self
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
    /// Gives a verification of each to `run`, one after the other, by a memo that knows nothing at first.
    pub fn each(&self, run: impl FnMut(usize, &dyn Fn())) {
        Memo::new(4096).remember(Library::Ring.provider(), |crypto| self.by(crypto, run));
    }
    /// The same without a memo.
    pub fn each_anew(&self, run: impl FnMut(usize, &dyn Fn())) {
        self.by(Library::Ring.provider(), run);
    }
    /// The same by a memo, without the public-key operations: what Plimsoll does itself.
    pub fn each_nodding(&self, run: impl FnMut(usize, &dyn Fn())) {
        Memo::new(4096).remember(nodding(), |crypto| self.by(crypto, run));
    }
    fn by(&self, crypto: Provider<'_>, mut run: impl FnMut(usize, &dyn Fn())) {
        for (index, (target, envelope)) in self.signed.iter().enumerate() {
            run(index, &|| {
                let found = verify_signature(envelope, self.format.media_type(), target, &self.trust, NOW, crypto);
                assert!(found.verified().is_some(), "{}: {:?}", self.name, found.failure());
            });
        }
    }
    /// One bare operation under the signer's key: for each image on another message, as in its verification.
    pub fn floor(&self, index: usize) {
        self.floor[index].run();
    }
}

fn named(spec: KeySpec, format: Format) -> String {
    format!("{} {format}", spec.key().kind())
}

const KEYS: [KeySpec; 2] = [KeySpec::Rsa4096, KeySpec::P256];
