//! Workloads that may attest.

use super::{AuthorityFault, RevocationDemand};
use plimsoll_core::Escaped;
use plimsoll_pki::{
    revocation::Requirement,
    svid::{SpiffeBundles, SpiffeId, SpiffePattern},
};
use serde::Deserialize;
use std::sync::Arc;

/// Workloads, by the SPIFFE IDs in their X.509-SVIDs. The bundle of each trust domain must have been loaded.
///
/// ```
/// use plimsoll_core::Provider;
/// use plimsoll_provenance::{Authorities, AuthorityConfig};
/// let entry = r#"[{
///     "predicateTypes": ["slsaprovenance1"],
///     "workloads": { "identities": ["spiffe://harbour.example/ci/*"], "revocation": "where-named" }
/// }]"#;
/// let entries: Vec<AuthorityConfig> = serde_json::from_str(entry)?;
/// // Nobody speaks for a trust domain whose bundle is not there.
/// let refused = Authorities::load(&entries, &[], Provider::new(&[])).unwrap_err();
/// assert!(refused.to_string().ends_with("of the trust domain of `spiffe://harbour.example/ci/*`, found none"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct WorkloadsConfig {
    /// SPIFFE IDs; `/*` at the end means all below a path or trust domain.
    pub identities: Vec<String>,
    /// What becomes of an SVID that nobody can revoke; most live for an hour and name nobody to ask.
    #[serde(default)]
    pub revocation: RevocationDemand,
}

/// Checked workloads, with the bundles of their trust domains and no others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Workloads {
    pub(crate) bundles: Arc<SpiffeBundles>,
    pub(crate) requirement: Requirement,
    identities: Vec<SpiffePattern>,
}

impl Workloads {
    pub(crate) fn names(&self, id: &SpiffeId) -> bool {
        self.identities.iter().any(|pattern| pattern.matches(id))
    }
}

pub(super) fn workloads(config: &WorkloadsConfig, bundles: &SpiffeBundles) -> Result<Workloads, AuthorityFault> {
    if config.identities.is_empty() {
        return Err(AuthorityFault::NoWorkload);
    }
    let (mut identities, mut used) = (Vec::new(), Vec::new());
    for text in &config.identities {
        let pattern: SpiffePattern = text.parse().map_err(AuthorityFault::SpiffeId)?;
        let missing = || AuthorityFault::NoBundle { identity: Escaped::new(text) };
        used.push(bundles.get(pattern.trust_domain()).ok_or_else(missing)?.clone());
        identities.push(pattern);
    }
    let bundles = Arc::new(SpiffeBundles::new(used));
    Ok(Workloads { bundles, requirement: config.revocation.requirement(), identities })
}
