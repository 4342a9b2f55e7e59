//! What an authority issued, refused and revoked: lines that are only ever added.

mod entry;
mod error;
mod file;
mod index;

pub(crate) use entry::hex;
pub use entry::{Entry, Requester, RevocationReason};
pub use error::LedgerError;
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
/// added. What a crash left of a line without its end was never acknowledged, and is cut off by the next that adds.
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
        self.catch_up(&mut file, &mut index)
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
        self.catch_up(&mut file, &mut index)?;
        let line = Line { number: index.lines.saturating_add(1), at, previous: index.last, entry: entry(&index)? };
        let text = line.write().map_err(|problem| self.malformed(line.number, &problem))?;
        file.write_at(index.length, text.as_bytes()).map_err(|error| self.failed(&error))?;
        index.take(&line, text.as_bytes());
        Ok(())
    }
    fn catch_up(&self, file: &mut LockedFile, index: &mut Index) -> Result<(), LedgerError> {
        let length = file.length().map_err(|error| self.failed(&error))?;
        if length < index.length {
            return Err(
                self.malformed(index.lines, "expected lines to be added only, found the file shorter than it was")
            );
        }
        let new = file.read_from(index.length).map_err(|error| self.failed(&error))?;
        // What comes after the last end of a line was never acknowledged.
        for text in new.split_inclusive(|byte| *byte == b'\n').filter(|text| text.last() == Some(&b'\n')) {
            let number = index.lines.saturating_add(1);
            let line = Line::read(text).map_err(|problem| self.malformed(number, &problem))?;
            if line.number != number || line.previous != index.last {
                return Err(
                    self.malformed(number, "expected the number and the digest of the line before it, found others")
                );
            }
            index.take(&line, text);
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
