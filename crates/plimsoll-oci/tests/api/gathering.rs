//! Expanding an index, and facts about images.

use plimsoll_core::{
    Answer, Backing, Blob, Budget, Completeness, Context, Descriptor, Evidence, Expand as _, Facts, Gather as _,
    Missing, Outcome, Provider, Reference, Subject, UnixTime, Value, Want,
};
use plimsoll_oci::{
    ContentDescriptor, ExpandLimits, ImageConfig, ImageFact, ImageFacts, ImageIndex, ImageManifest, Platform,
    Platforms, media_type,
};

fn image(platform: &str, layers: usize) -> (Blob, Blob) {
    let mut config = ImageConfig::new(platform.parse().unwrap());
    config.diff_ids = vec![plimsoll_core::Digest::sha256_of(b""); layers];
    config.config.labels.insert("team".into(), "harbour".into());
    let config = config.to_blob();
    let mut manifest = ImageManifest::new(config.descriptor().clone()).annotate("a", "b");
    manifest.layers = vec![media_type::empty_blob().descriptor().clone().into(); layers];
    (manifest.to_blob(), config)
}

fn entry(blob: &Blob, platform: &str) -> ContentDescriptor {
    ContentDescriptor::new(blob.descriptor().clone()).for_platform(platform.parse().unwrap())
}

fn subject(descriptor: &Descriptor) -> Subject {
    let reference: Reference = "localhost/app:v1".parse().unwrap();
    Subject::new(reference, descriptor.clone())
}

fn evidence(manifests: &[&Blob], blobs: &[&Blob]) -> Evidence {
    let mut evidence = Evidence::default();
    let repository = subject(media_type::empty_blob().descriptor()).repository().clone();
    for blob in manifests {
        let want = Want::Manifest { repository: repository.clone(), descriptor: blob.descriptor().clone() };
        evidence.supply(want, Answer::Bytes(blob.to_bytes()));
    }
    for blob in blobs {
        let want = Want::Blob { repository: repository.clone(), descriptor: blob.descriptor().clone() };
        evidence.supply(want, Answer::Bytes(blob.to_bytes()));
    }
    evidence
}

fn context(evidence: &Evidence) -> Context<'_> {
    Context::new(UnixTime::MIN, Provider::new(&[]), evidence, Budget::new("steps", 10_000))
}

fn children(platforms: &Platforms, root: &Blob, evidence: &Evidence) -> Result<Vec<(String, String)>, Missing> {
    let children = platforms.children(&subject(root.descriptor()), &mut context(evidence))?;
    assert!(
        children.iter().all(|child| child.index == Some(root.descriptor().digest)),
        "each is a child of what was asked for"
    );
    let name =
        |child: &Subject| (child.descriptor.digest.to_string(), child.platform.as_deref().unwrap_or("none").to_owned());
    Ok(children.iter().map(name).collect())
}

fn failed(result: Result<Vec<(String, String)>, Missing>) -> (&'static str, String) {
    match result {
        Err(Missing::Failed(failure)) => (failure.code.name(), failure.message.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_images_of_an_index_are_found_and_attestations_are_none() {
    let (amd, _) = image("linux/amd64", 1);
    let (arm, _) = image("linux/arm64", 1);
    let (attestation, _) = image("linux/amd64", 2);
    let nested =
        ImageIndex::new().manifest(entry(&arm, "linux/arm64/v8")).manifest(entry(&amd, "linux/amd64")).to_blob();
    let root = ImageIndex::new()
        .manifest(entry(&amd, "linux/amd64"))
        .manifest(
            ContentDescriptor::new(attestation.descriptor().clone()).for_platform(Platform::new("unknown", "unknown")),
        )
        .manifest(ContentDescriptor::new(Descriptor::of("application/xml", b"")))
        .manifest(ContentDescriptor::new(nested.descriptor().clone()))
        .to_blob();
    let both = [
        (amd.descriptor().digest.to_string(), "linux/amd64".to_owned()),
        (arm.descriptor().digest.to_string(), "linux/arm64/v8".to_owned()),
    ];
    let evidence = evidence(&[&root, &nested], &[]);
    assert_eq!(children(&Platforms::all(), &root, &evidence).unwrap(), both);
    let only = |platform: &str| Platforms::only([platform.parse().unwrap()]);
    assert_eq!(children(&only("linux/arm64"), &root, &evidence).unwrap(), both[1..]);
    let (code, message) = failed(children(&only("linux/s390x"), &root, &evidence));
    assert_eq!((code, message.as_str()), ("platform-not-found", "the index lists no image for linux/s390x"));
    assert_eq!(children(&Platforms::all(), &amd, &evidence).unwrap(), [], "an image has no children");
    assert_eq!(children(&Platforms::all(), &root, &self::evidence(&[&root], &[])), Err(Missing::Pending));
}

// attack: A-043
#[test]
fn a_043_of_two_images_for_one_platform_both_are_judged() {
    let (one, _) = image("linux/amd64", 1);
    let (two, _) = image("linux/amd64", 2);
    let root = ImageIndex::new().manifest(entry(&one, "linux/amd64")).manifest(entry(&two, "linux/amd64")).to_blob();
    let evidence = evidence(&[&root], &[]);
    let only = Platforms::only(["linux/amd64".parse().unwrap()]);
    assert_eq!(children(&only, &root, &evidence).unwrap().len(), 2);
    assert_eq!(children(&Platforms::all(), &root, &evidence).unwrap().len(), 2);
}

// attack: A-043
#[test]
fn a_043_a_platform_by_another_name_is_the_platform() {
    let (good, _) = image("linux/amd64", 1);
    let (evil, _) = image("linux/amd64", 2);
    let named = |blob: &Blob, os: &str, architecture: &str| {
        ContentDescriptor::new(blob.descriptor().clone()).for_platform(Platform::new(os, architecture))
    };
    let only = Platforms::only(["linux/amd64".parse().unwrap()]);
    for (os, architecture, shown) in [
        ("linux", "x86_64", "linux/amd64"),
        ("linux", "x86-64", "linux/amd64"),
        ("Linux", "AMD64", "linux/amd64"),
        // containerd takes an entry without an operating system for one of its own.
        ("", "amd64", "none"),
    ] {
        let root = ImageIndex::new().manifest(named(&evil, os, architecture)).manifest(entry(&good, "linux/amd64"));
        let root = root.to_blob();
        let evidence = evidence(&[&root], &[]);
        let found = children(&only, &root, &evidence).unwrap();
        assert_eq!(found.len(), 2, "{os}/{architecture}");
        assert_eq!(found[0], (evil.descriptor().digest.to_string(), shown.to_owned()));
    }
}

// attack: A-043
#[test]
fn a_043_an_image_that_is_listed_for_two_platforms_is_judged_as_both() {
    let (one, _) = image("linux/amd64", 1);
    let root = ImageIndex::new()
        .manifest(entry(&one, "linux/arm64"))
        .manifest(entry(&one, "linux/amd64"))
        .manifest(entry(&one, "linux/x86_64"))
        .to_blob();
    let found = children(&Platforms::all(), &root, &evidence(&[&root], &[])).unwrap();
    let digest = one.descriptor().digest.to_string();
    assert_eq!(found, [(digest.clone(), "linux/arm64".to_owned()), (digest, "linux/amd64".to_owned())]);
}

// attack: A-042
#[test]
fn a_042_an_index_is_searched_within_limits_each_digest_once() {
    let (leaf, _) = image("linux/amd64", 1);
    let mut all = vec![ImageIndex::new().manifest(entry(&leaf, "linux/amd64")).to_blob()];
    for _ in 0..9 {
        let inner = ContentDescriptor::new(all.last().unwrap().descriptor().clone());
        all.push(ImageIndex::new().manifest(inner.clone()).manifest(inner).to_blob());
    }
    let evidence = evidence(&all.iter().collect::<Vec<_>>(), &[]);
    assert_eq!(children(&Platforms::all(), &all[8], &evidence).unwrap().len(), 1);
    let (code, message) = failed(children(&Platforms::all(), &all[9], &evidence));
    assert_eq!((code, message.as_str()), ("limit-exceeded", "more than 8 levels of nested indexes"));
    let few = Platforms::all().within(ExpandLimits { nodes: 16, depth: 8 });
    let (_, message) = failed(children(&few, &all[8], &evidence));
    assert_eq!(message, "more than 16 entries of an index and those below it");
}

#[test]
fn a_broken_index_is_not_an_index_without_images() {
    let root = Blob::of(media_type::IMAGE_INDEX, &b"{}"[..]);
    let (code, message) = failed(children(&Platforms::all(), &root, &evidence(&[&root], &[])));
    assert_eq!((code, message.as_str()), ("malformed-manifest", "expected the member `schemaVersion`, found none"));
}

fn gathered(subject: &Subject, evidence: &Evidence) -> Facts {
    let mut facts = Facts::new(subject.clone(), UnixTime::MIN);
    ImageFacts.gather(subject, &mut context(evidence), &mut facts);
    facts
}

fn partial(facts: &Facts, subject: &Subject) -> (&'static str, String) {
    match facts.about(subject).completeness("image") {
        Completeness::Partial(code, message) => (code.name(), message.to_string()),
        Completeness::Complete => panic!("complete"),
    }
}

#[test]
fn an_image_is_a_fact() {
    let (manifest, config) = image("linux/arm/v6", 2);
    let subject = subject(manifest.descriptor());
    let facts = gathered(&subject, &evidence(&[&manifest], &[&config]));
    assert_eq!(facts.about(&subject).completeness("image"), Completeness::Complete);
    let (row, fact) = facts.of::<ImageFact>().next().unwrap();
    assert_eq!((&row.backing, &row.outcome), (&Backing::Computed("oci"), &Outcome::Held));
    assert!(!row.counts(), "nobody signed it");
    assert_eq!(row.evidence, [manifest.descriptor().digest, config.descriptor().digest]);
    assert_eq!(fact.layers, 2);
    let text = |name: &str| match row.record().field(name) {
        Value::Text(text) => text.into_owned(),
        Value::Int(number) => number.to_string(),
        Value::Digest(digest) => digest.to_string(),
        Value::Map(map) => format!("{map:?}"),
        _ => "absent".to_owned(),
    };
    let fields: Vec<_> = row.record().schema().fields.iter().map(|(name, ..)| text(name)).collect();
    assert_eq!(
        fields,
        [
            "linux",
            "arm",
            "v6",
            media_type::IMAGE_MANIFEST,
            "2",
            &config.descriptor().digest.to_string(),
            r#"{"team": "harbour"}"#,
            r#"{"a": "b"}"#
        ]
    );
    assert_eq!(text("other"), "absent");
}

#[test]
fn a_changed_or_missing_configuration_makes_the_fact_unknown() {
    let (manifest, config) = image("linux/amd64", 1);
    let subject = subject(manifest.descriptor());
    let mut evidence = evidence(&[&manifest], &[]);
    assert_eq!(partial(&gathered(&subject, &evidence), &subject).0, "not-collected", "the round goes on");
    let mut absent = evidence.clone();
    let want = Want::Blob { repository: subject.repository().clone(), descriptor: config.descriptor().clone() };
    absent.supply(want.clone(), Answer::Absent);
    let (code, message) = partial(&gathered(&subject, &absent), &subject);
    assert_eq!((code, message.as_str()), ("not-found", "the manifest or the configuration of the image is not there"));
    let mut changed = config.bytes().to_vec();
    changed[10] ^= 1;
    evidence.supply(want, Answer::Bytes(changed.into()));
    let facts = gathered(&subject, &evidence);
    assert_eq!(partial(&facts, &subject).0, "digest-mismatch");
    assert!(facts.rows().is_empty());
}

// attack: A-051
#[test]
fn a_051_a_config_that_does_not_fit_its_manifest_is_no_fact() {
    let (_, config) = image("linux/amd64", 2);
    let manifest = ImageManifest::new(config.descriptor().clone()).to_blob();
    let subject = subject(manifest.descriptor());
    let facts = gathered(&subject, &evidence(&[&manifest], &[&config]));
    let (code, message) = partial(&facts, &subject);
    assert_eq!(
        (code, message.as_str()),
        ("malformed-config", "expected 0 diff_ids, one for each layer of the manifest, found 2")
    );
}

// attack: A-043
#[test]
fn a_043_an_image_for_another_platform_than_the_index_says_is_found_out() {
    let (manifest, config) = image("linux/arm64", 1);
    let index = subject(media_type::empty_blob().descriptor());
    for (listed, expected) in [
        ("linux/arm64/v8", None),
        ("linux/amd64", Some("expected an image for linux/amd64, as the index says, found one for linux/arm64")),
    ] {
        let subject = index.child(manifest.descriptor().clone(), Some(listed.into()));
        let facts = gathered(&subject, &evidence(&[&manifest], &[&config]));
        let Some(expected) = expected else {
            assert_eq!(facts.about(&subject).completeness("image"), Completeness::Complete);
            continue;
        };
        assert_eq!(partial(&facts, &subject), ("platform-mismatch", expected.to_owned()));
        assert!(matches!(facts.rows()[0].outcome, Outcome::Failed(..)));
    }
}

#[test]
fn an_artifact_and_an_index_have_no_configuration_to_read() {
    let artifact = ImageManifest::artifact("application/sbom").to_blob();
    let artifact_subject = subject(artifact.descriptor());
    let facts = gathered(&artifact_subject, &evidence(&[&artifact], &[]));
    assert_eq!(facts.of::<ImageFact>().next().unwrap().1.platform, None);
    let index = ImageIndex::new().to_blob();
    let index_subject = subject(index.descriptor());
    let facts = gathered(&index_subject, &evidence(&[&index], &[]));
    assert!(facts.rows().is_empty());
    assert_eq!(facts.about(&index_subject).completeness("image"), Completeness::Complete);
}
