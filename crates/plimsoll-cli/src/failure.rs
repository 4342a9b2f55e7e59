//! How a command fails.

use crate::exit::Exit;
use plimsoll::core::{Classify, Code};
use std::fmt::Display;

/// Why a command did not do what it was asked: one line, its code, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) code: Option<Code>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// What the user gave is malformed.
    pub(crate) fn given(message: impl Into<String>) -> Self {
        Self { exit: Exit::Malformed, code: None, message: message.into(), hint: None }
    }
    /// It could not be found out, or not be done.
    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unknown, code: None, message: message.into(), hint: None }
    }
    /// Something else says no.
    pub(crate) fn no(code: Code, message: impl Into<String>) -> Self {
        Self { exit: Exit::No, code: Some(code), message: message.into(), hint: None }
    }
    /// An error in what the user gave, such as a key.
    pub(crate) fn blamed(error: &(impl Classify + Display), what: impl Display) -> Self {
        blame(error, Exit::of_given(error.class()), what)
    }
    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Says whose fault an error is: that decides the exit code.
pub(crate) trait Blame<T> {
    /// The user gave it: a flag, a file, a reference.
    fn given(self, what: impl Display) -> Result<T, Failure>;
    /// It came from a registry, a layout or an envelope.
    fn evidence(self, what: impl Display) -> Result<T, Failure>;
}

impl<T, E: Classify + Display> Blame<T> for Result<T, E> {
    fn given(self, what: impl Display) -> Result<T, Failure> {
        self.map_err(|error| blame(&error, Exit::of_given(error.class()), what))
    }
    fn evidence(self, what: impl Display) -> Result<T, Failure> {
        self.map_err(|error| blame(&error, Exit::of_evidence(error.class()), what))
    }
}

fn blame(error: &(impl Classify + Display), exit: Exit, what: impl Display) -> Failure {
    let what = what.to_string();
    let message = if what.is_empty() { error.to_string() } else { format!("{what}: {error}") };
    Failure { exit, code: Some(error.code()), message, hint: None }
}

/// Faults of files that the user named.
pub(crate) trait OfFile<T> {
    /// Names the file.
    fn of_file(self, path: &std::path::Path) -> Result<T, Failure>;
}

impl<T> OfFile<T> for std::io::Result<T> {
    fn of_file(self, path: &std::path::Path) -> Result<T, Failure> {
        self.map_err(|error| {
            let exit = match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::IsADirectory | std::io::ErrorKind::InvalidInput => {
                    Exit::Malformed
                }
                _ => Exit::Unknown,
            };
            Failure { exit, code: None, message: format!("{}: {error}", path.display()), hint: None }
        })
    }
}
