//! One run of a program of somebody else's, a plugin or a credential helper: bytes in, bytes out, within limits, and nothing left behind.

#[cfg(unix)]
mod groups;
#[cfg(unix)]
mod pipes;

use plimsoll_core::LimitExceeded;
use std::{
    fmt,
    fs::File,
    io::{self, Read as _, Seek as _},
    process::{Command, ExitStatus},
    time::Duration,
};
use zeroize::Zeroizing;

/// What one run may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of standard output, and of standard error.
    pub(crate) output: u64,
    /// How long it may take.
    pub(crate) time: Duration,
}

/// What becomes of standard error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Errors {
    /// It is thrown away, unread.
    Ignored,
    /// It is read, within the limit.
    Read,
}

/// What came of a run. What was said may be a credential: it is wiped when it is dropped.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    pub(crate) stderr: Zeroizing<Vec<u8>>,
}

/// Why nothing came of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Nobody waits for it any more.
    Cancelled,
    /// It could not be started or spoken to.
    Io(io::ErrorKind),
    /// It said too much.
    Limit { stream: Stream, limit: LimitExceeded },
    /// It did not end, or did not let go of its output, in time.
    TimeOut(Duration),
}

impl Fault {
    fn of(error: &io::Error) -> Self {
        Self::Io(error.kind())
    }
}

/// An output of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard error.
    Error,
    /// Standard output.
    Output,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "standard error",
            Self::Output => "standard output",
        })
    }
}

/// Runs a program until it has ended and nobody holds its output any more.
///
/// One thread does all of it, without waiting on any one pipe: a child that does not read its input, or says much before it does, does
/// not hang. When this returns, the child's process group is gone, and so are our ends of its pipes, whoever holds the others. Where
/// the system has no process groups, nothing is run.
pub(crate) fn run(
    command: Command,
    input: &[u8],
    limits: Limits,
    errors: Errors,
    cancelled: impl Fn() -> bool,
) -> Result<Output, Fault> {
    #[cfg(unix)]
    {
        pipes::run(command, input, limits, errors, cancelled)
    }
    #[cfg(not(unix))]
    {
        let _ = (command, input, limits, errors, cancelled);
        Err(Fault::Io(io::ErrorKind::Unsupported))
    }
}

/// Ends every plugin and credential helper that this process runs, each with its process group, and lets none start from then on: each of
/// these runs ends as cancelled.
///
/// They have process groups of their own, so that what a terminal or an init system sends to this process does not reach them. A program that is told
/// to end calls this before it does.
pub fn stop_programs() {
    #[cfg(unix)]
    groups::stop();
}

/// Says whether the system runs a file by itself. What the kernel does not know is given to a shell by some C libraries (`execvp` on
/// ENOEXEC), which nobody asked for.
pub(crate) fn is_program(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::with_capacity(4);
    file.by_ref().take(4).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(!cfg!(target_os = "linux") || start.starts_with(b"#!") || start == b"\x7fELF")
}
