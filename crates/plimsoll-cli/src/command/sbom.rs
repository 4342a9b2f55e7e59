//! `sbom`: what is inside an image, a directory or a Cargo.lock.

use super::Scene;
use crate::{
    arguments::{Sbom, SbomFormat},
    failure::{Blame as _, Failure, OfFile as _},
    place::{Purpose, Target},
    report::{Report, inert, warn},
    rootfs,
};
use plimsoll::{
    catalog::{Catalog, Limits, cargo_lock, is_evidence},
    core::{Digest, UnixTime},
    host::file::{Links, Overwrite, Permission, read_file, write_file},
    oci::Platform,
    sbom::{Inventory, Writing, cyclonedx, spdx},
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Most entries of a directory that are looked at.
const ENTRIES: usize = 1_000_000;
/// Most bytes of a file that lists packages.
const LARGEST: u64 = 64 << 20;

pub(crate) async fn run(words: Sbom, scene: &Scene<'_>) -> Result<Report, Failure> {
    let created = scene.machine.source_date_epoch()?.unwrap_or(scene.machine.now());
    let path = Path::new(&words.source);
    let (inventory, subject) = if !plimsoll::store::LayoutReference::is_one(&words.source) && path.exists() {
        if words.platform.is_some() {
            return Err(Failure::given(format!("--platform: {} is no image", path.display())));
        }
        (of_path(path)?, None)
    } else {
        let platform: Option<Platform> = words.platform.as_deref().map(str::parse).transpose().given("")?;
        let target = Target::open(&words.source, Purpose::Read, scene.global, scene.machine)?;
        let root = target.resolve().await?;
        let (descriptor, image) = rootfs::image(&target, &root, platform.as_ref()).await?;
        (complete(rootfs::catalog(&target, &image).await?)?, Some(descriptor.digest))
    };
    let count = inventory.components.len();
    let document = write(&inventory, words.format, created, subject);
    let Some(to) = words.output else {
        // The document itself is the answer, in either way of reporting.
        let value: serde_json::Value = serde_json::from_slice(&document).unwrap_or_default();
        return Ok(Report::done(inert(&String::from_utf8_lossy(&document)), value));
    };
    // Whole or not at all, and through no link; what is there is replaced, as the next build writes it anew.
    write_file(&to, &document, Permission::Everybody, Overwrite::Replace).given("")?;
    let text = format!("wrote {} with {count} components", to.display());
    Ok(Report::done(text, json!({ "file": to, "components": count })))
}

/// Reads a Cargo.lock, or what lists packages below a directory.
pub(crate) fn of_path(path: &Path) -> Result<Inventory, Failure> {
    if path.is_dir() {
        return of_directory(path);
    }
    if path.file_name().is_none_or(|name| name != "Cargo.lock") {
        return Err(Failure::given(format!("{}: expected a directory or a Cargo.lock", path.display())));
    }
    let bytes = crate::given::read(path)?;
    cargo_lock::read(&bytes, &Limits::default()).given(path.display())
}

fn of_directory(root: &Path) -> Result<Inventory, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    let mut seen = 0_usize;
    while let Some(folder) = folders.pop() {
        let here = root.join(&folder);
        for entry in std::fs::read_dir(&here).of_file(&here)? {
            let entry = entry.of_file(&here)?;
            seen = seen.saturating_add(1);
            if seen > ENTRIES {
                return Err(Failure::given(format!("{}: more than {ENTRIES} entries", root.display())));
            }
            let (path, kind) = (folder.join(entry.file_name()), entry.file_type().of_file(&here)?);
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && is_evidence(path.as_os_str().as_encoded_bytes()) {
                // The directory may be somebody else's: a link, a pipe, or a file without end.
                let contents = read_file(&entry.path(), Links::Refuse, LARGEST).evidence("")?;
                files.push((path, contents.bytes));
            }
        }
    }
    complete(Catalog::read(
        files.iter().map(|(path, bytes)| (path.as_os_str().as_encoded_bytes(), bytes.as_slice())),
        &Limits::default(),
    ))
}

/// An inventory that is known to lack packages is none.
pub(crate) fn complete(catalog: Catalog) -> Result<Inventory, Failure> {
    if let Some(first) = catalog.failures.first() {
        for unread in &catalog.failures {
            warn(format!("{}: {}", unread.path, unread.error));
        }
        let failure: Result<(), _> = Err(first.error.clone());
        failure.evidence(&first.path)?;
    }
    Ok(catalog.inventory)
}

/// Writes an inventory: the same one at the same time gives the same bytes.
pub(crate) fn write(inventory: &Inventory, format: SbomFormat, created: UnixTime, subject: Option<Digest>) -> Vec<u8> {
    let mut writing = Writing::new(created, "plimsoll", env!("CARGO_PKG_VERSION"));
    if let Some(subject) = subject {
        writing = writing.about(subject);
    }
    match format {
        SbomFormat::CyclonedxJson => cyclonedx::write(inventory, &writing),
        SbomFormat::SpdxJson => spdx::write(inventory, &writing),
    }
}
