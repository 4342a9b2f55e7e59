//! `attach`.

use super::Scene;
use crate::{
    arguments::Attach,
    failure::{Blame as _, Failure, OfFile as _},
    place::{Place, Purpose, Target},
    report::Report,
};
use plimsoll::{
    core::{Blob, Descriptor, Push as _},
    oci::{ContentDescriptor, ImageManifest, annotation, media_type},
    store::FileContent,
};
use serde_json::json;

pub(crate) async fn run(words: Attach, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.reference, Purpose::Change, scene.global, scene.machine)?;
    let subject = target.resolve().await?;
    // Opened once and described once, so that the file that is described is the file that is sent.
    let name = words.file.file_name().map(|name| name.to_string_lossy().into_owned());
    std::fs::metadata(&words.file).of_file(&words.file)?;
    let content = FileContent::open(&words.file).given("")?;
    let layer = content.describe(words.media_type.as_deref().unwrap_or(&words.artifact_type)).given("")?;
    target.place.push(&layer, &content).await.evidence(&target.text)?;
    let layer = ContentDescriptor::from(layer).annotate(annotation::TITLE, name.unwrap_or_default());
    let mut manifest = ImageManifest::artifact(&words.artifact_type).layer(layer).about(subject.clone());
    for (key, value) in words.annotations {
        manifest = manifest.annotate(key, value);
    }
    let manifest = manifest.to_blob();
    push_artifact(&target.place, &manifest).await.evidence(&target.text)?;
    let digest = manifest.descriptor().digest;
    let text = format!("attached {} to {}\n  manifest {digest}", words.file.display(), subject.digest);
    let json = json!({ "subject": subject.digest.to_string(), "manifest": digest.to_string(), "reference": target.at(&digest) });
    Ok(Report::done(text, json))
}

/// Pushes an artifact's manifest, and the empty config that it names.
pub(crate) async fn push_artifact(place: &Place, manifest: &Blob) -> Result<Descriptor, plimsoll::core::StoreError> {
    let empty = media_type::empty_blob();
    place.push(empty.descriptor(), &empty.to_bytes()).await?;
    place.push(manifest.descriptor(), &manifest.to_bytes()).await?;
    Ok(manifest.descriptor().clone())
}
