//! Signatures for the tests: good ones, and ones with any attribute, payload or header wrong.

use plimsoll_core::{Algorithm, Blob, Bytes, Descriptor, Missing, Purpose, Sign, UnixTime};
use plimsoll_crypto::{LocalSigner, provider};
use plimsoll_envelope::{CoseDraft, HeaderValue, JwsDraft, Label, Member};
use plimsoll_notary::{
    Answers, Artifact, EnvelopeDraft, Format, NotarySignature, PAYLOAD_TYPE, SignOptions, SignedAttributes,
    SigningScheme, TrustContext, TrustStores, Verification, Verifier,
    policy::{Statement, TrustPolicy},
    sign, verify_signature,
};
use plimsoll_pki::revocation::StatusAnswers;
pub(crate) use plimsoll_testkit::operations::operations;
use plimsoll_testkit::pki::{Certified, KeySpec, NOW, TestCa, named_store};
use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Runs a future that never waits.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}

pub(crate) fn target() -> Descriptor {
    Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}")
}

pub(crate) fn payload() -> String {
    let target = target();
    format!(
        r#"{{"targetArtifact":{{"mediaType":"{}","digest":"{}","size":{}}}}}"#,
        target.media_type, target.digest, target.size
    )
}

pub(crate) fn signer(certified: &Certified) -> LocalSigner {
    certified.key.envelope_signer().unwrap()
}

pub(crate) fn signed(ca: &TestCa, options: &SignOptions) -> NotarySignature {
    now(sign(&target(), &signer(&ca.leaf), &ca.chain(), options, provider())).unwrap()
}

/// A policy of one statement for everything.
pub(crate) fn policy(level: &str, more: &str, identity: &str) -> TrustPolicy {
    let text = format!(
        r#"{{"version": "1.0", "trustPolicies": [{{"name": "release", "registryScopes": ["*"],
        "signatureVerification": {{"level": "{level}"{more}}},
        "trustStores": ["ca:test"], "trustedIdentities": ["{identity}"]}}]}}"#
    );
    TrustPolicy::parse(text.as_bytes()).unwrap()
}

pub(crate) fn statement(level: &str, more: &str, identity: &str) -> Statement {
    policy(level, more, identity).statements()[0].clone()
}

pub(crate) fn stores(ca: &TestCa) -> TrustStores {
    let mut stores = TrustStores::new();
    stores.add(ca.named_store("ca:test"));
    stores
}

pub(crate) fn strict(ca: &TestCa) -> TrustContext {
    TrustContext::new(statement("strict", "", "*"), &stores(ca))
}

pub(crate) fn verify_at(envelope: &Blob, trust: &TrustContext, at: UnixTime) -> Verification {
    verify_signature(envelope.bytes(), &envelope.descriptor().media_type, &target(), trust, at, provider())
}

pub(crate) fn verify(envelope: &Blob, trust: &TrustContext) -> Verification {
    verify_at(envelope, trust, NOW)
}

/// The code of the failure that says most.
pub(crate) fn code(verification: &Verification) -> &'static str {
    match verification.outcome() {
        plimsoll_core::Outcome::Held => "held",
        plimsoll_core::Outcome::Failed(code, _) => code.name(),
    }
}

pub(crate) fn message(verification: &Verification) -> String {
    match verification.outcome() {
        plimsoll_core::Outcome::Held => "held".to_owned(),
        plimsoll_core::Outcome::Failed(_, message) => message.to_string(),
    }
}

pub(crate) const SCHEME: &str = "io.cncf.notary.signingScheme";
pub(crate) const TIME: &str = "io.cncf.notary.signingTime";
pub(crate) const AUTHENTIC: &str = "io.cncf.notary.authenticSigningTime";
pub(crate) const EXPIRY: &str = "io.cncf.notary.expiry";
pub(crate) const PLUGIN: &str = "io.cncf.notary.verificationPlugin";

/// An envelope in the making: what Notation would write, to be broken.
#[derive(Clone)]
pub(crate) struct Forge<'h> {
    pub(crate) format: Format,
    pub(crate) critical: Vec<&'h str>,
    pub(crate) members: Vec<(&'h str, HeaderValue<'h>)>,
    pub(crate) content_type: Option<&'h str>,
    pub(crate) payload: String,
    pub(crate) unprotected: Vec<Member<'h>>,
    /// The algorithm in the header, if it is another than the signer's.
    pub(crate) algorithm: Option<Algorithm>,
}

impl<'h> Forge<'h> {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            critical: vec![SCHEME],
            members: vec![(SCHEME, "notary.x509".into()), (TIME, seconds(NOW))],
            content_type: Some(PAYLOAD_TYPE),
            payload: payload(),
            unprotected: Vec::new(),
            algorithm: None,
        }
    }
    /// The scheme of signing authorities, at this time.
    pub(crate) fn authority(format: Format, time: UnixTime) -> Self {
        Self {
            critical: vec![SCHEME, AUTHENTIC],
            members: vec![(SCHEME, "notary.x509.signingAuthority".into()), (AUTHENTIC, seconds(time))],
            ..Self::new(format)
        }
    }
    pub(crate) fn with(mut self, name: &'h str, value: HeaderValue<'h>) -> Self {
        self.members.retain(|(known, _)| *known != name);
        self.members.push((name, value));
        self
    }
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.members.retain(|(known, _)| *known != name);
        self
    }
    pub(crate) fn critical(mut self, names: &[&'h str]) -> Self {
        self.critical = names.to_vec();
        self
    }
    pub(crate) fn seal(&self, ca: &TestCa) -> Blob {
        self.seal_by(&signer(&ca.leaf), &ca.chain())
    }
    pub(crate) fn seal_by(&self, signer: &LocalSigner, chain: &[&[u8]]) -> Blob {
        let (critical, content, x5c) = match self.format {
            Format::Jws => ("crit".into(), "cty".into(), "x5c".into()),
            _ => (Label::from(2), Label::from(3), Label::from(33)),
        };
        let mut members: Vec<Member<'_>> = Vec::new();
        if !self.critical.is_empty() {
            members.push((critical, HeaderValue::List(self.critical.iter().map(|name| (*name).into()).collect())));
        }
        members.extend(self.content_type.map(|kind| (content, kind.into())));
        members.extend(self.members.iter().map(|(name, value)| ((*name).into(), value.clone())));
        let mut unprotected: Vec<Member<'_>> = vec![(x5c, HeaderValue::chain(chain))];
        unprotected.extend(self.unprotected.iter().cloned());
        let algorithm = self.algorithm.unwrap_or_else(|| signer.algorithm());
        let bytes = match self.format {
            Format::Jws => {
                let draft = JwsDraft::new(algorithm, &members, self.payload.as_bytes()).unwrap();
                draft.attach(&signer.sign_now(draft.signing_input()).unwrap(), &unprotected)
            }
            _ => {
                let draft = CoseDraft::new(algorithm, &members, self.payload.as_bytes()).unwrap();
                draft.attach(&signer.sign_now(draft.signing_input()).unwrap(), &unprotected)
            }
        };
        Blob::of(self.format.media_type(), bytes.unwrap())
    }
}

pub(crate) fn seconds(time: UnixTime) -> HeaderValue<'static> {
    HeaderValue::Time(i64::try_from(time.as_secs()).unwrap())
}

pub(crate) const FORMATS: [Format; 2] = [Format::Jws, Format::Cose];

/// One authority for all tests of a module: P-256 keys are made anew each time.
pub(crate) fn ca() -> TestCa {
    TestCa::new(KeySpec::P256)
}

/// A store of this name with the root of an authority.
pub(crate) fn store_of(name: &str, ca: &TestCa) -> TrustStores {
    let mut stores = TrustStores::new();
    stores.add(named_store(name, &[&ca.root.der]));
    stores
}

/// A trust policy statement from its members beside name and scopes.
pub(crate) fn of_members(members: &str) -> Statement {
    let text = format!(
        r#"{{"version": "1.0", "trustPolicies": [{{"name": "release", "registryScopes": ["*"], {members}}}]}}"#
    );
    TrustPolicy::parse(text.as_bytes()).unwrap().statements()[0].clone()
}

/// An envelope whose signature holds, with what `token` makes of the signature as its timestamp.
pub(crate) fn stamped(format: Format, ca: &TestCa, token: impl FnOnce(&[u8]) -> Vec<u8>) -> Blob {
    let signer = signer(&ca.leaf);
    let attributes = SignedAttributes::new(SigningScheme::X509, NOW);
    let draft = EnvelopeDraft::new(format, signer.algorithm(), &attributes, payload().as_bytes()).unwrap();
    let signature = signer.sign_now(draft.signing_input()).unwrap();
    let bytes = draft.attach_timestamped(&signature, &ca.chain(), "agent", &token(&signature)).unwrap();
    Blob::of(format.media_type(), bytes)
}

/// Somebody to ask: fixed answers, and a list of what was asked.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) http: BTreeMap<String, Bytes>,
    pub(crate) plugin: BTreeMap<String, Bytes>,
    pub(crate) asked: Vec<String>,
    /// Nothing is known yet.
    pub(crate) pending: bool,
}

impl Outside {
    fn answer(&mut self, what: String, found: Option<Bytes>) -> Result<Bytes, Missing> {
        self.asked.push(what);
        match found {
            _ if self.pending => Err(Missing::Pending),
            Some(bytes) => Ok(bytes),
            None => Err(Missing::Absent),
        }
    }
}

impl StatusAnswers for Outside {
    fn http(&mut self, url: &str, _: Option<Bytes>, _: u64, _: Purpose) -> Result<Bytes, Missing> {
        let found = self.http.get(url).cloned();
        self.answer(url.to_owned(), found)
    }
}

impl Answers for Outside {
    fn plugin(&mut self, name: &str, command: &str, _: Bytes) -> Result<Bytes, Missing> {
        let found = self.plugin.get(command).cloned();
        self.answer(format!("{name} {command}"), found)
    }
}

/// Verifies with somebody to ask.
pub(crate) fn verify_with(envelope: &Blob, trust: &TrustContext, at: UnixTime, ask: &mut Outside) -> Verification {
    let verifier = Verifier::new(trust, at, provider());
    let target = target();
    let media_type = &envelope.descriptor().media_type;
    verifier.verify(envelope.bytes(), media_type, Artifact::Manifest(&target), ask).unwrap()
}
