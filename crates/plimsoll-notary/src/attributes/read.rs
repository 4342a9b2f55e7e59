//! Reading the attributes from a protected header.

use super::{AttributeError, ExtendedAttribute, SignedAttributes, SigningScheme};
use crate::Format;
use alloc::{borrow::Cow, format, string::ToString, vec::Vec};
use plimsoll_core::{Escaped, UnixTime};
use plimsoll_envelope::{Header, HeaderValue, Label};

pub(crate) const AUTHENTIC_SIGNING_TIME: &str = "io.cncf.notary.authenticSigningTime";
pub(crate) const EXPIRY: &str = "io.cncf.notary.expiry";
pub(crate) const PLUGIN: &str = "io.cncf.notary.verificationPlugin";
pub(crate) const PLUGIN_MIN_VERSION: &str = "io.cncf.notary.verificationPluginMinVersion";
pub(crate) const SIGNING_SCHEME: &str = "io.cncf.notary.signingScheme";
pub(crate) const SIGNING_TIME: &str = "io.cncf.notary.signingTime";

impl<'h> SignedAttributes<'h> {
    /// Reads the attributes of a protected header whose list of critical members the envelope's reader has checked.
    ///
    /// # Errors
    /// [`AttributeError`].
    pub fn read(header: &Header<'h>, format: Format) -> Result<Self, AttributeError> {
        let reader = Reader { header, format };
        let scheme = reader.scheme()?;
        let signing_time = reader.signing_time(scheme)?;
        let expiry = reader.critical_time(EXPIRY)?;
        if let Some(expiry) = expiry.filter(|expiry| *expiry <= signing_time) {
            return Err(AttributeError::Expiry { signing_time, expiry });
        }
        Ok(Self {
            scheme,
            signing_time,
            expiry,
            plugin: reader.plugin(PLUGIN)?,
            plugin_min_version: reader.plugin(PLUGIN_MIN_VERSION)?,
            extended: reader.extended()?,
        })
    }
}

struct Reader<'r, 'h> {
    header: &'r Header<'h>,
    format: Format,
}

impl<'h> Reader<'_, 'h> {
    fn scheme(&self) -> Result<SigningScheme, AttributeError> {
        let value = self.header.get(SIGNING_SCHEME).ok_or(AttributeError::Missing { name: SIGNING_SCHEME })?;
        let scheme = match value.as_text() {
            Some("notary.x509") => SigningScheme::X509,
            Some("notary.x509.signingAuthority") => SigningScheme::X509SigningAuthority,
            _ => {
                const EXPECTED: &str = "`notary.x509` or `notary.x509.signingAuthority`";
                return Err(wrong(SIGNING_SCHEME, EXPECTED, value));
            }
        };
        self.must_be_critical(SIGNING_SCHEME)?;
        Ok(scheme)
    }
    /// Each scheme has its own attribute, and may not have the other's. Notation checks that in JWS only; a signature that two
    /// readers date differently is refused here in both.
    fn signing_time(&self, scheme: SigningScheme) -> Result<UnixTime, AttributeError> {
        let (name, other) = match scheme {
            SigningScheme::X509 => (SIGNING_TIME, AUTHENTIC_SIGNING_TIME),
            SigningScheme::X509SigningAuthority => (AUTHENTIC_SIGNING_TIME, SIGNING_TIME),
        };
        if self.header.get(other).is_some() {
            return Err(AttributeError::Forbidden { name: other, scheme });
        }
        let missing = AttributeError::Missing { name };
        match scheme {
            SigningScheme::X509SigningAuthority => self.critical_time(name)?.ok_or(missing),
            // "This attribute is not critical"; notation refuses a signature that says it is.
            SigningScheme::X509 if self.is_critical(name) => Err(AttributeError::Critical { name }),
            SigningScheme::X509 => self.time(name)?.ok_or(missing),
        }
    }
    fn critical_time(&self, name: &'static str) -> Result<Option<UnixTime>, AttributeError> {
        let time = self.time(name)?;
        if time.is_some() {
            self.must_be_critical(name)?;
        }
        Ok(time)
    }
    fn time(&self, name: &'static str) -> Result<Option<UnixTime>, AttributeError> {
        let Some(value) = self.header.get(name) else { return Ok(None) };
        let time = match (self.format, value) {
            (Format::Jws, HeaderValue::Text(text)) => text.parse().ok(),
            (Format::Cose, HeaderValue::Time(seconds)) => u64::try_from(*seconds).ok().and_then(UnixTime::from_secs),
            _ => None,
        };
        time.map(Some).ok_or_else(|| wrong(name, self.format.time(), value))
    }
    fn plugin(&self, name: &'static str) -> Result<Option<Cow<'h, str>>, AttributeError> {
        match self.header.get(name) {
            None => Ok(None),
            // Both are critical by definition (signature-specification.md, Extended Attributes): whoever knows no plugins must refuse.
            Some(HeaderValue::Text(text)) if !text.is_empty() => {
                self.must_be_critical(name)?;
                Ok(Some(text.clone()))
            }
            Some(value) => Err(wrong(name, "a name or version as text", value)),
        }
    }
    fn extended(&self) -> Result<Vec<ExtendedAttribute<'h>>, AttributeError> {
        let mut extended = Vec::new();
        for (label, value) in self.header {
            let name = match (self.format, label) {
                (Format::Cose, Label::Int(1..=3)) => continue,
                // The specification allows the chain in either header (signature-envelope-cose.md, Unprotected Headers), and no signer
                // of Notary puts it here. Notation refuses it: an envelope that only one of two readers accepts is refused by both.
                (Format::Cose, Label::Int(33)) => return Err(AttributeError::Unsupported { name: "33" }),
                (Format::Jws, Label::Text(name)) => match &**name {
                    "alg" | "crit" | "cty" => continue,
                    "x5c" => return Err(AttributeError::Unsupported { name: "x5c" }),
                    // RFC 7797 signs the payload as it is, not as base64: other bytes than ours.
                    "b64" => return Err(AttributeError::Unsupported { name: "b64" }),
                    _ => name.clone(),
                },
                (_, Label::Text(name)) => name.clone(),
                (_, Label::Int(label)) => Cow::Owned(label.to_string()),
            };
            if matches!(
                &*name,
                AUTHENTIC_SIGNING_TIME | EXPIRY | PLUGIN | PLUGIN_MIN_VERSION | SIGNING_SCHEME | SIGNING_TIME
            ) {
                continue;
            }
            let critical = self.header.critical().any(|critical| critical == *label);
            extended.push(ExtendedAttribute { name, critical, value: value.clone() });
        }
        Ok(extended)
    }
    fn is_critical(&self, name: &str) -> bool {
        self.header.critical().any(|critical| critical == *name)
    }
    fn must_be_critical(&self, name: &'static str) -> Result<(), AttributeError> {
        if self.is_critical(name) { Ok(()) } else { Err(AttributeError::NotCritical { name }) }
    }
}

fn wrong(name: &'static str, expected: &'static str, found: &HeaderValue<'_>) -> AttributeError {
    let found = match found {
        HeaderValue::Text(text) => Escaped::new(&format!("`{}`", Escaped::new(text))),
        other => Escaped::new(kind(other)),
    };
    AttributeError::Value { name, expected, found }
}

fn kind(value: &HeaderValue<'_>) -> &'static str {
    match value {
        HeaderValue::Bool(_) => "a boolean",
        HeaderValue::Bytes(_) => "bytes",
        HeaderValue::Float(_) => "a number with a fraction",
        HeaderValue::Int(_) => "an integer",
        HeaderValue::List(_) => "a list",
        HeaderValue::Map(_) => "a map",
        HeaderValue::Null => "null",
        HeaderValue::Tagged(..) => "a tagged value",
        HeaderValue::Text(_) => "text",
        HeaderValue::Time(_) => "a time out of range",
        _ => "something else",
    }
}
