//! Trust stores that are read again, and again.

use super::{TrustStoreDirectoryError, TrustStoreFiles};
use crate::{Loaded, Settings, Warning, notation::NotationDirectory};
use plimsoll_core::Provider;
use plimsoll_pki::{Limits, StoreName};
use std::sync::{Arc, PoisonError, RwLock};

/// Trust stores in force, for a program that runs for long.
///
/// They are exchanged all at once, and only for ones that are whole: while one of the new stores cannot be used, the old ones stay in
/// force, and a warning says why.
#[derive(Debug)]
pub struct TrustStoreWatch {
    directory: NotationDirectory,
    stores: Vec<StoreName>,
    settings: Settings,
    limits: Limits,
    current: RwLock<Arc<TrustStoreFiles>>,
}

impl TrustStoreWatch {
    /// Reads the stores for the first time.
    ///
    /// # Errors
    /// [`TrustStoreDirectoryError`]: one of them cannot be used. There is no older one to stay in force.
    pub fn open(
        directory: NotationDirectory,
        stores: Vec<StoreName>,
        settings: Settings,
        provider: Provider<'_>,
        limits: Limits,
    ) -> Result<Loaded<Self>, TrustStoreDirectoryError> {
        let read = read(&directory, &stores, &settings, provider, &limits)?;
        let current = RwLock::new(Arc::new(read.value));
        Ok(Loaded { value: Self { directory, stores, settings, limits, current }, warnings: read.warnings })
    }
    /// The stores in force.
    #[must_use]
    pub fn current(&self) -> Arc<TrustStoreFiles> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Reads the stores again.
    pub fn reload(&self, provider: Provider<'_>) -> Loaded<Reload> {
        match read(&self.directory, &self.stores, &self.settings, provider, &self.limits) {
            Ok(Loaded { value, warnings }) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                let reload = if **current == value { Reload::Same } else { Reload::Changed };
                *current = Arc::new(value);
                Loaded { value: reload, warnings }
            }
            Err(error) => Loaded { value: Reload::Kept(error.clone()), warnings: vec![Warning::kept(&error)] },
        }
    }
}

/// What came of reading trust stores again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reload {
    /// Others are in force now.
    Changed,
    /// The new ones cannot be used, and the old ones stay.
    Kept(TrustStoreDirectoryError),
    /// They are as they were.
    Same,
}

/// All or nothing.
fn read(
    directory: &NotationDirectory,
    stores: &[StoreName],
    settings: &Settings,
    provider: Provider<'_>,
    limits: &Limits,
) -> Result<Loaded<TrustStoreFiles>, TrustStoreDirectoryError> {
    let files = TrustStoreFiles::read_with(directory, stores, settings)?;
    for store in stores {
        files.value.store(store, provider, limits)?;
    }
    Ok(files)
}
