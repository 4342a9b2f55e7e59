//! `{NOTATION_CACHE}/crl`: revocation lists that were fetched.

mod folder;

use super::NoHome;
use crate::{Environment, Platform, Warning, aside::aside, clock, file::FileError};
use folder::Folder;
use plimsoll_core::{Answer, Answerer, Bytes, Purpose, UnixTime, Want};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The directory of Notation's cache: the one of `NOTATION_CACHE`, else `notation` where the system keeps a user's caches.
///
/// # Errors
/// [`NoHome`] when the environment does not say.
pub fn cache_directory(environment: &(impl Environment + ?Sized), platform: Platform) -> Result<PathBuf, NoHome> {
    if let Some(path) = environment.set("NOTATION_CACHE") {
        return Ok(path.into());
    }
    platform.cache(environment).map(|path| path.join("notation")).ok_or(NoHome { platform })
}

/// An answerer that keeps revocation lists on disk, as Notation does: `crl/{SHA-256 of the URL}` in its cache.
///
/// A list is kept until its `nextUpdate`. What is read is no more trusted than what comes over the network: whoever asks checks
/// signature and time, and asks with [`Purpose::FreshCrl`] once more if what came does not hold; that goes past the cache, and
/// replaces what is in it. A cache that cannot be read or written costs time and gives a warning, and changes no verdict.
///
/// An old list is signed as well as a new one, and who is revoked since does not stand on it. So nothing is read from a folder or file that
/// others can write or that is a stranger's, of two lists for one URL the newer one counts, and a list that is written takes the place
/// of both. Files are read and written on threads of their own; a file is replaced in one step, whoever else writes. The
/// folder holds 256 lists and 512 MiB at most: the oldest go first.
///
/// Other questions go to the inner answerer.
///
/// # Notation's files
/// A list that names delta lists is kept under a name of its own (`….base`): Notation keeps base and delta in one file, and would
/// take a base alone for complete. Of Notation's files the base list is read; its delta list is asked for by its own URL.
#[derive(Clone, Debug)]
pub struct CrlCache<A> {
    answers: A,
    folder: Folder,
    warnings: Arc<Mutex<Vec<Warning>>>,
}

impl<A> CrlCache<A> {
    /// Keeps lists in a cache directory ([`cache_directory`]).
    pub fn new(answers: A, cache: &Path) -> Self {
        Self { answers, folder: Folder::new(cache.join("crl"), clock::now), warnings: Arc::default() }
    }
    /// Takes the time from another clock.
    #[must_use]
    pub fn with_clock(mut self, now: fn() -> UnixTime) -> Self {
        self.folder = self.folder.with_clock(now);
        self
    }
    /// What went wrong with the cache since it was last asked, each once.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner));
        warnings.sort();
        warnings.dedup();
        warnings
    }
    fn warn(&self, errors: Vec<FileError>) {
        let new = errors.iter().map(Warning::cache);
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
    }
    /// Does something in the folder, beside those who wait for the network; `None` where there is no thread to do it.
    async fn in_folder<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> (T, Vec<FileError>) + Send + 'static,
    ) -> Option<T> {
        let folder = self.folder.clone();
        let (done, errors) = aside(move || work(&folder)).await.ok()?;
        self.warn(errors);
        Some(done)
    }
    async fn find(&self, url: &Arc<str>, limit: u64) -> Option<Bytes> {
        let url = Arc::clone(url);
        self.in_folder(move |folder| folder.find(&url, limit)).await.flatten()
    }
    async fn keep(&self, url: &Arc<str>, der: &Bytes) {
        let (url, der) = (Arc::clone(url), der.clone());
        self.in_folder(move |folder| ((), folder.keep(&url, &der))).await;
    }
}

impl<A: Answerer> Answerer for CrlCache<A> {
    async fn answer(&self, want: &Want) -> Answer {
        let Want::Http { url, body: None, limit, purpose: purpose @ (Purpose::Crl | Purpose::FreshCrl) } = want else {
            return self.answers.answer(want).await;
        };
        if *purpose == Purpose::Crl
            && let Some(found) = self.find(url, *limit).await
        {
            return Answer::Bytes(found);
        }
        let answer = self.answers.answer(want).await;
        if let Answer::Bytes(der) = &answer {
            self.keep(url, der).await;
        }
        answer
    }
}
