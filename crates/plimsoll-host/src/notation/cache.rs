//! `{NOTATION_CACHE}/crl`: revocation lists that were fetched.

use super::NoHome;
use crate::{
    Environment, Platform, Warning, clock,
    file::{FileError, Links, Overwrite, Permission, create_directory, read_file, write_file},
};
use data_encoding::BASE64;
use plimsoll_core::{Answer, Answerer, Bytes, Digest, Purpose, UnixTime, Want};
use plimsoll_pki::crl::{CertificateList, CrlLimits};
use serde::{Deserialize, Serialize};
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
/// Other questions go to the inner answerer.
///
/// # Notation's files
/// A list that names delta lists is kept under a name of its own (`….base`): Notation keeps base and delta in one file, and would
/// take a base alone for complete.
#[derive(Clone, Debug)]
pub struct CrlCache<A> {
    answers: A,
    folder: PathBuf,
    now: fn() -> UnixTime,
    limits: CrlLimits,
    warnings: Arc<Mutex<Vec<Warning>>>,
}

impl<A> CrlCache<A> {
    /// Keeps lists in a cache directory ([`cache_directory`]).
    pub fn new(answers: A, cache: &Path) -> Self {
        let warnings = Arc::default();
        Self { answers, folder: cache.join("crl"), now: clock::now, limits: CrlLimits::default(), warnings }
    }
    /// Takes the time from another clock.
    #[must_use]
    pub fn with_clock(mut self, now: fn() -> UnixTime) -> Self {
        self.now = now;
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
    fn warn(&self, error: &FileError) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(Warning::cache(error));
    }
    fn names(&self, url: &str) -> [PathBuf; 2] {
        let name = Digest::sha256_of(url.as_bytes()).encoded();
        [self.folder.join(format!("{name}.base")), self.folder.join(name)]
    }
    /// A list that is there, can be read, and is not over.
    fn find(&self, url: &str, limit: u64) -> Option<Bytes> {
        for path in self.names(url) {
            match read_file(&path, Links::Refuse, FILE) {
                Ok(contents) => {
                    let der = Written::read(&contents.bytes).filter(|der| self.is_alive(der, limit));
                    if der.is_some() {
                        return der;
                    }
                }
                Err(error) if error.is_missing() => {}
                Err(error) => self.warn(&error),
            }
        }
        None
    }
    fn is_alive(&self, der: &Bytes, limit: u64) -> bool {
        let fits = u64::try_from(der.len()).is_ok_and(|length| length <= limit);
        fits && self.lasts(der).is_some()
    }
    /// The list, if it is one that is not over.
    fn lasts(&self, der: &Bytes) -> Option<CertificateList> {
        let list = CertificateList::from_der(der.clone(), &self.limits).ok()?;
        list.claimed_next_update().is_some_and(|next| next > (self.now)()).then_some(list)
    }
    fn keep(&self, url: &str, der: &Bytes) {
        let Some(list) = self.lasts(der) else { return };
        let [of_ours, of_notation] = self.names(url);
        let path = if names_deltas(&list) { of_ours } else { of_notation };
        let written = create_directory(&self.folder)
            .and_then(|()| write_file(&path, &Written::of(der), Permission::Owner, Overwrite::Replace));
        if let Err(error) = written {
            self.warn(&error);
        }
    }
}

impl<A: Answerer> Answerer for CrlCache<A> {
    async fn answer(&self, want: &Want) -> Answer {
        let Want::Http { url, body: None, limit, purpose: purpose @ (Purpose::Crl | Purpose::FreshCrl) } = want else {
            return self.answers.answer(want).await;
        };
        if *purpose == Purpose::Crl
            && let Some(found) = self.find(url, *limit)
        {
            return Answer::Bytes(found);
        }
        let answer = self.answers.answer(want).await;
        if let Answer::Bytes(der) = &answer {
            self.keep(url, der);
        }
        answer
    }
}

/// notation-go, verifier/crl/crl.go.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(rename = "baseCRL")]
    base: String,
}

impl Written {
    fn of(der: &[u8]) -> Vec<u8> {
        // One text: nothing in there fails to be written to memory.
        serde_json::to_vec(&Self { base: BASE64.encode(der) }).unwrap_or_default()
    }
    fn read(bytes: &[u8]) -> Option<Bytes> {
        let written: Self = serde_json::from_slice(bytes).ok()?;
        BASE64.decode(written.base.as_bytes()).ok().map(Bytes::from)
    }
}

/// Says whether the extension Freshest CRL (RFC 5280, 5.2.6) may be in a list, or it is a delta itself (5.2.4): its identifier stands
/// somewhere. At worst a list without one gets the other name.
fn names_deltas(list: &CertificateList) -> bool {
    const FRESHEST: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x2e];
    list.is_delta() || list.der().windows(FRESHEST.len()).any(|window| window == FRESHEST)
}

/// A list of 32 MiB in Base64, in JSON, and as much again for a delta.
const FILE: u64 = 96 * 1024 * 1024;
