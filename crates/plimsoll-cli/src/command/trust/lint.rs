//! `trust-policy lint`: what is allowed, and likely not meant.

use crate::{
    exit::Exit,
    failure::{Blame as _, Failure},
    machine::heeded,
    report::{Report, warn},
    trust::Anchors,
};
use plimsoll::{
    core::UnixTime,
    crypto::provider,
    host::notation::{BlobTrustPolicyFile, NotationDirectory, TrustPolicyFile},
    notary::policy::{BlobTrustPolicy, LintKind, LintOptions, PolicyWarning, Statement, TrustPolicy, lint, lint_blob},
};
use serde_json::json;
use std::{fmt::Write as _, path::Path};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    /// Worth knowing, and often meant.
    Note,
    /// It lets more pass than strictness would.
    Warning,
    /// It cannot be meant: nothing can match or be verified.
    Error,
}

impl Severity {
    fn of(kind: &LintKind) -> Self {
        match kind {
            LintKind::OverlappingScope { .. } | LintKind::PathScope { .. } => Self::Note,
            LintKind::Expired { .. } | LintKind::ForeignIdentity { .. } | LintKind::Store { .. } => Self::Error,
            _ => Self::Warning,
        }
    }
    fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

enum Policy {
    Blobs(BlobTrustPolicy),
    Repositories(TrustPolicy),
}

impl Policy {
    fn read(directory: &NotationDirectory, file: Option<&Path>, blob: bool) -> Result<Self, Failure> {
        Ok(match (file, blob) {
            (Some(file), true) => {
                Self::Blobs(BlobTrustPolicy::parse(&crate::given::read(file)?).given(file.display())?)
            }
            (Some(file), false) => {
                Self::Repositories(TrustPolicy::parse(&crate::given::read(file)?).given(file.display())?)
            }
            (None, true) => Self::Blobs(heeded(BlobTrustPolicyFile::load(directory).given("")?).policy),
            (None, false) => Self::Repositories(heeded(TrustPolicyFile::load(directory).given("")?).policy),
        })
    }
    fn statements(&self) -> &[Statement] {
        match self {
            Self::Blobs(policy) => policy.statements(),
            Self::Repositories(policy) => policy.statements(),
        }
    }
    fn warnings(&self) -> &[PolicyWarning] {
        match self {
            Self::Blobs(policy) => policy.warnings(),
            Self::Repositories(policy) => policy.warnings(),
        }
    }
}

pub(super) fn run(
    directory: &NotationDirectory,
    file: Option<&Path>,
    blob: bool,
    expiring: Option<u64>,
    now: UnixTime,
) -> Result<Report, Failure> {
    let policy = Policy::read(directory, file, blob)?;
    // What reading remarks is mostly what follows in other words.
    policy.warnings().iter().for_each(warn);
    let names = policy.statements().iter().flat_map(Statement::trust_stores).collect();
    let anchors = Anchors::read(directory, names)?;
    let names = policy.statements().iter().flat_map(Statement::trust_stores).collect();
    let stores = anchors.stores(names, provider());
    let mut options = LintOptions::new(now);
    if let Some(span) = expiring {
        options = options.expiring_within(span);
    }
    let mut found = match &policy {
        Policy::Blobs(policy) => lint_blob(policy, &stores, &options),
        Policy::Repositories(policy) => lint(policy, &stores, &options),
    };
    found.sort_by_key(|one| std::cmp::Reverse(Severity::of(&one.kind)));
    let mut text = String::new();
    let mut listed = Vec::new();
    for one in &found {
        let severity = Severity::of(&one.kind).as_str();
        let _ = writeln!(text, "{severity}: {one}");
        listed.push(json!({ "severity": severity, "path": &*one.path, "message": one.kind.to_string() }));
    }
    if found.is_empty() {
        text.push_str("nothing to remark\n");
    }
    let bad = found.iter().any(|one| Severity::of(&one.kind) >= Severity::Warning);
    Ok(Report::done(text, json!(listed)).ending(if bad { Exit::No } else { Exit::Yes }))
}
