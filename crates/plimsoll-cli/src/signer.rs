//! What signs: a key in files, with a plugin, or on a token.

mod held;
mod statement;
mod svid;
#[cfg(feature = "pkcs11")]
mod token;

use held::is_token;
pub(crate) use held::{Held, HeldKey, HeldSigner, shown};
pub(crate) use statement::Attested;
use statement::Signed;
pub(crate) use svid::Svid;

use crate::{
    arguments::{SigningKeyWords, TokenWords},
    failure::{Blame as _, Failure},
    machine::{Scene, heeded},
    outside::{held_back, plugins},
};
use plimsoll::{
    core::{Digest, Escaped, Sign as _, UnixTime},
    crypto::provider,
    host::{
        notation::{SigningKey, SigningKeys},
        plugin::{PluginEnvelopes, PluginKey, PluginKeySource, PluginRunError, PluginRunner, PluginSigner},
    },
    notary::{
        Artifact, AttachedSignature, HashFunction, SignOptions, SigningRequest,
        plugin::{Capability, DescribeKey},
        sign_artifact,
    },
    pki::OwnedCertificate,
};
use std::path::Path;

/// A key to make Notary signatures with.
pub(crate) struct Signer {
    name: String,
    key: Key,
}

enum Key {
    Envelopes {
        key: PluginEnvelopes,
        source: PluginKeySource,
        runner: PluginRunner,
    },
    File(Box<SigningKey>),
    Plugin {
        key: PluginSigner,
        source: PluginKeySource,
        runner: PluginRunner,
    },
    #[cfg(feature = "pkcs11")]
    Token(token::Token),
}

impl Signer {
    /// Finds the key that the words name. Nothing is signed yet, but a plugin is asked about its key, and a token logged in to.
    pub(crate) async fn open(words: &SigningKeyWords, scene: &Scene<'_>) -> Result<Self, Failure> {
        if let Some(uri) = words.key.as_deref().filter(|key| is_token(key)) {
            words.refuse_plugin_config("the key is on a token")?;
            return Self::token(uri, words);
        }
        if words.chain.is_some() || words.token.is_given() {
            return Err(Failure::given("--chain, --pkcs11-module and --pin-file are for keys on tokens")
                .hint("name the key by its URI: --key 'pkcs11:token=…;object=…'"));
        }
        if let (Some(plugin), Some(id)) = (&words.plugin, &words.id) {
            let source = PluginKeySource::new(plugin.parse().given("--plugin")?, id, Default::default());
            return Self::plugin(id.clone(), source, words, scene).await;
        }
        let keys = heeded(SigningKeys::load(&scene.machine.notation(scene.global)?).given("")?);
        let entry = keys.find(words.key.as_deref()).given("")?;
        if let Some(source) = PluginKeySource::of(entry).given(entry.name())? {
            return Self::plugin(entry.name().to_owned(), source, words, scene).await;
        }
        words.refuse_plugin_config("the key is in files")?;
        let key = scene.machine.signing_key(words.key.as_deref(), &words.passphrase, scene.global)?;
        Ok(Self { name: key.name.clone(), key: Key::File(Box::new(key)) })
    }
    async fn plugin(
        name: String,
        mut source: PluginKeySource,
        words: &SigningKeyWords,
        scene: &Scene<'_>,
    ) -> Result<Self, Failure> {
        // What is said now goes before what was said when the key was added, as in Notation.
        source.config.extend(words.plugin_config.iter().cloned());
        let runner = plugins(scene)?;
        let opened = PluginKey::open(&runner, source.clone()).await;
        let key = match opened.map_err(|error| failed(&name, error, &runner, &source))? {
            PluginKey::Envelopes(key) => Key::Envelopes { key, source, runner },
            PluginKey::Signer(key) => Key::Plugin { key, source, runner },
            _ => return Err(Failure::given(format!("{name}: the plugin signs in a way that is not known here"))),
        };
        Ok(Self { name, key })
    }
    #[cfg(feature = "pkcs11")]
    fn token(uri: &str, words: &SigningKeyWords) -> Result<Self, Failure> {
        let token = token::Token::open(uri, words)?;
        Ok(Self { name: token.name(), key: Key::Token(token) })
    }
    #[cfg(not(feature = "pkcs11"))]
    fn token(_: &str, _: &SigningKeyWords) -> Result<Self, Failure> {
        Err(no_tokens())
    }
    /// As the user knows it. No secret is in it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
    /// What tells it from any other key, for the journal of a run.
    pub(crate) fn identity(&self) -> String {
        match &self.key {
            Key::Envelopes { source, .. } | Key::Plugin { source, .. } => format!("{source:?}"),
            Key::File(key) => format!("{:?}", key.chain.first().map(|leaf| digest(leaf.der()))),
            #[cfg(feature = "pkcs11")]
            Key::Token(token) => format!("{:?}", token.chain().first().map(|leaf| digest(leaf))),
        }
    }
    /// The certificates that it will sign with, the signer's first, where that is known before it signs.
    pub(crate) fn chain(&self) -> Option<Vec<&[u8]>> {
        match &self.key {
            // A plugin says so with each signature.
            Key::Envelopes { .. } | Key::Plugin { .. } => None,
            Key::File(key) => Some(key.chain.iter().map(OwnedCertificate::der).collect()),
            #[cfg(feature = "pkcs11")]
            Key::Token(token) => Some(token.chain().iter().map(Vec::as_slice).collect()),
        }
    }
    /// Makes a signature, and verifies it. It is pushed nowhere.
    pub(crate) async fn sign(&self, target: Artifact<'_>, options: &SignOptions) -> Result<AttachedSignature, Failure> {
        match &self.key {
            Key::Envelopes { key, source, runner } => {
                let request = SigningRequest::new(target, options).given(&self.name)?;
                let lasting = |expiry: UnixTime| expiry.as_secs().saturating_sub(options.signing_time.as_secs());
                let made = key.generate(request.payload(), options.format, options.expiry.map(lasting)).await;
                let made = made.map_err(|error| failed(&self.name, error, runner, source))?;
                request.accept(&made, provider()).given(&self.name)
            }
            Key::File(key) => {
                let signer = key.key.envelope_signer().given(&self.name)?;
                let chain: Vec<&[u8]> = key.chain.iter().map(OwnedCertificate::der).collect();
                sign_artifact(target, &signer, &chain, options, provider()).await.given(&self.name)
            }
            Key::Plugin { key, source, runner } => {
                let request = SigningRequest::new(target, options).given(&self.name)?;
                let draft = request.draft(key.algorithm()).given(&self.name)?;
                let made = key.generate(draft.signing_input()).await;
                let made = made.map_err(|error| failed(&self.name, error, runner, source))?;
                let chain: Vec<&[u8]> = made.chain.iter().map(Vec::as_slice).collect();
                draft.attach(&made.signature, &chain, provider()).given(&self.name)
            }
            #[cfg(feature = "pkcs11")]
            Key::Token(token) => token.sign(target, options).await,
        }
    }
    /// The hash function that a blob is named by where this key signs it.
    pub(crate) async fn blob_hash(&self) -> Result<HashFunction, Failure> {
        let algorithm = match &self.key {
            Key::Envelopes { source, runner, .. } => {
                let metadata = runner.metadata(&source.plugin).await.given(&self.name)?;
                metadata.demand(Capability::EnvelopeGeneratorForBlob).given(&self.name)?;
                let call = DescribeKey::new(&source.id).with_config(source.config.clone());
                Some(runner.call(&source.plugin, &call).await.given(&self.name)?.key_spec.algorithm())
            }
            Key::File(key) => key.key.kind().envelope_algorithm(),
            Key::Plugin { key, .. } => Some(key.algorithm()),
            #[cfg(feature = "pkcs11")]
            Key::Token(token) => Some(token.algorithm()),
        };
        let hash = algorithm.and_then(HashFunction::of);
        hash.ok_or_else(|| Failure::given(format!("{}: a key of this kind signs no files", Escaped::new(&self.name))))
    }
}

/// Why a plugin made no signature, and what it was not given: that is often the reason.
fn failed(name: &str, error: PluginRunError, runner: &PluginRunner, source: &PluginKeySource) -> Failure {
    let hint = held_back(&error, runner, &source.plugin);
    let failure = Failure::blamed(&error, name);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

#[cfg(not(feature = "pkcs11"))]
fn no_tokens() -> Failure {
    Failure::given("this build signs with no key on a token").hint("build with the feature `pkcs11`")
}

impl TokenWords {
    pub(crate) fn is_given(&self) -> bool {
        self.pkcs11_module.is_some() || self.pin_file.is_some()
    }
}

impl SigningKeyWords {
    fn refuse_plugin_config(&self, why: &str) -> Result<(), Failure> {
        if self.plugin_config.is_empty() {
            return Ok(());
        }
        Err(Failure::given(format!("--plugin-config is for a key that a plugin holds, and here {why}")))
    }
}

fn digest(der: &[u8]) -> Digest {
    Digest::sha256_of(der)
}

/// The certificates of a file, the signer's first.
pub(crate) fn read_chain(path: &Path) -> Result<Vec<OwnedCertificate>, Failure> {
    let bytes = crate::given::read(path)?;
    plimsoll::pki::read_certificates(&bytes, &plimsoll::pki::Limits::default()).given(path.display())
}
