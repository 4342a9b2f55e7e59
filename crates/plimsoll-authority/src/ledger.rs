//! What an authority issued, refused and revoked: lines that are only ever added.

mod audit;
mod chain;
mod checkpoint;
mod entry;
mod error;
mod file;
mod index;

pub use audit::Audit;
pub(crate) use checkpoint::Statement;
pub use checkpoint::{Checkpoint, CheckpointError};
pub(crate) use entry::hex;
pub use entry::{Entry, Requester, RevocationReason};
pub use error::{Contradiction, LedgerError};
pub(crate) use file::replace;
pub use index::{CertificateStatus, Revocation};

use entry::Line;
use file::LockedFile;
pub(crate) use index::FullList;
use index::Index;
use plimsoll_core::{Digest, UnixTime};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The ledger of an authority: a file of JSON lines that is at once the audit log, the index of issued certificates and the list of
/// revocations.
///
/// ```text
/// {"number":2,"at":"2026-06-01T00:00:00Z","previous":"sha256:…","entry":{"issued":{"serial":"4f…",…}}}
/// ```
/// Each line names the digest of the line before it, so that one that was changed, cut out or put in shows when the file is read. A line is
/// on the disk before [`Ledger::add`] returns. Processes may share the file: each adds under a lock, after it has read what others
/// added. What a crash left of a line without its end was never acknowledged: the next that adds puts its own line there, or the end
/// that is missing. Only the beginning of the next line is taken for that; anything else behind the last line is an error.
///
/// That the end of a ledger was cut off shows against a [`Checkpoint`] that was kept elsewhere: [`Audit::read`]. Lines are ASCII: what a terminal
/// would obey is escaped.
pub struct Ledger {
    path: PathBuf,
    state: Mutex<Index>,
}

impl Ledger {
    /// Opens the ledger at a path, or makes an empty one that only its owner can read and write.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        let ledger = Self { path: path.as_ref().to_owned(), state: Mutex::new(Index::default()) };
        LockedFile::create(&ledger.path).map_err(|error| ledger.failed(&error))?;
        ledger.refresh()?;
        Ok(ledger)
    }
    /// Adds an entry. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`LedgerError`]: then the entry does not count.
    pub fn add(&self, at: UnixTime, entry: Entry) -> Result<(), LedgerError> {
        self.add_if(at, |_| Ok(entry))
    }
    /// Reads what other processes added.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn refresh(&self) -> Result<(), LedgerError> {
        let mut file = LockedFile::read(&self.path).map_err(|error| self.failed(&error))?;
        let mut index = self.index();
        self.catch_up(&mut file, &mut index).map(drop)
    }
    /// How many lines there are now, and the digest of the last: what a checkpoint says.
    pub(crate) fn head(&self) -> Result<(u64, Digest), LedgerError> {
        self.refresh()?;
        let index = self.index();
        Ok((index.lines, index.last.unwrap_or_else(|| Digest::sha256_of(b""))))
    }
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// What is known of a serial number, by what this process has read.
    #[must_use]
    pub fn status(&self, serial: &[u8]) -> CertificateStatus {
        self.index().status(serial)
    }
    /// The revocations, by serial number.
    #[must_use]
    pub fn revocations(&self) -> Vec<Revocation> {
        self.index().revocations(0)
    }
    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.index().lines
    }
    /// Revokes a certificate that was issued here.
    ///
    /// # Errors
    /// [`LedgerError::UnknownSerial`], [`LedgerError::AlreadyRevoked`], or what reading and writing give.
    pub fn revoke(
        &self,
        serial: &[u8],
        at: UnixTime,
        reason: RevocationReason,
        invalidity_date: Option<UnixTime>,
    ) -> Result<(), LedgerError> {
        self.add_if(at, |index| match index.status(serial) {
            CertificateStatus::Unknown => Err(LedgerError::UnknownSerial { serial: hex(serial).as_str().into() }),
            CertificateStatus::Revoked(revocation) => {
                Err(LedgerError::AlreadyRevoked { serial: hex(serial).as_str().into(), at: revocation.at })
            }
            CertificateStatus::Good => Ok(Entry::Revoked {
                serial: hex(serial),
                reason,
                invalidity_date: invalidity_date.map(|date| date.to_string()),
            }),
        })
    }
    /// The digest of the key that a token was used for, by what this process has read.
    pub(crate) fn used_for(&self, token: &Digest) -> Option<Digest> {
        self.index().used_for(token)
    }
    /// Adds an entry that is made of what the file says now, and of no older state.
    pub(crate) fn add_if<E: From<LedgerError>>(
        &self,
        at: UnixTime,
        entry: impl FnOnce(&Index) -> Result<Entry, E>,
    ) -> Result<(), E> {
        let mut file = LockedFile::append(&self.path).map_err(|error| self.failed(&error))?;
        let mut index = self.index();
        let tail = self.catch_up(&mut file, &mut index)?;
        self.finish(&mut file, &mut index, tail)?;
        let line = Line { number: index.lines.saturating_add(1), at, previous: index.last, entry: entry(&index)? };
        let text = line.write().map_err(|problem| self.malformed(line.number, &problem))?;
        file.write_at(index.length, text.as_bytes()).map_err(|error| self.failed(&error))?;
        index.take(&line, text.as_bytes());
        Ok(())
    }
    /// Takes in the lines that were added, and gives what a crash left behind them.
    fn catch_up(&self, file: &mut LockedFile, index: &mut Index) -> Result<Vec<u8>, LedgerError> {
        let length = file.length().map_err(|error| self.failed(&error))?;
        if length < index.length {
            return Err(
                self.malformed(index.lines, "expected lines to be added only, found the file shorter than it was")
            );
        }
        let new = file.read_from(index.length).map_err(|error| self.failed(&error))?;
        let (whole, tail) = chain::split(&new);
        for text in whole {
            let number = index.lines.saturating_add(1);
            let line = chain::line(text, number, index.last).map_err(|problem| self.malformed(number, &problem))?;
            index.take(&line, text);
        }
        let checked = chain::check_tail(tail, index.lines);
        checked.map_err(|problem| self.malformed(index.lines.saturating_add(1), &problem))?;
        Ok(tail.to_vec())
    }
    /// Gives a line its end that lacks nothing else. Perhaps it was acknowledged, and somebody took its end away; perhaps not, and then
    /// it does no harm.
    fn finish(&self, file: &mut LockedFile, index: &mut Index, mut tail: Vec<u8>) -> Result<(), LedgerError> {
        tail.push(b'\n');
        if let Ok(line) = chain::line(&tail, index.lines.saturating_add(1), index.last) {
            file.write_at(index.length, &tail).map_err(|error| self.failed(&error))?;
            index.take(&line, &tail);
        }
        Ok(())
    }
    fn index(&self) -> MutexGuard<'_, Index> {
        // INVARIANT: `Index::take` does not panic, so that there is no half of it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn failed(&self, error: &std::io::Error) -> LedgerError {
        LedgerError::Unavailable { path: self.shown(), reason: error.to_string().as_str().into() }
    }
    fn malformed(&self, line: u64, problem: &str) -> LedgerError {
        LedgerError::Malformed { path: self.shown(), line, problem: problem.into() }
    }
    fn shown(&self) -> plimsoll_core::Escaped {
        plimsoll_core::Escaped::new(&self.path.to_string_lossy())
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.path).field("lines", &self.lines()).finish_non_exhaustive()
    }
}
