//! Platforms: what a manifest of an index is for.

use crate::{FieldError, code, json::Node};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{fmt, str::FromStr};
use plimsoll_core::{Classify, Code, Escaped};

/// The platform of an image ([image-spec, image-index.md, platform][spec]).
///
/// Its text form is `os/architecture[/variant]`. Docker's and `uname`'s names of architectures are read too.
///
/// ```
/// use plimsoll_oci::Platform;
/// let asked: Platform = "linux/aarch64".parse().unwrap();
/// assert_eq!(asked.to_string(), "linux/arm64");
/// assert!(asked.matches(&"linux/arm64/v8".parse().unwrap()));
/// assert!("linux".parse::<Platform>().is_err());
/// ```
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#image-index-property-descriptions
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub struct Platform {
    /// The operating system, such as `linux`.
    pub os: String,
    /// The architecture, such as `amd64`.
    pub architecture: String,
    /// The variant of the architecture, such as `v8`.
    pub variant: Option<String>,
    /// The version of the operating system.
    pub os_version: Option<String>,
    /// What the operating system must be able to do.
    pub os_features: Vec<String>,
}

impl Platform {
    /// Makes a platform of its two required properties.
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self {
            os: os.into(),
            architecture: architecture.into(),
            variant: None,
            os_version: None,
            os_features: Vec::new(),
        }
    }
    /// The same platform as containerd normalises it before it compares: in lower case, Docker's and `uname`'s names of
    /// architectures replaced. Who pulls takes an entry for `linux/x86_64` for one for `linux/amd64`, so who judges must, too.
    #[must_use]
    pub fn normal(&self) -> Self {
        let os = match self.os.to_ascii_lowercase() {
            os if os == "macos" => "darwin".into(),
            os => os,
        };
        let architecture = self.architecture.to_ascii_lowercase();
        let variant = self.variant.as_ref().map(|variant| variant.to_ascii_lowercase());
        let (architecture, implied) = common_name(&architecture);
        let variant = variant.filter(|variant| !variant.is_empty()).or(implied.map(ToOwned::to_owned));
        Self { os, architecture: architecture.into(), variant, ..self.clone() }
    }
    /// Whether an image for `other` is what somebody means who asks for `self`, both [normal](Self::normal).
    ///
    /// A missing variant means the usual one, as containerd has it: `v8` of arm64, `v7` of arm, `v1` of amd64. A missing operating
    /// system means any. The version and features of the operating system count only where `self` names them.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let (wanted, found) = (self.normal(), other.normal());
        (wanted.os == found.os || found.os.is_empty())
            && wanted.architecture == found.architecture
            && wanted.usual_variant() == found.usual_variant()
            && (self.os_version.is_none() || self.os_version == other.os_version)
            && self.os_features.iter().all(|feature| other.os_features.contains(feature))
    }
    /// Whether it is `unknown/unknown`: BuildKit's way of listing what is no image, such as attestations.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
    fn usual_variant(&self) -> Option<&str> {
        match (self.architecture.as_str(), self.variant.as_deref().filter(|variant| !variant.is_empty())) {
            ("arm64", Some("8" | "v8") | None) => Some("v8"),
            ("arm", Some("7" | "v7") | None) => Some("v7"),
            ("arm", Some("6")) => Some("v6"),
            ("arm", Some("5")) => Some("v5"),
            ("amd64", None) => Some("v1"),
            (_, variant) => variant,
        }
    }

    pub(crate) fn read(node: Node<'_>) -> Result<Self, FieldError> {
        let node = node.object()?;
        let text = |name: &str| -> Result<Option<String>, FieldError> {
            node.nullable(name).map(|member| member.text().map(ToOwned::to_owned)).transpose()
        };
        Ok(Self {
            os: node.required("os")?.text()?.to_owned(),
            architecture: node.required("architecture")?.text()?.to_owned(),
            variant: text("variant")?,
            os_version: text("os.version")?,
            os_features: node.nullable("os.features").map(|list| list.texts()).transpose()?.unwrap_or_default(),
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Escaped::new(&self.os), Escaped::new(&self.architecture))?;
        match self.variant.as_deref().filter(|variant| !variant.is_empty()) {
            Some(variant) => write!(f, "/{}", Escaped::new(variant)),
            None => Ok(()),
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let wrong = || PlatformError { found: Escaped::new(text) };
        let mut parts = text.split('/');
        let (Some(os), Some(architecture), variant, None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        if text.len() > LONGEST || ![Some(os), Some(architecture), variant].into_iter().flatten().all(is_word) {
            return Err(wrong());
        }
        let (architecture, implied) = common_name(architecture);
        Ok(Self { variant: variant.or(implied).map(ToOwned::to_owned), ..Self::new(os, architecture) })
    }
}

/// What containerd calls an architecture, and the variant that another name of it implies.
fn common_name(architecture: &str) -> (&str, Option<&'static str>) {
    match architecture {
        "x86_64" | "x86-64" => ("amd64", None),
        "aarch64" => ("arm64", None),
        "armhf" => ("arm", Some("v7")),
        "armel" => ("arm", Some("v6")),
        "i386" | "i686" => ("386", None),
        other => (other, None),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'))
}

/// The text is no platform.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a platform such as `linux/amd64` or `linux/arm/v7`, found `{found}`")]
pub struct PlatformError {
    /// The text.
    pub found: Escaped,
}

impl Classify for PlatformError {
    fn code(&self) -> Code {
        code::MALFORMED_PLATFORM
    }
}

/// Longest text of a platform, in bytes. Real ones have less than thirty.
const LONGEST: usize = 128;
