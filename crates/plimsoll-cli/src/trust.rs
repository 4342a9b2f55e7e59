//! What a verifier trusts, as bytes: read from the configuration directory, or out of a recording. One code path for both.

mod anchors;

pub(crate) use anchors::Anchors;

use crate::{
    failure::{Blame as _, Failure},
    machine::{Scene, heeded},
    report::warn,
};
use plimsoll::{
    core::{Bytes, Digest, Provider},
    host::notation::TrustPolicyFile,
    notary::{
        NotarySignatures, TrustStores,
        plugin::PluginName,
        policy::{Statement, StoreName, TrustPolicy},
    },
    pki::{
        NamedStore,
        crl::CertificateList,
        distrust::Distrust,
        svid::{SpiffeBundles, TrustDomain},
    },
    verify::Input,
};
use std::sync::Arc;

/// The name of the trust policy among the inputs of a verdict.
const TRUST_POLICY: &str = "trustpolicy.oci.json";

/// The trust policy, the files of the trust stores that it and the attestation rules name, and what is trusted no longer.
#[derive(Clone)]
pub(crate) struct Trust {
    bytes: Bytes,
    policy: TrustPolicy,
    anchors: Anchors,
}

impl Trust {
    /// Reads the configuration directory.
    pub(crate) fn of_machine(scene: &Scene<'_>) -> Result<Self, Failure> {
        Self::with_attesters(scene, &[], &[])
    }
    /// Reads the configuration directory, with the stores and the bundles of trust domains by which attesters are judged.
    pub(crate) fn with_attesters(
        scene: &Scene<'_>,
        stores: &[StoreName],
        domains: &[TrustDomain],
    ) -> Result<Self, Failure> {
        let directory = scene.machine.notation(scene.global)?;
        let file = heeded(TrustPolicyFile::load(&directory).given("")?);
        file.policy.warnings().iter().for_each(warn);
        let anchors = Anchors::read_with(&directory, named(&file.policy).chain(stores).collect(), domains)?;
        Ok(Self { bytes: file.bytes.into(), policy: file.policy, anchors })
    }
    /// Takes them out of a recording's inputs.
    pub(crate) fn of_inputs(inputs: &[Input]) -> Result<Self, Failure> {
        let found = inputs.iter().find(|input| input.name == TRUST_POLICY);
        let bytes = found.ok_or_else(|| Failure::given("the recording holds no trust policy"))?.bytes.clone();
        let policy = TrustPolicy::parse(&bytes).given(TRUST_POLICY)?;
        Ok(Self { bytes, policy, anchors: Anchors::of_inputs(inputs)? })
    }
    /// As inputs of a recording.
    pub(crate) fn to_inputs(&self) -> Vec<Input> {
        let policy = Input::new(TRUST_POLICY, self.bytes.clone());
        std::iter::once(policy).chain(self.anchors.to_inputs()).collect()
    }
    /// What tells it from any other, for the journal of a run.
    pub(crate) fn identity(&self) -> String {
        let inputs = self.to_inputs();
        let digests: Vec<_> = inputs.iter().map(|input| (&input.name, Digest::sha256_of(&input.bytes))).collect();
        format!("{digests:?}")
    }
    /// The trust policy.
    pub(crate) fn policy(&self) -> &TrustPolicy {
        &self.policy
    }
    /// The plugins that its statements list.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &PluginName> {
        self.policy.statements().iter().flat_map(|statement| &statement.extension().plugins)
    }
    /// Whom not to trust.
    pub(crate) fn distrust(&self) -> &Distrust {
        self.anchors.distrust()
    }
    /// The operator's revocation lists.
    pub(crate) fn lists(&self) -> &[CertificateList] {
        self.anchors.lists()
    }
    /// These stores, every one of them.
    pub(crate) fn named(&self, names: &[StoreName], crypto: Provider<'_>) -> Result<Vec<Arc<NamedStore>>, Failure> {
        self.anchors.named(names, crypto)
    }
    /// The bundles of trust domains, every one of them.
    pub(crate) fn bundles(&self, crypto: Provider<'_>) -> Result<SpiffeBundles, Failure> {
        self.anchors.bundles(crypto)
    }
    /// The stores that the trust policy names, with whom not to trust.
    pub(crate) fn stores(&self, crypto: Provider<'_>) -> TrustStores {
        self.anchors.stores(named(&self.policy).collect(), crypto)
    }
    /// The gatherer of Notary signatures.
    pub(crate) fn notary(&self, crypto: Provider<'_>) -> NotarySignatures {
        NotarySignatures::new(self.policy.clone(), self.stores(crypto))
    }
}

fn named(policy: &TrustPolicy) -> impl Iterator<Item = &StoreName> {
    policy.statements().iter().flat_map(Statement::trust_stores)
}
