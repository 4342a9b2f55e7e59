//! The PKCS#11 URI, [RFC 7512](https://www.rfc-editor.org/rfc/rfc7512): which token, which key, and where its PIN is.

use crate::{Pin, code};
use plimsoll_core::{Classify, Code, Escaped};
use std::{fmt, fmt::Write, str::FromStr};

/// A PKCS#11 URI that names a key (RFC 7512, 2.3).
///
/// Of the path it takes `token`, `manufacturer`, `serial`, `model`, `slot-id`, `object`, `id` and `type`; a name that it does not
/// know is refused, because a key that was meant to be excluded must not be found. Of the query it takes `module-path`,
/// `module-name`, `pin-source` and `pin-value`; others are for other programs, and are ignored.
///
/// `Display` writes what selects the key and nothing of the query, so that a URI can be shown.
///
/// ```
/// use plimsoll_pkcs11::{Uri, UriPin};
/// let uri: Uri = "pkcs11:token=Release%20keys;id=%01%02;type=private?pin-value=1234".parse()?;
/// assert_eq!(uri.token(), Some("Release keys"));
/// assert_eq!(uri.id(), Some(&[1, 2][..]));
/// assert!(matches!(uri.pin(), UriPin::Value(_)));
/// assert!(!format!("{uri} {uri:?}").contains("1234"));
///
/// let twice = "pkcs11:token=a;token=b".parse::<Uri>().unwrap_err();
/// assert_eq!(twice.to_string(), "`token` stands twice in the PKCS#11 URI");
/// # Ok::<(), plimsoll_pkcs11::UriError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Uri {
    token: Option<String>,
    manufacturer: Option<String>,
    serial: Option<String>,
    model: Option<String>,
    slot_id: Option<u64>,
    object: Option<String>,
    id: Option<Vec<u8>>,
    kind: Option<String>,
    module_path: Option<String>,
    module_name: Option<String>,
    pin: UriPin,
}

/// Where a URI says that the PIN is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum UriPin {
    /// It does not say.
    #[default]
    Unsaid,
    /// `pin-source`: a file, as a path or a `file:` URI; others are the caller's to understand (RFC 7512, 2.4).
    Source(String),
    /// `pin-value`: the PIN itself. A URI with one is a secret.
    Value(Pin),
}

/// Why a text is no PKCS#11 URI that names a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// Both `pin-source` and `pin-value` (RFC 7512, 2.4).
    #[error("the PKCS#11 URI has both `pin-source` and `pin-value`")]
    BothPins,
    /// A name twice in one component (RFC 7512, 2.3).
    #[error("`{name}` stands twice in the PKCS#11 URI")]
    Duplicate {
        /// The name.
        name: Escaped,
    },
    /// No name and value, an escape that is none, a character that must be escaped, or text that is not UTF-8.
    #[error("the PKCS#11 URI is malformed at `{at}`: {what}")]
    Malformed {
        /// The part; the value of a PIN is never shown.
        at: Escaped,
        /// What is wrong.
        what: &'static str,
    },
    /// Longer than any URI of a key.
    #[error("the PKCS#11 URI is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// A name that selects by something that is not known here.
    #[error("the PKCS#11 URI selects by `{name}`, which is not supported")]
    Unsupported {
        /// The name.
        name: Escaped,
    },
    /// Another scheme, or none.
    #[error("expected a URI with the scheme `pkcs11`")]
    WrongScheme,
}

impl Classify for UriError {
    fn code(&self) -> Code {
        code::PKCS11_URI_MALFORMED
    }
}

impl Uri {
    /// The label of the token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
    /// The manufacturer of the token.
    #[must_use]
    pub fn manufacturer(&self) -> Option<&str> {
        self.manufacturer.as_deref()
    }
    /// The serial number of the token.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.serial.as_deref()
    }
    /// The model of the token.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }
    /// The number of the slot. It may change whenever a token is plugged in.
    #[must_use]
    pub const fn slot_id(&self) -> Option<u64> {
        self.slot_id
    }
    /// The label of the key (`CKA_LABEL`).
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }
    /// The identifier of the key (`CKA_ID`).
    #[must_use]
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }
    /// The path of the module. Loading it runs its code: whose URI this is decides whether to.
    #[must_use]
    pub fn module_path(&self) -> Option<&str> {
        self.module_path.as_deref()
    }
    /// The name of the module, without its path, prefix and suffix.
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.module_name.as_deref()
    }
    /// Where the PIN is.
    #[must_use]
    pub const fn pin(&self) -> &UriPin {
        &self.pin
    }

    fn path(&mut self, name: &str, value: Vec<u8>) -> Result<(), UriError> {
        let text = |value| String::from_utf8(value).map_err(|_| malformed(name, "it is not UTF-8"));
        match name {
            "token" => once(&mut self.token, name, text(value)?),
            "manufacturer" => once(&mut self.manufacturer, name, text(value)?),
            "serial" => once(&mut self.serial, name, text(value)?),
            "model" => once(&mut self.model, name, text(value)?),
            "object" => once(&mut self.object, name, text(value)?),
            "id" => once(&mut self.id, name, value),
            "slot-id" => {
                let digits = text(value)?;
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let number = plain.then(|| digits.parse().ok()).flatten();
                once(&mut self.slot_id, name, number.ok_or_else(|| malformed(name, "it is no number"))?)
            }
            "type" => {
                let kind = text(value)?;
                if !["cert", "private", "public"].contains(&kind.as_str()) {
                    return Err(malformed(name, "a key or certificate is `private`, `public` or `cert`"));
                }
                once(&mut self.kind, name, kind)
            }
            other => Err(UriError::Unsupported { name: Escaped::new(other) }),
        }
    }

    fn query(&mut self, name: &str, value: Vec<u8>) -> Result<(), UriError> {
        let text = |value| String::from_utf8(value).map_err(|_| malformed(name, "it is not UTF-8"));
        let pin = match name {
            "module-path" => return once(&mut self.module_path, name, text(value)?),
            "module-name" => return once(&mut self.module_name, name, text(value)?),
            "pin-source" => UriPin::Source(text(value)?),
            "pin-value" => UriPin::Value(Pin::new(text(value)?)),
            _ => return Ok(()),
        };
        match (&self.pin, &pin) {
            (UriPin::Unsaid, _) => self.pin = pin,
            (UriPin::Source(_), UriPin::Source(_)) | (UriPin::Value(_), UriPin::Value(_)) => {
                return Err(UriError::Duplicate { name: Escaped::new(name) });
            }
            _ => return Err(UriError::BothPins),
        }
        Ok(())
    }
}

impl FromStr for Uri {
    type Err = UriError;
    fn from_str(text: &str) -> Result<Self, UriError> {
        if text.len() > LONGEST {
            return Err(UriError::TooLong { limit: LONGEST });
        }
        // RFC 3986, 3.1: a scheme has no case.
        let (scheme, rest) = text.split_once(':').ok_or(UriError::WrongScheme)?;
        if !scheme.eq_ignore_ascii_case("pkcs11") {
            return Err(UriError::WrongScheme);
        }
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let mut uri = Self::default();
        for part in path.split(';').filter(|_| !path.is_empty()) {
            let (name, value) = attribute(part, PATH)?;
            uri.path(name, value)?;
        }
        for part in query.into_iter().flat_map(|query| query.split('&')) {
            let (name, value) = attribute(part, QUERY)?;
            uri.query(name, value)?;
        }
        Ok(uri)
    }
}

/// What selects the key, in a fixed order. Nothing of the query. It is never longer than what was read: only what must be is escaped.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slot = self.slot_id.map(|number| number.to_string());
        let bytes = |text: &'_ Option<String>| text.as_ref().map(|text| text.clone().into_bytes());
        let parts = [
            ("token", bytes(&self.token)),
            ("manufacturer", bytes(&self.manufacturer)),
            ("serial", bytes(&self.serial)),
            ("model", bytes(&self.model)),
            ("slot-id", slot.map(String::into_bytes)),
            ("object", bytes(&self.object)),
            ("id", self.id.clone()),
            ("type", bytes(&self.kind)),
        ];
        f.write_str("pkcs11:")?;
        let present = parts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
        for (index, (name, value)) in present.enumerate() {
            if index > 0 {
                f.write_char(';')?;
            }
            write!(f, "{name}=")?;
            for byte in value {
                if byte.is_ascii_alphanumeric() || PATH.contains(&byte) {
                    f.write_char(char::from(byte))?;
                } else {
                    write!(f, "%{byte:02X}")?;
                }
            }
        }
        Ok(())
    }
}

/// `name=value`, with the value's escapes undone (RFC 3986, 2.1).
fn attribute<'a>(part: &'a str, plain: &[u8]) -> Result<(&'a str, Vec<u8>), UriError> {
    let (name, value) = part.split_once('=').ok_or_else(|| malformed("", "a part without `=`"))?;
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !named {
        return Err(malformed(name, "it is no name"));
    }
    let mut bytes = value.bytes();
    let mut out = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit(), digit());
                let value = high.zip(low).and_then(|(high, low)| u8::try_from(high.wrapping_shl(4) | low).ok());
                value.ok_or_else(|| malformed(name, "an escape without two hexadecimal digits"))?
            }
            _ if byte.is_ascii_alphanumeric() || plain.contains(&byte) => byte,
            _ => return Err(malformed(name, "a character that must be escaped")),
        };
        out.push(byte);
    }
    Ok((name, out))
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), UriError> {
    if place.replace(value).is_some() {
        return Err(UriError::Duplicate { name: Escaped::new(name) });
    }
    Ok(())
}

fn malformed(at: &str, what: &'static str) -> UriError {
    UriError::Malformed { at: Escaped::new(at), what }
}

/// RFC 7512, 2.3: what stands unescaped in the path.
const PATH: &[u8] = b"-._~:[]@!$'()*+,=&";
/// RFC 7512, 2.3: and in the query.
const QUERY: &[u8] = b"-._~:[]@!$'()*+,=/?|";
/// Longer than a label, identifier, path and PIN together.
const LONGEST: usize = 4096;
