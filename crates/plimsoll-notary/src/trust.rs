//! What a verifier trusts: a statement of its policy, and the stores that it names.

use crate::{
    SigningScheme,
    policy::{Statement, StoreName, StoreType},
};
use plimsoll_core::Failure;
use plimsoll_pki::{NamedStore, TrustStore, code as pki};
use std::{collections::BTreeMap, sync::Arc};

/// The named trust stores of a verifier, as far as they could be loaded.
#[derive(Clone, Debug, Default)]
pub struct TrustStores {
    stores: BTreeMap<StoreName, Result<Arc<NamedStore>, Failure>>,
}

impl TrustStores {
    /// Starts without any.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a store that was loaded.
    pub fn add(&mut self, store: impl Into<Arc<NamedStore>>) {
        let store = store.into();
        self.stores.insert(store.name().clone(), Ok(store));
    }
    /// Adds a store that could not be loaded: whoever names it trusts nobody by it.
    pub fn add_failed(&mut self, name: StoreName, failure: Failure) {
        self.stores.insert(name, Err(failure));
    }
    /// What became of a store.
    #[must_use]
    pub fn get(&self, name: &StoreName) -> Option<&Result<Arc<NamedStore>, Failure>> {
        self.stores.get(name)
    }
    /// Every store, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&StoreName, &Result<Arc<NamedStore>, Failure>)> {
        self.stores.iter()
    }
}

/// A statement with its stores, made once and used for many signatures.
#[derive(Clone, Debug)]
pub struct TrustContext {
    statement: Statement,
    ca: Result<TrustStore, Failure>,
    signing_authority: Result<TrustStore, Failure>,
    required_metadata: BTreeMap<String, String>,
}

impl TrustContext {
    /// Finds the stores that the statement names. One that is missing or could not be loaded spoils its type: what it
    /// would have said is unknown.
    #[must_use]
    pub fn new(statement: Statement, stores: &TrustStores) -> Self {
        let ca = of_type(&statement, StoreType::Ca, stores);
        let signing_authority = of_type(&statement, StoreType::SigningAuthority, stores);
        Self { statement, ca, signing_authority, required_metadata: BTreeMap::new() }
    }
    /// Demands user metadata: a signature without it is refused at every level.
    #[must_use]
    pub fn requiring_metadata(mut self, metadata: BTreeMap<String, String>) -> Self {
        self.required_metadata = metadata;
        self
    }
    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
    /// The user metadata that is demanded.
    #[must_use]
    pub fn required_metadata(&self) -> &BTreeMap<String, String> {
        &self.required_metadata
    }
    /// The anchors of a scheme, or why there are none. Each scheme has stores of its own type, so that an authority for
    /// signing times cannot be made of any CA.
    ///
    /// # Errors
    /// [`Failure`] when a store is missing or spoilt, or none is named.
    pub fn anchors(&self, scheme: SigningScheme) -> Result<&TrustStore, &Failure> {
        match scheme {
            SigningScheme::X509 => self.ca.as_ref(),
            SigningScheme::X509SigningAuthority => self.signing_authority.as_ref(),
        }
    }
}

fn of_type(statement: &Statement, store_type: StoreType, stores: &TrustStores) -> Result<TrustStore, Failure> {
    let mut found = Vec::new();
    for name in statement.stores_of(store_type) {
        match stores.get(name) {
            Some(Ok(store)) => found.push(Arc::clone(store)),
            Some(Err(failure)) => return Err(failure.clone()),
            None => {
                let message = format!("expected the trust store `{name}`, which the trust policy names, found none");
                return Err(Failure::new(pki::TRUST_STORE_EMPTY, message));
            }
        }
    }
    if found.is_empty() {
        let message = format!("expected a `{store_type}` trust store in the trust policy statement, found none");
        return Err(Failure::new(pki::TRUST_STORE_EMPTY, message));
    }
    Ok(TrustStore::new(found))
}
