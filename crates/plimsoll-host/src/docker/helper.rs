//! The protocol of credential helpers ([docker-credential-helpers]): `docker-credential-NAME get`.
//!
//! [docker-credential-helpers]: https://github.com/docker/docker-credential-helpers

use super::{Credential, CredentialError, HelperFault};
use crate::{NameError, Secret, notation::is_file_name};
use plimsoll_core::{Escaped, LimitExceeded};
use serde::Deserialize;
use std::{
    ffi::OsStr,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// What a credential helper may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct HelperLimits {
    /// Bytes of its answer: 64 KiB, many times the longest token.
    pub output: u64,
    /// How long it may take: 30 seconds, as helpers of clouds speak to a service and some ask the user.
    pub time: Duration,
}

impl Default for HelperLimits {
    fn default() -> Self {
        Self { output: 64 * 1024, time: Duration::from_secs(30) }
    }
}

impl HelperLimits {
    /// Sets how long a helper may take.
    #[must_use]
    pub fn with_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }
}

/// Finds `docker-credential-NAME` in the absolute directories of PATH. A relative one would run what lies in the working directory
/// (docker/cli CVE-2025-15558).
pub(super) fn find(name: &str, path: &OsStr) -> Result<Option<PathBuf>, NameError> {
    if !is_file_name(name) {
        return Err(NameError { found: Escaped::new(name) });
    }
    let file = format!("docker-credential-{name}{}", std::env::consts::EXE_SUFFIX);
    let absolute = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    Ok(absolute.map(|directory| directory.join(&file)).find(|file| file.is_file()))
}

/// Asks a helper; `None` when it says that it keeps nothing for this server.
pub(super) fn get(
    name: &str,
    program: &Path,
    server: &str,
    limits: HelperLimits,
) -> Result<Option<Credential>, CredentialError> {
    let (status, output) = run(program, server, limits).map_err(|found| fault(name, server, found))?;
    if !status.success() {
        let said = String::from_utf8_lossy(&output);
        let said = said.trim().lines().next().unwrap_or_default();
        if said == NOT_FOUND {
            return Ok(None);
        }
        // Helpers say on standard output what went wrong. What looks like a credential is not repeated.
        let said = Escaped::new(if said.starts_with('{') { "" } else { said });
        return Err(fault(name, server, HelperFault::Exit { status: status.code(), said }));
    }
    let answer: Answer = serde_json::from_slice(&output).map_err(|_| fault(name, server, HelperFault::Answer))?;
    Ok(Credential::of(answer.username, answer.secret))
}

pub(super) fn fault(name: &str, server: &str, fault: HelperFault) -> CredentialError {
    let helper = Escaped::new(&format!("docker-credential-{name}"));
    CredentialError::Helper { helper, server: Escaped::new(server), fault }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: Secret,
}

/// Runs the helper to its end, or to the end of its time.
///
/// The thread that listens is left behind when a grandchild outside the process group holds the pipe: this function does not wait for it.
fn run(program: &Path, server: &str, limits: HelperLimits) -> Result<(ExitStatus, Zeroizing<Vec<u8>>), HelperFault> {
    let failed = |error: io::Error| HelperFault::Io(error.kind());
    let deadline = Instant::now().checked_add(limits.time).ok_or(HelperFault::TimeOut(limits.time))?;
    let mut helper = Running(command(program).spawn().map_err(failed)?);
    if let Some(mut stdin) = helper.0.stdin.take() {
        // A name shorter than a pipe: writing it never waits. A helper that does not listen is not thereby wrong.
        let _ = stdin.write_all(server.as_bytes());
    }
    let stdout = helper.0.stdout.take().ok_or(HelperFault::Io(io::ErrorKind::BrokenPipe))?;
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || sender.send(listen(stdout, limits.output))).map_err(failed)?;
    let left = deadline.saturating_duration_since(Instant::now());
    let output = receiver.recv_timeout(left).map_err(|_| HelperFault::TimeOut(limits.time))??;
    loop {
        if let Some(status) = helper.0.try_wait().map_err(failed)? {
            return Ok((status, output));
        }
        if Instant::now() >= deadline {
            return Err(HelperFault::TimeOut(limits.time));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // A helper needs its own variables and gets them; it has no use for our secrets.
    for name in ["NOTATION_USERNAME", "NOTATION_PASSWORD", "PLIMSOLL_KEY_PASSPHRASE_FILE"] {
        command.env_remove(name);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

fn listen(stdout: ChildStdout, limit: u64) -> Result<Zeroizing<Vec<u8>>, HelperFault> {
    let capacity = usize::try_from(limit).unwrap_or(0).saturating_add(1);
    let mut output = Zeroizing::new(Vec::with_capacity(capacity));
    let read = stdout.take(limit.saturating_add(1)).read_to_end(&mut output);
    read.map_err(|error| HelperFault::Io(error.kind()))?;
    let found = u64::try_from(output.len()).unwrap_or(u64::MAX);
    LimitExceeded::check("bytes", limit, found).map_err(HelperFault::Limit)?;
    Ok(output)
}

/// A child that is stopped, with its process group, when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a helper says, with exit code 1, when it keeps nothing for a server (`ErrCredentialsNotFound`).
const NOT_FOUND: &str = "credentials not found in native keychain";
