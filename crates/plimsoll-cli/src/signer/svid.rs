//! A workload that signs, by its X.509-SVID.

use super::{Signed, read_chain};
use crate::{
    arguments::Passphrase,
    failure::{Blame as _, Failure},
    machine::{heeded, passphrase_source},
};
use plimsoll::{
    authority::SvidStatement,
    core::{Descriptor, PublicKey, Sign as _, UnixTime},
    crypto::PrivateKey,
    host::notation::load_private_key,
    pki::{
        Limits, OwnedCertificate,
        svid::{SpiffeId, claimed_id},
    },
    provenance::{Attestation, AttestationDraft, Statement},
};
use std::path::Path;

/// The key of a workload and its SVID, as its agent writes them.
pub(crate) struct Svid {
    id: SpiffeId,
    key: PrivateKey,
    chain: Vec<OwnedCertificate>,
}

impl Svid {
    /// Reads the files. Whether a bundle bears the identity out, the verifier says.
    pub(crate) fn read(svid: &Path, key: &Path, passphrase: &Passphrase) -> Result<Self, Failure> {
        let private = heeded(load_private_key(key, &passphrase_source(passphrase)).given("")?);
        let chain = read_chain(svid)?;
        let leaf = chain.first().ok_or_else(|| Failure::given(format!("{}: no certificate", svid.display())))?;
        let leaf = leaf.view(&Limits::default()).given(svid.display())?;
        let id = claimed_id(&leaf).given(svid.display())?;
        if leaf.public_key() != private.public_key() {
            let message = format!("{}: expected the SVID of the key {}", svid.display(), key.display());
            return Err(Failure::given(message));
        }
        Ok(Self { id, key: private, chain })
    }
    /// As rules name it.
    pub(crate) fn id(&self) -> &SpiffeId {
        &self.id
    }
    /// The SVID, and the authorities that came with it.
    pub(crate) fn chain(&self) -> Vec<&[u8]> {
        self.chain.iter().map(OwnedCertificate::der).collect()
    }
    /// Signs a request for a certificate for another key: to one issuing service, for five minutes.
    pub(crate) fn request(&self, audience: &str, key: PublicKey<'_>, now: UnixTime) -> Result<String, Failure> {
        let signer = self.key.envelope_signer().given("")?;
        let statement = SvidStatement::new(signer.algorithm(), &self.chain(), audience, key, now).given("")?;
        let signature = signer.sign_now(statement.signing_input()).given("")?;
        Ok(statement.attach(&signature))
    }
    /// Signs a statement.
    pub(crate) async fn attest(&self, statement: &Statement, subject: &Descriptor) -> Result<Attestation, Failure> {
        let draft = AttestationDraft::new(statement, subject);
        Signed::by(&self.key, &self.chain, draft.signing_input()).await?.attach(&draft)
    }
}
