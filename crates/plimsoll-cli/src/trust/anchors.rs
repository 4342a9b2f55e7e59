//! Trust stores, and what is trusted no longer in spite of them.

use crate::{
    failure::{Blame as _, Failure},
    machine::heeded,
    report::warn,
};
use plimsoll::{
    core::{Failure as Fault, Provider},
    host::{
        Settings,
        notation::{NotationDirectory, SpiffeBundleFiles, TrustStoreFiles, load_distrust, load_revocation_lists},
    },
    notary::{TrustStores, policy::StoreName},
    pki::{
        Limits, NamedStore,
        crl::{CertificateList, CrlLimits},
        distrust::Distrust,
        svid::{SpiffeBundles, TrustDomain},
    },
    verify::Input,
};
use std::{collections::BTreeSet, sync::Arc};

/// The files of trust stores and SPIFFE bundles, the operator's distrust list, and the operator's revocation lists.
#[derive(Clone)]
pub(crate) struct Anchors {
    stores: TrustStoreFiles,
    bundles: SpiffeBundleFiles,
    distrust: Distrust,
    lists: Vec<CertificateList>,
}

impl Anchors {
    /// Reads the configuration directory.
    pub(crate) fn read(directory: &NotationDirectory, stores: BTreeSet<&StoreName>) -> Result<Self, Failure> {
        Self::read_with(directory, stores, &[])
    }
    /// Reads the configuration directory, with the bundles of these trust domains.
    pub(crate) fn read_with(
        directory: &NotationDirectory,
        stores: BTreeSet<&StoreName>,
        domains: &[TrustDomain],
    ) -> Result<Self, Failure> {
        let settings = heeded(Settings::load(directory).given("")?);
        Ok(Self {
            stores: heeded(TrustStoreFiles::read_with(directory, stores, &settings).given("")?),
            bundles: heeded(SpiffeBundleFiles::read(directory, domains, &settings).given("")?),
            distrust: heeded(load_distrust(directory).given("")?),
            lists: heeded(load_revocation_lists(directory, &CrlLimits::default()).given("")?),
        })
    }
    /// Takes them out of a recording's inputs.
    pub(crate) fn of_inputs(inputs: &[Input]) -> Result<Self, Failure> {
        let files = || inputs.iter().map(|input| (input.name.clone(), input.bytes.clone()));
        let (stores, bundles) = (TrustStoreFiles::of(files()), SpiffeBundleFiles::of(files()));
        let distrust = inputs.iter().find(|input| input.name == DISTRUST);
        let distrust = distrust.map(|input| Distrust::from_json(&input.bytes)).transpose().given(DISTRUST)?;
        let lists = inputs.iter().filter(|input| input.name.starts_with(LISTS));
        let list =
            |input: &Input| CertificateList::from_der(input.bytes.clone(), &CrlLimits::default()).given(&input.name);
        let lists = lists.map(list).collect::<Result<_, _>>()?;
        Ok(Self { stores, bundles, distrust: distrust.unwrap_or_default(), lists })
    }
    /// As inputs of a recording.
    pub(crate) fn to_inputs(&self) -> Vec<Input> {
        let files = self
            .stores
            .files()
            .iter()
            .chain(self.bundles.files())
            .map(|file| Input::new(file.name.clone(), file.bytes.clone()));
        let distrust = (!self.distrust.is_empty()).then(|| Input::new(DISTRUST, self.distrust.to_json()));
        let list =
            |list: &CertificateList| Input::new(format!("{LISTS}{}.crl", list.digest().encoded()), list.der().clone());
        files.chain(distrust).chain(self.lists.iter().map(list)).collect()
    }
    /// Whom not to trust.
    pub(crate) fn distrust(&self) -> &Distrust {
        &self.distrust
    }
    /// The operator's revocation lists.
    pub(crate) fn lists(&self) -> &[CertificateList] {
        &self.lists
    }
    /// These stores, as far as they can be loaded. One that cannot be spoils only what names it.
    pub(crate) fn stores(&self, names: BTreeSet<&StoreName>, crypto: Provider<'_>) -> TrustStores {
        let mut stores = TrustStores::new();
        for name in names {
            match self.stores.store(name, crypto, &Limits::default()) {
                Ok(store) => stores.add(store),
                Err(error) => {
                    warn(format!("trust store {}: {error}", name.as_str()));
                    stores.add_failed(name.clone(), Fault::of(&error));
                }
            }
        }
        stores.with_distrust(self.distrust.clone()).with_revocation_lists(self.lists.clone())
    }
    /// These stores, every one of them.
    pub(crate) fn named(&self, names: &[StoreName], crypto: Provider<'_>) -> Result<Vec<Arc<NamedStore>>, Failure> {
        let load = |name| self.stores.store(name, crypto, &Limits::default()).map(Arc::new).given(name.as_str());
        names.iter().map(load).collect()
    }
    /// The bundles, every one of them.
    pub(crate) fn bundles(&self, crypto: Provider<'_>) -> Result<SpiffeBundles, Failure> {
        self.bundles.bundles(crypto, &Limits::default()).given("")
    }
}

const DISTRUST: &str = "distrust.json";
const LISTS: &str = "crl/";
