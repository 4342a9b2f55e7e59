use super::{found::*, *};
use crate::{
    AttachError, AttestError, Attestation, AttestationFact, AuthorityConfig, How, InventoryFact, ProvenanceFact,
    Statement, attach::Attester as With, attest, slsa::Provenance, statement::STATEMENT_TYPE,
};
use plimsoll_core::{
    Answer, Backing, Bytes, Code, Digest, Evidence, Fact, Horizon, Name, Outcome, Provider, Reference, Row,
    TrustedTime, UnixTime, VerifiedIdentity, Voucher, Want,
    code::{LIMIT_EXCEEDED, NOT_FOUND, UNREACHABLE},
};
use plimsoll_crypto::{PrivateKey, provider};
use plimsoll_envelope::{DsseDraft, DsseSignature};
use plimsoll_oci::{ImageManifest, media_type};
use plimsoll_pki::distrust::{Distrust, DistrustEntry, Subject as Distrusted};
use plimsoll_testkit::pki::{KeySpec, Level, NOT_AFTER, NOW, TestCa, pem, set_validity};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
};

const SLSA: &str = "slsaprovenance1";

/// Local keys are ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a local key made its caller wait"),
    }
}

/// A registry in memory with one image, and what is attached to it.
struct Port {
    subject: Subject,
    referrers: Vec<Referrer>,
    content: BTreeMap<Digest, Bytes>,
    at: UnixTime,
    steps: u64,
}

impl Port {
    fn new() -> Self {
        let image = Blob::of(media_type::IMAGE_MANIFEST, "an image");
        let reference: Reference = "registry.test/ship:v1".parse().unwrap();
        let subject = Subject::new(reference, image.descriptor().clone());
        Self { subject, referrers: Vec::new(), content: BTreeMap::new(), at: NOW, steps: 1_000_000 }
    }
    fn image(&self) -> Digest {
        self.subject.descriptor.digest
    }
    fn put(&mut self, manifest: &ImageManifest, blobs: &[&Blob]) -> Digest {
        let manifest = manifest.to_blob();
        for blob in blobs.iter().copied().chain([&manifest]) {
            self.content.insert(blob.descriptor().digest, blob.to_bytes());
        }
        let parsed = plimsoll_oci::Manifest::parse(&manifest).unwrap();
        self.referrers.push(parsed.referrer(manifest.descriptor().clone()));
        manifest.descriptor().digest
    }
    fn attach(&mut self, attestation: &Attestation) -> Digest {
        self.put(&attestation.manifest, &[&attestation.envelope, &attestation.config])
    }
    /// Attaches any bytes as an artifact of one layer.
    fn attach_layer(&mut self, artifact_type: &str, layer_type: &str, bytes: &[u8]) -> Digest {
        let layer = Blob::of(layer_type, bytes.to_vec());
        let manifest = ImageManifest::artifact(artifact_type)
            .about(self.subject.descriptor.clone())
            .layer(layer.descriptor().clone());
        self.put(&manifest, &[&layer])
    }
    fn attach_envelope(&mut self, envelope: &[u8]) -> Digest {
        self.attach_layer(STATEMENT_TYPE, crate::DSSE_TYPE, envelope)
    }
    fn answer(&self, want: &Want) -> Answer {
        match want {
            Want::Referrers { .. } => Answer::Referrers(self.referrers.clone()),
            Want::Manifest { descriptor, .. } | Want::Blob { descriptor, .. } => {
                self.content.get(&descriptor.digest).cloned().map_or(Answer::Absent, Answer::Bytes)
            }
            _ => Answer::Absent,
        }
    }
    fn judge(&self, gather: &Attestations<'_>) -> Judged {
        self.judge_with(gather, |want| self.answer(want))
    }
    /// Runs rounds as a session does.
    fn judge_with(&self, gather: &Attestations<'_>, answer: impl Fn(&Want) -> Answer) -> Judged {
        let mut evidence = Evidence::default();
        for _ in 0..16 {
            let budget = plimsoll_core::Budget::new("steps", self.steps);
            let mut cx = Context::new(self.at, provider(), &evidence, budget);
            let mut facts = Facts::new(self.subject.clone(), self.at);
            gather.gather(&self.subject, &mut cx, &mut facts);
            let wants = cx.into_wants();
            if wants.is_empty() {
                return Judged { facts, subject: self.subject.clone(), asked: evidence };
            }
            for want in wants {
                let answer = answer(&want);
                evidence.supply(want, answer);
            }
        }
        panic!("the rounds do not end")
    }
}

struct Judged {
    facts: Facts,
    subject: Subject,
    asked: Evidence,
}

impl Judged {
    fn attestations(&self) -> Vec<(&Row, &AttestationFact)> {
        self.facts.of::<AttestationFact>().collect()
    }
    fn counting<T: Fact>(&self) -> Vec<&T> {
        self.facts.of::<T>().filter(|(row, _)| row.counts()).map(|(_, body)| body).collect()
    }
    fn complete(&self, kind: &str) -> Completeness {
        self.facts.about(&self.subject).completeness(kind)
    }
    fn all_complete(&self) -> bool {
        KINDS.iter().all(|kind| self.complete(kind) == Completeness::Complete)
    }
    /// The one row that does not count, with its code and message.
    fn refusal(&self) -> (Code, String) {
        let failed: Vec<_> = self.facts.rows().iter().filter(|row| !row.counts()).collect();
        let [row] = failed.as_slice() else { panic!("expected one row that does not count, found {failed:?}") };
        assert_eq!(row.backing, Backing::Attached);
        match &row.outcome {
            Outcome::Failed(code, message) => (*code, message.to_string()),
            Outcome::Held => panic!("the row holds"),
        }
    }
}

fn authorities(json: &str, ca: &TestCa) -> Authorities {
    let entries: Vec<AuthorityConfig> = serde_json::from_str(json).unwrap();
    Authorities::load(&entries, &[ca.named_store("ca:release")], provider()).unwrap()
}

/// Who may attest `types` with a key called `pilot`.
fn keyed(types: &[&str], key: &PrivateKey) -> Attestations<'static> {
    let pem = pem("PUBLIC KEY", key.public_key_spki_der());
    let entry = serde_json::json!([{ "predicateTypes": types, "keys": [{ "name": "pilot", "pem": pem }] }]);
    Attestations::new(authorities(&entry.to_string(), &TestCa::new(KeySpec::P256)))
}

const CERTIFIED: &str = r#"[{ "predicateTypes": ["slsaprovenance1"], "certificates": {
    "trustStores": ["ca:release"], "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour"] } }]"#;

fn provenance() -> Vec<u8> {
    Provenance::new("https://example.com/build/v1", "https://example.com/builder").to_json()
}

fn statement(subject: Digest, kind: &str, predicate: &[u8]) -> Statement {
    Statement::new([("ship", subject)], PredicateType::parse(kind).unwrap(), predicate).unwrap()
}

fn sign(port: &Port, statement: &Statement, spec: KeySpec, key: &PrivateKey, chain: &[&[u8]]) -> Attestation {
    let signer = key.signer(spec.certificate_algorithm()).unwrap();
    let with = With::new(key.public_key()).with_chain(chain).with_key_id("hint");
    now(attest(statement, &port.subject.descriptor, &signer, with, provider())).unwrap()
}

fn key() -> PrivateKey {
    KeySpec::P256.key()
}

/// An envelope with signatures by these keys, under these key identifiers.
fn envelope(payload_type: &str, payload: &[u8], signers: &[(&PrivateKey, &str)]) -> Vec<u8> {
    let draft = DsseDraft::new(payload_type, payload);
    let sign = |key: &PrivateKey| {
        key.signer(KeySpec::P256.certificate_algorithm()).unwrap().sign_now(draft.signing_input()).unwrap()
    };
    let signatures: Vec<_> = signers.iter().map(|(key, id)| (sign(key), *id)).collect();
    let list: Vec<_> = signatures.iter().map(|(bytes, id)| DsseSignature::new(bytes).with_key_id(id)).collect();
    draft.attach(&list).unwrap()
}

/// Vouches for these manifests as a Notary signature would.
struct Vouches(Vec<Digest>);

impl Vouch for Vouches {
    fn vouch(&self, subject: &Subject, _: &mut Context<'_>) -> Result<Vec<Voucher>, Missing> {
        let name = Name::Key { spki: Digest::sha256_of(b"the key of the release") };
        let identity = VerifiedIdentity::assertion(VerifierId("notary"), name, vec![TrustedTime::Clock(NOW)]);
        let voucher = Voucher::new(identity, vec![Digest::sha256_of(b"signature")], Horizon::ALWAYS);
        Ok(self.0.iter().filter(|digest| **digest == subject.descriptor.digest).map(|_| voucher.clone()).collect())
    }
}

fn notarized(types: &[&str]) -> Attestations<'static> {
    let entry = serde_json::json!([{ "predicateTypes": types, "notary": true }]);
    Attestations::new(authorities(&entry.to_string(), &TestCa::new(KeySpec::P256)))
}

const SBOM: &[u8] =
    br#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","name":"ship"}},
    "components":[{"type":"library","name":"curl","version":"8.0","purl":"pkg:deb/debian/curl@8.0",
    "licenses":[{"expression":"MIT OR curl"}]}]}"#;

#[test]
fn an_attestation_by_a_named_key_counts() {
    let (mut port, key) = (Port::new(), key());
    let signed = sign(&port, &statement(port.image(), SLSA, &provenance()), KeySpec::P256, &key, &[]);
    let manifest = port.attach(&signed);
    let judged = port.judge(&keyed(&[SLSA], &key));
    let [attestation] = judged.counting::<AttestationFact>()[..] else { panic!("{judged:?}", judged = judged.facts) };
    assert_eq!((attestation.how, attestation.signer.as_deref()), (How::DsseKey, Some("pilot")));
    assert_eq!(
        (attestation.predicate_type.as_deref(), attestation.manifest),
        (Some(crate::predicate::SLSA_V1), manifest)
    );
    let [fact] = judged.counting::<ProvenanceFact>()[..] else { panic!() };
    assert_eq!(fact.summary.builder_id, "https://example.com/builder");
    assert!(judged.all_complete());
    let (row, _) = judged.attestations()[0];
    assert_eq!(row.evidence, [manifest, signed.envelope.descriptor().digest]);
}

#[test]
fn an_attestation_by_a_named_certificate_counts_while_the_chain_is_valid() {
    let ca = TestCa::new(KeySpec::P384);
    let mut port = Port::new();
    let signed = sign(&port, &statement(port.image(), SLSA, &provenance()), KeySpec::P384, &ca.leaf.key, &ca.chain());
    port.attach(&signed);
    let judged = port.judge(&Attestations::new(authorities(CERTIFIED, &ca)));
    let [attestation] = judged.counting::<AttestationFact>()[..] else { panic!("{:?}", judged.facts) };
    assert_eq!(attestation.how, How::DsseCertificate);
    assert_eq!(attestation.signer.as_deref(), Some("CN=Test Signer,O=Harbour,ST=WA,C=US"));
    let (row, _) = judged.attestations()[0];
    assert!(row.horizon.until <= NOT_AFTER.saturating_add(1) && row.horizon.until > NOW, "{:?}", row.horizon);
    assert!(judged.all_complete());
}

#[test]
fn every_kind_of_key_can_attest() {
    for spec in [KeySpec::P384, KeySpec::P521, KeySpec::Rsa2048] {
        let (mut port, key) = (Port::new(), spec.key());
        port.attach(&sign(&port, &statement(port.image(), SLSA, &provenance()), spec, &key, &[]));
        assert_eq!(port.judge(&keyed(&[SLSA], &key)).counting::<AttestationFact>().len(), 1, "{spec:?}");
    }
}

#[test]
fn who_is_not_named_does_not_count_and_makes_nothing_incomplete() {
    let (mut port, pilot, stranger) = (Port::new(), key(), key());
    port.attach(&sign(&port, &statement(port.image(), SLSA, &provenance()), KeySpec::P256, &stranger, &[]));
    let judged = port.judge(&keyed(&[SLSA], &pilot));
    let message = "no signature of the envelope is by a key or certificate that is named";
    assert_eq!(judged.refusal(), (code::ATTESTATION_NOT_AUTHENTICATED, message.to_owned()));
    assert!(judged.all_complete());
    // What nobody vouches for has only the type that it claims, and no provenance.
    let (_, fact) = judged.attestations()[0];
    assert_eq!((fact.how, fact.predicate_type.as_deref()), (How::Nothing, Some(crate::predicate::SLSA_V1)));
    assert_eq!(judged.facts.of::<ProvenanceFact>().count(), 0);
}

// attack: A-136
#[test]
fn a_136_a_key_for_one_predicate_type_does_not_count_for_another() {
    let (mut port, key) = (Port::new(), key());
    port.attach(&sign(&port, &statement(port.image(), SLSA, &provenance()), KeySpec::P256, &key, &[]));
    let judged = port.judge(&keyed(&["cyclonedx", "spdx"], &key));
    let (code, message) = judged.refusal();
    assert_eq!(code, code::ATTESTATION_TYPE_NOT_ALLOWED);
    assert_eq!(
        message,
        "expected a signer who may attest `https://slsa.dev/provenance/v1`, found one who may attest other predicate types"
    );
    assert_eq!(judged.facts.of::<ProvenanceFact>().count(), 0);
}

// attack: A-137
#[test]
fn a_137_an_altered_payload_type_breaks_the_signature() {
    let (mut port, key) = (Port::new(), key());
    let payload = statement(port.image(), SLSA, &provenance()).to_json();
    let honest = envelope(STATEMENT_TYPE, &payload, &[(&key, "")]);
    let altered = String::from_utf8(honest).unwrap().replace("vnd.in-toto+json", "vnd.in-toto.x+json");
    port.attach_envelope(altered.as_bytes());
    assert_eq!(port.judge(&keyed(&[SLSA], &key)).refusal().0, code::ATTESTATION_NOT_AUTHENTICATED);
}

#[test]
fn a_payload_type_that_is_no_statement_is_refused_although_it_is_signed() {
    let (mut port, key) = (Port::new(), key());
    let payload = statement(port.image(), SLSA, &provenance()).to_json();
    port.attach_envelope(&envelope("application/vnd.cncf.notary.payload.v1+json", &payload, &[(&key, "")]));
    let expected = "expected the payload type `application/vnd.in-toto+json`, found \
        `application/vnd.cncf.notary.payload.v1+json`";
    assert_eq!(port.judge(&keyed(&[SLSA], &key)).refusal(), (code::MALFORMED_ATTESTATION, expected.to_owned()));
}

#[test]
fn what_is_distrusted_attests_nothing() {
    let (mut port, pilot, ca) = (Port::new(), key(), TestCa::new(KeySpec::P256));
    let statement = statement(port.image(), SLSA, &provenance());
    port.attach(&sign(&port, &statement, KeySpec::P256, &pilot, &[]));
    let by_key = |list: Distrust| {
        let pem = pem("PUBLIC KEY", pilot.public_key_spki_der());
        let entry = serde_json::json!([{ "predicateTypes": [SLSA], "keys": [{ "name": "pilot", "pem": pem }] }]);
        Attestations::new(authorities(&entry.to_string(), &ca).with_distrust(list))
    };
    let list = |subject: Distrusted| Distrust::new([DistrustEntry::new(subject, "the key leaked")]);
    let spki = Digest::sha256_of(pilot.public_key_spki_der());
    let (code, message) = port.judge(&by_key(list(Distrusted::Key(spki)))).refusal();
    assert_eq!(code, plimsoll_pki::code::CERTIFICATE_DISTRUSTED);
    assert_eq!(message, format!("the key: the key {spki} is distrusted: the key leaked"));
    // A time that nobody verified saves nothing.
    let later = Distrust::new([DistrustEntry::new(Distrusted::Key(spki), "leaked").signed_after(NOT_AFTER)]);
    assert_eq!(port.judge(&by_key(later)).refusal().0, plimsoll_pki::code::CERTIFICATE_DISTRUSTED);
    let other = list(Distrusted::Key(Digest::sha256_of(b"another key")));
    assert_eq!(port.judge(&by_key(other)).counting::<AttestationFact>().len(), 1);
}

#[test]
fn a_certificate_or_an_issuer_that_is_distrusted_attests_nothing() {
    let ca = TestCa::new(KeySpec::P256);
    let mut port = Port::new();
    let statement = statement(port.image(), SLSA, &provenance());
    port.attach(&sign(&port, &statement, KeySpec::P256, &ca.leaf.key, &ca.chain()));
    let judge = |subject: Option<Distrusted>| {
        let list = Distrust::new(subject.map(|subject| DistrustEntry::new(subject, "withdrawn")));
        port.judge(&Attestations::new(authorities(CERTIFIED, &ca).with_distrust(list)))
    };
    assert_eq!(judge(None).counting::<AttestationFact>().len(), 1);
    let leaf = Digest::sha256_of(ca.leaf.key.public_key_spki_der());
    for subject in [
        Distrusted::Certificate(ca.leaf.view().digest()),
        Distrusted::Certificate(ca.root.view().digest()),
        Distrusted::Issuer(ca.intermediate.view().digest()),
        Distrusted::Key(leaf),
    ] {
        assert_eq!(judge(Some(subject)).refusal().0, plimsoll_pki::code::CERTIFICATE_DISTRUSTED, "{subject}");
    }
    // An issuer stands above the signer.
    assert_eq!(judge(Some(Distrusted::Issuer(leaf))).counting::<AttestationFact>().len(), 1);
}

// attack: A-143
#[test]
fn a_143_every_envelope_that_counts_was_checked_by_itself() {
    let (mut port, key) = (Port::new(), key());
    let honest = statement(port.image(), SLSA, &provenance());
    let other = Provenance::new("https://example.com/build/v1", "https://pirate.example/builder").to_json();
    let payload = statement(port.image(), SLSA, &other).to_json();
    port.attach(&sign(&port, &honest, KeySpec::P256, &key, &[]));
    // The second envelope has the first one's signature, and then one by nobody.
    let altered = String::from_utf8(envelope(STATEMENT_TYPE, &honest.to_json(), &[(&key, "")])).unwrap();
    let encoded = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    port.attach_envelope(altered.replace(&encoded(&honest.to_json()), &encoded(&payload)).as_bytes());
    port.attach_envelope(&envelope(STATEMENT_TYPE, &payload, &[(&KeySpec::P256.key(), "")]));
    let judged = port.judge(&keyed(&[SLSA], &key));
    let builders: Vec<_> = judged.counting::<ProvenanceFact>().iter().map(|fact| &*fact.summary.builder_id).collect();
    assert_eq!(builders, ["https://example.com/builder"]);
    assert_eq!(judged.attestations().len(), 3, "the others are shown");
}

// attack: A-138
#[test]
fn a_138_one_key_is_one_signer_however_often_it_signs() {
    let (mut port, one, two) = (Port::new(), key(), key());
    let payload = statement(port.image(), SLSA, &provenance()).to_json();
    port.attach_envelope(&envelope(STATEMENT_TYPE, &payload, &[(&one, "a"), (&one, "b"), (&two, "a")]));
    let names = [("pilot", &one), ("the pilot again", &one), ("captain", &two)];
    let keys: Vec<_> = names
        .iter()
        .map(|(name, key)| serde_json::json!({"name": name, "pem": pem("PUBLIC KEY", key.public_key_spki_der())}))
        .collect();
    let entry = serde_json::json!([{ "predicateTypes": [SLSA], "keys": keys }]).to_string();
    let judged = port.judge(&Attestations::new(authorities(&entry, &TestCa::new(KeySpec::P256))));
    let signers: Vec<_> =
        judged.counting::<AttestationFact>().iter().map(|fact| fact.signer.clone().unwrap()).collect();
    assert_eq!(signers, ["pilot".into(), "captain".into()]);
}

// attack: A-140
#[test]
fn a_140_a_key_identifier_is_a_hint_only() {
    let (mut port, pilot, stranger) = (Port::new(), key(), key());
    let payload = statement(port.image(), SLSA, &provenance()).to_json();
    port.attach_envelope(&envelope(STATEMENT_TYPE, &payload, &[(&stranger, "pilot")]));
    assert!(port.judge(&keyed(&[SLSA], &pilot)).counting::<AttestationFact>().is_empty());
    port.attach_envelope(&envelope(STATEMENT_TYPE, &payload, &[(&pilot, "stranger")]));
    assert_eq!(port.judge(&keyed(&[SLSA], &pilot)).counting::<AttestationFact>().len(), 1);
}

// attack: A-141
#[test]
fn a_141_a_signed_payload_that_is_no_statement_is_malformed() {
    let (mut port, key) = (Port::new(), key());
    port.attach_envelope(&envelope(STATEMENT_TYPE, b"rubbish", &[(&key, "")]));
    let judged = port.judge(&keyed(&[SLSA], &key));
    assert_eq!(judged.refusal(), (code::MALFORMED_STATEMENT, "line 1, column 1: expected value".to_owned()));
}

// attack: A-142, A-303
#[test]
fn a_142_an_attestation_copied_from_another_image_does_not_count() {
    let (mut port, key) = (Port::new(), key());
    let other = Digest::sha256_of(b"another image");
    port.attach(&sign(&port, &statement(other, "cyclonedx", SBOM), KeySpec::P256, &key, &[]));
    let judged = port.judge(&keyed(&["cyclonedx"], &key));
    let expected = format!("expected a statement about {}, found one about {other}", port.image());
    assert_eq!(judged.refusal(), (code::ATTESTATION_SUBJECT_MISMATCH, expected));
    let (_, fact) = judged.attestations()[0];
    assert_eq!((fact.how, fact.signer.as_deref()), (How::DsseKey, Some("pilot")), "shown with who signed it");
    assert_eq!(judged.facts.of::<InventoryFact>().count(), 0);
    assert!(judged.all_complete());
}

// attack: A-145
#[test]
fn a_145_a_weak_digest_or_a_name_makes_no_match() {
    let (mut port, key) = (Port::new(), key());
    let sha1 = br#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"registry.test/ship","digest":{"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}"#;
    port.attach_envelope(&envelope(STATEMENT_TYPE, sha1, &[(&key, "")]));
    assert_eq!(port.judge(&keyed(&[SLSA], &key)).refusal().0, code::ATTESTATION_SUBJECT_MISMATCH);
}

// attack: A-045
#[test]
fn a_045_a_referrer_of_another_digest_is_refused() {
    let (mut port, key) = (Port::new(), key());
    let mut signed = sign(&port, &statement(port.image(), SLSA, &provenance()), KeySpec::P256, &key, &[]);
    let other = Descriptor::of(media_type::IMAGE_MANIFEST, b"another image");
    signed.manifest = signed.manifest.about(other.clone());
    port.attach(&signed);
    let expected =
        format!("expected a manifest that refers to {}, found one that refers to {}", port.image(), other.digest);
    let judged = port.judge(&keyed(&[SLSA], &key));
    assert_eq!(judged.refusal(), (code::ATTESTATION_SUBJECT_MISMATCH, expected));
    signed.manifest.subject = None;
    port.referrers.clear();
    port.attach(&signed);
    assert!(port.judge(&keyed(&[SLSA], &key)).refusal().1.ends_with("found one that refers to nothing"));
}

#[test]
fn a_chain_counts_only_by_store_identity_time_and_signature() {
    let (ours, theirs) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let short = TestCa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            set_validity(draft, plimsoll_testkit::pki::NOT_BEFORE, NOW.saturating_sub(1));
        }
    });
    let identity = CERTIFIED.replace("O=Harbour", "O=Pirates");
    let cases = [
        (&theirs, &theirs, CERTIFIED, &ours, plimsoll_pki::code::UNTRUSTED_CHAIN),
        (&ours, &ours, &identity, &ours, code::ATTESTATION_NOT_AUTHENTICATED),
        (&short, &short, CERTIFIED, &short, plimsoll_pki::code::CERTIFICATE_EXPIRED),
        (&theirs, &ours, CERTIFIED, &ours, plimsoll_envelope::code::SIGNATURE_INVALID),
    ];
    for (signer, chain, config, trusted, expected) in cases {
        let mut port = Port::new();
        let payload = statement(port.image(), SLSA, &provenance()).to_json();
        let draft = DsseDraft::new(STATEMENT_TYPE, &payload);
        let by = signer.leaf.key.signer(KeySpec::P256.certificate_algorithm()).unwrap();
        let signature = by.sign_now(draft.signing_input()).unwrap();
        let chain = chain.chain();
        port.attach_envelope(&draft.attach(&[DsseSignature::new(&signature).with_chain(&chain)]).unwrap());
        let judged = port.judge(&Attestations::new(authorities(config, trusted)));
        assert_eq!(judged.refusal().0, expected, "{}", judged.refusal().1);
        assert!(judged.all_complete());
    }
}

#[test]
fn a_notary_signature_on_its_manifest_vouches_for_an_attestation() {
    let (mut port, stranger) = (Port::new(), key());
    let payload = statement(port.image(), SLSA, &provenance());
    let wrapped = port.attach(&sign(&port, &payload, KeySpec::P256, &stranger, &[]));
    let bare = port.attach_layer(STATEMENT_TYPE, STATEMENT_TYPE, &payload.to_json());
    let vouches = Vouches(vec![wrapped, bare]);
    let judged = port.judge(&notarized(&[SLSA]).with_notary(&vouches));
    let hows: Vec<_> = judged.counting::<AttestationFact>().iter().map(|fact| (fact.how, fact.manifest)).collect();
    assert_eq!(hows, [(How::Notary, wrapped), (How::Notary, bare)]);
    assert_eq!(judged.counting::<ProvenanceFact>().len(), 2);
    // Without the entry that says so, without somebody who vouches, and for another predicate type it does not.
    let none = |gather: Attestations<'_>| port.judge(&gather).counting::<AttestationFact>().is_empty();
    assert!(none(keyed(&[SLSA], &key()).with_notary(&vouches)));
    assert!(none(notarized(&[SLSA])));
    assert!(none(notarized(&["cyclonedx"]).with_notary(&vouches)));
    assert!(none(notarized(&[SLSA]).with_notary(&Vouches(Vec::new()))));
}

// attack: A-377
#[test]
fn a_377_an_sbom_that_nobody_vouches_for_is_shown_and_not_read() {
    let mut port = Port::new();
    let clean = port.attach_layer("application/vnd.cyclonedx+json", "application/vnd.cyclonedx+json", b"{}");
    let signed = port.attach_layer("application/vnd.cyclonedx+json", "application/vnd.cyclonedx+json", SBOM);
    let vouches = Vouches(vec![signed]);
    let judged = port.judge(&notarized(&["cyclonedx"]).with_notary(&vouches));
    let [inventory] = judged.counting::<InventoryFact>()[..] else { panic!("{:?}", judged.facts) };
    assert_eq!((inventory.manifest, inventory.how, inventory.format), (signed, How::Notary, "cyclonedx"));
    assert_eq!(inventory.spec_version.as_deref(), Some("1.6"));
    let message = "expected a Notary signature on the manifest of the cyclonedx document, found none that holds";
    assert_eq!(judged.refusal(), (code::ATTESTATION_NOT_AUTHENTICATED, message.to_owned()));
    assert!(judged.all_complete());
    let unread = Digest::sha256_of(b"{}");
    let asked = judged
        .asked
        .answers()
        .any(|(want, _)| matches!(want, Want::Blob { descriptor, .. } if descriptor.digest == unread));
    assert!(!asked, "{clean}");
}

#[test]
fn components_are_one_row_and_the_root_is_among_them() {
    let (mut port, key) = (Port::new(), key());
    port.attach(&sign(&port, &statement(port.image(), "cyclonedx", SBOM), KeySpec::P256, &key, &[]));
    let judged = port.judge(&keyed(&["cyclonedx"], &key));
    let (row, _) = judged.facts.of::<InventoryFact>().next().unwrap();
    let plimsoll_core::Value::List(components) = row.record().field("components") else { panic!() };
    assert_eq!(components.len(), 2);
    let field = |at: usize, name: &str| match components.at(at) {
        plimsoll_core::Value::Record(component) => match component.field(name) {
            plimsoll_core::Value::Text(text) => text.into_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    };
    assert_eq!((field(0, "name"), field(1, "name")), ("ship".into(), "curl".into()));
    assert_eq!((field(1, "purl"), field(1, "version")), ("pkg:deb/debian/curl@8.0".into(), "8.0".into()));
    for (name, ..) in row.record().schema().fields {
        assert!(!matches!(row.record().field(name), plimsoll_core::Value::Absent), "{name}");
    }
}

#[test]
fn a_vouched_document_that_cannot_be_read_leaves_its_kind_incomplete() {
    let cases = [
        ("cyclonedx", br#"{"bomFormat":"CycloneDX"}"#.as_slice(), INVENTORY, plimsoll_sbom::code::MALFORMED_SBOM),
        ("spdx", SBOM, INVENTORY, plimsoll_sbom::code::MALFORMED_SBOM),
        ("spdx", br#""SPDXVersion: SPDX-2.3""#, INVENTORY, plimsoll_sbom::code::MALFORMED_SBOM),
        (SLSA, br#"{"builder":{"id":"https://example.com/builder"}}"#, PROVENANCE, code::MALFORMED_PROVENANCE),
    ];
    for (kind, predicate, incomplete, expected) in cases {
        let (mut port, key) = (Port::new(), key());
        port.attach(&sign(&port, &statement(port.image(), kind, predicate), KeySpec::P256, &key, &[]));
        let judged = port.judge(&keyed(&[kind], &key));
        assert!(matches!(judged.complete(incomplete), Completeness::Partial(code, _) if code == expected), "{kind}");
        assert_eq!(judged.complete(ATTESTATION), Completeness::Complete);
    }
}

// attack: A-376
#[test]
fn a_376_an_answer_that_is_missing_makes_every_list_incomplete() {
    let (mut port, key) = (Port::new(), key());
    port.attach(&sign(&port, &statement(port.image(), SLSA, &provenance()), KeySpec::P256, &key, &[]));
    let gather = keyed(&[SLSA], &key);
    let whole = port.judge(&gather);
    for (lost, _) in whole.asked.answers() {
        let failed = Answer::Failed(Failure::new(UNREACHABLE, "the registry does not answer"));
        for (instead, expected) in [(Answer::Absent, NOT_FOUND), (failed, UNREACHABLE)] {
            let judged =
                port.judge_with(&gather, |want| if want == lost { instead.clone() } else { port.answer(want) });
            for kind in KINDS {
                assert!(
                    matches!(judged.complete(kind), Completeness::Partial(code, _) if code == expected),
                    "{lost:?}"
                );
            }
            assert!(judged.counting::<AttestationFact>().is_empty());
        }
    }
}

// attack: A-228
#[test]
fn a_228_the_hundred_and_first_attestation_makes_the_list_incomplete() {
    for (count, complete) in [(99, true), (100, true), (101, false)] {
        let mut port = Port::new();
        for number in 0..count {
            port.attach_layer("application/spdx+json", "application/spdx+json", format!("{number}").as_bytes());
        }
        let judged = port.judge(&notarized(&["spdx"]).with_notary(&Vouches(Vec::new())));
        assert_eq!(judged.all_complete(), complete, "{count}");
        if !complete {
            let message = "more than 100 attestations and SBOMs of one subject".into();
            assert_eq!(judged.complete(INVENTORY), Completeness::Partial(code::ATTESTATIONS_EXHAUSTED, message));
        }
    }
}

// attack: A-228
#[test]
fn a_228_one_envelope_behind_many_manifests_costs_what_the_budget_allows() {
    let (mut port, key) = (Port::new(), key());
    let ballast = serde_json::json!({ "ballast": "x".repeat(100_000) }).to_string();
    let payload = statement(port.image(), "https://example.com/ballast", ballast.as_bytes()).to_json();
    let layer = Blob::of(crate::DSSE_TYPE, envelope(STATEMENT_TYPE, &payload, &[(&key, "")]));
    let steps = |size: u64| 1 + size / 1024;
    let mut each = 0;
    for number in 0..50 {
        let manifest = ImageManifest::artifact(STATEMENT_TYPE)
            .about(port.subject.descriptor.clone())
            .layer(layer.descriptor().clone())
            .annotate("n", number.to_string());
        // The manifest is read, the layer is read, and one key is tried on it.
        each = steps(manifest.to_blob().descriptor().size) + 2 * steps(layer.descriptor().size);
        port.put(&manifest, &[&layer]);
    }
    let gather = keyed(&["https://example.com/ballast"], &key);
    port.steps = 50 * each;
    let judged = port.judge(&gather);
    assert_eq!((judged.counting::<AttestationFact>().len(), judged.all_complete()), (50, true));
    port.steps = 7 * each + steps(layer.descriptor().size) + 50;
    let judged = port.judge(&gather);
    assert_eq!(judged.counting::<AttestationFact>().len(), 7);
    let message: Arc<str> = format!("more than {} steps", port.steps).into();
    for kind in KINDS {
        assert_eq!(judged.complete(kind), Completeness::Partial(code::ATTESTATIONS_EXHAUSTED, message.clone()));
    }
    let outcome = Outcome::Failed(code::ATTESTATIONS_EXHAUSTED, message);
    assert_eq!(judged.facts.rows().iter().filter(|row| row.outcome == outcome).count(), 43);
}

// attack: A-228
#[test]
fn a_228_the_signatures_on_a_manifest_are_verified_once_for_all_its_layers() {
    struct Counts(AtomicUsize);
    impl Vouch for Counts {
        fn vouch(&self, _: &Subject, _: &mut Context<'_>) -> Result<Vec<Voucher>, Missing> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Vec::new())
        }
    }
    let mut port = Port::new();
    let layers: Vec<_> = (0..32_u8).map(|number| Blob::of(STATEMENT_TYPE, vec![number])).collect();
    let manifest = ImageManifest::artifact(STATEMENT_TYPE).about(port.subject.descriptor.clone());
    let manifest = layers.iter().fold(manifest, |manifest, layer| manifest.layer(layer.descriptor().clone()));
    port.put(&manifest, &layers.iter().collect::<Vec<_>>());
    let counts = Counts(AtomicUsize::new(0));
    let judged = port.judge(&notarized(&[SLSA]).with_notary(&counts));
    assert_eq!((judged.facts.rows().len(), judged.all_complete()), (32, true));
    assert_eq!(counts.0.swap(0, Ordering::Relaxed), 1, "in the round that has the layers");
    let one_more = manifest.layer(layers[0].descriptor().clone());
    port.referrers.clear();
    port.put(&one_more, &[]);
    let judged = port.judge(&notarized(&[SLSA]).with_notary(&counts));
    let message = "more than 32 layers with statements in one manifest".to_owned();
    assert_eq!((judged.refusal(), judged.all_complete()), ((LIMIT_EXCEEDED, message), false));
    assert_eq!((judged.asked.answers().count(), counts.0.into_inner()), (2, 0), "no layer is asked for");
}

#[test]
fn what_is_too_large_is_not_asked_for_and_may_have_counted() {
    let (mut port, key) = (Port::new(), key());
    let signed = sign(&port, &statement(port.image(), SLSA, &provenance()), KeySpec::P256, &key, &[]);
    port.attach(&signed);
    let mut limits = Limits::default();
    for (size, complete) in [(signed.envelope.descriptor().size, true), (signed.envelope.descriptor().size - 1, false)]
    {
        limits.blob = size;
        assert_eq!(port.judge(&keyed(&[SLSA], &key).with_limits(limits)).all_complete(), complete);
    }
    let limits = Limits { tries: 0, ..Limits::default() };
    let judged = port.judge(&keyed(&[SLSA], &key).with_limits(limits));
    assert_eq!(judged.refusal(), (LIMIT_EXCEEDED, "more than 0 signature checks for one envelope".to_owned()));
    assert!(!judged.all_complete());
}

#[test]
fn what_does_not_have_the_form_of_an_attestation_is_refused_and_changes_nothing() {
    let mut port = Port::new();
    port.attach_layer(STATEMENT_TYPE, "text/plain", b"");
    let message = "expected a layer with a statement, in DSSE or bare, found none";
    let gather = keyed(&[SLSA], &key());
    assert_eq!(port.judge(&gather).refusal(), (code::MALFORMED_ATTESTATION, message.to_owned()));
    for (artifact_type, rows) in [("application/vnd.dev.sigstore.bundle.v0.3+json", 2), ("application/vnd.example", 2)]
    {
        port.attach_layer(artifact_type, "text/plain", b"");
        let judged = port.judge(&gather);
        assert_eq!(judged.facts.rows().len(), rows);
        assert!(judged.all_complete());
    }
}

#[test]
fn the_rows_pass_on_from_an_index_except_for_inventories() {
    let inherited =
        [AttestationFact::SCHEMA, ProvenanceFact::SCHEMA, InventoryFact::SCHEMA].map(|schema| schema.inherited);
    assert_eq!(inherited, [true, true, false], "an SBOM belongs to a platform");
    let kinds: BTreeSet<_> = KINDS.iter().collect();
    assert_eq!(kinds.len(), keyed(&[SLSA], &key()).kinds().len());
}

#[test]
fn what_comes_back_from_a_signer_is_checked() {
    let (port, mine, other) = (Port::new(), key(), key());
    let statement = statement(port.image(), SLSA, &provenance());
    let attempt = |signer: plimsoll_crypto::LocalSigner, key: &PrivateKey, crypto: Provider<'_>| {
        now(attest(&statement, &port.subject.descriptor, &signer, With::new(key.public_key()), crypto))
    };
    let signer = mine.signer(KeySpec::P256.certificate_algorithm()).unwrap();
    assert_eq!(attempt(signer, &other, provider()).unwrap_err(), AttestError::Attach(AttachError::OtherKey));
    let fixed = attempt(mine.envelope_signer().unwrap(), &other, provider()).unwrap_err();
    assert_eq!(fixed, AttestError::Attach(AttachError::OtherKey));
    // As tokens and plugins sign: `r || s` is written in DER, which readers take.
    let made = attempt(mine.envelope_signer().unwrap(), &mine, provider()).unwrap();
    let mut port = Port::new();
    port.attach_envelope(made.envelope.bytes());
    assert_eq!(port.judge(&keyed(&[SLSA], &mine)).counting::<AttestationFact>().len(), 1);
}

mod revocation;
mod workloads;
