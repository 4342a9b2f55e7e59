//! A program that is run to its end, with the time and the memory that it took.

use super::Folder;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use wait4::Wait4 as _;

/// A program, and where it lives.
#[derive(Clone)]
pub(crate) struct Program {
    path: PathBuf,
    home: PathBuf,
}

/// What came of a run.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// From start to end, as a user sees it.
    pub(crate) took: Duration,
    /// Of a processor, as the kernel counts it: what other programs do at the same time matters less.
    pub(crate) processor: Duration,
    /// The most memory that was resident, in bytes, as the kernel counts it.
    pub(crate) peak: u64,
}

impl Program {
    pub(crate) fn new(path: &Path, folder: &Folder) -> Self {
        Self { path: path.to_path_buf(), home: folder.path().to_path_buf() }
    }
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
    /// The same program at home somewhere else.
    pub(crate) fn at(mut self, home: &Path) -> Self {
        self.home = home.to_path_buf();
        self
    }
    /// The program as it is started: at home, with nothing of the user's own configuration.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if FOREIGN.iter().any(|own| name.starts_with(own)) {
                command.env_remove(&*name);
            }
        }
        command.env("HOME", &self.home).env("DOCKER_CONFIG", self.home.join("docker"));
        command.current_dir(&self.home).args(words).stdin(Stdio::null());
        command
    }
    /// Runs it to its end, whatever the end is.
    pub(crate) fn run(&self, words: &[&str]) -> Result<Done, String> {
        let failed = |error: std::io::Error| format!("{} {}: {error}", self.path.display(), words.join(" "));
        // Files, not pipes: nothing has to be read while it runs, and nothing can stall it.
        let (out, err) =
            (tempfile::NamedTempFile::new().map_err(failed)?, tempfile::NamedTempFile::new().map_err(failed)?);
        let handle = |file: &tempfile::NamedTempFile| -> Result<File, String> { file.reopen().map_err(failed) };
        let figures = tempfile::NamedTempFile::new().map_err(failed)?;
        let command = self.command(&[]);
        let mut starter = Command::new(std::env::current_exe().map_err(failed)?);
        starter.arg(STARTER).arg(figures.path()).arg(command.get_program()).args(words).stdin(Stdio::null());
        command.get_envs().for_each(|(name, value)| {
            match value {
                Some(value) => starter.env(name, value),
                None => starter.env_remove(name),
            };
        });
        starter.current_dir(&self.home).stdout(handle(&out)?).stderr(handle(&err)?);
        starter.status().map_err(failed)?;
        let text = |file: &tempfile::NamedTempFile| {
            std::fs::read(file.path()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(failed)
        };
        let numbers = std::fs::read_to_string(figures.path()).map_err(failed)?;
        let mut numbers = numbers.split_whitespace().map(str::parse::<u64>);
        let mut number = || numbers.next().and_then(Result::ok);
        let (code, Some(took), Some(processor), Some(peak)) = (number(), number(), number(), number()) else {
            return Err(format!("{} {}: not started", self.path.display(), words.join(" ")));
        };
        Ok(Done {
            code: code.and_then(|code| i32::try_from(code).ok()),
            stdout: text(&out)?,
            stderr: text(&err)?,
            took: Duration::from_nanos(took),
            processor: Duration::from_nanos(processor),
            peak,
        })
    }
    /// Runs it; any end but success is an error with what it said.
    pub(crate) fn must(&self, words: &[&str]) -> Result<Done, String> {
        let done = self.run(words)?;
        if done.code == Some(0) {
            return Ok(done);
        }
        Err(format!("`{} {}` failed: {}", self.name(), words.join(" "), done.said()))
    }
    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Starts a program and writes down its exit code, time, processor time (nanoseconds) and peak of memory (bytes).
///
/// This is a process of its own, and a small one: until a new process runs its program, it shares the memory of whoever started it, and the
/// kernel counts that as its peak.
pub(crate) fn started(arguments: &[String]) -> Result<(), String> {
    let [figures, program, words @ ..] = arguments else { return Err("expected a file and a program".into()) };
    let failed = |error: std::io::Error| format!("{program}: {error}");
    let began = Instant::now();
    let ended = Command::new(program).args(words).spawn().map_err(failed)?.wait4().map_err(failed)?;
    let (took, processor) = (began.elapsed(), ended.rusage.utime + ended.rusage.stime);
    // What a signal ended has no code.
    let code = ended.status.code().map_or_else(|| "-".to_owned(), |code| code.to_string());
    let line = format!("{code} {} {} {}", took.as_nanos(), processor.as_nanos(), ended.rusage.maxrss);
    std::fs::write(figures, line).map_err(|error| format!("{figures}: {error}"))
}

/// The task that does it, for this program alone.
pub(crate) const STARTER: &str = "started";

impl Done {
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
    /// Any end but success is an error, with what it said.
    pub(crate) fn ok(&self, what: &str) -> Result<(), String> {
        if self.succeeded() { Ok(()) } else { Err(format!("{what}: {}", self.said())) }
    }
    pub(crate) fn says(&self, words: &str) -> bool {
        self.stdout.contains(words) || self.stderr.contains(words)
    }
    /// The end of what it said, in one line; of a report of ours, each code with its message.
    pub(crate) fn said(&self) -> String {
        let all = format!("{}\n{}", self.stdout.trim(), self.stderr.trim());
        let mut lines: Vec<&str> = all.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let tells = |line: &&str| line.starts_with("\"code\"") || line.starts_with("\"message\"");
        if lines.iter().any(tells) {
            lines.retain(tells);
        }
        let from = lines.len().saturating_sub(6);
        format!("exit {:?}: {}", self.code, lines.get(from..).unwrap_or_default().join(" | "))
    }
}

/// Variables that would change what a program reads.
const FOREIGN: &[&str] = &[
    "NOTATION_",
    "PLIMSOLL_",
    "DOCKER_",
    "REGISTRY_",
    "XDG_",
    "SOURCE_DATE_EPOCH",
    "CARGO",
    "OTEL_",
    "GITHUB_",
    "CI_",
];
