//! An authority: its key, in a file or on a token, its chain, and the ledger of what it issued.

use super::made::sign;
use crate::{
    arguments::{AuthorityFiles, TokenWords},
    failure::{Blame as _, Failure},
    signer::{Held, HeldKey, HeldSigner},
};
use plimsoll::{
    authority::{self, Entry, Ledger, SystemClock},
    core::{Digest, PublicKey},
    crypto::provider,
    host::clock,
    pki::{Limits, OwnedCertificate, Validity, issue::Role, read_certificates},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// An authority that issues.
pub(crate) struct Authority {
    key: HeldKey,
    pub(super) chain: Vec<OwnedCertificate>,
    ledger: PathBuf,
}

impl Authority {
    /// Reads the files, and logs in to the token.
    pub(crate) fn read(files: &AuthorityFiles, token: &TokenWords) -> Result<Self, Failure> {
        let ledger = match (&files.ledger, Held::of(&files.issuer_key)) {
            (Some(ledger), _) => ledger.clone(),
            (None, Held::File(key)) => key.with_extension("ledger"),
            (None, Held::Token) => {
                let message = "expected --ledger: a key on a token has no file that a ledger could lie beside";
                return Err(
                    Failure::given(message).hint("always name the same one: what is not in it cannot be revoked")
                );
            }
        };
        let key = HeldKey::open(&files.issuer_key, token, &files.passphrase)?;
        Ok(Self { key, chain: read_chain(&files.issuer_chain)?, ledger })
    }
    /// Issues a certificate. It stands in the ledger before it leaves, so that it can be revoked.
    pub(super) async fn issue(
        &self,
        subject: &str,
        key: PublicKey<'_>,
        validity: Validity,
        role: Role<'_>,
    ) -> Result<OwnedCertificate, Failure> {
        let limits = Limits::default();
        let issuer = self.chain.first().map(|certificate| certificate.view(&limits)).transpose().given("")?;
        let certificate = sign(subject, key, validity, role, issuer.as_ref(), &self.key).await?;
        let view = certificate.view(&limits).given("")?;
        let entry = Entry::Issued {
            serial: hex(view.serial()),
            subject: view.subject().to_string(),
            not_before: validity.not_before.to_string(),
            not_after: validity.not_after.to_string(),
            certificate: view.digest().to_string(),
            key: Digest::sha256_of(key.spki_der()).to_string(),
            request: None,
        };
        Ledger::open(&self.ledger).given("")?.add(clock::now(), entry).given("")?;
        Ok(certificate)
    }
    /// A certificate with the chain of its issuer.
    pub(super) fn chain_of(&self, certificate: OwnedCertificate) -> Vec<OwnedCertificate> {
        std::iter::once(certificate).chain(self.chain.iter().cloned()).collect()
    }
    /// Its key, as it signs certificates and what is said of them.
    pub(crate) fn signer(&self) -> Result<HeldSigner, Failure> {
        self.key.signer()
    }
    /// The authority as a service has it.
    pub(crate) fn open(&self, ocsp: &[String], crl: &[String]) -> Result<authority::Authority<HeldSigner>, Failure> {
        let ledger = Arc::new(Ledger::open(&self.ledger).given("")?);
        let made = authority::Authority::new(self.chain.clone(), self.signer()?, ledger, SystemClock, provider());
        Ok(made.given("")?.with_addresses(ocsp.to_vec(), crl.to_vec()))
    }
}

/// Reads a chain, its first certificate first.
pub(crate) fn read_chain(path: &Path) -> Result<Vec<OwnedCertificate>, Failure> {
    read_certificates(&crate::given::read(path)?, &Limits::default()).given(path.display())
}

/// A serial number as ledgers have it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
