//! `build`: a reproducible OCI image of directories and archives.

use super::Scene;
use crate::{
    arguments::{Build, Contents},
    failure::{Blame as _, Failure, OfFile as _},
    place::{Purpose, Target},
    report::{Report, warn},
};
use plimsoll::{
    core::{Descriptor, Pointer, Retag as _, UnixTime},
    host::pipeline,
    image::ImageBuilder,
    oci::{ContainerConfig, Platform, annotation},
    store::{CopyOptions, Layout, copy},
};
use serde_json::json;
use std::{path::PathBuf, sync::Arc};

pub(crate) async fn run(words: Build, scene: &Scene<'_>) -> Result<Report, Failure> {
    let target = Target::open(&words.target, Purpose::Write, scene.global, scene.machine)?;
    let tag = target.tag()?;
    let manifest = image(&words.sources, &words.contents, &target, scene).await?;
    target.place.retag(&manifest, &tag).await.evidence(&target.text)?;
    let text = format!("built {}\n  digest {}", target.text, manifest.digest);
    let json = json!({ "reference": target.at(&manifest.digest), "digest": manifest.digest.to_string(), "size": manifest.size });
    Ok(Report::done(text, json))
}

/// Builds an image and brings it to the target, untagged.
async fn image(
    sources: &[PathBuf],
    contents: &Contents,
    target: &Target,
    scene: &Scene<'_>,
) -> Result<Descriptor, Failure> {
    if let Some(layout) = target.place.layout().given("")? {
        return pack(sources, contents, layout, scene);
    }
    // Layers go through a file, so that memory does not grow with them and an upload can be tried again.
    let folder = crate::scratch::directory()?;
    let layout = Layout::create(folder.path()).given("")?;
    let manifest = pack(sources, contents, &layout, scene)?;
    let by_digest = Pointer::Digest(manifest.digest);
    copy(&Arc::new(layout), &by_digest, &*target.place, None, &CopyOptions::default()).await.evidence(&target.text)?;
    Ok(manifest)
}

/// Builds an image into a layout, untagged.
pub(crate) fn pack(
    sources: &[PathBuf],
    contents: &Contents,
    layout: &Layout,
    scene: &Scene<'_>,
) -> Result<Descriptor, Failure> {
    let created = scene.machine.source_date_epoch()?.unwrap_or(scene.machine.now());
    let mut builder = ImageBuilder::new(platform(contents)?, created);
    for (key, value) in pipeline::annotations(scene.machine.environment()) {
        if key == annotation::AUTHORS {
            builder = builder.author(value.clone());
        }
        // The time of a reproducible build is the one that was given for it.
        if key != annotation::CREATED {
            builder = builder.annotate(key, value);
        }
    }
    builder = builder.container(container(contents)?);
    for source in sources {
        builder = layer(builder, source, created, layout)?;
    }
    for (key, value) in &contents.annotations {
        builder = builder.annotate(key, value);
    }
    for (key, value) in &contents.labels {
        builder = builder.label(key, value);
    }
    let image = builder.build();
    layout.put(&image.config).given("")?;
    layout.put(&image.manifest).given("")?;
    Ok(image.manifest.descriptor().clone())
}

fn layer(builder: ImageBuilder, source: &PathBuf, created: UnixTime, layout: &Layout) -> Result<ImageBuilder, Failure> {
    std::fs::metadata(source).of_file(source)?;
    let packed = if source.is_dir() { layout.pack_directory(source, created) } else { layout.pack_archive(source) };
    let packed = packed.given(source.display())?;
    for skipped in &packed.skipped {
        warn(format!("{}: {skipped} is no file, directory or link, and was left out", source.display()));
    }
    Ok(builder.layer(packed.descriptor, packed.layer, "plimsoll build"))
}

/// The platform that was given, else the one that this program runs on, in Go's words.
fn platform(contents: &Contents) -> Result<Platform, Failure> {
    if let Some(text) = &contents.platform {
        return text.parse().given("");
    }
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    };
    let os = if std::env::consts::OS == "macos" { "darwin" } else { std::env::consts::OS };
    Ok(Platform::new(os, architecture))
}

fn container(contents: &Contents) -> Result<ContainerConfig, Failure> {
    let mut config = ContainerConfig::default();
    if let Some(text) = &contents.entrypoint {
        config.entrypoint = if text.starts_with('[') {
            serde_json::from_str(text).map_err(|error| Failure::given(format!("--entrypoint: {error}")))?
        } else {
            vec![text.clone()]
        };
    }
    Ok(config)
}
