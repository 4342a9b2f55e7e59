//! A key to sign with: from `signingkeys.json` to a private key and its chain.

mod error;
mod passphrase;

pub use error::SigningKeyError;
pub use passphrase::PassphraseSource;

use super::{KeyEntry, KeyName, KeySource, NotationDirectory, SigningKeys};
use crate::{
    Loaded, Warning,
    file::{Access, Links, Overwrite, Permission, create_directory, read_file, shown, write_file},
};
use plimsoll_core::{Escaped, Provider};
use plimsoll_crypto::{KeyError, PrivateKey};
use plimsoll_pki::{Certificate, ChainOptions, Limits, OwnedCertificate, read_certificates, verify_chain};
use std::path::Path;
use zeroize::Zeroizing;

/// A private key and the chain of certificates that goes with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct SigningKey {
    /// Its name in `signingkeys.json`.
    pub name: String,
    /// The key.
    pub key: PrivateKey,
    /// The certificates, that of the key first, the root last.
    pub chain: Vec<OwnedCertificate>,
}

/// Loads a key of `signingkeys.json` by name, or the default key, with its chain.
///
/// The key must be that of the first certificate, and the certificates a chain by `options`. Whether they are valid at this time is
/// not asked here. Links are followed: a key is often mounted where it is used.
///
/// # Security
/// A key file that the group or everybody may write is refused: it may be somebody else's key by now. One that they may read
/// is warned about, and so is a file that holds a passphrase.
///
/// # Errors
/// [`SigningKeyError`], which says what is wrong and with which file.
pub fn load_signing_key(
    directory: &NotationDirectory,
    name: Option<&str>,
    passphrase: &PassphraseSource<'_>,
    options: &ChainOptions,
    provider: Provider<'_>,
) -> Result<Loaded<SigningKey>, SigningKeyError> {
    let Loaded { value: keys, mut warnings } = SigningKeys::load(directory)?;
    let entry = keys.find(name)?;
    let (key_path, certificates) = match entry.source() {
        KeySource::Files { key, certificates } => (key, certificates),
        KeySource::Plugin { plugin, .. } => {
            let (name, plugin) = (Escaped::new(entry.name()), Escaped::new(plugin));
            return Err(SigningKeyError::Plugin { name, plugin });
        }
    };
    let listed = entry.passphrase_file().map(|file| PassphraseSource::File(file.to_owned()));
    let passphrase = match (passphrase, &listed) {
        (PassphraseSource::None | PassphraseSource::Prompt(_), Some(listed)) => listed,
        (given, _) => given,
    };
    let name = entry.name().into();
    let loaded = load_key_files(name, key_path, certificates, passphrase, options, provider)?;
    warnings.extend(loaded.warnings);
    Ok(Loaded { value: loaded.value, warnings })
}

/// Loads a key and its chain from two files, with the checks of [`load_signing_key`].
///
/// # Errors
/// [`SigningKeyError`], which says what is wrong and with which file.
pub fn load_key_files(
    name: String,
    key_path: &Path,
    certificates: &Path,
    passphrase: &PassphraseSource<'_>,
    options: &ChainOptions,
    provider: Provider<'_>,
) -> Result<Loaded<SigningKey>, SigningKeyError> {
    let Loaded { value: key, warnings } = load_private_key(key_path, passphrase)?;
    let chain = read_chain(certificates, options, provider)?;
    check_leaf(&key, &chain, key_path, certificates, &options.limits)?;
    Ok(Loaded { value: SigningKey { name, key, chain }, warnings })
}

/// Loads a private key alone, such as that of an authority, with the checks of [`load_signing_key`] on its file.
///
/// # Errors
/// [`SigningKeyError`], which says what is wrong and with which file.
pub fn load_private_key(path: &Path, passphrase: &PassphraseSource<'_>) -> Result<Loaded<PrivateKey>, SigningKeyError> {
    let mut warnings = Vec::new();
    let key = read_key(path, passphrase, &mut warnings)?;
    Ok(Loaded { value: key, warnings })
}

/// Writes a key and its chain as `localkeys/NAME.key` (0600, in the clear) and `localkeys/NAME.crt`, and lists it in `signingkeys.json`.
///
/// Nothing is overwritten, and no other Plimsoll changes the list meanwhile. A list with one key gets it as the default.
///
/// # Errors
/// [`SigningKeyError`]: the name is taken, the key is not that of the first certificate, or a file cannot be written.
pub fn add_signing_key(
    directory: &NotationDirectory,
    name: &KeyName,
    key: &PrivateKey,
    chain: &[OwnedCertificate],
) -> Result<(), SigningKeyError> {
    let (key_path, certificates) = (directory.local_key(name), directory.local_certificates(name));
    check_leaf(key, chain, &key_path, &certificates, &Limits::default())?;
    let mut written = Vec::new();
    let added = SigningKeys::update(directory, |keys| {
        keys.add(KeyEntry::files(name.clone(), &key_path, &certificates))?;
        if keys.keys().len() == 1 {
            keys.set_default(Some(name.as_str()))?;
        }
        if let Some(folder) = key_path.parent() {
            create_directory(folder)?;
        }
        let certificates_pem: String = chain.iter().map(pem).collect();
        write_file(&key_path, key.to_pkcs8_pem().as_bytes(), Permission::Owner, Overwrite::Refuse)?;
        written.push(&key_path);
        write_file(&certificates, certificates_pem.as_bytes(), Permission::Everybody, Overwrite::Refuse)?;
        written.push(&certificates);
        Ok::<(), SigningKeyError>(())
    });
    match added {
        Ok(_) => Ok(()),
        Err(error) => {
            written.into_iter().for_each(|path| remove(path));
            Err(error)
        }
    }
}

/// RFC 7468, 5.1. Text of a length that fits into memory and a constant label: there is nothing to fail.
fn pem(certificate: &OwnedCertificate) -> String {
    pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, certificate.der()).unwrap_or_default()
}

/// Takes back a file that this function wrote.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

fn read_key(
    path: &Path,
    passphrase: &PassphraseSource<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<PrivateKey, SigningKeyError> {
    let contents = read_file(path, Links::Follow, KEY)?;
    let bytes = Zeroizing::new(contents.bytes);
    match contents.access {
        Access::Owner => {}
        Access::OthersRead => warnings.push(Warning::OthersCanRead { path: shown(path) }),
        Access::OthersWrite => return Err(SigningKeyError::OthersCanWrite { path: shown(path) }),
    }
    let failed = |error| SigningKeyError::Key { path: shown(path), error };
    match PrivateKey::read(&bytes, None) {
        Err(KeyError::Encrypted { label }) => {
            let given = passphrase.get(path, warnings)?.ok_or_else(|| failed(KeyError::Encrypted { label }))?;
            PrivateKey::read(&bytes, Some(&given)).map_err(failed)
        }
        read => read.map_err(failed),
    }
}

fn read_chain(
    path: &Path,
    options: &ChainOptions,
    provider: Provider<'_>,
) -> Result<Vec<OwnedCertificate>, SigningKeyError> {
    let contents = read_file(path, Links::Follow, CERTIFICATES)?;
    let chain = read_certificates(&contents.bytes, &options.limits)
        .map_err(|error| SigningKeyError::Certificates { path: shown(path), error })?;
    let der: Vec<_> = chain.iter().map(OwnedCertificate::der).collect();
    verify_chain(&der, options, provider, None).map_err(|error| SigningKeyError::Chain { path: shown(path), error })?;
    Ok(chain)
}

fn check_leaf(
    key: &PrivateKey,
    chain: &[OwnedCertificate],
    key_path: &Path,
    certificates: &Path,
    limits: &Limits,
) -> Result<(), SigningKeyError> {
    let holds = |certificate: &OwnedCertificate| {
        certificate.view(limits).is_ok_and(|view: Certificate<'_>| view.public_key() == key.public_key())
    };
    match chain.iter().position(holds) {
        Some(0) => Ok(()),
        place => {
            Err(SigningKeyError::NotOfCertificate { key: shown(key_path), certificates: shown(certificates), place })
        }
    }
}

/// An encrypted RSA key of 4096 bits has 3.5 KiB in PEM.
const KEY: u64 = 64 * 1024;
/// Ten certificates, each of the largest size, in PEM, with the text that OpenSSL writes beside them.
const CERTIFICATES: u64 = 1024 * 1024;
