//! An authority of files: its key, its chain, and the ledger of what it issued.

use super::made::sign;
use crate::{
    arguments::AuthorityFiles,
    failure::{Blame as _, Failure},
    machine::{heeded, passphrase_source},
};
use plimsoll::{
    authority::{self, Entry, Ledger, SystemClock},
    core::{Digest, PublicKey},
    crypto::{LocalSigner, PrivateKey, provider},
    host::{clock, notation::load_private_key},
    pki::{Limits, OwnedCertificate, Validity, issue::Role, read_certificates},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// An authority that issues.
pub(crate) struct Authority {
    key: PrivateKey,
    pub(super) chain: Vec<OwnedCertificate>,
    ledger: PathBuf,
}

impl Authority {
    /// Reads the files.
    pub(crate) fn read(files: &AuthorityFiles) -> Result<Self, Failure> {
        let source = passphrase_source(&files.passphrase);
        let key = heeded(load_private_key(&files.issuer_key, &source).given("")?);
        let ledger = files.ledger.clone().unwrap_or_else(|| files.issuer_key.with_extension("ledger"));
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
    pub(crate) fn signer(&self) -> Result<LocalSigner, Failure> {
        self.key.signer(self.key.kind().der_algorithm()).given("")
    }
    /// The authority as a service has it.
    pub(crate) fn open(&self, ocsp: &[String], crl: &[String]) -> Result<authority::Authority<LocalSigner>, Failure> {
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
