//! `trust-policy`: the two trust policies, for repositories and for blobs.

use super::{super::Scene, lint};
use crate::{
    arguments::TrustPolicy,
    failure::{Blame as _, Failure},
    machine::heeded,
    report::{Report, inert, warn},
};
use plimsoll::{
    host::{
        file::Overwrite,
        notation::{BlobTrustPolicyFile, NotationDirectory, TrustPolicyFile},
    },
    notary::policy::{self, BlobTrustPolicy, PolicyWarning, PolicyWarningKind},
};
use serde_json::json;
use std::path::{Path, PathBuf};

pub(crate) fn run(words: TrustPolicy, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    match words {
        TrustPolicy::Show { blob } => show(&directory, blob),
        TrustPolicy::Import { file, blob, force } => import(&directory, &file, blob, force),
        TrustPolicy::Lint { file, blob, expiring } => {
            lint::run(&directory, file.as_deref(), blob, expiring, scene.machine.now())
        }
    }
}

fn show(directory: &NotationDirectory, blob: bool) -> Result<Report, Failure> {
    let (path, bytes): (PathBuf, Vec<u8>) = match blob {
        true => {
            let file = heeded(BlobTrustPolicyFile::load(directory).given("")?);
            file.policy.warnings().iter().for_each(warn);
            (file.path, file.bytes)
        }
        false => {
            let file = heeded(TrustPolicyFile::load(directory).given("")?);
            file.policy.warnings().iter().for_each(warn);
            (file.path, file.bytes)
        }
    };
    let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(Report::done(format!("{}\n{}", path.display(), inert(&format!("{document:#}"))), document))
}

fn import(directory: &NotationDirectory, file: &Path, blob: bool, force: bool) -> Result<Report, Failure> {
    let bytes = crate::given::read(file)?;
    let warnings = match blob {
        true => BlobTrustPolicy::parse(&bytes).given(file.display())?.warnings().to_vec(),
        false => policy::TrustPolicy::parse(&bytes).given(file.display())?.warnings().to_vec(),
    };
    check_meant(&warnings, file, force)?;
    let overwrite = if force { Overwrite::Replace } else { Overwrite::Refuse };
    let path = match blob {
        true => {
            BlobTrustPolicyFile::import(directory, &bytes, overwrite).given(file.display())?;
            directory.blob_trust_policy()
        }
        false => {
            TrustPolicyFile::import(directory, &bytes, overwrite).given(file.display())?;
            directory.trust_policy()
        }
    };
    warnings.iter().for_each(warn);
    Ok(Report::done(format!("imported {}", path.display()), json!({ "path": path })))
}

/// The specification forbids it, and Notation takes it: an old file goes on working, a new one must be meant.
fn check_meant(warnings: &[PolicyWarning], file: &Path, force: bool) -> Result<(), Failure> {
    let skips = warnings.iter().find(|warning| warning.kind == PolicyWarningKind::SkipForAll);
    match skips.filter(|_| !force) {
        Some(warning) => {
            Err(Failure::given(format!("{}: {warning}", file.display())).hint("import it with --force if it is meant"))
        }
        None => Ok(()),
    }
}
