//! The protocol of credential helpers ([docker-credential-helpers]): `docker-credential-NAME get`.
//!
//! [docker-credential-helpers]: https://github.com/docker/docker-credential-helpers

use super::{Credential, CredentialError, HelperFault};
use crate::{
    NameError, Secret,
    notation::is_file_name,
    plugin::is_ours,
    process::{self, Errors, Output, is_program},
};
use plimsoll_core::Escaped;
use serde::Deserialize;
use std::{
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

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
    let Output { status, stdout, .. } = run(program, server, limits).map_err(|found| fault(name, server, found))?;
    if !status.success() {
        // What is no UTF-8 is not repeated.
        let said = std::str::from_utf8(&stdout).unwrap_or_default();
        let said = said.trim().lines().next().unwrap_or_default();
        if said == NOT_FOUND {
            return Ok(None);
        }
        // Helpers say on standard output what went wrong. What looks like a credential is not repeated.
        let said = Escaped::new(if said.starts_with('{') { "" } else { said });
        return Err(fault(name, server, HelperFault::Exit { status: status.code(), said }));
    }
    let answer: Answer = serde_json::from_slice(&stdout).map_err(|_| fault(name, server, HelperFault::Answer))?;
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
fn run(program: &Path, server: &str, limits: HelperLimits) -> Result<Output, HelperFault> {
    // One that may be run and not read is left to the system.
    if let Ok(mut file) = File::open(program)
        && !is_program(&mut file).map_err(|error| HelperFault::Io(error.kind()))?
    {
        return Err(HelperFault::NoProgram);
    }
    let mut command = Command::new(program);
    command.arg("get");
    // A helper finds its keychain, its agent or its cloud by variables of its own, of which nobody has a list: it gets all, as from
    // Docker and Podman, but for our own secrets, for which it has no use.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_ours)) {
        command.env_remove(name);
    }
    let within = process::Limits { output: limits.output, time: limits.time };
    Ok(process::run(command, server.as_bytes(), within, Errors::Ignored, || false)?)
}

/// What a helper says, with exit code 1, when it keeps nothing for a server (`ErrCredentialsNotFound`).
const NOT_FOUND: &str = "credentials not found in native keychain";
