//! `key`, `cert`, `trust-policy`, `distrust` and `plugin`: Notation's configuration directory.

mod certificates;
mod distrust;
mod expiring;
mod keys;
mod lint;
mod plugins;
mod policy;

pub(crate) use certificates::run as cert;
pub(crate) use distrust::run as distrust;
pub(crate) use keys::run as key;
pub(crate) use plugins::run as plugin;
pub(crate) use policy::run as trust_policy;
