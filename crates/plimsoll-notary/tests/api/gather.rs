use crate::forge::*;
use plimsoll_core::{
    Answer, Backing, Blob, Budget, Completeness, Context, Descriptor, Digest, Evidence, Facts, Failure, Gather,
    Missing, Outcome, Record as _, Reference, Referrer, Subject, Value, Vouch, Want, code as core,
};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Format, GatherLimits, NotarySignature, NotarySignatures, SIGNATURE_TYPE, SignOptions, SignatureFact, TrustStores,
    policy::TrustPolicy,
};
use plimsoll_oci::ImageManifest;
use plimsoll_pki::issue::Role;
use plimsoll_testkit::{
    pki::{KeySpec, LEAF, NOW, TestCa, named_store},
    timestamp::TestTsa,
};

const KIND: &str = "signature";

fn subject() -> Subject {
    let reference: Reference = "reg.test/app:v1".parse().unwrap();
    Subject::new(reference, target())
}

/// A registry in memory: a list, and the answers to every question about content.
#[derive(Clone, Default)]
struct Registry {
    list: Vec<Referrer>,
    content: Vec<(Want, Answer)>,
}

impl Registry {
    fn with(mut self, signature: &NotarySignature) -> Self {
        self.list.push(Referrer::new(signature.manifest.descriptor().clone(), Some(SIGNATURE_TYPE)));
        self.manifest(&signature.manifest).blob(&signature.envelope)
    }
    fn manifest(mut self, blob: &Blob) -> Self {
        let want = Want::Manifest { repository: subject().repository().clone(), descriptor: blob.descriptor().clone() };
        self.content.push((want, Answer::Bytes(blob.to_bytes())));
        self
    }
    fn blob(mut self, blob: &Blob) -> Self {
        let want = Want::Blob { repository: subject().repository().clone(), descriptor: blob.descriptor().clone() };
        self.content.push((want, Answer::Bytes(blob.to_bytes())));
        self
    }
    /// A signature whose manifest is this one.
    fn listing(mut self, manifest: &ImageManifest) -> Self {
        let blob = manifest.to_blob();
        self.list.push(Referrer::new(blob.descriptor().clone(), Some(SIGNATURE_TYPE)));
        self.manifest(&blob)
    }
    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.supply(referrers(), Answer::Referrers(self.list.clone()));
        self.content.iter().for_each(|(want, answer)| evidence.supply(want.clone(), answer.clone()));
        evidence
    }
    fn gather(&self, notary: &NotarySignatures) -> Facts {
        gathered(notary, &self.evidence())
    }
}

fn referrers() -> Want {
    Want::Referrers {
        repository: subject().repository().clone(),
        subject: target().digest,
        artifact_type: Some(SIGNATURE_TYPE.into()),
    }
}

fn gathered(notary: &NotarySignatures, evidence: &Evidence) -> Facts {
    let mut facts = Facts::new(subject(), NOW);
    let mut cx = Context::new(NOW, provider(), evidence, Budget::new("steps", 10_000));
    notary.gather(&subject(), &mut cx, &mut facts);
    assert_eq!(cx.into_wants(), [], "a question is open");
    facts
}

fn notary(ca: &TestCa, level: &str) -> NotarySignatures {
    NotarySignatures::new(policy(level, "", "*"), stores(ca))
}

/// Codes of the rows in order, `signed` for one that counts.
fn rows(facts: &Facts) -> Vec<String> {
    let of = |row: &plimsoll_core::Row| match (&row.backing, &row.outcome) {
        (Backing::Signed(_), Outcome::Held) => "signed".to_owned(),
        (Backing::Attached, Outcome::Failed(code, _)) => code.to_string(),
        other => panic!("neither signed and held nor attached and failed: {other:?}"),
    };
    facts.rows().iter().map(of).collect()
}

fn completeness(facts: &Facts) -> String {
    match facts.about(&facts.targets()[0]).completeness(KIND) {
        Completeness::Complete => "complete".to_owned(),
        Completeness::Partial(code, message) => format!("{code}: {message}"),
    }
}

fn good(ca: &TestCa) -> NotarySignature {
    signed(ca, &SignOptions::new(NOW))
}

/// A signature manifest around any envelope.
fn around(envelope: &Blob) -> ImageManifest {
    ImageManifest::artifact(SIGNATURE_TYPE).layer(envelope.descriptor().clone()).about(target())
}

#[test]
fn a_good_signature_is_a_signed_fact() {
    let ca = ca();
    let signature = signed(&ca, &SignOptions::new(NOW).with_metadata("team", "dish"));
    let facts = Registry::default().with(&signature).gather(&notary(&ca, "strict"));
    assert_eq!((rows(&facts), completeness(&facts)), (vec!["signed".into()], "complete".into()));
    let (row, fact) = facts.of::<SignatureFact>().next().unwrap();
    assert!(row.counts() && fact.is_accepted());
    assert_eq!(row.evidence, [signature.manifest.descriptor().digest, signature.envelope.descriptor().digest]);
    let Backing::Signed(identity) = &row.backing else { panic!("not signed") };
    assert_eq!(identity.name().to_string(), "CN=Test Signer,O=Harbour,ST=WA,C=US (by ca:test)");
    assert_eq!(identity.asserted_by().0, "notary");
    assert_eq!(fact.claims().unwrap().metadata["team"], "dish");
    assert_eq!(fact.checks().iter().map(|check| check.outcome).collect::<Vec<_>>(), ["held"; 5]);
}

#[test]
fn the_questions_are_asked_in_two_rounds() {
    let ca = ca();
    let (one, two) = (good(&ca), good(&ca));
    let registry = Registry::default().with(&one).with(&two);
    let notary = notary(&ca, "strict");
    let mut evidence = Evidence::default();
    let mut rounds = Vec::new();
    loop {
        let mut facts = Facts::new(subject(), NOW);
        let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 100));
        notary.gather(&subject(), &mut cx, &mut facts);
        let wants = cx.into_wants();
        if wants.is_empty() {
            break;
        }
        rounds.push(wants.len());
        let known = registry.evidence();
        wants.into_iter().for_each(|want| {
            let answer = known.get(&want).unwrap().clone();
            evidence.supply(want, answer);
        });
    }
    assert_eq!(rounds, [1, 2, 2], "the list, then all manifests at once, then all envelopes at once");
}

// attack: A-230
// attack: A-045
// attack: A-047
// attack: A-234
#[test]
fn one_bad_signature_does_not_stop_the_others_and_each_says_why() {
    let ca = ca();
    let signature = good(&ca);
    let envelope = signature.envelope.descriptor().clone();
    let other = Descriptor::of("text/plain", b"other");
    let two_layers = around(&signature.envelope).layer(envelope.clone());
    let foreign = around(&signature.envelope).about(other);
    let mut another_type = around(&signature.envelope);
    another_type.artifact_type = Some("application/spdx+json".into());
    let junk = Blob::of("application/jose+json", "junk");
    let facts = Registry::default()
        .listing(&two_layers)
        .listing(&foreign)
        .listing(&another_type)
        .listing(&around(&junk))
        .blob(&junk)
        .with(&signature)
        .gather(&notary(&ca, "strict"));
    assert_eq!(
        rows(&facts),
        [
            "malformed-signature-manifest",
            "subject-mismatch",
            "malformed-signature-manifest",
            "envelope-malformed",
            "signed"
        ]
    );
    assert_eq!(completeness(&facts), "complete", "what anybody can attach leaves the list whole");
}

// attack: A-234
#[test]
fn what_cannot_be_fetched_is_unavailable_and_never_unsigned() {
    let ca = ca();
    let (one, two) = (good(&ca), good(&ca));
    let mut registry = Registry::default().with(&one).with(&two);
    registry.content[1].1 = Answer::Failed(Failure::new(core::UNREACHABLE, "the registry timed out"));
    let facts = registry.gather(&notary(&ca, "strict"));
    assert_eq!(rows(&facts), ["unreachable", "signed"]);
    let manifest = one.manifest.descriptor().digest;
    assert_eq!(completeness(&facts), format!("unreachable: signature {manifest}: the registry timed out"));
    registry.content[0].1 = Answer::Absent;
    assert_eq!(rows(&registry.gather(&notary(&ca, "strict"))), ["not-found", "signed"]);
    let mut evidence = Evidence::default();
    evidence.supply(referrers(), Answer::Failed(Failure::new(core::ACCESS_DENIED, "401")));
    assert_eq!(completeness(&gathered(&notary(&ca, "strict"), &evidence)), "access-denied: 401");
    let mut evidence = Evidence::default();
    evidence.supply(referrers(), Answer::Absent);
    assert!(completeness(&gathered(&notary(&ca, "strict"), &evidence)).starts_with("not-found: "));
}

// attack: A-228
// attack: A-229
#[test]
fn at_most_a_hundred_signatures_are_looked_at_in_the_order_of_the_list() {
    let ca = ca();
    let signature = good(&ca);
    let junk = |count: u32| {
        (0..count).fold(Registry::default(), |registry, number| {
            registry.listing(&around(&signature.envelope).about(target()).annotate("n", number.to_string()))
        })
    };
    let of = |registry: Registry| registry.blob(&Blob::of("application/jose+json", "junk"));
    let broken = |count| {
        let mut registry = of(junk(count));
        registry.content.iter_mut().for_each(|(_, answer)| *answer = Answer::Absent);
        registry
    };
    let facts = broken(99).with(&signature).gather(&notary(&ca, "strict"));
    assert_eq!(rows(&facts).last().unwrap(), "signed");
    let facts = broken(100).with(&signature).gather(&notary(&ca, "strict"));
    assert_eq!(facts.rows().len(), 100);
    assert!(rows(&facts).iter().all(|row| row == "not-found"));
    assert_eq!(completeness(&facts), "signature-attempts-exhausted: looked at 100 of 101 listed signatures");
    // A list of twenty thousand entries costs no question beyond the limit.
    let many: Vec<_> = (0..20_000_u64)
        .map(|number| {
            let digest = Digest::sha256_of(&number.to_be_bytes());
            Referrer::new(Descriptor::new("application/vnd.oci.image.manifest.v1+json", digest, 1), None)
        })
        .collect();
    let mut evidence = Evidence::default();
    evidence.supply(referrers(), Answer::Referrers(many));
    let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 10_000));
    let mut limits = GatherLimits::default();
    limits.signatures = 7;
    notary(&ca, "strict").with_limits(limits).gather(&subject(), &mut cx, &mut Facts::new(subject(), NOW));
    assert_eq!(cx.into_wants().len(), 7);
}

/// Runs something in a round with this budget: what came of it, the signatures that were checked, and the steps that are left.
fn counted<T>(evidence: &Evidence, steps: u64, run: impl FnOnce(&mut Context<'_>) -> T) -> (T, usize, u64) {
    let ((done, left), count) = operations(|crypto| {
        let mut cx = Context::new(NOW, crypto, evidence, Budget::new("steps", steps));
        let done = run(&mut cx);
        let left = cx.budget.left();
        assert_eq!(cx.into_wants(), [], "a question is open");
        (done, left)
    });
    (done, count, left)
}

/// What [`Budget::spend_on`] takes for these.
fn steps(blob: &Descriptor) -> u64 {
    1 + blob.size / 1024
}

// attack: A-228
// attack: A-229
#[test]
fn one_envelope_behind_a_hundred_manifests_is_verified_once() {
    let ca = ca();
    let signature = signed(&ca, &SignOptions::new(NOW).with_metadata("ballast", "x".repeat(40_000)));
    let behind = |count: u32| {
        let registry = Registry::default().blob(&signature.envelope);
        let manifest = |number: u32| around(&signature.envelope).annotate("n", number.to_string());
        (0..count).fold(registry, |registry, number| registry.listing(&manifest(number)))
    };
    let gather = |registry: &Registry| {
        counted(&registry.evidence(), 10_000, |cx| {
            let mut facts = Facts::new(subject(), NOW);
            notary(&ca, "strict").gather(&subject(), cx, &mut facts);
            facts
        })
    };
    let (_, once, _) = gather(&behind(1));
    let registry = behind(100);
    let (facts, checked, left) = gather(&registry);
    assert!(once > 0);
    assert_eq!(checked, once);
    let manifests: u64 = registry.list.iter().map(|one| steps(&one.descriptor)).sum();
    assert_eq!(10_000 - left, manifests + steps(signature.envelope.descriptor()));
    // Each is a signature of its own all the same.
    assert_eq!((rows(&facts), completeness(&facts)), (vec!["signed".into(); 100], "complete".into()));
    for ((row, fact), listed) in facts.of::<SignatureFact>().zip(&registry.list) {
        let manifest = listed.descriptor.digest;
        assert_eq!(fact.manifest(), manifest);
        assert_eq!(row.evidence, [manifest, signature.envelope.descriptor().digest]);
        assert_eq!(fact.claims().unwrap().metadata["ballast"].len(), 40_000);
    }
}

// attack: A-228
// attack: A-229
#[test]
fn one_envelope_behind_the_manifests_of_many_subjects_costs_what_the_budget_allows() {
    let ca = ca();
    let envelope = signed(&ca, &SignOptions::new(NOW).with_metadata("ballast", "x".repeat(200_000))).envelope;
    let subjects: Vec<_> = (0..12_u8)
        .map(|number| {
            let sbom = Descriptor::of("application/vnd.oci.image.manifest.v1+json", &[number]);
            subject().beside(sbom)
        })
        .collect();
    let (mut evidence, mut each) = (Registry::default().blob(&envelope).evidence(), 0);
    for one in &subjects {
        let (repository, digest) = (subject().repository().clone(), one.descriptor.digest);
        let manifests = (0..10_u8).map(|number| {
            let manifest = around(&envelope).about(one.descriptor.clone()).annotate("n", number.to_string());
            manifest.to_blob()
        });
        let manifests: Vec<_> = manifests.collect();
        let list = manifests.iter().map(|one| Referrer::new(one.descriptor().clone(), Some(SIGNATURE_TYPE)));
        let want = Want::Referrers { repository, subject: digest, artifact_type: Some(SIGNATURE_TYPE.into()) };
        evidence.supply(want, Answer::Referrers(list.collect()));
        each = manifests.iter().map(|one| steps(one.descriptor())).sum::<u64>() + steps(envelope.descriptor());
        for manifest in manifests {
            let (repository, descriptor) = (subject().repository().clone(), manifest.descriptor().clone());
            evidence.supply(Want::Manifest { repository, descriptor }, Answer::Bytes(manifest.to_bytes()));
        }
    }
    let notary = notary(&ca, "strict");
    let vouch =
        |limit| counted(&evidence, limit, |cx| subjects.iter().map(|one| notary.vouch(one, cx)).collect::<Vec<_>>());
    // It is about something else, so it vouches for none.
    let (vouched, all, left) = vouch(100_000);
    assert_eq!((vouched, left), (vec![Ok(Vec::new()); 12], 100_000 - 12 * each));
    let (vouched, checked, _) = vouch(3 * each);
    assert_eq!(checked, all / 12 * 3);
    for (number, vouched) in vouched.into_iter().enumerate() {
        match vouched {
            Ok(none) => assert!(number < 3 && none.is_empty()),
            Err(Missing::Failed(failure)) => {
                assert!(number >= 3);
                assert_eq!(failure.code.name(), "signature-attempts-exhausted");
                assert!(failure.message.ends_with(&format!(": more than {} steps", 3 * each)), "{failure}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

// attack: A-046
#[test]
fn rules_see_each_check_with_its_action_outcome_and_code() {
    let ca = ca();
    let signature = good(&ca);
    let fact_of = |notary: &NotarySignatures, then: &dyn Fn(&SignatureFact)| {
        let facts = Registry::default().with(&signature).gather(notary);
        then(facts.of::<SignatureFact>().next().unwrap().1);
    };
    fact_of(&notary(&self::ca(), "strict"), &|fact| {
        let Value::List(checks) = fact.field("checks") else { panic!("no list") };
        let row = |at: usize| {
            let Value::Record(check) = checks.at(at) else { panic!("no record") };
            ["type", "action", "outcome", "code"].map(|name| match check.field(name) {
                Value::Text(text) => text.to_string(),
                _ => "none".to_owned(),
            })
        };
        assert_eq!(checks.len(), 5);
        assert_eq!(row(0), ["integrity", "enforce", "held", "none"]);
        assert_eq!(row(1), ["authenticity", "enforce", "failed", "untrusted-chain"]);
        assert_eq!((fact.statement(), fact.timestamp()), ("release", None));
    });
    let tsa = TestTsa::new(KeySpec::P256);
    let envelope = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    let mut stores = stores(&ca);
    stores.add(named_store("tsa:test", &[&tsa.root.der]));
    let text = r#"{"version": "1.0", "trustPolicies": [{"name": "dated", "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"}, "trustStores": ["ca:test", "tsa:test"], "trustedIdentities": ["*"]}]}"#;
    let notary = NotarySignatures::new(TrustPolicy::parse(text.as_bytes()).unwrap(), stores);
    let facts = Registry::default().listing(&around(&envelope)).blob(&envelope).gather(&notary);
    let (row, fact) = facts.of::<SignatureFact>().next().unwrap();
    assert!(row.counts());
    assert_eq!((fact.statement(), fact.timestamp().unwrap().latest), ("dated", NOW.saturating_add(1)));
}

#[test]
fn as_many_signatures_as_the_limit_are_a_whole_list() {
    let ca = ca();
    let mut limits = GatherLimits::default();
    limits.signatures = 1;
    let notary = notary(&ca, "strict").with_limits(limits);
    let registry = Registry::default().with(&good(&ca));
    assert_eq!(completeness(&registry.gather(&notary)), "complete");
    let facts = registry.with(&good(&ca)).gather(&notary);
    assert_eq!(facts.rows().len(), 1);
    assert!(completeness(&facts).ends_with("looked at 1 of 2 listed signatures"), "{}", completeness(&facts));
}

/// Unavailable never means fine, and an open question is no answer.
#[test]
fn a_list_whose_signatures_wait_for_a_revocation_list_is_not_complete() {
    let mut ca = ca();
    let role = Role::Signer { ocsp: &[], crl: &["http://crl.test/signers"] };
    ca.leaf = ca.intermediate.issue(KeySpec::P256, LEAF, role, |_| ());
    let evidence = Registry::default().with(&good(&ca)).evidence();
    let notary = notary(&ca, "strict");
    let mut facts = Facts::new(subject(), NOW);
    let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 100));
    notary.gather(&subject(), &mut cx, &mut facts);
    assert!(matches!(cx.into_wants().as_slice(), [Want::Http { .. }]));
    assert!(facts.rows().is_empty());
    assert_eq!(completeness(&facts), "not-collected: the signatures were asked for, and not fetched yet");
    let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 100));
    assert_eq!(notary.vouch(&subject(), &mut cx), Err(Missing::Pending));
    assert_eq!(notary.kinds(), [KIND]);
}

#[test]
fn a_signature_that_holds_vouches_though_another_could_not_be_read() {
    let ca = ca();
    let mut registry = Registry::default().with(&good(&ca)).with(&good(&ca));
    registry.content[3].1 = Answer::Failed(Failure::new(core::UNREACHABLE, "lost"));
    let evidence = registry.evidence();
    let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 100));
    assert_eq!(notary(&ca, "strict").vouch(&subject(), &mut cx).unwrap().len(), 1);
}

#[test]
fn other_types_and_twins_in_the_list_cost_nothing() {
    let ca = ca();
    let signature = good(&ca);
    let mut registry = Registry::default().with(&signature).with(&signature);
    let other = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"an SBOM");
    registry.list.insert(0, Referrer::new(other, Some("application/spdx+json")));
    // Of a list that says no type, the manifest is asked.
    registry.list[1].claimed_artifact_type = None;
    assert_eq!(rows(&registry.gather(&notary(&ca, "strict"))), ["signed"]);
}

// attack: A-232
#[test]
fn the_signature_of_another_artifact_counts_for_nothing() {
    let ca = ca();
    let other = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"[]");
    let options = SignOptions::new(NOW);
    let foreign = now(plimsoll_notary::sign(&other, &signer(&ca.leaf), &ca.chain(), &options, provider())).unwrap();
    let facts =
        Registry::default().listing(&around(&foreign.envelope)).blob(&foreign.envelope).gather(&notary(&ca, "audit"));
    assert_eq!(rows(&facts), ["target-mismatch"]);
    assert!(!facts.of::<SignatureFact>().next().unwrap().1.is_accepted());
}

// attack: A-233
#[test]
fn annotations_of_the_manifest_change_nothing() {
    let (ca, stranger) = (ca(), ca());
    let bare = around(&good(&ca).envelope);
    let signature = good(&ca);
    let facts = Registry::default()
        .listing(&around(&signature.envelope).annotate("io.cncf.notary.x509chain.thumbprint#S256", "[\"00\"]"))
        .blob(&signature.envelope)
        .gather(&notary(&ca, "strict"));
    assert_eq!(rows(&facts), ["signed"], "a false thumbprint");
    let forged = good(&stranger);
    let thumbprints = serde_json::json!([Digest::sha256_of(&ca.root.der).encoded()]).to_string();
    let facts = Registry::default()
        .listing(&around(&forged.envelope).annotate("io.cncf.notary.x509chain.thumbprint#S256", thumbprints))
        .blob(&forged.envelope)
        .gather(&notary(&ca, "strict"));
    assert_eq!(rows(&facts), ["untrusted-chain"], "a borrowed thumbprint");
    assert!(bare.annotations.is_empty());
}

// attack: A-385
// attack: A-226
#[test]
fn a_failure_that_is_only_logged_leaves_an_attached_fact_that_shows_it() {
    let (ca, stranger) = (ca(), ca());
    let facts = Registry::default().with(&good(&stranger)).gather(&notary(&ca, "audit"));
    assert_eq!(rows(&facts), ["untrusted-chain"]);
    let (row, fact) = facts.of::<SignatureFact>().next().unwrap();
    assert!(fact.is_accepted() && !row.counts());
    let failed: Vec<_> = fact.checks().iter().filter(|check| check.outcome == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].check, failed[0].action.as_str()), ("authenticity", "log"));
}

// attack: A-216
#[test]
fn a_skipping_or_missing_statement_makes_no_fact_and_no_complete_list() {
    let ca = ca();
    let skip = r#"{"version": "1.0", "trustPolicies": [{"name": "n", "registryScopes": ["*"],
        "signatureVerification": {"level": "skip"}}]}"#;
    let skip = TrustPolicy::parse(skip.as_bytes()).unwrap();
    let registry = Registry::default().with(&good(&ca));
    let facts = registry.gather(&NotarySignatures::new(skip.clone(), stores(&ca)));
    assert_eq!(rows(&facts), [""; 0]);
    assert!(completeness(&facts).starts_with("signature-verification-skipped: the trust policy statement `n` skips"));
    let text = policy("strict", "", "*")
        .to_json()
        .replace("\"*\"\n      ],\n      \"signatureV", "\"other.test/x\"\n      ],\n      \"signatureV");
    let other = TrustPolicy::parse(text.as_bytes()).unwrap();
    let facts = registry.gather(&NotarySignatures::new(other, stores(&ca)));
    assert_eq!(
        completeness(&facts),
        "no-applicable-trust-policy: expected a trust policy statement for `reg.test/app`, found none"
    );
    let mut cx_evidence = Evidence::default();
    cx_evidence.supply(referrers(), Answer::Referrers(Vec::new()));
    let mut cx = Context::new(NOW, provider(), &cx_evidence, Budget::new("steps", 10));
    let vouched = NotarySignatures::new(skip, TrustStores::new()).vouch(&subject(), &mut cx);
    assert!(
        matches!(vouched, Err(Missing::Failed(failure)) if failure.code.name() == "signature-verification-skipped")
    );
}

// attack: A-235
#[test]
fn no_signature_is_a_complete_and_empty_list() {
    let ca = ca();
    let facts = Registry::default().gather(&notary(&ca, "strict"));
    assert_eq!((rows(&facts), completeness(&facts)), (Vec::new(), "complete".into()));
}

#[test]
fn the_budget_of_the_round_is_spent() {
    let ca = ca();
    let (one, two) = (good(&ca), good(&ca));
    let registry = Registry::default().with(&one).with(&two);
    let evidence = registry.evidence();
    let gather = |limit| {
        let run = |cx: &mut Context<'_>| {
            let mut facts = Facts::new(subject(), NOW);
            notary(&ca, "strict").gather(&subject(), cx, &mut facts);
            facts
        };
        let (facts, _, left) = counted(&evidence, limit, run);
        (rows(&facts), completeness(&facts), left)
    };
    let exhausted = "signature-attempts-exhausted";
    let said = |signature: &NotarySignature, limit| {
        format!("{exhausted}: signature {}: more than {limit} steps", signature.manifest.descriptor().digest)
    };
    // Both manifests are read before any envelope is verified.
    let [first, second] = [&one, &two].map(|signature| steps(signature.envelope.descriptor()));
    let manifests = steps(one.manifest.descriptor()) + steps(two.manifest.descriptor());
    let all = manifests + first + second;
    assert_eq!(gather(all), (vec!["signed".into(); 2], "complete".into(), 0));
    assert_eq!(gather(all - 1), (vec!["signed".into(), exhausted.into()], said(&two, all - 1), second - 1));
    assert_eq!(gather(1), (vec![exhausted.into(); 2], said(&one, 1), 0));
}

/// Dropping any one answer, or failing it, adds no row that counts and never makes a list whole that was not.
#[test]
fn losing_evidence_never_adds_a_signature() {
    let (ca, stranger) = (ca(), ca());
    let registry = Registry::default().with(&good(&ca)).with(&good(&stranger)).with(&good(&ca));
    let notary = notary(&ca, "strict");
    let whole = registry.gather(&notary).rows().iter().filter(|row| row.counts()).count();
    assert_eq!(whole, 2);
    for index in 0..registry.content.len() {
        let mut cut = registry.clone();
        cut.content[index].1 = Answer::Failed(Failure::new(core::UNREACHABLE, "lost"));
        let facts = cut.gather(&notary);
        assert!(facts.rows().iter().filter(|row| row.counts()).count() <= whole);
        assert_ne!(completeness(&facts), "complete");
    }
    for index in 0..registry.list.len() {
        let mut hidden = registry.clone();
        hidden.list.remove(index);
        assert!(hidden.gather(&notary).rows().iter().filter(|row| row.counts()).count() <= whole);
    }
}

#[test]
fn vouching_gives_the_signatures_that_hold_and_never_takes_unknown_for_none() {
    let (ca, stranger) = (ca(), ca());
    let vouch = |registry: &Registry| {
        let evidence = registry.evidence();
        let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 100));
        notary(&ca, "strict").vouch(&subject(), &mut cx)
    };
    let mut registry = Registry::default().with(&good(&stranger)).with(&good(&ca));
    assert_eq!(vouch(&registry).unwrap().len(), 1);
    assert_eq!(vouch(&Registry::default().with(&good(&stranger))).unwrap(), []);
    registry.content[3].1 = Answer::Failed(Failure::new(core::UNREACHABLE, "lost"));
    assert!(matches!(vouch(&registry), Err(Missing::Failed(failure)) if failure.code == core::UNREACHABLE));
    let evidence = Evidence::default();
    let mut cx = Context::new(NOW, provider(), &evidence, Budget::new("steps", 100));
    assert_eq!(notary(&ca, "strict").vouch(&subject(), &mut cx), Err(Missing::Pending));
    assert_eq!(cx.into_wants(), [referrers()]);
}

#[test]
fn a_plugin_that_is_not_there_leaves_the_list_partial_for_a_trusted_signer_and_not_for_a_stranger() {
    let (ca, stranger) = (ca(), ca());
    let plugin = |ca: &TestCa| Forge::new(Format::Jws).with(PLUGIN, "x".into()).critical(&[SCHEME, PLUGIN]).seal(ca);
    let text = policy("strict", "", "*")
        .to_json()
        .replace("\"trustStores\"", "\"plimsoll\": {\"plugins\": [\"x\"]}, \"trustStores\"");
    let notary = NotarySignatures::new(TrustPolicy::parse(text.as_bytes()).unwrap(), stores(&ca));
    let of = |envelope: Blob| {
        let mut registry = Registry::default().listing(&around(&envelope)).blob(&envelope);
        let want = Want::Plugin { name: "x".into(), command: "get-plugin-metadata".into(), request: "{}".into() };
        registry.content.push((want, Answer::Absent));
        registry.gather(&notary)
    };
    let trusted = of(plugin(&ca));
    assert_eq!(rows(&trusted), ["plugin-not-installed"]);
    assert!(completeness(&trusted).starts_with("plugin-not-installed: signature sha256:"));
    let unknown = of(plugin(&stranger));
    assert_eq!((rows(&unknown), completeness(&unknown)), (vec!["untrusted-chain".into()], "complete".into()));
}

#[test]
fn with_a_store_that_could_not_be_read_nothing_is_known_about_a_signature() {
    let ca = ca();
    let mut stores = TrustStores::new();
    stores.add_failed("ca:test".parse().unwrap(), Failure::new(core::UNREACHABLE, "the folder cannot be read"));
    let notary = NotarySignatures::new(policy("strict", "", "*"), stores);
    let facts = Registry::default().with(&good(&ca)).gather(&notary);
    assert_eq!(rows(&facts), ["unreachable"]);
    assert!(completeness(&facts).starts_with("unreachable: signature sha256:"));
}
