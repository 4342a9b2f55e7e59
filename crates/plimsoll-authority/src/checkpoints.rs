//! Keeping a signed checkpoint of the ledger up to date.

use crate::{Audit, Authority, AuthorityError, Checkpoint, CheckpointError, ledger};
use plimsoll_core::{Escaped, Sign};
use plimsoll_pki::Limits as PkiLimits;
use std::{
    convert::Infallible,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Mutex as AsyncMutex, Notify};

/// When a checkpoint is signed anew.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CheckpointSettings {
    /// After so many lines. 64.
    pub lines: u64,
    /// After so many seconds, if there is a new line. 900: a quarter of an hour is what somebody can cut off unseen, if the
    /// checkpoint is fetched as often.
    pub seconds: u64,
}

impl Default for CheckpointSettings {
    fn default() -> Self {
        Self { lines: 64, seconds: 900 }
    }
}

/// Signs checkpoints of an authority's ledger into a file: after some lines, after some time, and when the service ends.
///
/// What is worth something is a copy of that file which whoever can write the ledger cannot write: on another machine, fetched from
/// `GET /v1/checkpoint`, or on storage that is only added to. [`Audit::read`] compares.
pub struct Checkpoints<S> {
    authority: Arc<Authority<S>>,
    path: PathBuf,
    settings: CheckpointSettings,
    last: Mutex<Option<Checkpoint>>,
    /// Held while one is signed and written; never by whoever only looks at the last.
    writing: AsyncMutex<()>,
    due: Notify,
}

impl<S: Sign> Checkpoints<S> {
    /// Opens the file, or starts without one. The ledger must be the one that the last checkpoint was signed over.
    ///
    /// # Errors
    /// [`AuthorityError::Checkpoint`], when the file is no checkpoint of this authority; [`AuthorityError::Ledger`], when the ledger is another or
    /// shorter. Nothing should be issued then before somebody knows why.
    pub fn open(
        authority: Arc<Authority<S>>,
        path: impl Into<PathBuf>,
        settings: CheckpointSettings,
    ) -> Result<Self, AuthorityError> {
        let path = path.into();
        let limits = PkiLimits::default();
        let last = match fs::read(&path) {
            Ok(text) => Some(Checkpoint::read(&text, authority.issuer(&limits)?.public_key(), authority.provider)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unavailable(&path, &error).into()),
        };
        Audit::read(authority.ledger().path(), last.as_slice())?;
        Ok(Self {
            authority,
            path,
            settings,
            last: Mutex::new(last),
            writing: AsyncMutex::default(),
            due: Notify::new(),
        })
    }
    /// The last checkpoint that was written.
    pub async fn last(&self) -> Option<Checkpoint> {
        self.known().clone()
    }
    /// Signs a checkpoint now, and writes it: what a service does when it ends.
    ///
    /// # Errors
    /// [`AuthorityError`]: the one before stays.
    pub async fn write(&self) -> Result<Checkpoint, AuthorityError> {
        let _writing = self.writing.lock().await;
        let checkpoint = self.authority.checkpoint().await?;
        let (path, text) = (self.path.clone(), checkpoint.as_str().to_owned());
        let written = tokio::task::spawn_blocking(move || ledger::replace(&path, text.as_bytes())).await;
        let written = written.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()));
        written.map_err(|error| unavailable(&self.path, &error))?;
        *self.known() = Some(checkpoint.clone());
        Ok(checkpoint)
    }
    /// Signs one if enough was added, or something was and enough time has passed.
    ///
    /// # Errors
    /// As [`Checkpoints::write`].
    pub async fn write_if_due(&self) -> Result<Option<Checkpoint>, AuthorityError> {
        let ledger = self.authority.ledger().clone();
        let head = tokio::task::spawn_blocking(move || ledger.head()).await;
        let (lines, _) = head.map_err(|_| AuthorityError::unusable(&"the ledger was not read"))??;
        let is_due = self.known().as_ref().is_none_or(|last| {
            let (new, passed) = (
                lines.saturating_sub(last.lines()),
                self.authority.now().as_secs().saturating_sub(last.at().as_secs()),
            );
            new >= self.settings.lines || (new > 0 && passed >= self.settings.seconds)
        });
        if is_due { self.write().await.map(Some) } else { Ok(None) }
    }
    /// Writes whenever one is due, until it is dropped. A checkpoint that could not be written is said to `warn`, and tried again.
    pub async fn run(&self, mut warn: impl FnMut(&AuthorityError)) -> Infallible {
        loop {
            if let Err(error) = self.write_if_due().await {
                warn(&error);
            }
            // Another process may add to the ledger, too.
            let _ = tokio::time::timeout(LOOK, self.due.notified()).await;
        }
    }
    fn known(&self) -> MutexGuard<'_, Option<Checkpoint>> {
        // INVARIANT: nobody panics while he holds it.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Has [`Checkpoints::run`] look again.
    pub(crate) fn nudge(&self) {
        self.due.notify_one();
    }
}

impl<S> fmt::Debug for Checkpoints<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoints")
            .field("path", &self.path)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

fn unavailable(path: &Path, error: &io::Error) -> CheckpointError {
    let path = Escaped::new(&path.to_string_lossy());
    CheckpointError::Unavailable { path, reason: Escaped::new(&error.to_string()) }
}

/// How often to look for lines of other processes.
const LOOK: Duration = Duration::from_secs(30);
