//! Writing a trust policy.

use super::{Extension, RevocationDemand, Scopes, Statement, extension};
use crate::plugin::PluginName;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_pki::Strictness;
use serde::{Serialize, Serializer, ser::SerializeMap};

pub(super) fn document(statements: &[Statement]) -> String {
    let document = Document { version: "1.0", trust_policies: statements.iter().map(Written).collect() };
    // Neither a map with keys other than text nor a failing `Serialize` is in there.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: &'static str,
    trust_policies: Vec<Written<'a>>,
}

struct Written<'a>(&'a Statement);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let statement = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", statement.name())?;
        match statement.scopes() {
            Scopes::All => map.serialize_entry("registryScopes", &["*"])?,
            Scopes::Blob => {}
            Scopes::GlobalBlob => map.serialize_entry("globalPolicy", &true)?,
            Scopes::Repositories(list) => {
                map.serialize_entry("registryScopes", &list.iter().map(ToString::to_string).collect::<Vec<_>>())?;
            }
        }
        map.serialize_entry("signatureVerification", &Verification(statement))?;
        if !statement.trust_stores().is_empty() {
            let stores: Vec<_> = statement.trust_stores().iter().map(|store| &**store.as_str()).collect();
            map.serialize_entry("trustStores", &stores)?;
        }
        if !statement.trusted_identities().is_empty() {
            map.serialize_entry("trustedIdentities", statement.written_identities())?;
        }
        if !statement.extension().is_default() {
            map.serialize_entry("plimsoll", &WrittenExtension(statement.extension()))?;
        }
        map.end()
    }
}

struct Verification<'a>(&'a Statement);

impl Serialize for Verification<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let verification = self.0.verification();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("level", verification.level().as_str())?;
        if !verification.overrides().is_empty() {
            let overrides: alloc::collections::BTreeMap<_, _> =
                verification.overrides().iter().map(|(check, action)| (check.as_str(), action.as_str())).collect();
            map.serialize_entry("override", &overrides)?;
        }
        if verification.verify_timestamp() != super::VerifyTimestamp::default() {
            map.serialize_entry("verifyTimestamp", verification.verify_timestamp().as_str())?;
        }
        map.end()
    }
}

struct WrittenExtension<'a>(&'a Extension);

impl Serialize for WrittenExtension<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.0.revocation != RevocationDemand::default() {
            map.serialize_entry("revocation", self.0.revocation.as_str())?;
        }
        if self.0.certificates != Strictness::default() {
            map.serialize_entry("certificates", extension::name_of(self.0.certificates))?;
        }
        if !self.0.plugins.is_empty() {
            map.serialize_entry("plugins", &self.0.plugins.iter().map(PluginName::as_str).collect::<Vec<_>>())?;
        }
        map.end()
    }
}
