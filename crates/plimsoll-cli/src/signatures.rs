//! The Notary signatures of an image, judged by the trust policy: whether one is accepted, and what came of each.

mod accepts;

pub(crate) use accepts::Accepts;

use crate::{failure::Failure, machine::Scene, outside::Sources, place::Target, trust::Trust};
use plimsoll::{
    core::{Answer, Blob, Budget, Bytes, Context, Descriptor, Digest, Evidence, Gather, Outcome, UnixTime, Want},
    crypto::provider,
    notary::{
        Artifact, GatherLimits, NotarySignatures, SignatureFact, SignatureManifest, TrustContext, TrustStores,
        Verification, Verifier, plugin::PluginConfig,
    },
    verify::{Judged, Limits, Memo, Session, Setup, drive},
};
use serde_json::{Value, json};

/// Judges the signatures of images by one trust policy.
pub(crate) struct Signatures {
    trust: Trust,
    stores: TrustStores,
    notary: NotarySignatures,
    /// For a thousand images of one signer, the chain is verified once.
    memo: Memo,
}

/// What of a judgement is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Each signature too.
    Each,
    /// The verdict with its facts.
    Verdict,
}

/// What came of one image.
pub(crate) struct Looked {
    pub(crate) judged: Judged,
    /// Empty where only the verdict was wanted.
    pub(crate) signatures: Vec<Signature>,
}

/// One listed signature.
pub(crate) struct Signature {
    /// The signature manifest.
    pub(crate) manifest: Digest,
    /// Whether it counts.
    pub(crate) outcome: Outcome,
    /// Its envelope with every check; none if it could not be read.
    pub(crate) verified: Option<(Blob, Verification)>,
}

impl Signatures {
    /// Judges by this trust; each plugin that it lists is told `config`.
    pub(crate) fn new(trust: Trust, config: &PluginConfig) -> Self {
        let stores = with_plugin_config(trust.stores(provider()), trust.plugins(), config);
        let notary = NotarySignatures::new(trust.policy().clone(), stores.clone());
        Self { trust, stores, notary, memo: Memo::new(SHARED_PROOFS) }
    }
    /// Looks at no more than so many signatures of an image.
    pub(crate) fn at_most(mut self, signatures: u16) -> Self {
        let mut limits = GatherLimits::default();
        limits.signatures = signatures.into();
        self.notary = self.notary.with_limits(limits);
        self
    }
    /// What is trusted.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }
    /// Judges one image.
    pub(crate) async fn judge(
        &self,
        target: &Target,
        accepts: &Accepts,
        at: UnixTime,
        detail: Detail,
        scene: &Scene<'_>,
    ) -> Result<Looked, Failure> {
        let gather: [&dyn Gather; 1] = [&self.notary];
        let setup = Setup::new(accepts, provider(), at).gathering(&gather).remembering(&self.memo);
        let mut session = Session::new(setup, target.reference.clone());
        let sources = Sources::open(target, &self.trust, scene)?;
        let judged = drive(&mut session, sources.answers()).await;
        sources.heed();
        let signatures = match detail {
            Detail::Each => self.each(&session, &judged),
            Detail::Verdict => Vec::new(),
        };
        Ok(Looked { judged, signatures })
    }
    /// What came of each, out of what the session knows: nothing more is asked.
    fn each(&self, session: &Session<'_>, judged: &Judged) -> Vec<Signature> {
        let repository = session.reference().repository();
        let facts = judged.facts.as_ref();
        let (Some(facts), Ok(statement)) = (facts, self.trust.policy().applicable(repository)) else {
            return Vec::new();
        };
        let Some(subject) = facts.targets().first() else { return Vec::new() };
        let trust = TrustContext::new(statement.clone(), &self.stores);
        self.memo.remember(provider(), |crypto| {
            let verify = |manifest: Digest| {
                let envelope = envelope(session.evidence(), &manifest, &subject.descriptor)?;
                let budget = Budget::new("steps of one round", Limits::default().steps);
                let mut cx = Context::new(session.at(), crypto, session.evidence(), budget);
                let verifier = Verifier::new(&trust, session.at(), crypto);
                let media_type = &envelope.descriptor().media_type;
                let target = Artifact::Manifest(&subject.descriptor);
                let verification = verifier.verify(envelope.bytes(), media_type, target, &mut cx).ok()?;
                Some((envelope, verification))
            };
            let rows = facts.of::<SignatureFact>();
            rows.map(|(row, fact)| Signature {
                manifest: fact.manifest(),
                outcome: row.outcome.clone(),
                verified: verify(fact.manifest()),
            })
            .collect()
        })
    }
}

impl Signature {
    /// With every check.
    pub(crate) fn to_json(&self) -> Value {
        let failure = match &self.outcome {
            Outcome::Held => Value::Null,
            Outcome::Failed(code, message) => {
                json!({ "code": code.name(), "class": code.class().as_str(), "message": &**message })
            }
        };
        let mut members = match &self.verified {
            Some((_, verification)) => report_json(verification),
            None => serde_json::Map::new(),
        };
        members.insert("manifest".into(), self.manifest.to_string().into());
        members.insert("failure".into(), failure);
        members.into()
    }
}

/// A verification with every check, as members of an object.
pub(crate) fn report_json(verification: &Verification) -> serde_json::Map<String, Value> {
    match serde_json::to_value(verification.report()) {
        Ok(Value::Object(members)) => members,
        // A report is an object of texts, lists and objects.
        _ => serde_json::Map::new(),
    }
}

/// Tells each of these plugins the same.
pub(crate) fn with_plugin_config<'a>(
    stores: TrustStores,
    plugins: impl Iterator<Item = &'a plimsoll::notary::plugin::PluginName>,
    config: &PluginConfig,
) -> TrustStores {
    if config.is_empty() {
        return stores;
    }
    plugins.fold(stores, |stores, plugin| stores.with_plugin_config(plugin.clone(), config.clone()))
}

/// The envelope of a signature manifest that a session has read.
fn envelope(evidence: &Evidence, manifest: &Digest, subject: &Descriptor) -> Option<Blob> {
    let found = |wanted: &Digest| {
        evidence.answers().find_map(|(want, answer)| match (want, answer) {
            (Want::Manifest { descriptor, .. } | Want::Blob { descriptor, .. }, Answer::Bytes(bytes))
                if descriptor.digest == *wanted =>
            {
                Some((descriptor.clone(), bytes.clone()))
            }
            _ => None,
        })
    };
    let check = |(descriptor, bytes): (Descriptor, Bytes)| Blob::check(descriptor, bytes).ok();
    let manifest = SignatureManifest::read(&check(found(manifest)?)?, &subject.digest).ok()?;
    let (_, bytes) = found(&manifest.envelope.digest)?;
    check((manifest.envelope, bytes))
}

/// Proofs that the images of one call share: of a few hundred signers with their chains.
const SHARED_PROOFS: usize = 4096;
