//! A key on a token, behind PKCS#11.

use super::{Signed, read_chain};
use crate::{
    arguments::{SigningKeyWords, TokenWords},
    failure::{Blame as _, Failure},
};
use plimsoll::{
    core::{Algorithm, Sign},
    crypto::provider,
    notary::{Artifact, AttachedSignature, SignOptions, sign_artifact},
    pkcs11::{Module, Pin, Pkcs11Error, TokenKey, TokenSigner, Uri},
};
use std::{path::PathBuf, sync::mpsc, thread, time::Duration};

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
        let signature = in_time(&self.signer, input).await.given("")?;
        Ok(Signed { algorithm: self.algorithm(), signature, chain: self.chain.clone() })
    }
    pub(super) async fn sign(&self, target: Artifact<'_>, options: &SignOptions) -> Result<AttachedSignature, Failure> {
        let chain: Vec<&[u8]> = self.chain.iter().map(Vec::as_slice).collect();
        sign_artifact(target, &InTime(&self.signer), &chain, options, provider()).await.given(&self.name)
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
    let pin = words.pin_file.as_deref().map(Pin::from_file).transpose().given("--pin-file")?;
    let key = looked_up(TIME, move || {
        let module = Module::load(&path).given("")?;
        TokenKey::find(&module, &uri, |_| pin).given(uri)
    });
    key.unwrap_or_else(|| Err(late()).given(&name)).map(|key| (name, key))
}

/// Does what calls the module on a thread of its own: no call of PKCS#11 can be stopped, but nobody has to wait for it.
fn looked_up<T: Send + 'static>(time: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, found) = mpsc::channel();
    let started = thread::Builder::new().name("pkcs11".into()).spawn(move || sender.send(work()));
    started.ok().and_then(|_| found.recv_timeout(time).ok())
}

/// A signature by a token, within the time that a plugin has, too.
pub(super) async fn in_time(signer: &TokenSigner, input: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
    within(TIME, signer.sign(input)).await
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, Pkcs11Error>>) -> Result<T, Pkcs11Error> {
    tokio::time::timeout(time, work).await.unwrap_or_else(|_| Err(late()))
}

/// A token whose signatures come in time or not at all.
struct InTime<'a>(&'a TokenSigner);

impl Sign for InTime<'_> {
    type Error = Pkcs11Error;
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        in_time(self.0, input).await
    }
}

fn late() -> Pkcs11Error {
    Pkcs11Error::TimedOut { seconds: TIME.as_secs() }
}

/// How long a token may take: 60 s, as a plugin may. A few hundred milliseconds are usual; somebody may have to press a button.
const TIME: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_that_never_answers_is_given_up() {
        let moment = Duration::from_millis(10);
        let (release, hung) = mpsc::channel::<()>();
        assert!(looked_up(moment, move || hung.recv().is_ok()).is_none());
        drop(release);
        assert_eq!(looked_up(TIME, || 1), Some(1));
        let never = std::future::pending::<Result<(), Pkcs11Error>>();
        assert_eq!(within(moment, never).await, Err(Pkcs11Error::TimedOut { seconds: 60 }));
        assert_eq!(within(TIME, std::future::ready(Ok(1))).await, Ok(1));
    }
}
