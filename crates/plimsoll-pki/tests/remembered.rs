//! Chains that are remembered: for which question a proof stands, and for which it does not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use plimsoll_core::{
    Algorithm, Message, Proof, Proofs, Provider, PublicKey, SignatureAlgorithm, UnixTime, VerifyError,
};
use plimsoll_pki::{
    ChainError, ChainOptions, LeafIdentity, Limits, PresentedChain, Profile, Strictness, TrustStore, VerifiedChain,
    issue::Role, verify_chain,
};
use plimsoll_testkit::operations::Memory;
use plimsoll_testkit::pki::{Certified, KeySpec, LEAF, NOT_AFTER, NOW, TestCa, named_store};
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

/// Counts what reaches the back end.
struct Counting(AtomicUsize);

impl SignatureAlgorithm for Counting {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256Der
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        plimsoll_crypto::provider().verify(self.algorithm(), key, message, signature)
    }
}

/// A memory with one authority, and back ends that count.
struct World {
    memory: Memory,
    counting: Counting,
    ca: TestCa,
    anchors: TrustStore,
}

impl World {
    fn new() -> Self {
        let ca = TestCa::new(KeySpec::P256);
        let anchors = ca.trust_store("ca:ours");
        Self { memory: Memory::default(), counting: Counting(AtomicUsize::new(0)), ca, anchors }
    }
    /// Verifies with and without the memory, which must be the same; says how many operations the memory did not spare.
    fn verify<'a>(
        &self,
        chain: &[&'a [u8]],
        options: &ChainOptions,
        anchors: Option<&TrustStore>,
    ) -> (Result<VerifiedChain<'a>, ChainError>, usize) {
        let algorithms: [&dyn SignatureAlgorithm; 1] = [&self.counting];
        let plain = Provider::new(&algorithms);
        let anew = verify_chain(chain, options, plain, anchors);
        self.counting.0.store(0, Ordering::Relaxed);
        let found = verify_chain(chain, options, plain.with_proofs(&self.memory), anchors);
        assert_eq!(found, anew, "with a memory and without");
        (found, self.counting.0.load(Ordering::Relaxed))
    }
    /// The operations of a verification that holds, under the usual options and anchors.
    fn usual(&self, chain: &[&[u8]]) -> usize {
        let (found, operations) = self.verify(chain, &options(), Some(&self.anchors));
        found.unwrap();
        operations
    }
}

fn options() -> ChainOptions {
    ChainOptions::new(Profile::NotarySigning)
}

#[test]
fn a_chain_that_meets_an_anchor_is_checked_once() {
    let world = World::new();
    assert_eq!([world.usual(&world.ca.chain()), world.usual(&world.ca.chain())], [2, 0]);
    let (chain, _) = world.verify(&world.ca.chain(), &options(), Some(&world.anchors));
    let chain = chain.unwrap();
    // What is asked of it is asked each time.
    assert!(chain.valid_at(NOW).is_ok());
    assert!(chain.valid_at(UnixTime::saturating_from_secs(NOT_AFTER.as_secs() + 1)).is_err());
    assert!(chain.anchored_in(&world.anchors).is_ok());
    assert!(chain.anchored_in(&TestCa::new(KeySpec::P256).trust_store("ca:ours")).is_err());
    let leaf = world.ca.leaf.view();
    let LeafIdentity { subject, certificate, .. } = chain.leaf_identity();
    assert_eq!((&**subject, *certificate), (&*leaf.subject().to_string(), leaf.digest()));
}

#[test]
fn a_certificate_with_addresses_is_the_same_when_it_is_remembered() {
    let world = World::new();
    let role = Role::Signer { ocsp: &["http://ocsp.test/"], crl: &["http://crl.test/"] };
    let leaf = world.ca.intermediate.issue(KeySpec::P256, LEAF, role, |_| ());
    let chain = [&leaf.der, &world.ca.intermediate.der, &world.ca.root.der].map(Vec::as_slice);
    assert_eq!([world.usual(&chain), world.usual(&chain)], [2, 0]);
    // Every part is one of the bytes that are given, as if they had been read.
    let again = chain.map(<[u8]>::to_vec);
    let again: Vec<&[u8]> = again.iter().map(Vec::as_slice).collect();
    let known = plimsoll_crypto::provider().with_proofs(&world.memory);
    let laid = PresentedChain::read(&again, &options(), known).unwrap();
    let read = PresentedChain::from_der(&again, &Limits::default()).unwrap();
    assert_eq!(laid, read);
    for (laid, read) in laid.certificates().iter().zip(read.certificates()) {
        for (laid, read) in [(laid.tbs(), read.tbs()), (laid.subject().der(), read.subject().der())] {
            assert!(std::ptr::eq(laid, read));
        }
    }
    let (chain, _) = world.verify(&chain, &options(), Some(&world.anchors));
    let chain = chain.unwrap();
    assert_eq!(chain.revocable().count(), 1);
    assert_eq!(chain.leaf().ocsp_urls(), [b"http://ocsp.test/"]);
    assert_eq!(chain.leaf().crl_urls(), [b"http://crl.test/"]);
}

#[test]
fn another_chain_of_the_same_leaf_is_another_chain() {
    let world = World::new();
    world.usual(&world.ca.chain());
    // The same authority below another root: the leaf holds under both.
    let other = TestCa::new(KeySpec::P256);
    let above = cross(&other.root, &world.ca.intermediate);
    let crossed = [&world.ca.leaf.der, &above, &other.root.der].map(Vec::as_slice);
    let (found, operations) = world.verify(&crossed, &options(), Some(&world.anchors));
    assert_eq!(operations, 3, "its root is not one of the anchors");
    assert!(found.unwrap().anchored_in(&world.anchors).is_err());
    // Any octet changed, in any certificate.
    for level in 0..3 {
        let mut changed = world.ca.chain().into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
        *changed[level].last_mut().unwrap() ^= 1;
        let changed: Vec<&[u8]> = changed.iter().map(Vec::as_slice).collect();
        assert!(world.verify(&changed, &options(), Some(&world.anchors)).0.is_err(), "{level}");
    }
    // Fewer, and more.
    assert!(world.verify(&world.ca.chain()[..2], &options(), Some(&world.anchors)).0.is_err());
    let longer = [&world.ca.chain()[..], &[&other.root.der]].concat();
    assert!(world.verify(&longer, &options(), Some(&world.anchors)).0.is_err());
    assert_eq!(world.usual(&world.ca.chain()), 0, "it is still known");
}

#[test]
fn another_profile_strictness_or_limit_is_another_question() {
    let world = World::new();
    // A serial number of zero is a warning, and refused under strict rules.
    let leaf = world.ca.intermediate.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[], crl: &[] }, |draft| {
        draft.serial = vec![0];
    });
    let chain = [&leaf.der, &world.ca.intermediate.der, &world.ca.root.der].map(Vec::as_slice);
    assert_eq!([world.usual(&chain), world.usual(&chain)], [2, 0]);
    let anchors = Some(&world.anchors);
    let (found, _) = world.verify(&chain, &options(), anchors);
    assert_eq!(found.unwrap().warnings().len(), 1, "a warning is remembered too");
    assert!(world.verify(&chain, &options().with_strictness(Strictness::Strict), anchors).0.is_err());
    assert!(world.verify(&chain, &ChainOptions::new(Profile::TimeStamping), anchors).0.is_err());
    let limits: [fn(&mut Limits); 3] =
        [|limits| limits.certificate_bytes = 8, |limits| limits.chain = 2, |limits| limits.extensions = 1];
    for narrow in limits {
        let mut limits = Limits::default();
        narrow(&mut limits);
        assert!(world.verify(&chain, &options().with_limits(limits), anchors).0.is_err(), "{limits:?}");
    }
    assert_eq!(world.usual(&chain), 0);
}

#[test]
fn other_anchors_are_another_question() {
    let world = World::new();
    world.usual(&world.ca.chain());
    let chain = world.ca.chain();
    let operations = |anchors: Option<&TrustStore>| world.verify(&chain, &options(), anchors).1;
    // The same certificate in a store of the same name that was loaded again is the same.
    assert_eq!(operations(Some(&world.ca.trust_store("ca:ours"))), 0);
    assert_eq!(operations(None), 3, "the root's own signature is checked, for nobody did it before");
    let stranger = TestCa::new(KeySpec::P256).trust_store("ca:ours");
    assert_eq!(operations(Some(&stranger)), 3);
    assert_eq!(operations(Some(&stranger)), 3, "a chain that meets no anchor is not kept");
    assert_eq!(operations(Some(&world.ca.trust_store("ca:other"))), 2);
    let both = TrustStore::new([world.ca.named_store("ca:ours"), world.ca.named_store("ca:other")]);
    assert_eq!([operations(Some(&both)), operations(Some(&both))], [2, 0]);
    let pinned = TrustStore::new([named_store("ca:pinned", &[&world.ca.intermediate.der])]);
    assert_eq!([operations(Some(&pinned)), operations(Some(&pinned))], [3, 0]);
    assert_eq!(operations(Some(&world.anchors)), 0, "each is kept beside the others");
}

#[test]
fn what_a_root_lacks_is_not_made_good_by_other_anchors() {
    // A root whose own signature does not hold: only a store that was loaded with other back ends takes it for self-signed.
    let nodding: [&dyn SignatureAlgorithm; 1] = [&Nodding];
    let world = World::new();
    let mut root = world.ca.root.der.clone();
    *root.last_mut().unwrap() ^= 1;
    let load = |provider| {
        let name = "ca:ours".parse().unwrap();
        TrustStore::new([std::sync::Arc::new(
            plimsoll_pki::NamedStore::load(name, [&*root], provider, &Limits::default()).unwrap(),
        )])
    };
    let (careless, careful) = (load(Provider::new(&nodding)), load(plimsoll_crypto::provider()));
    let chain = [&*world.ca.leaf.der, &*world.ca.intermediate.der, &*root];
    assert!(world.verify(&chain, &options(), Some(&careless)).0.is_ok());
    assert!(world.verify(&chain, &options(), Some(&careful)).0.is_err());
}

#[test]
fn a_provider_without_the_memory_checks_anew() {
    let world = World::new();
    world.usual(&world.ca.chain());
    let algorithms: [&dyn SignatureAlgorithm; 1] = [&world.counting];
    let plain = Provider::new(&algorithms);
    let read = PresentedChain::read(&world.ca.chain(), &options(), plain.with_proofs(&world.memory)).unwrap();
    assert_eq!(read, PresentedChain::from_der(&world.ca.chain(), &Limits::default()).unwrap());
    world.counting.0.store(0, Ordering::Relaxed);
    read.verify(&options(), plain, Some(&world.anchors)).unwrap();
    assert_eq!(world.counting.0.load(Ordering::Relaxed), 2);
}

#[test]
fn a_memory_that_gives_back_something_else_is_not_believed() {
    /// Gives back the last that was kept, whatever it was about.
    #[derive(Default)]
    struct Confused(Mutex<Option<Proof>>);
    impl Proofs for Confused {
        fn recall(&self, _: &[u8]) -> Option<Proof> {
            self.0.lock().unwrap().clone()
        }
        fn keep(&self, _: &[u8], proof: Proof) {
            *self.0.lock().unwrap() = Some(proof);
        }
    }
    let (ours, theirs) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let anchors = ours.trust_store("ca:ours");
    let confused = Confused::default();
    let provider = plimsoll_crypto::provider().with_proofs(&confused);
    verify_chain(&ours.chain(), &options(), provider, Some(&anchors)).unwrap();
    let found = verify_chain(&theirs.chain(), &options(), provider, Some(&anchors)).unwrap();
    assert_eq!(found.leaf().der(), theirs.leaf.der);
    assert!(found.anchored_in(&anchors).is_err());
    confused.keep(b"", std::sync::Arc::new(7));
    assert!(verify_chain(&ours.chain(), &options(), provider, Some(&anchors)).is_ok());
}

/// A certificate of `issuer` for the name and key of `of`.
fn cross(issuer: &Certified, of: &Certified) -> Vec<u8> {
    let (subject, key) = (of.view().subject().der().to_vec(), of.key.public_key_spki_der().to_vec());
    let made = issuer.issue(KeySpec::P256, "CN=x", Role::Intermediate { path_length: None }, |draft| {
        (draft.subject, draft.spki) = (subject, key);
    });
    made.der
}

/// Says yes to everything.
struct Nodding;

impl SignatureAlgorithm for Nodding {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256Der
    }
    fn verify(&self, _: PublicKey<'_>, _: Message<'_>, _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}
