//! `ship`: the left half of the voyage.

use super::{Scene, attest::attach_statement, build, copy, sbom, sign};
use crate::{
    arguments::{SbomFormat, Ship},
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::{Report, progress},
    rootfs,
    signer::Signer,
    timestamping::Timestamping,
};
use plimsoll::{
    core::{Descriptor, Pointer, Retag as _},
    host::{git, notation::SigningKey, pipeline},
    notary::SignOptions,
    oci::{Manifest, annotation},
    policy::release,
    provenance::{
        PredicateType,
        slsa::{BuildMetadata, Provenance, ResourceDescriptor},
    },
    sbom::Inventory,
};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// What the parameters of the provenance mean: `docs/provenance.md`.
const BUILD_TYPE: &str = "https://github.com/plimsoll-rs/plimsoll/blob/main/docs/provenance.md#ship-v1";
/// Who ran the build: this command, wherever it ran. It is only as trustworthy as the key that signs the statement.
const BUILDER: &str = "https://github.com/plimsoll-rs/plimsoll/blob/main/docs/provenance.md#builder-v1";

pub(crate) async fn run(words: Ship, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.target, Purpose::Write, scene.global, scene.machine)?;
    // A name that nobody can check is not signed along.
    let target = target.scoped()?;
    let tag = target.tag()?;
    let key = Arc::new(scene.machine.signing_key(words.key.as_deref(), &words.passphrase, scene.global)?);
    let timestamping = Timestamping::open(&words.timestamp, scene)?;
    let started = scene.machine.now();
    timestamping.foresee(&key.chain, options(&words, &target, scene)?)?;
    let subject = image(&words, &target, scene).await?;
    progress(format!("pushed      {}", target.at(&subject.digest)));
    let mut evidence = Vec::new();
    for (platform, inventory) in inventories(&words, &target, &subject).await? {
        let created = scene.machine.source_date_epoch()?.unwrap_or(started);
        let document = sbom::write(&inventory, SbomFormat::CyclonedxJson, created, Some(platform.digest));
        let kind = PredicateType::parse("cyclonedx").given("")?;
        let manifest = attach_statement(&target, &platform, kind, &document, &key).await?;
        progress(format!("inventory   {} components, {}", inventory.components.len(), manifest.digest));
        evidence.push(("cyclonedx", manifest));
    }
    let provenance = provenance(&words, &target, scene)?;
    let kind = PredicateType::parse("slsaprovenance1").given("")?;
    let manifest = attach_statement(&target, &subject, kind, &provenance.to_json(), &key).await?;
    progress(format!("provenance  {}", manifest.digest));
    evidence.push(("slsaprovenance1", manifest));
    let signature = signature(&words, &target, &subject, &key, &timestamping, scene).await?;
    progress(format!("signature   {}", signature.digest));
    // The tag comes last: whoever sees it sees the evidence.
    target.place.retag(&subject, &tag).await.evidence(&target.text)?;
    Ok(report(&target, &subject, &signature, &evidence))
}

/// Builds, copies or finds what is shipped. It is not tagged yet.
async fn image(words: &Ship, target: &Target, scene: &Scene<'_>) -> Result<Descriptor, Failure> {
    let path = Path::new(&words.source);
    if !plimsoll::store::LayoutReference::is_one(&words.source) && path.exists() {
        return build::image(&[path.to_path_buf()], &words.contents, target, scene).await;
    }
    let source = Target::open(&words.source, Purpose::Read, scene.global, scene.machine)?;
    source.beside(target, scene.global, scene.machine)?;
    if words.contents.is_given() {
        return Err(Failure::given(format!(
            "{}: --platform, --annotation, --label and --entrypoint are for what is built, and this is built already",
            words.source
        )));
    }
    let root = source.resolve().await?;
    let untagged = Target { pointer: Pointer::Digest(root.digest), ..target.clone() };
    copy::between(&Target { pointer: Pointer::Digest(root.digest), ..source }, &untagged, false).await?;
    Ok(root)
}

/// An inventory for each platform: it belongs to a platform, never to an index.
async fn inventories(
    words: &Ship,
    target: &Target,
    subject: &Descriptor,
) -> Result<Vec<(Descriptor, Inventory)>, Failure> {
    let platforms = platforms(target, subject).await?;
    if let Some(path) = &words.sbom_from {
        let inventory = sbom::of_path(path)?;
        return Ok(platforms.into_iter().map(|(platform, _)| (platform, inventory.clone())).collect());
    }
    let mut found = Vec::new();
    for (platform, image) in platforms {
        found.push((platform, sbom::complete(rootfs::catalog(target, &image).await?)?));
    }
    Ok(found)
}

async fn platforms(
    target: &Target,
    subject: &Descriptor,
) -> Result<Vec<(Descriptor, plimsoll::oci::ImageManifest)>, Failure> {
    let blob = target.read(subject, rootfs::MANIFEST).await?;
    let index = match Manifest::parse(&blob).evidence(&target.text)? {
        Manifest::Image(image) => return Ok(vec![(subject.clone(), image)]),
        Manifest::Index(index) => index,
    };
    let mut found = Vec::new();
    for entry in index.manifests.iter().filter(|one| one.platform.as_ref().is_some_and(|known| !known.is_unknown())) {
        found.push(rootfs::image(target, &entry.descriptor, None).await?);
    }
    Ok(found)
}

/// What was built, of what: the commit, or that there is none.
fn provenance(words: &Ship, target: &Target, scene: &Scene<'_>) -> Result<Provenance, Failure> {
    let claimed = pipeline::annotations(scene.machine.environment());
    let mut provenance = Provenance::new(BUILD_TYPE, BUILDER);
    let parameters = &mut provenance.build_definition.external_parameters;
    parameters.insert("repository".into(), json!(target.reference.repository().as_str()));
    parameters.insert("source".into(), json!(file_name(&words.source)));
    let here = std::env::current_dir().map_err(|error| Failure::unknown(format!("the working directory: {error}")))?;
    let commit = match claimed.get(annotation::REVISION) {
        Some(revision) => Some(revision.clone()),
        None => git::commit(&here).given("")?.map(|commit| commit.as_str().to_owned()),
    };
    match commit {
        Some(commit) => {
            parameters.insert("commit".into(), json!(commit));
            let mut source = ResourceDescriptor::git("", &commit);
            source.name = Some("source".into());
            // Where the repository is, only a pipeline says; a working directory has no address.
            source.uri = claimed.get(annotation::SOURCE).map(|uri| format!("git+{uri}"));
            provenance.build_definition.resolved_dependencies.push(source);
        }
        None => {
            parameters.insert("commit".into(), json!("none: not built in a repository"));
        }
    }
    provenance.run_details.builder.version.insert("plimsoll".into(), env!("CARGO_PKG_VERSION").into());
    let mut metadata = BuildMetadata::between(scene.machine.now(), plimsoll::host::clock::now());
    metadata.invocation_id = claimed.get(pipeline::PIPELINE).cloned();
    provenance.run_details.metadata = Some(metadata);
    Ok(provenance)
}

/// A path of this machine says more than its name needs to.
fn file_name(source: &str) -> String {
    Path::new(source).file_name().map_or_else(|| source.into(), |name| name.to_string_lossy().into_owned())
}

/// Repository and version are signed along, so that a policy can demand that this name was meant, and no older version.
fn options(words: &Ship, target: &Target, scene: &Scene<'_>) -> Result<SignOptions, Failure> {
    let version = match &words.version {
        Some(version) => version.clone(),
        None => target.tag()?.to_string(),
    };
    let mut options = SignOptions::new(scene.machine.now())
        .with_format(sign::of_word(words.signature_format))
        .with_metadata(release::REPOSITORY, target.reference.repository().as_str())
        .with_metadata(release::VERSION, version);
    if let Some(span) = words.expiry {
        options = options.with_expiry(scene.machine.now().saturating_add(span));
    }
    Ok(options)
}

async fn signature(
    words: &Ship,
    target: &Target,
    subject: &Descriptor,
    key: &Arc<SigningKey>,
    timestamping: &Timestamping,
    scene: &Scene<'_>,
) -> Result<Descriptor, Failure> {
    let options = options(words, target, scene)?;
    let signer = Signer::of_files(Arc::clone(key));
    sign::attach_signature(target, subject, &signer, timestamping, options, scene).await
}

fn report(target: &Target, subject: &Descriptor, signature: &Descriptor, evidence: &[(&str, Descriptor)]) -> Report {
    let text = format!("shipped {}\n  digest {}", target.text, subject.digest);
    let attestations =
        evidence.iter().map(|(kind, manifest)| json!({ "type": kind, "manifest": manifest.digest.to_string() }));
    let json = json!({
        "reference": target.at(&subject.digest),
        "digest": subject.digest.to_string(),
        "signature": signature.digest.to_string(),
        "attestations": attestations.collect::<Vec<_>>(),
    });
    Report::done(text, json)
}
