//! What an earlier run did, as its journal says.

use super::RESOLVED;
use crate::{failure::Failure, place::Target, report::Report};
use plimsoll::core::{Digest, Pointer};
use serde_json::Value;

/// What came of one reference.
pub(crate) enum Came {
    /// This is what was done now, with what the reference was resolved to.
    Now(Report, Option<Digest>),
    /// It was done before; the line of the journal.
    Before(Value),
}

/// What earlier runs did for one reference: a line of the journal for each digest that it meant.
#[derive(Default)]
pub(crate) struct Earlier(Vec<String>);

impl Earlier {
    /// Adds a line.
    pub(super) fn push(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }
    /// What came of the very content that the reference means now: tags move, and what was done to the one says nothing of the other.
    ///
    /// # Errors
    /// What a tag means cannot be found out.
    pub(crate) async fn found(self, target: &Target) -> Result<Option<Value>, Failure> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let digest = match &target.pointer {
            Pointer::Digest(digest) => *digest,
            Pointer::Tag(_) => target.resolve().await?.digest,
        };
        Ok(self.of(&digest))
    }
    /// The last line about a digest.
    fn of(&self, digest: &Digest) -> Option<Value> {
        let digest = digest.to_string();
        let lines = self.0.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line.get(RESOLVED).and_then(Value::as_str) == Some(&*digest))
    }
}
