//! The registry's storage, read as files while no registry runs.

use super::ledger::Known;
use crate::lab::Folder;
use plimsoll_core::Digest;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What lies there.
#[derive(Default)]
pub(super) struct Found {
    pub(super) tags: u64,
    /// What a killed process left in its own corner.
    pub(super) unfinished: u64,
}

/// Every file under a digest has it; each index is valid, and each tag stands for a whole image; what was acknowledged is there.
pub(super) fn check(store: &str, known: &Known) -> Result<Found, String> {
    let mut found = Found::default();
    let mut tags = BTreeMap::new();
    for repository in ["fleet/even", "fleet/odd"] {
        let layout = Path::new(store).join(repository).join("_layout");
        if !layout.exists() {
            continue;
        }
        for path in Folder::files(&layout.join("blobs/sha256")) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            expect(&layout, &format!("sha256:{name}"))?;
        }
        found.unfinished += Folder::files(&layout.join(".staging")).len() as u64;
        for (tag, digest) in tags_of(&layout)? {
            whole_image(&layout, &digest)
                .map_err(|why| format!("{repository}:{tag} stands for half an image: {why}"))?;
            found.tags += 1;
            tags.insert((repository.to_owned(), tag), digest);
        }
    }
    for (repository, digest) in &known.content {
        expect(&Path::new(store).join(repository).join("_layout"), &digest.to_string())
            .map_err(|why| format!("{repository}: what was acknowledged is gone: {why}"))?;
    }
    for (key, digest) in &known.tags {
        if tags.get(key) != Some(&digest.to_string()) {
            return Err(format!("{key:?}: the tag was acknowledged for {digest}, found {:?}", tags.get(key)));
        }
    }
    for (key, (digests, acknowledged)) in &known.moving {
        // The last one that was acknowledged, or one that was asked for after it.
        let allowed = digests.get(acknowledged.saturating_sub(1)..).unwrap_or_default();
        let at = tags.get(key);
        if *acknowledged > 0 && !allowed.iter().any(|digest| at == Some(&digest.to_string())) {
            return Err(format!("{key:?}: expected one of {allowed:?}, found {at:?}"));
        }
    }
    Ok(found)
}

fn tags_of(layout: &Path) -> Result<Vec<(String, String)>, String> {
    let version = json(&layout.join("oci-layout"))?;
    if version["imageLayoutVersion"] != "1.0.0" {
        return Err(format!("{}: no layout: {version}", layout.display()));
    }
    let index = json(&layout.join("index.json"))?;
    if index["schemaVersion"] != 2 {
        return Err(format!("{}: no index: {index}", layout.display()));
    }
    let mut tags = Vec::new();
    for entry in index["manifests"].as_array().ok_or("an index without manifests")? {
        let digest = entry["digest"].as_str().ok_or("an entry without a digest")?;
        let size = expect(layout, digest)?;
        if entry["size"] != size {
            return Err(format!("{digest}: the index says {}, found {size} bytes", entry["size"]));
        }
        if let Some(tag) = entry["annotations"]["org.opencontainers.image.ref.name"].as_str() {
            tags.push((tag.to_owned(), digest.to_owned()));
        }
    }
    Ok(tags)
}

/// The manifest, its configuration and its layers.
fn whole_image(layout: &Path, digest: &str) -> Result<(), String> {
    let manifest = json(&blob(layout, digest))?;
    let layers = manifest["layers"].as_array().ok_or("no layers")?;
    for one in layers.iter().chain([&manifest["config"]]) {
        let size = expect(layout, one["digest"].as_str().unwrap_or_default())?;
        if one["size"] != size {
            return Err(format!("expected {one}, found {size} bytes"));
        }
    }
    Ok(())
}

/// The size of a file that has the digest it is named after.
fn expect(layout: &Path, digest: &str) -> Result<u64, String> {
    let path = blob(layout, digest);
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let found = Digest::sha256_of(&bytes).to_string();
    if found == digest { Ok(bytes.len() as u64) } else { Err(format!("expected {digest}, found {found}")) }
}

fn blob(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs").join(digest.replace(':', "/"))
}

fn json(path: &Path) -> Result<Value, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}
