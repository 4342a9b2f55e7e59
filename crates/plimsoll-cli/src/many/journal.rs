//! The journal of a run over many references: a line of JSON for each that was done.

use super::Work;
use crate::{
    exit::Exit,
    failure::{Failure, OfFile as _},
};
use plimsoll::core::Digest;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

pub(super) struct Journal {
    path: PathBuf,
    file: File,
    done: BTreeMap<String, Value>,
}

impl Journal {
    /// Opens a journal, or begins one. What a run that was cut off left half-written is dropped.
    pub(super) fn open(path: &Path, work: &Work<'_>) -> Result<Self, Failure> {
        let head = json!({
            "journal": FORMAT,
            "command": work.command,
            "settings": Digest::sha256_of((work.settings)().as_bytes()).to_string(),
        });
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).of_file(path),
        };
        let whole = text.rfind('\n').map_or("", |end| text.get(..=end).unwrap_or_default());
        let mut lines = whole.lines();
        let mut done = BTreeMap::new();
        match lines.next().map(serde_json::from_str::<Value>) {
            None => {}
            Some(Ok(found)) if found == head => {}
            Some(_) => {
                return Err(Failure::given(format!(
                    "{}: it is no journal of this command with these settings",
                    path.display()
                ))
                .hint("resume with the same options, or begin another journal"));
            }
        }
        for (number, line) in lines.enumerate() {
            let wrong = || {
                Failure::given(format!("{}: line {} is no line of a journal", path.display(), number.saturating_add(2)))
            };
            let value: Value = serde_json::from_str(line).map_err(|_| wrong())?;
            let reference = value.get("reference").and_then(Value::as_str).ok_or_else(wrong)?.to_owned();
            if value.get("exit").is_some_and(|exit| *exit == Exit::Yes as u8) {
                done.insert(reference, value);
            }
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).of_file(path)?;
        let kept = u64::try_from(whole.len()).unwrap_or(u64::MAX);
        file.set_len(kept).of_file(path)?;
        let mut journal = Self { path: path.into(), file, done };
        std::io::Seek::seek(&mut journal.file, std::io::SeekFrom::Start(kept)).of_file(path)?;
        if whole.is_empty() {
            journal.write(&head)?;
        }
        Ok(journal)
    }
    /// What came of a reference that was done.
    pub(super) fn done(&self, reference: &str) -> Option<&Value> {
        self.done.get(reference)
    }
    /// Adds what came of one, with its reference and exit code. It is on the disk when this returns.
    pub(super) fn add(&mut self, end: &Value) -> Result<(), Failure> {
        self.write(end)
    }
    fn write(&mut self, value: &Value) -> Result<(), Failure> {
        self.file.write_all(format!("{value}\n").as_bytes()).of_file(&self.path)?;
        self.file.sync_data().of_file(&self.path)
    }
}

const FORMAT: &str = "plimsoll/1";
