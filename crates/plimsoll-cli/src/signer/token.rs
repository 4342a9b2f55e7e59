//! A key on a token, behind PKCS#11.

use super::{Signed, read_chain};
use crate::{
    arguments::{SigningKeyWords, TokenWords},
    failure::{Blame as _, Failure},
};
use plimsoll::{
    core::{Algorithm, Sign as _},
    crypto::provider,
    notary::{Artifact, AttachedSignature, SignOptions, sign_artifact},
    pkcs11::{Module, Pin, TokenKey, TokenSigner, Uri},
};
use std::path::PathBuf;

pub(super) struct Token {
    name: String,
    signer: TokenSigner,
    chain: Vec<Vec<u8>>,
}

impl Token {
    /// Finds the one key, and its certificates.
    pub(super) fn open(text: &str, words: &SigningKeyWords) -> Result<Self, Failure> {
        let (name, key) = find(text, &words.token)?;
        let chain = match &words.chain {
            Some(path) => read_chain(path)?.iter().map(|one| one.der().to_vec()).collect(),
            None => key.presented_chain().to_vec(),
        };
        if chain.is_empty() {
            return Err(Failure::given(format!("{name}: the token holds no certificate of the key"))
                .hint("give the certificates, the signer's first, with --chain FILE"));
        }
        let signer = key.envelope_signer(provider()).given(&name)?;
        Ok(Self { name, signer, chain })
    }
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }
    pub(super) fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
    pub(super) fn algorithm(&self) -> Algorithm {
        self.signer.algorithm()
    }
    pub(super) async fn sign_bytes(&self, input: &[u8]) -> Result<Signed, Failure> {
        let signature = self.signer.sign(input).await.given("")?;
        Ok(Signed { algorithm: self.algorithm(), signature, chain: self.chain.clone() })
    }
    pub(super) async fn sign(&self, target: Artifact<'_>, options: &SignOptions) -> Result<AttachedSignature, Failure> {
        let chain: Vec<&[u8]> = self.chain.iter().map(Vec::as_slice).collect();
        sign_artifact(target, &self.signer, &chain, options, provider()).await.given(&self.name)
    }
}

/// Loads the module, logs in, and finds the one key. Gives its name, in which no PIN is.
///
/// # Security
/// The module is code. Its path stands on the command line, as an option or in the URI, and comes from nowhere else.
pub(super) fn find(text: &str, words: &TokenWords) -> Result<(String, TokenKey), Failure> {
    let uri: Uri = text.parse().given("--key")?;
    let name = uri.to_string();
    let path = words.pkcs11_module.clone().or_else(|| uri.module_path().map(PathBuf::from));
    let path = path.ok_or_else(|| {
        Failure::given(format!("{name}: expected the PKCS#11 module of the token, found none"))
            .hint("name its file with --pkcs11-module, or as the `module-path` of the URI")
    })?;
    let module = Module::load(&path).given("")?;
    let pin = words.pin_file.as_deref().map(Pin::from_file).transpose().given("--pin-file")?;
    let key = TokenKey::find(&module, &uri, |_| pin).given(&name)?;
    Ok((name, key))
}
