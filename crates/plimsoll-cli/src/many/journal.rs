//! The journal of a run over many references: a line of JSON for each that was done.

use super::{Earlier, RESOLVED, Work};
use crate::{
    exit::Exit,
    failure::{Failure, OfFile as _},
    given,
};
use plimsoll::core::{Digest, code};
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

pub(super) struct Journal {
    path: PathBuf,
    /// Locked for as long as it is open.
    file: File,
    length: u64,
    most: u64,
}

/// What was done, by reference.
pub(super) type Before = BTreeMap<String, Earlier>;

impl Journal {
    /// Opens a journal, or begins one, and keeps other runs off it. What a run that was cut off left half-written is dropped.
    pub(super) fn open(path: &Path, work: &Work<'_>) -> Result<(Self, Before), Failure> {
        Self::open_within(path, work, MOST_BYTES)
    }
    fn open_within(path: &Path, work: &Work<'_>, most: u64) -> Result<(Self, Before), Failure> {
        let head = json!({
            "journal": FORMAT,
            "command": work.command,
            "settings": Digest::sha256_of((work.settings)().as_bytes()).to_string(),
        });
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).of_file(path)?;
        if !file.metadata().of_file(path)?.is_file() {
            return Err(Failure::given(format!("{}: expected a regular file", path.display())));
        }
        lock(&file, path)?;
        let bytes = given::within(&file, path, most).map_err(|failure| failure.hint(FULL))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').and_then(|end| bytes.get(..=end)).unwrap_or_default();
        let text = std::str::from_utf8(whole).map_err(|_| foreign(path))?;
        let done = read(text, &head, path)?;
        let length = whole.len() as u64;
        file.set_len(length).of_file(path)?;
        let mut journal = Self { path: path.into(), file, length, most };
        journal.file.seek(SeekFrom::Start(length)).of_file(path)?;
        if length == 0 {
            journal.write(&head)?;
        }
        Ok((journal, done))
    }
    /// Adds what came of one, with its reference, its exit code and what it was resolved to. It is on the disk when this returns.
    pub(super) fn add(&mut self, end: &Value, resolved: Option<&Digest>) -> Result<(), Failure> {
        let mut line = end.clone();
        if let (Some(members), Some(digest)) = (line.as_object_mut(), resolved) {
            members.insert(RESOLVED.into(), digest.to_string().into());
        }
        self.write(&line)
    }
    fn write(&mut self, value: &Value) -> Result<(), Failure> {
        let line = format!("{value}\n");
        self.length = self.length.saturating_add(line.len() as u64);
        // What no run could read again is not written.
        if self.length > self.most {
            let message = format!("{}: more than {} bytes", self.path.display(), self.most);
            return Err(Failure { code: Some(code::LIMIT_EXCEEDED), ..Failure::unknown(message) }.hint(FULL));
        }
        self.file.write_all(line.as_bytes()).of_file(&self.path)?;
        self.file.sync_data().of_file(&self.path)
    }
}

/// Two runs would write over each other's lines, and do twice what the other is doing.
fn lock(file: &File, path: &Path) -> Result<(), Failure> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let message = format!("{}: another run is writing this journal", path.display());
            Err(Failure::unknown(message).hint("wait until it has ended, or begin another journal"))
        }
        Err(error) => Err(std::io::Error::from(error)).of_file(path),
    }
}

/// The lines about what was done, by reference. Only what came to a yes and was resolved counts.
fn read(text: &str, head: &Value, path: &Path) -> Result<Before, Failure> {
    let mut lines = text.lines();
    match lines.next().map(serde_json::from_str::<Value>) {
        None => {}
        Some(Ok(found)) if found == *head => {}
        Some(_) => return Err(foreign(path)),
    }
    let mut done = Before::new();
    for (number, line) in lines.enumerate() {
        let wrong =
            || Failure::given(format!("{}: line {} is no line of a journal", path.display(), number.saturating_add(2)));
        let value: Value = serde_json::from_str(line).map_err(|_| wrong())?;
        let reference = value.get("reference").and_then(Value::as_str).ok_or_else(wrong)?;
        if value.get("exit").is_some_and(|exit| *exit == Exit::Yes as u8) && value.get(RESOLVED).is_some() {
            done.entry(reference.to_owned()).or_default().push(line);
        }
    }
    Ok(done)
}

fn foreign(path: &Path) -> Failure {
    Failure::given(format!("{}: it is no journal of this command with these settings", path.display()))
        .hint("resume with the same options, or begin another journal")
}

const FORMAT: &str = "plimsoll/2";
/// Bytes of a journal: the verdicts, with all their facts, of some ten thousand images; of signatures, of half a million.
const MOST_BYTES: u64 = 256 << 20;
const FULL: &str = "begin another journal, and name in the list what is left";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Output;

    fn work(settings: &dyn Fn() -> String) -> Work<'_> {
        Work { command: "sign", settings, output: Output::Text }
    }

    #[test]
    fn a_journal_that_another_run_writes_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let settings = || String::from("settings");
        let (mut one, _) = Journal::open(&path, &work(&settings)).ok().unwrap();
        let held = Journal::open(&path, &work(&settings)).err().unwrap();
        assert_eq!((held.exit, held.message.contains("another run")), (Exit::Unknown, true));
        let digest = Digest::sha256_of(b"image");
        one.add(&json!({ "reference": "oci:a", "exit": 0 }), Some(&digest)).ok().unwrap();
        drop(one);
        let (_, before) = Journal::open(&path, &work(&settings)).ok().unwrap();
        assert_eq!(before.keys().collect::<Vec<_>>(), ["oci:a"]);
    }

    #[test]
    fn a_journal_is_neither_read_nor_written_beyond_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let settings = || String::from("settings");
        let (mut journal, _) = Journal::open_within(&path, &work(&settings), 200).ok().unwrap();
        let failure = journal.add(&json!({ "reference": "x".repeat(200) }), None).err().unwrap();
        assert_eq!(failure.code, Some(code::LIMIT_EXCEEDED));
        drop(journal);
        assert!(Journal::open_within(&path, &work(&settings), 200).is_ok(), "what was written can be read");
        std::fs::write(&path, "x".repeat(201)).unwrap();
        let failure = Journal::open_within(&path, &work(&settings), 200).err().unwrap();
        assert_eq!(failure.code, Some(code::LIMIT_EXCEEDED));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 201, "it is left as it is");
    }
}
