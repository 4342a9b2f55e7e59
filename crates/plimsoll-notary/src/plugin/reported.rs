//! The error object of a plugin.

use super::{AnswerFault, Command, Limits, PluginConfig, PluginError, read::Answer};
use crate::code;
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped};

/// The error codes of the contract.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The plugin may not use the key or the service.
    AccessDenied,
    /// Anything else.
    Generic,
    /// Too many requests.
    Throttled,
    /// The plugin's service did not answer in time.
    Timeout,
    /// The plugin does not speak this version of the contract.
    UnsupportedContractVersion,
    /// The request is not as it must be.
    Validation,
}

impl ErrorCode {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AccessDenied,
        Self::Generic,
        Self::Throttled,
        Self::Timeout,
        Self::UnsupportedContractVersion,
        Self::Validation,
    ];
    /// The name in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "ACCESS_DENIED",
            Self::Generic => "ERROR",
            Self::Throttled => "THROTTLED",
            Self::Timeout => "TIMEOUT",
            Self::UnsupportedContractVersion => "UNSUPPORTED_CONTRACT_VERSION",
            Self::Validation => "VALIDATION_ERROR",
        }
    }
    /// The code of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a plugin writes to its standard error when it ends with the exit code 1.
///
/// ```
/// use plimsoll_notary::plugin::{Command, ErrorCode, Limits, ReportedError};
/// let told = br#"{"errorCode": "ACCESS_DENIED", "errorMessage": "no such role"}"#;
/// let error = ReportedError::parse(Command::DescribeKey, told, &Limits::default()).unwrap();
/// assert_eq!(error.error, ErrorCode::AccessDenied);
/// assert_eq!(error.to_string(), "the plugin answered describe-key with ACCESS_DENIED: no such role");
/// assert!(ReportedError::parse(Command::DescribeKey, b"panic: nil", &Limits::default()).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the plugin answered {command} with {error}: {message}")]
#[non_exhaustive]
pub struct ReportedError {
    /// The command that failed.
    pub command: Command,
    /// The code.
    pub error: ErrorCode,
    /// What the plugin says.
    pub message: Escaped,
    /// What it adds. Foreign text.
    pub metadata: PluginConfig,
}

impl ReportedError {
    /// Reads the error object.
    ///
    /// # Errors
    /// [`PluginError`]: it is none. The object is optional, so that is no fault of its own.
    pub fn parse(command: Command, bytes: &[u8], limits: &Limits) -> Result<Self, PluginError> {
        let answer = Answer::read(command, bytes, limits)?;
        let root = answer.root()?;
        let name = root.required("errorCode")?;
        let error = ErrorCode::of_name(name.text()?).ok_or_else(|| {
            name.error(AnswerFault::Word { expected: CODES, found: Escaped::new(name.text().unwrap_or_default()) })
        })?;
        let message = root.get("errorMessage").map_or(Ok(""), |message| message.text())?;
        let metadata = root.get("errorMetadata").map_or_else(|| Ok(PluginConfig::new()), |map| map.texts())?;
        Ok(Self { command, error, message: Escaped::new(message), metadata })
    }
}

impl Classify for ReportedError {
    fn code(&self) -> Code {
        code::PLUGIN_ERROR
    }
}

const CODES: &str =
    "`VALIDATION_ERROR`, `UNSUPPORTED_CONTRACT_VERSION`, `ACCESS_DENIED`, `TIMEOUT`, `THROTTLED` or `ERROR`";
