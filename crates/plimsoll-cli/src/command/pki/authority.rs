//! An authority: its key, in a file or on a token, its chain, and the ledger of what it issued.

use super::made::sign;
use crate::{
    arguments::{AuthorityFiles, TokenWords},
    failure::{Blame as _, Failure, OfFile as _},
    signer::{Held, HeldKey, HeldSigner},
};
use plimsoll::{
    authority::{self, Audit, Checkpoint, Entry, Ledger, SystemClock},
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
        let ledger = self.ledger()?;
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
        ledger.add(clock::now(), entry).given("")?;
        Ok(certificate)
    }
    /// The ledger, as it was when the checkpoint beside it was signed, or longer.
    fn ledger(&self) -> Result<Ledger, Failure> {
        let limits = Limits::default();
        let own = self.chain.first().map(|certificate| certificate.view(&limits)).transpose().given("")?;
        open_ledger(&self.ledger, own.as_ref().map(plimsoll::pki::Certificate::public_key))
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
        let ledger = Arc::new(self.ledger()?);
        let made = authority::Authority::new(self.chain.clone(), self.signer()?, ledger, SystemClock, provider());
        Ok(made.given("")?.with_addresses(ocsp.to_vec(), crl.to_vec()))
    }
}

/// Opens a ledger. Where a checkpoint lies beside it, it must be the one that was signed: of one whose end was cut off, what was revoked would
/// be good. Without the authority's key nobody can say whether it signed the checkpoint, but a contradiction is one all the same.
pub(super) fn open_ledger(path: &Path, key: Option<PublicKey<'_>>) -> Result<Ledger, Failure> {
    let beside = path.with_extension("checkpoint");
    if beside.try_exists().of_file(&beside)? {
        let text = crate::given::read(&beside)?;
        match key {
            Some(key) => {
                let checkpoint = Checkpoint::read(&text, key, provider()).evidence(beside.display())?;
                Audit::read(path, &[checkpoint]).evidence("")?;
            }
            None => {
                Audit::read_unvouched(path, &text).evidence("")?;
            }
        }
    }
    Ledger::open(path).given("")
}

/// Reads a chain, its first certificate first.
pub(crate) fn read_chain(path: &Path) -> Result<Vec<OwnedCertificate>, Failure> {
    read_certificates(&crate::given::read(path)?, &Limits::default()).given(path.display())
}

/// A serial number as ledgers have it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
