//! What one rule sees of one target.

use crate::{Limits, truth::Finding};
use plimsoll_core::{
    Backing, Code, Completeness, Digest, Escaped, Horizon, Outcome, Pointer, Reason, Row, UnixTime, Value, View,
};
use std::{collections::BTreeSet, sync::Arc};

/// What one rule sees of one target.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) rule: &'a Arc<str>,
    pub(crate) view: View<'a>,
    pub(crate) at: UnixTime,
    pub(crate) limits: &'a Limits,
    /// Whether the target is an index whose manifests are judged beside it. What is inside an image is then asked of them.
    pub(crate) lists_children: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn rows<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Row> + use<'a, 's> {
        let view: &'s View<'s> = &self.view;
        view.kind(kind)
    }
    /// Why the list of a kind is not complete; `None` when it is.
    pub(crate) fn gap(&self, kind: &str) -> Option<(Code, Arc<str>)> {
        match self.view.completeness(kind) {
            Completeness::Complete => None,
            Completeness::Partial(code, text) => Some((code, text)),
        }
    }
    pub(crate) fn reason(&self, code: Code, message: &str) -> Reason {
        let target = self.view.target();
        let message = match &target.platform {
            Some(platform) => format!("{}: {message}", Escaped::new(platform)),
            None => message.to_owned(),
        };
        Reason::new(code, Arc::clone(self.rule), target.descriptor.digest, message)
    }
    /// Notes what a finding read, and while that stays the same.
    pub(crate) fn noting(&self, finding: Finding, kinds: &[&str]) -> Finding {
        let mut read = BTreeSet::new();
        let mut horizon = Horizon::ALWAYS;
        for row in kinds.iter().flat_map(|kind| self.rows(kind)) {
            read.extend(row.evidence.iter().copied());
            horizon = horizon.and(row.horizon);
        }
        let evidence: Vec<Digest> = read.iter().copied().collect();
        let mut finding = finding.reading(read, horizon);
        for reason in &mut finding.reasons {
            if reason.evidence.is_empty() {
                reason.evidence.clone_from(&evidence);
            }
        }
        finding
    }
    /// The tag that was asked for: `latest` where neither tag nor digest was written.
    pub(crate) fn tag(&self) -> Option<String> {
        let reference = &self.view.target().reference;
        let implied = match reference.pointer() {
            Pointer::Tag(tag) => Some(tag),
            Pointer::Digest(_) => None,
        };
        reference.tag().cloned().or(implied).map(|tag| tag.to_string())
    }
    /// The platform of the target: as the index says, else as the image itself says.
    pub(crate) fn platform(&self) -> Option<String> {
        if let Some(platform) = &self.view.target().platform {
            return Some(platform.to_string());
        }
        self.rows("image").find(|row| computed(row)).and_then(platform_of)
    }
}

/// Whether a row was computed here and its checks held.
pub(crate) fn computed(row: &Row) -> bool {
    matches!((&row.backing, &row.outcome), (Backing::Computed(_), Outcome::Held))
}

/// `os/architecture[/variant]` of an `image` row.
pub(crate) fn platform_of(row: &Row) -> Option<String> {
    let (os, architecture) = (text(row, "os")?, text(row, "architecture")?);
    match text(row, "variant").filter(|variant| !variant.is_empty()) {
        Some(variant) => Some(format!("{os}/{architecture}/{variant}")),
        None => Some(format!("{os}/{architecture}")),
    }
}

/// A field as text: a digest and a time as they are written.
pub(crate) fn text(row: &Row, field: &str) -> Option<String> {
    as_text(&row.record().field(field))
}

/// A value as text.
pub(crate) fn as_text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Digest(digest) => Some(digest.to_string()),
        Value::Time(time) => Some(time.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
