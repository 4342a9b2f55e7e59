//! What a verifier trusts: a statement of its policy, and the stores that it names.

use crate::{
    SigningScheme,
    plugin::{PluginConfig, PluginName},
    policy::{Statement, StoreName, StoreType},
};
use alloc::{collections::BTreeMap, format, string::String, sync::Arc, vec::Vec};
use plimsoll_core::Failure;
use plimsoll_pki::{NamedStore, TrustStore, code as pki, crl::CertificateList, distrust::Distrust};

/// What a verifier goes by beside its trust policy: the named trust stores, as far as they could be loaded, what is distrusted in
/// spite of them, revocation lists of its own, and settings for plugins.
#[derive(Clone, Debug, Default)]
pub struct TrustStores {
    stores: BTreeMap<StoreName, Result<Arc<NamedStore>, Failure>>,
    beside: Arc<Beside>,
}

/// What counts whatever the statement.
#[derive(Clone, Debug, Default)]
struct Beside {
    distrust: Distrust,
    lists: Vec<CertificateList>,
    plugin_configs: BTreeMap<PluginName, PluginConfig>,
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
    /// Sets what is distrusted, whatever the stores say.
    #[must_use]
    pub fn with_distrust(mut self, distrust: Distrust) -> Self {
        Arc::make_mut(&mut self.beside).distrust = distrust;
        self
    }
    /// Sets revocation lists that are there before any is asked for. What they are worth is checked with each use.
    #[must_use]
    pub fn with_revocation_lists(mut self, lists: Vec<CertificateList>) -> Self {
        Arc::make_mut(&mut self.beside).lists = lists;
        self
    }
    /// Sets what a verification plugin is told beside the signature.
    #[must_use]
    pub fn with_plugin_config(mut self, plugin: PluginName, config: PluginConfig) -> Self {
        Arc::make_mut(&mut self.beside).plugin_configs.insert(plugin, config);
        self
    }
    /// What is distrusted.
    #[must_use]
    pub fn distrust(&self) -> &Distrust {
        &self.beside.distrust
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
    /// None if the statement names no store of that type: then no timestamp is looked at.
    tsa: Option<Result<TrustStore, Failure>>,
    beside: Arc<Beside>,
    required_metadata: BTreeMap<String, String>,
}

impl TrustContext {
    /// Finds the stores that the statement names. One that is missing or could not be loaded spoils its type: what it
    /// would have said is unknown.
    #[must_use]
    pub fn new(statement: Statement, stores: &TrustStores) -> Self {
        let ca = of_type(&statement, StoreType::Ca, stores);
        let signing_authority = of_type(&statement, StoreType::SigningAuthority, stores);
        let tsa = statement.stores_of(StoreType::Tsa).next().map(|_| of_type(&statement, StoreType::Tsa, stores));
        let beside = Arc::clone(&stores.beside);
        Self { statement, ca, signing_authority, tsa, beside, required_metadata: BTreeMap::new() }
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
    /// The anchors of time-stamping authorities, or why there are none. Without a `tsa` store in the statement no timestamp is
    /// looked at, so none is trusted.
    ///
    /// # Errors
    /// [`Failure`] when a store is missing or spoilt.
    #[must_use]
    pub fn timestamp_anchors(&self) -> Option<Result<&TrustStore, &Failure>> {
        self.tsa.as_ref().map(Result::as_ref)
    }
    /// What is distrusted.
    #[must_use]
    pub fn distrust(&self) -> &Distrust {
        &self.beside.distrust
    }
    pub(crate) fn revocation_lists(&self) -> &[CertificateList] {
        &self.beside.lists
    }
    pub(crate) fn plugin_config(&self, plugin: &PluginName) -> PluginConfig {
        self.beside.plugin_configs.get(plugin).cloned().unwrap_or_default()
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
