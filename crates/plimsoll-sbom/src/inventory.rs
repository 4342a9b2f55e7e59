//! What an SBOM lists, whatever its format.

use crate::{LicenseExpression, Purl};
use plimsoll_core::{Digest, Item, Record, Schema, Type, Value};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

mod kind;

pub use kind::Kind;

/// What an SBOM lists: the neutral view of CycloneDX and SPDX.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Inventory {
    /// What the SBOM is about, where it names one thing.
    pub root: Option<Component>,
    /// The components, nested ones too.
    pub components: Vec<Component>,
    /// The ids of what a component needs, by its id. A component without entry: unknown; with an empty one: it needs nothing.
    pub dependencies: BTreeMap<Box<str>, Vec<Box<str>>>,
}

impl Inventory {
    /// The root, then the components.
    pub fn all(&self) -> impl Iterator<Item = &Component> {
        self.root.iter().chain(&self.components)
    }
}

/// One component.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Component {
    /// What kind of thing it is; absent where an SPDX package does not say.
    pub kind: Option<Kind>,
    /// The name.
    pub name: Box<str>,
    /// The version.
    pub version: Option<Box<str>>,
    /// The package URL: canonical, or as it was written if it is none.
    pub purl: Option<Box<str>>,
    /// The CPE, as it was written.
    pub cpe: Option<Box<str>>,
    /// Hashes.
    pub hashes: Vec<Hash>,
    /// CycloneDX's `bom-ref` or SPDX's `SPDXID`.
    pub id: Option<Box<str>>,
    licenses: Vec<Box<str>>,
}

impl Component {
    /// A kind and a name; add what there is more.
    #[must_use]
    pub fn new(kind: Option<Kind>, name: &str) -> Self {
        Self {
            kind,
            name: name.into(),
            version: None,
            purl: None,
            cpe: None,
            licenses: Vec::new(),
            hashes: Vec::new(),
            id: None,
        }
    }
    /// Sets name, version and package URL of a package.
    #[must_use]
    pub fn package(kind: Kind, purl: &Purl) -> Self {
        let parts = purl.parts();
        let mut component = Self::new(Some(kind), &parts.name);
        component.version = parts.version.as_deref().map(Into::into);
        component.purl = Some(purl.to_string().into());
        component
    }
    /// Sets the licences: expressions or names. `NONE`, `NOASSERTION` and doubles are left out.
    pub fn set_licenses<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        let stated = texts.into_iter().filter(|text| !matches!(*text, "" | "NONE" | "NOASSERTION"));
        self.licenses = stated.filter(|text| seen.insert(*text)).map(Into::into).collect();
    }
    /// Licence expressions, or names of licences, as they were written.
    #[must_use]
    pub fn licenses(&self) -> &[Box<str>] {
        &self.licenses
    }
    /// Every licence that its expressions name, each once. A text that is no expression stands for itself.
    #[must_use]
    pub fn license_identifiers(&self) -> BTreeSet<Box<str>> {
        let mut identifiers = BTreeSet::new();
        for text in &self.licenses {
            match text.parse::<LicenseExpression>() {
                Ok(expression) => identifiers.extend(expression.identifiers().map(Box::from)),
                Err(_) => drop(identifiers.insert(text.clone())),
            }
        }
        identifiers
    }
    /// Sets the package URL, in its canonical form where it is one.
    pub fn set_purl(&mut self, text: &str) {
        self.purl = Some(text.parse::<Purl>().map_or_else(|_| text.into(), |purl| purl.to_string().into()));
    }
    /// The record of a component in facts.
    pub const SCHEMA: &'static Schema = &Schema {
        kind: "component",
        version: 1,
        inherited: false,
        fields: &[
            ("purl", Type::Text, "the package URL, canonical"),
            ("kind", Type::Text, "what it is, such as `library` or `operating-system`"),
            ("name", Type::Text, "the name"),
            ("version", Type::Text, "the version"),
            ("licenses", Type::List(&Type::Text), "licence expressions, or names of licences, as they were written"),
        ],
    };
}

impl Record for Component {
    fn schema(&self) -> &'static Schema {
        Self::SCHEMA
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "purl" => self.purl.as_deref().into(),
            "kind" => self.kind.as_ref().map(Kind::as_str).into(),
            "name" => Value::Text(Cow::Borrowed(&self.name)),
            "version" => self.version.as_deref().into(),
            "licenses" => Value::List(&self.licenses),
            _ => Value::Absent,
        }
    }
}

impl Item for Component {
    fn value(&self) -> Value<'_> {
        Value::Record(self)
    }
}

/// A hash of a component's content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Hash {
    /// The algorithm, as CycloneDX names it: `SHA-256`. One that is not known is kept as it was written.
    pub algorithm: Box<str>,
    /// The hash, in lower-case hexadecimal; as it was written where it is not that.
    pub value: Box<str>,
}

/// Algorithms with CycloneDX's name, SPDX's name and the number of hexadecimal digits.
/// Sources: `hash-alg` of CycloneDX 1.7, `checksums.algorithm` of SPDX 2.3.
const ALGORITHMS: &[(&str, &str, usize)] = &[
    ("MD5", "MD5", 32),
    ("SHA-1", "SHA1", 40),
    ("SHA-224", "SHA224", 56),
    ("SHA-256", "SHA256", 64),
    ("SHA-384", "SHA384", 96),
    ("SHA-512", "SHA512", 128),
    ("SHA3-256", "SHA3-256", 64),
    ("SHA3-384", "SHA3-384", 96),
    ("SHA3-512", "SHA3-512", 128),
    ("BLAKE2b-256", "BLAKE2b-256", 64),
    ("BLAKE2b-384", "BLAKE2b-384", 96),
    ("BLAKE2b-512", "BLAKE2b-512", 128),
    ("BLAKE3", "BLAKE3", 64),
];

impl Hash {
    /// Takes a hash with the name that CycloneDX or SPDX gives to its algorithm.
    #[must_use]
    pub fn new(algorithm: &str, value: &str) -> Self {
        let known = ALGORITHMS.iter().find(|(cyclonedx, spdx, _)| *cyclonedx == algorithm || *spdx == algorithm);
        let is_hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self {
            algorithm: known.map_or(algorithm, |(name, ..)| name).into(),
            value: if is_hex { value.to_ascii_lowercase().into() } else { value.into() },
        }
    }
    /// The hash that a digest is.
    #[must_use]
    pub fn of(digest: &Digest) -> Self {
        let algorithm = match digest {
            Digest::Sha512(_) => "SHA-512",
            _ => "SHA-256",
        };
        Self::new(algorithm, &digest.encoded())
    }
    /// The digest, if it is one by SHA-256 or SHA-512 and well-formed.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        let algorithm = match &*self.algorithm {
            "SHA-256" => "sha256",
            "SHA-512" => "sha512",
            _ => return None,
        };
        format!("{algorithm}:{}", self.value).parse().ok()
    }
    /// Whether the algorithm is known here.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.known().is_some()
    }
    /// Whether the value is hexadecimal and as long as the algorithm's hashes are. Never for an algorithm that is not known.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.known().is_some_and(|(.., digits)| *digits == self.value.len())
            && self.value.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
    pub(crate) fn spdx_algorithm(&self) -> Option<&'static str> {
        self.known().map(|(_, spdx, _)| *spdx)
    }
    fn known(&self) -> Option<&'static (&'static str, &'static str, usize)> {
        ALGORITHMS.iter().find(|(name, ..)| *name == &*self.algorithm)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", plimsoll_core::Escaped::new(&self.algorithm), plimsoll_core::Escaped::new(&self.value))
    }
}

#[cfg(test)]
mod tests;
