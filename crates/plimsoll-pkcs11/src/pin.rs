//! The PIN of a token.

use crate::Pkcs11Error;
use plimsoll_core::Escaped;
use std::{fmt, fs::File, io::Read, path::Path};
use zeroize::Zeroizing;

/// A PIN: wiped when dropped, and never shown by `Debug`.
///
/// ```
/// let pin = plimsoll_pkcs11::Pin::new("1234".into());
/// assert_eq!(format!("{pin:?}"), "Pin(redacted)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes the text. Copies that the caller made elsewhere are the caller's to wipe.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
    /// Reads a file that holds the PIN and nothing else; one line break at its end is not part of it. 256 bytes at most.
    ///
    /// # Errors
    /// [`Pkcs11Error::PinFile`].
    pub fn from_file(path: &Path) -> Result<Self, Pkcs11Error> {
        let refuse = |what: &str| Pkcs11Error::PinFile {
            path: Escaped::new(&path.display().to_string()),
            what: Escaped::new(what),
        };
        let file = File::open(path).map_err(|error| refuse(&error.to_string()))?;
        let mut text = Zeroizing::new(String::with_capacity(LONGEST));
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        file.take(limit).read_to_string(&mut text).map_err(|error| refuse(&error.to_string()))?;
        if text.len() >= LONGEST {
            return Err(refuse("it is longer than a PIN"));
        }
        let pin = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if pin.is_empty() {
            return Err(refuse("it is empty"));
        }
        Ok(Self::new(pin.to_owned()))
    }
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

/// Tokens take 4 to 255 bytes (SoftHSM's `MAX_PIN_LEN`); one byte more shows that a file is none.
const LONGEST: usize = 257;
