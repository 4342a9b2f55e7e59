//! What a verifier trusts, as bytes: read from the configuration directory, or out of a recording. One code path for both.

use crate::{
    failure::{Blame as _, Failure},
    machine::{Scene, heeded},
    report::warn,
};
use plimsoll::{
    core::{Bytes, Failure as Fault, Provider},
    host::notation::{NotationDirectory, TrustPolicyFile, TrustStoreFiles},
    notary::{
        NotarySignatures, TrustStores,
        policy::{StoreName, TrustPolicy},
    },
    pki::{Limits, NamedStore},
    verify::Input,
};
use std::{collections::BTreeSet, sync::Arc};

/// The name of the trust policy among the inputs of a verdict.
const TRUST_POLICY: &str = "trustpolicy.oci.json";

/// The trust policy and the files of the trust stores that it and the attestation rules name.
#[derive(Clone)]
pub(crate) struct Trust {
    bytes: Bytes,
    policy: TrustPolicy,
    stores: TrustStoreFiles,
}

impl Trust {
    /// Reads the configuration directory. `more` names stores that something beside the trust policy needs.
    pub(crate) fn of_machine(scene: &Scene<'_>, more: &[StoreName]) -> Result<Self, Failure> {
        let directory = scene.machine.notation(scene.global)?;
        Self::read(&directory, more)
    }
    fn read(directory: &NotationDirectory, more: &[StoreName]) -> Result<Self, Failure> {
        let file = heeded(TrustPolicyFile::load(directory).given("")?);
        file.policy.warnings().iter().for_each(warn);
        let named: BTreeSet<&StoreName> = named(&file.policy).chain(more).collect();
        let stores = heeded(TrustStoreFiles::read(directory, named).given("")?);
        Ok(Self { bytes: file.bytes.into(), policy: file.policy, stores })
    }
    /// Takes them out of a recording's inputs.
    pub(crate) fn of_inputs(inputs: &[Input]) -> Result<Self, Failure> {
        let found = inputs.iter().find(|input| input.name == TRUST_POLICY);
        let bytes = found.ok_or_else(|| Failure::given("the recording holds no trust policy"))?.bytes.clone();
        let policy = TrustPolicy::parse(&bytes).given(TRUST_POLICY)?;
        let stores = TrustStoreFiles::of(inputs.iter().map(|input| (input.name.clone(), input.bytes.clone())));
        Ok(Self { bytes, policy, stores })
    }
    /// As inputs of a recording.
    pub(crate) fn to_inputs(&self) -> Vec<Input> {
        let policy = Input::new(TRUST_POLICY, self.bytes.clone());
        let files = self.stores.files().iter().map(|file| Input::new(file.name.clone(), file.bytes.clone()));
        std::iter::once(policy).chain(files).collect()
    }
    /// The trust policy.
    pub(crate) fn policy(&self) -> &TrustPolicy {
        &self.policy
    }
    /// The stores that the trust policy names. One that cannot be loaded spoils only what names it.
    fn stores(&self, crypto: Provider<'_>) -> TrustStores {
        let mut stores = TrustStores::new();
        for name in named(&self.policy).collect::<BTreeSet<_>>() {
            match self.stores.store(name, crypto, &Limits::default()) {
                Ok(store) => stores.add(store),
                Err(error) => {
                    warn(format!("trust store {}: {error}", name.as_str()));
                    stores.add_failed(name.clone(), Fault::of(&error));
                }
            }
        }
        stores
    }
    /// These stores, every one of them.
    pub(crate) fn named(&self, names: &[StoreName], crypto: Provider<'_>) -> Result<Vec<Arc<NamedStore>>, Failure> {
        let load = |name| self.stores.store(name, crypto, &Limits::default()).map(Arc::new).given(name.as_str());
        names.iter().map(load).collect()
    }
    /// The gatherer of Notary signatures.
    pub(crate) fn notary(&self, crypto: Provider<'_>) -> NotarySignatures {
        NotarySignatures::new(self.policy.clone(), self.stores(crypto))
    }
}

fn named(policy: &TrustPolicy) -> impl Iterator<Item = &StoreName> {
    policy.statements().iter().flat_map(plimsoll::notary::policy::Statement::trust_stores)
}
