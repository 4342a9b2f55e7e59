//! The facts that this crate makes.

use plimsoll_core::{Digest, Fact, Record, Schema, Type, Value};
use plimsoll_sbom::{Component, Document};
use std::{fmt, sync::Arc};

/// What vouches for an attestation or SBOM.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum How {
    /// Nothing that the configuration names.
    Nothing,
    /// DSSE, under a certificate.
    DsseCertificate,
    /// DSSE, under a key.
    DsseKey,
    /// DSSE, under the X.509-SVID of a workload.
    DsseSvid,
    /// A Notary Project signature on its manifest.
    Notary,
}

impl How {
    /// The word for it in rules and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::DsseCertificate => "dsse-certificate",
            Self::DsseKey => "dsse-key",
            Self::DsseSvid => "dsse-svid",
            Self::Notary => "notary",
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const HOW: (&str, Type, &str) =
    ("how", Type::Text, "what vouches: `dsse-key`, `dsse-certificate`, `dsse-svid`, `notary` or `none`");
const SIGNER: (&str, Type, &str) =
    ("signer", Type::Text, "the name of the key, the subject of the certificate, or the SPIFFE ID");
const MANIFEST: (&str, Type, &str) = ("manifest", Type::Digest, "the manifest that is attached");

/// An attestation that is attached to the subject: kind `attestation`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct AttestationFact {
    /// The predicate type; of one that nothing vouches for, as its annotation claims it.
    pub predicate_type: Option<Arc<str>>,
    /// The `_type` of its statement.
    pub statement_type: Option<&'static str>,
    /// What vouches for it.
    pub how: How,
    /// Who.
    pub signer: Option<Arc<str>>,
    /// The manifest that is attached.
    pub manifest: Digest,
}

impl Record for AttestationFact {
    fn schema(&self) -> &'static Schema {
        Self::SCHEMA
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "predicate_type" => self.predicate_type.as_deref().into(),
            "statement_type" => self.statement_type.into(),
            "how" => self.how.as_str().into(),
            "signer" => self.signer.as_deref().into(),
            "manifest" => Value::Digest(self.manifest),
            _ => Value::Absent,
        }
    }
}

impl Fact for AttestationFact {
    const SCHEMA: &'static Schema = &Schema {
        kind: "attestation",
        version: 1,
        inherited: true,
        fields: &[
            ("predicate_type", Type::Text, "the predicate type, a URI"),
            ("statement_type", Type::Text, "the `_type` of the in-toto statement"),
            HOW,
            SIGNER,
            MANIFEST,
        ],
    };
}

/// SLSA provenance of the subject, one row for each attestation of it: kind `provenance`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ProvenanceFact {
    /// What it says.
    pub summary: crate::slsa::Summary,
    /// What vouches for it.
    pub how: How,
    /// Who.
    pub signer: Option<Arc<str>>,
}

impl Record for ProvenanceFact {
    fn schema(&self) -> &'static Schema {
        Self::SCHEMA
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "builder_id" => self.summary.builder_id.as_str().into(),
            "build_type" => self.summary.build_type.as_str().into(),
            "source_uri" => self.summary.source.uri.as_deref().into(),
            "source_digest" => self.summary.source.digest.as_deref().into(),
            "how" => self.how.as_str().into(),
            "signer" => self.signer.as_deref().into(),
            _ => Value::Absent,
        }
    }
}

impl Fact for ProvenanceFact {
    const SCHEMA: &'static Schema = &Schema {
        kind: "provenance",
        version: 1,
        inherited: true,
        fields: &[
            ("builder_id", Type::Text, "the URI of the builder"),
            ("build_type", Type::Text, "the URI of the kind of build"),
            ("source_uri", Type::Text, "where the source is"),
            ("source_digest", Type::Text, "the commit of the source, in hexadecimal"),
            HOW,
            SIGNER,
        ],
    };
}

/// What an SBOM of the subject lists: kind `inventory`. All its components are one row.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InventoryFact {
    /// The format: `cyclonedx` or `spdx`.
    pub format: &'static str,
    /// The version of the format; absent where the SBOM was not read.
    pub spec_version: Option<Box<str>>,
    /// What vouches for it.
    pub how: How,
    /// Who.
    pub signer: Option<Arc<str>>,
    /// The manifest that is attached.
    pub manifest: Digest,
    /// The components, the one that the SBOM is about first; none of an SBOM that nothing vouches for, which is not read.
    pub components: Arc<Vec<Component>>,
}

impl InventoryFact {
    pub(crate) fn of(document: Document, how: How, signer: Option<Arc<str>>, manifest: Digest) -> Self {
        let mut components = document.inventory.components;
        // A component that a rule forbids may not hide by being the one that the SBOM is about.
        if let Some(root) = document.inventory.root {
            components.insert(0, root);
        }
        Self {
            format: document.format.as_str(),
            spec_version: Some(document.spec_version),
            how,
            signer,
            manifest,
            components: Arc::new(components),
        }
    }
}

impl Record for InventoryFact {
    fn schema(&self) -> &'static Schema {
        Self::SCHEMA
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "format" => self.format.into(),
            "spec_version" => self.spec_version.as_deref().into(),
            "how" => self.how.as_str().into(),
            "signer" => self.signer.as_deref().into(),
            "manifest" => Value::Digest(self.manifest),
            "components" => Value::List(&*self.components),
            _ => Value::Absent,
        }
    }
}

impl Fact for InventoryFact {
    const SCHEMA: &'static Schema = &Schema {
        kind: "inventory",
        version: 1,
        inherited: false,
        fields: &[
            ("format", Type::Text, "the format: `cyclonedx` or `spdx`"),
            ("spec_version", Type::Text, "the version of the format"),
            HOW,
            SIGNER,
            MANIFEST,
            ("components", Type::List(&Type::Record(Component::SCHEMA)), "the components, the root first"),
        ],
    };
}
