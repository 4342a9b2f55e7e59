//! Signatures of statements: over bytes, in no envelope of the Notary Project.

use super::{Key, Signer, failed};
use crate::failure::{Blame as _, Failure};
use plimsoll::{
    core::{Algorithm, Descriptor, Sign as _},
    crypto::{PrivateKey, provider},
    pki::{KeyKind, Limits, OwnedCertificate, PresentedChain},
    provenance::{Attestation, AttestationDraft, Attester, Statement, attesting_algorithm},
};

/// A signature over bytes, and whose it is.
pub(crate) struct Signed {
    pub(super) algorithm: Algorithm,
    pub(super) signature: Vec<u8>,
    pub(super) chain: Vec<Vec<u8>>,
}

impl Signed {
    /// By a key in memory.
    pub(super) async fn by(key: &PrivateKey, chain: &[OwnedCertificate], input: &[u8]) -> Result<Self, Failure> {
        let kind = KeyKind::of_spki(key.public_key().spki_der()).given("")?;
        let algorithm = attesting_algorithm(kind);
        let algorithm =
            algorithm.ok_or_else(|| Failure::given(format!("{kind}: a key of this kind attests nothing")))?;
        let signer = key.signer(algorithm).given("")?;
        let signature = signer.sign(input).await.given("")?;
        let chain = chain.iter().map(|one| one.der().to_vec()).collect();
        Ok(Self { algorithm: signer.algorithm(), signature, chain })
    }
    /// Checks it, and writes the envelope of the statement.
    pub(crate) fn attach(&self, draft: &AttestationDraft) -> Result<Attestation, Failure> {
        let chain: Vec<&[u8]> = self.chain.iter().map(Vec::as_slice).collect();
        let presented = PresentedChain::from_der(&chain, &Limits::default()).given("")?;
        let attester = Attester::new(presented.leaf().public_key()).with_chain(&chain);
        draft.attach(self.algorithm, &self.signature, attester, provider()).given("")
    }
}

impl Signer {
    /// Signs a statement, or attaches it bare where the key makes nothing but envelopes of the Notary Project: then only such a signature on
    /// the attestation itself vouches for it.
    pub(crate) async fn attest(&self, statement: &Statement, subject: &Descriptor) -> Result<Attested, Failure> {
        let draft = AttestationDraft::new(statement, subject);
        match self.sign_bytes(draft.signing_input()).await.map_err(|failure| self.named(failure))? {
            Some(signed) => signed.attach(&draft).map(Attested::Signed).map_err(|failure| self.named(failure)),
            None => Ok(Attested::Bare(Attestation::bare(statement, subject))),
        }
    }
    async fn sign_bytes(&self, input: &[u8]) -> Result<Option<Signed>, Failure> {
        match &self.key {
            Key::Envelopes { .. } => Ok(None),
            Key::File(key) => Signed::by(&key.key, &key.chain, input).await.map(Some),
            Key::Plugin { key, source, runner } => {
                let made = key.generate(input).await.map_err(|error| failed("", error, runner, source))?;
                Ok(Some(Signed { algorithm: key.algorithm(), signature: made.signature, chain: made.chain }))
            }
            #[cfg(feature = "pkcs11")]
            Key::Token(token) => token.sign_bytes(input).await.map(Some),
        }
    }
    fn named(&self, failure: Failure) -> Failure {
        Failure { message: format!("{}: {}", self.name, failure.message), ..failure }
    }
}

/// What came of a statement.
pub(crate) enum Attested {
    /// Nobody has signed it yet.
    Bare(Attestation),
    /// In DSSE.
    Signed(Attestation),
}
