//! A key with the certificate that is made for it, and their files.

use super::authority::Authority;
use crate::{
    arguments::{self, Subject, Written},
    failure::{Blame as _, Failure, OfFile as _},
    machine::{heeded, passphrase_source},
    report::Report,
};
use plimsoll::{
    core::{PublicKey, UnixTime},
    crypto::{self, PrivateKey, provider},
    host::{
        file::{Overwrite, Permission, create_directory, write_file},
        notation::{KeyName, load_private_key},
    },
    pki::{
        OwnedCertificate, Validity,
        issue::{Request, Role, issue},
    },
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// A key that was made or given, and when its certificate will be valid.
pub(super) struct Made {
    pub(super) key: PrivateKey,
    /// Where the key lies already.
    pub(super) given: Option<PathBuf>,
    validity: Validity,
}

impl Made {
    pub(super) fn new(subject: &Subject, now: UnixTime, days: u64) -> Result<Self, Failure> {
        let validity = validity(now, subject.valid, days);
        let Some(path) = &subject.key else {
            return Ok(Self { key: generate(subject.curve)?, given: None, validity });
        };
        let passphrase = arguments::Passphrase { passphrase_file: subject.key_passphrase_file.clone() };
        let key = heeded(load_private_key(path, &passphrase_source(&passphrase)).given("")?);
        Ok(Self { key, given: Some(std::path::absolute(path).of_file(path)?), validity })
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
        let key = self.given.as_ref().unwrap_or(&made);
        if self.given.is_none() {
            write_key(&made, &self.key)?;
        }
        let certificates = write_chain(&to.dir, &name, chain).inspect_err(|_| {
            if self.given.is_none() {
                let _ = std::fs::remove_file(&made);
            }
        })?;
        let text = format!(
            "made {}\n  key          {}\n  certificates {}",
            name.as_str(),
            key.display(),
            certificates.display()
        );
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
    by: &PrivateKey,
) -> Result<OwnedCertificate, Failure> {
    let request = Request { subject, key, serial: crypto::random().given("")?, validity, role };
    let signer = by.signer(by.kind().der_algorithm()).given("")?;
    issue(&request, issuer, &signer, provider()).await.given("")
}

/// Seconds of a day.
const DAY: u64 = 86_400;
