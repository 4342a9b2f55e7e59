//! The attributes of a signature, whatever its envelope.

mod read;
mod write;

use crate::{Format, code};
use alloc::{borrow::Cow, vec::Vec};
use core::fmt;
use plimsoll_core::{Classify, Code, Escaped, UnixTime};

/// How the time of a signature is vouched for.
///
/// [signing-scheme.md][spec].
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signing-scheme.md
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SigningScheme {
    /// `notary.x509`: the signer claims a time, a timestamp may prove one. Anchors stand in `ca` stores.
    X509,
    /// `notary.x509.signingAuthority`: the signer is an authority whose time is trusted. Anchors stand in
    /// `signingAuthority` stores.
    X509SigningAuthority,
}

impl SigningScheme {
    /// The name in the envelope.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X509 => "notary.x509",
            Self::X509SigningAuthority => "notary.x509.signingAuthority",
        }
    }
}

impl fmt::Display for SigningScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The signed attributes of either format.
///
/// [signature-specification.md, Signed Attributes][spec]. They were read before the signature was checked: what they say
/// counts once it was.
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#signed-attributes
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct SignedAttributes<'h> {
    /// The scheme.
    pub scheme: SigningScheme,
    /// The signing time: claimed by the signer under [`SigningScheme::X509`], vouched for by the authority under the other.
    pub signing_time: UnixTime,
    /// The first second at which the signature does not count any more.
    pub expiry: Option<UnixTime>,
    /// The plugin that must take part in the verification.
    pub plugin: Option<Cow<'h, str>>,
    /// The least version of that plugin.
    pub plugin_min_version: Option<Cow<'h, str>>,
    /// Attributes that Notary does not define, in order.
    pub extended: Vec<ExtendedAttribute<'h>>,
}

impl SignedAttributes<'_> {
    /// The critical attributes that only a plugin could understand. Without one, their presence is a refusal.
    pub fn unknown_critical(&self) -> impl Iterator<Item = &str> {
        // A least version without a plugin demands something of nobody.
        let orphan =
            self.plugin_min_version.as_ref().filter(|_| self.plugin.is_none()).map(|_| read::PLUGIN_MIN_VERSION);
        self.extended.iter().filter(|one| one.critical).map(|one| &*one.name).chain(orphan)
    }
}

/// A signed attribute that Notary does not define.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ExtendedAttribute<'h> {
    /// Its name; an integer label of COSE in decimal.
    pub name: Cow<'h, str>,
    /// Whether the signature demands that it is understood.
    pub critical: bool,
    /// Its value.
    pub value: plimsoll_envelope::HeaderValue<'h>,
}

/// Why the attributes are not those of a Notary signature.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// An attribute that the scheme does not have.
    #[error("expected no `{name}` under the scheme {scheme}, found one")]
    Forbidden {
        /// Its name.
        name: &'static str,
        /// The scheme.
        scheme: SigningScheme,
    },
    /// An attribute is missing.
    #[error("expected the signed attribute `{name}`, found none")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// An attribute that has to be critical is not.
    #[error("expected `{name}` among the critical attributes, found it outside")]
    NotCritical {
        /// Its name.
        name: &'static str,
    },
    /// An attribute that may not be critical is.
    #[error("expected `{name}` outside the critical attributes, found it among them")]
    Critical {
        /// Its name.
        name: &'static str,
    },
    /// A value of another type, or out of range.
    #[error("expected {expected} as `{name}`, found {found}")]
    Value {
        /// The attribute.
        name: &'static str,
        /// What is due.
        expected: &'static str,
        /// What is there.
        found: Escaped,
    },
    /// The expiry is not after the signing time.
    #[error("expected an expiry after the signing time {signing_time}, found {expiry}")]
    Expiry {
        /// The signing time.
        signing_time: UnixTime,
        /// The expiry.
        expiry: UnixTime,
    },
    /// A member of another specification that would change what is signed.
    #[error("expected no member `{name}` in the protected header, found one")]
    Unsupported {
        /// Its name.
        name: &'static str,
    },
}

impl Classify for AttributeError {
    fn code(&self) -> Code {
        code::MALFORMED_ATTRIBUTES
    }
}

impl Format {
    /// The value that a time has in this format: text in JWS, CBOR tag 1 in COSE.
    const fn time(self) -> &'static str {
        match self {
            Self::Jws => "a time as RFC 3339 writes it",
            Self::Cose => "a time with CBOR tag 1",
        }
    }
}

impl<'h> ExtendedAttribute<'h> {
    /// Makes an attribute.
    pub fn new(
        name: impl Into<Cow<'h, str>>,
        critical: Criticality,
        value: plimsoll_envelope::HeaderValue<'h>,
    ) -> Self {
        Self { name: name.into(), critical: critical == Criticality::Critical, value }
    }
}

/// Whether a verifier must understand an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Criticality {
    /// It must, or refuse.
    Critical,
    /// It may ignore it.
    Ignorable,
}

#[cfg(test)]
mod tests;
