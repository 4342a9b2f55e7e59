//! A key with the certificate that is made for it, and their files.

use super::authority::Authority;
use crate::{
    arguments::{self, Subject, TokenWords, Written},
    failure::{Blame as _, Failure, OfFile as _},
    report::Report,
    signer::{Held, HeldKey, shown},
};
use plimsoll::{
    core::{PublicKey, UnixTime},
    crypto::{self, PrivateKey, provider},
    host::{
        file::{Overwrite, Permission, create_directory, write_file},
        notation::KeyName,
    },
    pki::{
        OwnedCertificate, Validity,
        issue::{Request, Role, issue},
    },
};
use serde_json::json;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where a key is that was not made here.
pub(super) enum Given {
    File(PathBuf),
    /// Its URI, without what is secret.
    Token(String),
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Token(uri) => f.write_str(uri),
        }
    }
}

/// A key that was made or given, and when its certificate will be valid.
pub(super) struct Made {
    pub(super) key: HeldKey,
    /// Where the key is already.
    pub(super) given: Option<Given>,
    validity: Validity,
}

impl Made {
    pub(super) fn new(subject: &Subject, token: &TokenWords, now: UnixTime, days: u64) -> Result<Self, Failure> {
        let validity = validity(now, subject.valid, days);
        let Some(text) = &subject.key else {
            return Ok(Self { key: HeldKey::File(Box::new(generate(subject.curve)?)), given: None, validity });
        };
        let passphrase = arguments::Passphrase { passphrase_file: subject.key_passphrase_file.clone() };
        let key = HeldKey::open(text, token, &passphrase)?;
        let given = match Held::of(text) {
            Held::File(path) => Given::File(std::path::absolute(&path).of_file(&path)?),
            Held::Token => Given::Token(shown(text).to_owned()),
        };
        Ok(Self { key, given: Some(given), validity })
    }
    /// The certificate, signed by an authority and written into its ledger; without one it is a root's.
    pub(super) async fn certificate(
        &self,
        subject: &str,
        role: Role<'_>,
        authority: Option<&Authority>,
    ) -> Result<OwnedCertificate, Failure> {
        match authority {
            Some(authority) => authority.issue(subject, self.key.public_key(), self.validity, role).await,
            None => sign(subject, self.key.public_key(), self.validity, role, None, &self.key).await,
        }
    }
    /// Writes the chain, and the key where it was made here; nothing is overwritten.
    pub(super) fn write(&self, to: &Written, name: &str, chain: &[OwnedCertificate]) -> Result<Report, Failure> {
        let name: KeyName = name.parse().given("")?;
        create_directory(&to.dir).given("")?;
        let made = to.dir.join(format!("{}.key", name.as_str()));
        let is_made = self.given.is_none();
        if let Some(key) = self.key.private().filter(|_| is_made) {
            write_key(&made, key)?;
        }
        let certificates = write_chain(&to.dir, &name, chain).inspect_err(|_| {
            if is_made {
                let _ = std::fs::remove_file(&made);
            }
        })?;
        let key = self.given.as_ref().map_or_else(|| made.display().to_string(), ToString::to_string);
        let text = format!("made {}\n  key          {key}\n  certificates {}", name.as_str(), certificates.display());
        Ok(Report::done(text, json!({ "key": key, "certificates": certificates })))
    }
}

/// Makes a key.
pub(super) fn generate(curve: arguments::Curve) -> Result<PrivateKey, Failure> {
    let curve = match curve {
        arguments::Curve::P256 => crypto::Curve::P256,
        arguments::Curve::P384 => crypto::Curve::P384,
        arguments::Curve::P521 => crypto::Curve::P521,
    };
    PrivateKey::generate(curve).given("")
}

/// Writes a key for its owner only.
pub(super) fn write_key(path: &Path, key: &PrivateKey) -> Result<(), Failure> {
    write_file(path, key.to_pkcs8_pem().as_bytes(), Permission::Owner, Overwrite::Refuse).given("")
}

/// Writes a chain as NAME.pem.
pub(super) fn write_chain(dir: &Path, name: &KeyName, chain: &[OwnedCertificate]) -> Result<PathBuf, Failure> {
    let path = dir.join(format!("{}.pem", name.as_str()));
    let pem: String = chain.iter().map(OwnedCertificate::to_pem).collect();
    write_file(&path, pem.as_bytes(), Permission::Everybody, Overwrite::Refuse).given("")?;
    Ok(path)
}

/// From a minute ago, for the clocks of those who verify at once.
pub(super) fn validity(now: UnixTime, valid: Option<u64>, days: u64) -> Validity {
    let not_after = now.saturating_add(valid.unwrap_or(days.saturating_mul(DAY)));
    Validity { not_before: now.saturating_sub(60), not_after }
}

/// Signs a certificate: by the issuer and its key, or, without an issuer, by the key itself.
pub(super) async fn sign(
    subject: &str,
    key: PublicKey<'_>,
    validity: Validity,
    role: Role<'_>,
    issuer: Option<&plimsoll::pki::Certificate<'_>>,
    by: &HeldKey,
) -> Result<OwnedCertificate, Failure> {
    let request = Request { subject, key, serial: crypto::random().given("")?, validity, role };
    issue(&request, issuer, &by.signer()?, provider()).await.given("")
}

/// Seconds of a day.
const DAY: u64 = 86_400;
