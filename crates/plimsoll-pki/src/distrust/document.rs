//! A distrust list as JSON.
//!
//! ```json
//! {"entries": [{"key": "sha256:…", "signedAfter": "2026-06-01T00:00:00Z", "reason": "laptop stolen"}]}
//! ```
//! `certificate`, `key` or `issuer` names the subject; exactly one of them stands in an entry. A member that is not known is an
//! error: a misspelt `signedAfter` must not become another decision.

use super::{Distrust, DistrustEntry, DistrustError, Subject};
use alloc::{
    format,
    string::{String, ToString},
};
use plimsoll_core::{Digest, Escaped, LimitExceeded, UnixTime};
use serde::{Deserialize, Serialize};

impl Distrust {
    /// Reads a list from JSON.
    ///
    /// # Errors
    /// [`DistrustError`]: too large, or not exactly of this form.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DistrustError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one distrust list", MOST_BYTES, size)?;
        serde_json::from_slice(bytes).map_err(|error| {
            let text = error.to_string();
            let place = text.rfind(" at line ").and_then(|at| text.get(..at));
            let problem = Escaped::new(place.unwrap_or(&text));
            DistrustError::Document { line: error.line(), column: error.column(), problem }
        })
    }
    /// Writes the list as JSON, one entry after the other, with a line feed at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // INVARIANT: the members are texts; serde_json fails for maps without text keys and for failing writers only.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// An entry as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_after: Option<String>,
    reason: String,
}

impl TryFrom<Entry> for DistrustEntry {
    type Error = String;
    fn try_from(read: Entry) -> Result<Self, String> {
        let subject = match (&read.certificate, &read.key, &read.issuer) {
            (Some(text), None, None) => Subject::Certificate(sha256(text)?),
            (None, Some(text), None) => Subject::Key(sha256(text)?),
            (None, None, Some(text)) => Subject::Issuer(sha256(text)?),
            _ => return Err("expected exactly one of `certificate`, `key` and `issuer` in an entry".into()),
        };
        let signed_after = read.signed_after.map(|text| text.parse::<UnixTime>().map_err(|error| error.to_string()));
        let entry = DistrustEntry::new(subject, read.reason);
        Ok(match signed_after.transpose()? {
            Some(time) => entry.signed_after(time),
            None => entry,
        })
    }
}

fn sha256(text: &str) -> Result<Digest, String> {
    match text.parse() {
        Ok(digest @ Digest::Sha256(_)) => Ok(digest),
        _ => Err(format!("expected `sha256:` and 64 lower-case hexadecimal digits, found `{}`", Escaped::new(text))),
    }
}

impl From<DistrustEntry> for Entry {
    fn from(entry: DistrustEntry) -> Self {
        let digest = |wanted: bool| wanted.then(|| entry.subject.digest().to_string());
        Self {
            certificate: digest(matches!(entry.subject, Subject::Certificate(_))),
            key: digest(matches!(entry.subject, Subject::Key(_))),
            issuer: digest(matches!(entry.subject, Subject::Issuer(_))),
            signed_after: entry.signed_after.map(|time| time.to_string()),
            reason: entry.reason,
        }
    }
}

/// 4 MiB, room for 20 000 entries. Each costs one comparison for every certificate of a chain.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
