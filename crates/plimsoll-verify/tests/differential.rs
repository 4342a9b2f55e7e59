//! Whatever is verified, in whatever order and by however many at once: with a memo that all share, every verification is the same as without.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use plimsoll_core::{
    Algorithm, Bytes, Descriptor, Failure, Missing, Outcome, Provider, Purpose, SignatureAlgorithm, UnixTime, code,
};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Answers, Artifact, EnvelopeDraft, Format, SignedAttributes, SigningScheme, TrustContext, TrustStores, Verification,
    Verifier, policy::TrustPolicy,
};
use plimsoll_pki::{
    crl::{CertificateList, CrlLimits, RevokedReason},
    distrust::{Distrust, DistrustEntry, Subject},
    issue::Role,
    revocation::StatusAnswers,
};
use plimsoll_testkit::{
    crl::{self, DAY},
    pki::{Certified, KeySpec, LEAF, NOT_AFTER, NOT_BEFORE, NOW, TestCa, named_store, set_validity},
    timestamp::TestTsa,
};
use plimsoll_verify::Memo;
use std::{collections::BTreeSet, thread};

/// Somebody who signs: a chain, and the key that signs, which need not be the leaf's.
struct Signer<'c> {
    chain: Vec<Vec<u8>>,
    key: &'c Certified,
}

impl<'c> Signer<'c> {
    fn new(leaf: &'c Certified, above: &[&[u8]]) -> Self {
        let chain = [&[leaf.der.as_slice()], above].concat();
        Self { chain: chain.into_iter().map(<[u8]>::to_vec).collect(), key: leaf }
    }
    fn of(ca: &'c TestCa) -> Self {
        Self::new(&ca.leaf, &ca.chain()[1..])
    }
    /// The same with one bit of one certificate changed.
    fn changed(mut self, level: usize) -> Self {
        *self.chain[level].last_mut().unwrap() ^= 1;
        self
    }
    fn without_last(mut self) -> Self {
        self.chain.pop();
        self
    }
    fn signing_by(mut self, key: &'c Certified) -> Self {
        self.key = key;
        self
    }
    fn envelope(&self, format: Format, scheme: SigningScheme, tsa: Option<&TestTsa>) -> Vec<u8> {
        let signer = self.key.key.envelope_signer().unwrap();
        let attributes = SignedAttributes::new(scheme, NOW);
        let draft =
            EnvelopeDraft::new(format, Algorithm::EcdsaP256Sha256Fixed, &attributes, payload().as_bytes()).unwrap();
        let signature = signer.sign_now(draft.signing_input()).unwrap();
        let chain: Vec<&[u8]> = self.chain.iter().map(Vec::as_slice).collect();
        match tsa {
            Some(tsa) => draft.attach_timestamped(&signature, &chain, "agent", &tsa.token(&signature)).unwrap(),
            None => draft.attach(&signature, &chain, "agent").unwrap(),
        }
    }
}

fn target() -> Descriptor {
    Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}")
}

fn payload() -> String {
    let Descriptor { media_type, digest, size, .. } = target();
    format!(r#"{{"targetArtifact":{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}}}"#)
}

/// The authorities of the test, and those whom they certify.
struct World {
    ours: TestCa,
    other: TestCa,
    /// The authority of `ours` below the root of `other`.
    crossed: Vec<u8>,
    /// Its list can be asked for.
    listed: Certified,
    /// Its serial number is zero, which is a warning.
    odd: Certified,
    /// Valid for a year only.
    brief: Certified,
    tsa: TestTsa,
}

const LIST: &str = "http://crl.test/signers";

impl World {
    fn new() -> Self {
        let (ours, other) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
        let signer = Role::Signer { ocsp: &[], crl: &[] };
        let of = &ours.intermediate;
        let (subject, key) = (of.view().subject().der().to_vec(), of.key.public_key_spki_der().to_vec());
        let crossed = other.root.issue(KeySpec::P256, "CN=x", Role::Intermediate { path_length: None }, |draft| {
            (draft.subject, draft.spki) = (subject, key);
        });
        let listed = of.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[], crl: &[LIST] }, |_| ());
        let odd = of.issue(KeySpec::P256, "CN=Odd,O=Harbour,ST=WA,C=US", signer, |draft| draft.serial = vec![0]);
        let brief =
            of.issue(KeySpec::P256, LEAF, signer, |draft| set_validity(draft, NOT_BEFORE, NOW.saturating_add(DAY)));
        Self { crossed: crossed.der, listed, odd, brief, tsa: TestTsa::new(KeySpec::P256), ours, other }
    }
    fn envelopes(&self) -> Vec<(Format, Vec<u8>)> {
        let above = &self.ours.chain()[1..];
        let ours = || Signer::of(&self.ours);
        let crossed: &[&[u8]] = &[&self.crossed, &self.other.root.der];
        let signers = [
            ours(),
            Signer::of(&self.other),
            Signer::new(&self.listed, above),
            Signer::new(&self.odd, above),
            Signer::new(&self.brief, above),
            Signer::new(&self.ours.leaf, crossed),
            Signer::new(&self.listed, crossed),
            // What does not hold.
            ours().signing_by(&self.other.leaf),
            ours().changed(0),
            ours().changed(1),
            ours().changed(2),
            ours().without_last(),
            Signer::new(&self.ours.leaf, &self.other.chain()[1..]),
        ];
        let mut all = Vec::new();
        for format in [Format::Jws, Format::Cose] {
            for signer in &signers {
                all.push((format, signer.envelope(format, SigningScheme::X509, None)));
            }
            all.push((format, signers[0].envelope(format, SigningScheme::X509SigningAuthority, None)));
            all.push((format, signers[4].envelope(format, SigningScheme::X509, Some(&self.tsa))));
            let mut broken = signers[0].envelope(format, SigningScheme::X509, None);
            let middle = broken.len() / 2;
            broken[middle] ^= 1;
            all.push((format, broken));
        }
        all
    }
    fn stores(&self) -> TrustStores {
        let mut stores = TrustStores::new();
        stores.add(self.ours.named_store("ca:ours"));
        stores.add(named_store("ca:both", &[&self.ours.root.der, &self.other.root.der]));
        stores.add(self.other.named_store("ca:other"));
        stores.add(named_store("ca:pinned", &[&self.ours.intermediate.der]));
        stores.add(self.ours.named_store("signingAuthority:ours"));
        stores.add(named_store("tsa:tsa", &[&self.tsa.root.der]));
        stores
    }
    fn trusts(&self) -> Vec<TrustContext> {
        let distrusting = |subject| self.stores().with_distrust(Distrust::new([DistrustEntry::new(subject, "gone")]));
        let list = crl::list(&self.ours.intermediate, &[(&self.odd, RevokedReason::KeyCompromise)]);
        let list = CertificateList::from_der(list, &CrlLimits::default()).unwrap();
        let leaf = self.ours.leaf.view();
        let worlds = [
            self.stores(),
            distrusting(Subject::Certificate(leaf.digest())),
            distrusting(Subject::Issuer(self.ours.intermediate.view().digest())),
            self.stores().with_revocation_lists(vec![list]),
        ];
        let statements = [
            r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:ours"], "trustedIdentities": ["*"]"#,
            r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:other"], "trustedIdentities": ["*"]"#,
            r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:both", "tsa:tsa", "signingAuthority:ours"],
                "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour"]"#,
            r#""signatureVerification": {"level": "audit"}, "trustStores": ["ca:pinned"],
                "trustedIdentities": ["x509.subject: C=NL, ST=ZH, O=Other"]"#,
            r#""signatureVerification": {"level": "permissive"}, "trustStores": ["ca:other", "ca:ours", "tsa:tsa"],
                "trustedIdentities": ["*"], "plimsoll": {"revocation": "required"}"#,
        ];
        let mut all = Vec::new();
        for stores in &worlds {
            for members in statements {
                let text = format!(
                    r#"{{"version": "1.0", "trustPolicies": [{{"name": "n", "registryScopes": ["*"], {members}}}]}}"#
                );
                let policy = TrustPolicy::parse(text.as_bytes()).unwrap();
                all.push(TrustContext::new(policy.statements()[0].clone(), stores));
            }
        }
        all
    }
    fn outsides(&self) -> Vec<Outside> {
        let good = crl::list(&self.ours.intermediate, &[]);
        let bad = crl::list(&self.ours.intermediate, &[(&self.listed, RevokedReason::KeyCompromise)]);
        [None, Some(good), Some(bad)].map(|list| Outside { list: list.map(Bytes::from), asked: Vec::new() }).into()
    }
}

/// Somebody to ask for lists, and what was asked.
#[derive(Clone)]
struct Outside {
    list: Option<Bytes>,
    asked: Vec<String>,
}

impl StatusAnswers for Outside {
    fn http(&mut self, url: &str, _: Option<Bytes>, _: u64, _: Purpose) -> Result<Bytes, Missing> {
        self.asked.push(url.to_owned());
        self.list.clone().ok_or_else(|| Failure::new(code::UNREACHABLE, "cannot connect").into())
    }
}

impl Answers for Outside {
    fn plugin(&mut self, _: &str, _: &str, _: Bytes) -> Result<Bytes, Missing> {
        Err(Missing::Absent)
    }
}

/// One question: indices into what the world has.
#[derive(Clone, Copy, Debug)]
struct Case {
    envelope: usize,
    trust: usize,
    at: UnixTime,
    outside: usize,
    /// Without a back end for the signatures of certificates.
    bare: bool,
}

/// The usual order of nothing: the numbers of a linear congruential generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn cases(envelopes: usize, trusts: usize, outsides: usize) -> Vec<Case> {
    let mut dice = Dice(20_261_123);
    // Most signatures are made, and judged, at an ordinary time by an ordinary verifier.
    let late = NOW.saturating_add(8 * DAY);
    let times = [NOW, NOW, NOW, NOW, NOW, late, NOT_BEFORE.saturating_sub(1), NOT_AFTER.saturating_add(1)];
    let one = |dice: &mut Dice| Case {
        // The first of each format is a good one.
        envelope: if dice.roll(2) == 0 { dice.roll(2) * envelopes / 2 } else { dice.roll(envelopes) },
        trust: if dice.roll(2) == 0 { 0 } else { dice.roll(trusts) },
        at: times[dice.roll(times.len())],
        outside: dice.roll(outsides),
        bare: dice.roll(16) == 0,
    };
    (0..1000).map(|_| one(&mut dice)).collect()
}

type Found = (Verification, Vec<String>);

struct Trial {
    envelopes: Vec<(Format, Vec<u8>)>,
    trusts: Vec<TrustContext>,
    outsides: Vec<Outside>,
}

impl Trial {
    fn new() -> Self {
        let world = World::new();
        Self { envelopes: world.envelopes(), trusts: world.trusts(), outsides: world.outsides() }
    }
    fn cases(&self) -> Vec<Case> {
        cases(self.envelopes.len(), self.trusts.len(), self.outsides.len())
    }
    /// The whole verification, and what was asked for it.
    fn run(&self, case: Case, memo: Option<&Memo>) -> Found {
        let bare: [&dyn SignatureAlgorithm; 1] = [provider().find(Algorithm::EcdsaP256Sha256Fixed).unwrap()];
        let crypto = if case.bare { Provider::new(&bare) } else { provider() };
        let run = |crypto: Provider<'_>| {
            let (format, envelope) = &self.envelopes[case.envelope];
            let mut outside = self.outsides[case.outside].clone();
            let verifier = Verifier::new(&self.trusts[case.trust], case.at, crypto);
            let target = target();
            let artifact = Artifact::Manifest(&target);
            (verifier.verify(envelope, format.media_type(), artifact, &mut outside).unwrap(), outside.asked)
        };
        match memo {
            Some(memo) => memo.remember(crypto, run),
            None => run(crypto),
        }
    }
    fn compare(&self, case: Case, memo: &Memo, expected: &Found) {
        let found = self.run(case, Some(memo));
        assert_eq!(found.0.report(), expected.0.report(), "{case:?}");
        assert_eq!(&found, expected, "{case:?}");
    }
}

// attack: A-238
#[test]
fn a_thousand_verifications_by_one_memo_are_those_without() {
    let trial = Trial::new();
    let cases = trial.cases();
    let expected: Vec<Found> = cases.iter().map(|case| trial.run(*case, None)).collect();
    // The mixture is one: many hold, and many fail, each in several ways.
    let held = expected.iter().filter(|(found, _)| found.verified().is_some()).count();
    assert!((100..900).contains(&held), "{held} hold");
    let code = |(found, _): &Found| match found.outcome() {
        Outcome::Failed(code, _) => Some(code.name()),
        Outcome::Held => None,
    };
    let codes: BTreeSet<&str> = expected.iter().filter_map(code).collect();
    for code in EXPECTED {
        assert!(codes.contains(code), "no case fails with {code}: {codes:?}");
    }
    for size in [40, 4096] {
        let memo = Memo::new(size);
        for (case, expected) in cases.iter().zip(&expected) {
            trial.compare(*case, &memo, expected);
        }
    }
    // By several at once.
    let memo = Memo::new(4096);
    thread::scope(|scope| {
        for part in 0..4 {
            let (trial, memo, cases, expected) = (&trial, &memo, &cases, &expected);
            scope.spawn(move || {
                for (case, expected) in cases.iter().zip(expected).skip(part).step_by(4) {
                    trial.compare(*case, memo, expected);
                }
            });
        }
    });
}

const EXPECTED: [&str; 11] = [
    "certificate-algorithm-unsupported",
    "certificate-distrusted",
    "certificate-expired",
    "certificate-not-revocable",
    "certificate-not-yet-valid",
    "certificate-revoked",
    "chain-invalid",
    "revocation-unknown",
    "signature-invalid",
    "untrusted-chain",
    "untrusted-identity",
];
