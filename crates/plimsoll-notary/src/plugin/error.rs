//! What can go wrong with a plugin.

use super::{Capability, Command, PluginName, PluginVersion, PluginVersionError, ReportedError};
use crate::{code, json::JsonError};
use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};

/// Why a plugin gave no usable answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The answer breaks the contract, or is one to another question.
    #[error("plugin answer to {command}: {path}: {fault}")]
    Answer {
        /// The command.
        command: Command,
        /// The place in the answer.
        path: Box<str>,
        /// What is wrong there.
        fault: AnswerFault,
    },
    /// The plugin does not do what is asked for.
    #[error("expected the plugin `{plugin}` to have the capability {expected}, found {}", listed(found))]
    Incapable {
        /// The plugin.
        plugin: PluginName,
        /// What is asked for.
        expected: &'static str,
        /// What it has.
        found: Vec<Capability>,
    },
    /// The answer is too large.
    #[error("plugin answer to {command}: {limit}")]
    Limit {
        /// The command.
        command: Command,
        /// The limit.
        limit: LimitExceeded,
    },
    /// The plugin says that it failed.
    #[error(transparent)]
    Reported(#[from] ReportedError),
    /// The answer is not JSON.
    #[error("plugin answer to {command}: {error}")]
    Syntax {
        /// The command.
        command: Command,
        /// Where it stops being JSON.
        error: JsonError,
    },
    /// The plugin is older than the signature demands.
    #[error("expected the plugin `{plugin}` in version {expected} or later, found {found}")]
    TooOld {
        /// The plugin.
        plugin: PluginName,
        /// The least version.
        expected: Box<PluginVersion>,
        /// Its version.
        found: Box<PluginVersion>,
    },
}

fn listed(found: &[Capability]) -> String {
    if found.is_empty() {
        return "none".to_owned();
    }
    found.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ")
}

impl Classify for PluginError {
    fn code(&self) -> Code {
        match self {
            Self::Answer { .. } | Self::Syntax { .. } => code::PLUGIN_PROTOCOL,
            Self::Incapable { .. } | Self::TooOld { .. } => code::PLUGIN_UNSUITABLE,
            Self::Limit { limit, .. } => limit.code(),
            Self::Reported(error) => error.code(),
        }
    }
}

/// What is wrong at one place of an answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// It is not base64.
    #[error("expected padded base64, found something else")]
    Base64,
    /// It answers another question.
    #[error("expected `{expected}`, found `{found}`")]
    Different {
        /// What the question had.
        expected: Escaped,
        /// What the answer has.
        found: Escaped,
    },
    /// Nothing is there, and something must be.
    #[error("expected a value, found it empty")]
    Empty,
    /// Too many items.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A member is missing.
    #[error("expected the member `{name}`, found none")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] super::PluginNameError),
    /// What was asked for was not answered.
    #[error("expected a result for {capability}, found none")]
    NoResult {
        /// The capability.
        capability: Capability,
    },
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The type.
        expected: &'static str,
        /// The type that is there.
        found: &'static str,
    },
    /// A version that is none.
    #[error(transparent)]
    Version(#[from] PluginVersionError),
    /// A word that may not stand here.
    #[error("expected {expected}, found `{found}`")]
    Word {
        /// The words.
        expected: &'static str,
        /// The one that is there.
        found: Escaped,
    },
}
