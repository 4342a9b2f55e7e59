//! A question to a plugin, with the reading of its answer.

use super::{Command, PluginError, read::Answer};
use alloc::{collections::BTreeMap, string::String, vec::Vec};

/// Settings that are handed to a plugin as they are.
pub type PluginConfig = BTreeMap<String, String>;

/// Limits on the answer of a plugin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the answer: 64 MiB, as notation-go (plugin/plugin.go).
    pub answer: u64,
    /// Certificates in a chain: 10, as for envelopes.
    pub chain: u64,
    /// Items of any other list or map: 1024. No contract needs more than a dozen.
    pub items: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { answer: 64 << 20, chain: 10, items: 1024 }
    }
}

/// A question of the plugin contract.
///
/// # Contract
/// `read` accepts only an answer to this very question.
pub trait Call {
    /// The command.
    const COMMAND: Command;
    /// What the answer says.
    type Answer;
    /// What the plugin gets on its standard input.
    fn to_json(&self) -> Vec<u8>;
    /// Reads what the plugin wrote to its standard output.
    ///
    /// # Errors
    /// [`PluginError`], for an answer that breaks the contract or a limit, and for one to another question.
    fn read(&self, answer: &[u8], limits: &Limits) -> Result<Self::Answer, PluginError>;
}

impl<T: Call> Call for &T {
    const COMMAND: Command = T::COMMAND;
    type Answer = T::Answer;
    fn to_json(&self) -> Vec<u8> {
        (**self).to_json()
    }
    fn read(&self, answer: &[u8], limits: &Limits) -> Result<Self::Answer, PluginError> {
        (**self).read(answer, limits)
    }
}

/// Writes a request. None of them holds a map with keys other than text, or a failing `Serialize`.
///
/// Octet by octet as notation-go: Go's encoder escapes what HTML could take for markup, and what ends a line in JavaScript. It means the
/// same to whoever reads JSON.
pub(super) fn written(request: &impl serde::Serialize) -> Vec<u8> {
    let mut rest = serde_json::to_string(request).unwrap_or_default();
    // Outside of text, none of these stands in JSON.
    for (found, escaped) in
        [('&', "\\u0026"), ('<', "\\u003c"), ('>', "\\u003e"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")]
    {
        if rest.contains(found) {
            rest = rest.replace(found, escaped);
        }
    }
    rest.into_bytes()
}

/// Reads an answer into a tree.
pub(super) fn answered(command: Command, answer: &[u8], limits: &Limits) -> Result<Answer, PluginError> {
    Answer::read(command, answer, limits)
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}
