//! Where the passphrase of a key comes from.

use super::SigningKeyError;
use crate::{
    Secret, Warning,
    file::{Access, Links, read_file, shown},
};
use plimsoll_crypto::Passphrase;
use std::{
    fmt, io,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Where the passphrase of an encrypted key comes from. It is asked for only if the key is encrypted.
///
/// Never an argument or a variable of the environment: other processes can read both.
#[derive(Default)]
#[non_exhaustive]
pub enum PassphraseSource<'a> {
    /// The first line of a file.
    File(PathBuf),
    /// There is none: an encrypted key is an error.
    #[default]
    None,
    /// A person, who is asked for the passphrase of the key in this file, once.
    Prompt(&'a dyn Fn(&Path) -> io::Result<Secret>),
    /// This text.
    Text(Secret),
}

impl PassphraseSource<'_> {
    pub(super) fn get(&self, key: &Path, warnings: &mut Vec<Warning>) -> Result<Option<Passphrase>, SigningKeyError> {
        match self {
            Self::File(path) => from_file(path, warnings).map(Some),
            Self::None => Ok(None),
            Self::Prompt(ask) => {
                let text =
                    ask(key).map_err(|error| SigningKeyError::Prompt { key: shown(key), cause: error.kind() })?;
                Ok(Some(Passphrase::new(text.expose())))
            }
            Self::Text(text) => Ok(Some(Passphrase::new(text.expose()))),
        }
    }
}

impl fmt::Debug for PassphraseSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::None => f.write_str("None"),
            Self::Prompt(_) => f.write_str("Prompt"),
            Self::Text(_) => f.write_str("Text(redacted)"),
        }
    }
}

/// The first line, as `openssl -passin file:` reads it.
fn from_file(path: &Path, warnings: &mut Vec<Warning>) -> Result<Passphrase, SigningKeyError> {
    let contents = read_file(path, Links::Follow, PASSPHRASE)?;
    let bytes = Zeroizing::new(contents.bytes);
    if contents.access != Access::Owner {
        warnings.push(Warning::OthersCanRead { path: shown(path) });
    }
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(SigningKeyError::EmptyPassphrase { path: shown(path) });
    }
    Ok(Passphrase::new(line))
}

/// OpenSSL takes 1024 bytes.
const PASSPHRASE: u64 = 4096;
