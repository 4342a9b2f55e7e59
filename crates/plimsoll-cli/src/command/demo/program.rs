//! Running this program as a user would.

#![allow(clippy::indexing_slicing, reason = "a member that a JSON value lacks is null")]

use crate::{
    failure::Failure,
    interrupted::{self, Undo},
    report::progress,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A verdict, as `check -o json` reports it.
pub(super) struct Verdict {
    pub(super) decision: String,
    pub(super) codes: Vec<String>,
}

/// The program that is running, with nothing of the user's own configuration.
fn this(home: &Path) -> Result<Command, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::unknown(format!("this program is not to be found: {error}")))?;
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["NOTATION_", "PLIMSOLL_", "DOCKER_", "REGISTRY_AUTH_FILE", "XDG_", "SOURCE_DATE_EPOCH"]
            .iter()
            .any(|own| name.starts_with(own))
        {
            command.env_remove(&*name);
        }
    }
    command.env("DOCKER_CONFIG", home).env("NOTATION_CONFIG", home).stdin(Stdio::null());
    Ok(command)
}

/// Runs a command, shows it, and gives what it reported.
pub(super) fn run(home: &Path, words: &[&str]) -> Result<Value, Failure> {
    progress(format!("$ plimsoll {}", shown(words)));
    let mut command = this(home)?;
    command.args(words).args(["-o", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (child, undo) = start(&mut command)?;
    let output = child.wait_with_output();
    drop(undo);
    let output = output.map_err(|error| Failure::unknown(format!("plimsoll {}: {error}", shown(words))))?;
    let said = String::from_utf8_lossy(&output.stderr);
    for line in said.lines().filter(|line| !line.starts_with("warning: `")) {
        progress(format!("    {line}"));
    }
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    match output.status.code() {
        // 1 and 3 are verdicts of `check`; whoever else ends so has failed.
        Some(0) => Ok(report),
        Some(1 | 3) if words.first() == Some(&"check") => Ok(report),
        _ => Err(Failure::unknown(format!("`plimsoll {}` failed", shown(words)))),
    }
}

/// Starts a program that ends when the demonstration is told to end: what it writes would stay behind.
fn start(command: &mut Command) -> Result<(Child, Undo), Failure> {
    let make = || {
        let child = command.spawn()?;
        let id = Pid::from_child(&child);
        let action: interrupted::Action = Box::new(move || {
            // What is gone is gone.
            let _ = kill_process(id, Signal::KILL);
        });
        Ok((child, action))
    };
    let started = interrupted::guarded(make);
    started.map_err(|error: std::io::Error| Failure::unknown(format!("this program does not start: {error}")))
}

/// A command line, quoted where a shell wants it.
fn shown(words: &[&str]) -> String {
    let plain = |word: &&str| {
        let is_plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=@+,%".contains(&b));
        if is_plain { (*word).to_owned() } else { format!("'{word}'") }
    };
    words.iter().map(plain).collect::<Vec<_>>().join(" ")
}

/// Judges a reference in a fresh process.
pub(super) fn check(home: &Path, words: &[&str]) -> Result<Verdict, Failure> {
    let report = run(home, words)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut codes: Vec<String> = Vec::new();
    for reason in report["reasons"].as_array().into_iter().flatten() {
        let code = text(&reason["code"]);
        progress(format!("    {code}: {}", text(&reason["message"])));
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let decision = text(&report["decision"]);
    progress(format!("    {decision}"));
    Ok(Verdict { decision, codes })
}

/// The embedded registry, as a process of its own. It ends with this value.
pub(super) struct RegistryProcess {
    child: Child,
    /// Dropped when the process is gone.
    _undo: Undo,
    pub(super) address: String,
}

impl RegistryProcess {
    /// Starts it on a free port of loopback.
    pub(super) fn start(home: &Path, store: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::unknown(format!("the embedded registry does not start: {error}"));
        let store_text = store.display().to_string();
        let words = ["serve", "registry", "--unchecked", "--addr", "127.0.0.1:0", "--store", &store_text];
        progress(format!("$ plimsoll {}", shown(&words)));
        let mut command = this(home)?;
        let (mut child, undo) = start(command.args(words).stdout(Stdio::null()).stderr(Stdio::piped()))?;
        let mut line = String::new();
        if let Some(said) = child.stderr.take() {
            BufReader::new(said).read_line(&mut line).map_err(failed)?;
        }
        let said = line.trim();
        progress(format!("    {said}"));
        let address = said.strip_prefix("listening on ").map(str::to_owned);
        // Made before the answer is judged, so that the process ends with it.
        let registry = Self { child, _undo: undo, address: address.clone().unwrap_or_default() };
        match address {
            Some(_) => Ok(registry),
            None => Err(Failure::unknown(format!("the embedded registry does not start: {said}"))),
        }
    }
}

impl Drop for RegistryProcess {
    fn drop(&mut self) {
        // What it acknowledged is durable; there is nothing that it must finish.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
