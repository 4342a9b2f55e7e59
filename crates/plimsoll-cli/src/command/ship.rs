//! `ship`: the left half of the voyage.

use super::{
    Scene,
    attest::{Made, make, statement},
    build, copy, sbom, sign,
};
use crate::{
    arguments::{SbomFormat, Ship},
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::{Report, progress},
    rootfs,
    scratch::{self, Scratch},
    signer::Signer,
    timestamping::Timestamping,
};
use plimsoll::{
    core::{Descriptor, Pointer, Retag as _},
    host::{git, pipeline},
    notary::SignOptions,
    oci::{Manifest, annotation},
    policy::release,
    provenance::{
        PredicateType,
        slsa::{BuildMetadata, Provenance, ResourceDescriptor},
    },
    sbom::Inventory,
    store::{Layout, LayoutReference},
};
use serde_json::json;
use std::path::Path;

/// What the parameters of the provenance mean: `docs/provenance.md`.
const BUILD_TYPE: &str = "https://github.com/plimsoll-rs/plimsoll/blob/main/docs/provenance.md#ship-v1";
/// Who ran the build: this command, wherever it ran. It is only as trustworthy as the key that signs the statement.
const BUILDER: &str = "https://github.com/plimsoll-rs/plimsoll/blob/main/docs/provenance.md#builder-v1";

pub(crate) async fn run(words: Ship, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.target, Purpose::Write, scene.global, scene.machine)?;
    // A name that nobody can check is not signed along.
    let target = target.scoped()?;
    let tag = target.tag()?;
    let signer = Signer::open(&words.key, scene).await?;
    let timestamping = Timestamping::open(&words.timestamp, scene)?;
    timestamping.suit(words.signing_scheme)?;
    let plain = sign::options(scene.machine.now(), sign::format(words.signature_format, scene)?, words.signing_scheme);
    let options = release(&words, &target, plain.clone(), scene)?;
    if let Some(chain) = signer.chain() {
        timestamping.foresee(&chain, options.clone())?;
    }
    let source = Source::open(&words, &target, scene).await?;
    let subject = &source.image;
    // All is signed before anything is pushed: what fails, or is cancelled, leaves nothing behind.
    let evidence = evidence(&words, &target, &source, (&signer, &timestamping, plain), scene).await?;
    let signature = sign::make_signature(subject, &signer, &timestamping, options, scene).await?;
    source.bring_to(&target).await?;
    progress(format!("pushed      {}", target.at(&subject.digest)));
    let mut attached = Vec::new();
    for one in &evidence {
        let manifest = one.made.push(&target).await?;
        progress(format!("{:<11} {}{}", one.name, one.about, manifest.digest));
        attached.push((one.kind, manifest));
    }
    let signature = sign::push_signature(&target, &signature).await?;
    progress(format!("signature   {}", signature.digest));
    // The tag comes last: whoever sees it sees the evidence.
    target.place.retag(subject, &tag).await.evidence(&target.text)?;
    Ok(report(&target, subject, &signature, &attached))
}

/// What is shipped, where it is before it is shipped.
struct Source {
    place: Target,
    image: Descriptor,
    /// What was built lies here.
    _folder: Option<Scratch>,
}

impl Source {
    /// Builds an image beside the target, or finds one.
    async fn open(words: &Ship, target: &Target, scene: &Scene<'_>) -> Result<Self, Failure> {
        let path = Path::new(&words.source);
        if !LayoutReference::is_one(&words.source) && path.exists() {
            return Self::build(path, words, scene);
        }
        let place = Target::open(&words.source, Purpose::Read, scene.global, scene.machine)?;
        place.beside(target, scene.global, scene.machine)?;
        if words.contents.is_given() {
            return Err(Failure::given(format!(
                "{}: --platform, --annotation, --label and --entrypoint are for what is built, and this is built already",
                words.source
            )));
        }
        let image = place.resolve().await?;
        Ok(Self { place: place.by_digest(image.digest), image, _folder: None })
    }
    fn build(path: &Path, words: &Ship, scene: &Scene<'_>) -> Result<Self, Failure> {
        // Layers go through a file, so that memory does not grow with them and an upload can be tried again.
        let folder = scratch::directory()?;
        let layout = Layout::create(folder.path()).given("")?;
        let image = build::pack(&[path.to_path_buf()], &words.contents, &layout, scene)?;
        let named = LayoutReference::new(folder.path().to_path_buf(), Some(Pointer::Digest(image.digest)));
        let place = Target::open_layout(named, Purpose::Read, scene.global)?;
        Ok(Self { place: Target { text: words.source.clone(), ..place }, image, _folder: Some(folder) })
    }
    /// Copies it, untagged.
    async fn bring_to(&self, target: &Target) -> Result<(), Failure> {
        let untagged = Target { pointer: Pointer::Digest(self.image.digest), ..target.clone() };
        copy::between(&self.place, &untagged, false).await.map(drop)
    }
}

/// An attestation that was made.
struct Evidence {
    made: Made,
    kind: &'static str,
    /// As the progress calls it.
    name: &'static str,
    about: String,
}

/// An inventory of each platform, and the provenance, signed.
async fn evidence(
    words: &Ship,
    target: &Target,
    source: &Source,
    (signer, timestamping, options): (&Signer, &Timestamping, SignOptions),
    scene: &Scene<'_>,
) -> Result<Vec<Evidence>, Failure> {
    let now = scene.machine.now();
    let attest = async |kind: &'static str, subject: &Descriptor, predicate: &[u8]| {
        let statement = statement(target, subject, PredicateType::parse(kind).given("")?, predicate)?;
        make(&statement, subject, signer, timestamping, options.clone(), scene).await
    };
    let mut found = Vec::new();
    for (platform, inventory) in inventories(words, &source.place, &source.image).await? {
        let created = scene.machine.source_date_epoch()?.unwrap_or(now);
        let document = sbom::write(&inventory, SbomFormat::CyclonedxJson, created, Some(platform.digest));
        let made = attest("cyclonedx", &platform, &document).await?;
        let about = format!("{} components, ", inventory.components.len());
        found.push(Evidence { made, kind: "cyclonedx", name: "inventory", about });
    }
    let provenance = provenance(words, target, scene)?;
    let made = attest("slsaprovenance1", &source.image, &provenance.to_json()).await?;
    found.push(Evidence { made, kind: "slsaprovenance1", name: "provenance", about: String::new() });
    Ok(found)
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
fn release(words: &Ship, target: &Target, options: SignOptions, scene: &Scene<'_>) -> Result<SignOptions, Failure> {
    let own = [release::REPOSITORY, release::VERSION];
    if let Some((key, _)) = words.metadata.iter().find(|(key, _)| own.contains(&key.as_str())) {
        return Err(Failure::given(format!("--user-metadata: `{key}` is what `ship` itself signs along"))
            .hint("the repository is that of --tag; for the version there is --app-version"));
    }
    let version = match &words.version {
        Some(version) => version.clone(),
        None => target.tag()?.to_string(),
    };
    let mut options = options
        .with_metadata(release::REPOSITORY, target.reference.repository().as_str())
        .with_metadata(release::VERSION, version);
    for (key, value) in &words.metadata {
        options = options.with_metadata(key, value);
    }
    if let Some(span) = words.expiry {
        options = options.with_expiry(scene.machine.now().saturating_add(span));
    }
    Ok(options)
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
