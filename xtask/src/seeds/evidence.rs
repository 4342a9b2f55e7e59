//! Keys, certificates, envelopes, and what they sign.

use super::{Outcome, Seeds};
use plimsoll_core::{Blob, Sign};
use plimsoll_crypto::provider;
use plimsoll_envelope::{CountersignatureDraft, Critical, Limits, Sealed};
use plimsoll_notary::{Format, SignOptions, sign};
use plimsoll_oci::media_type;
use plimsoll_pki::issue::{Draft, Role};
use plimsoll_provenance::{Attester, PredicateType, Statement, attest, slsa};
use plimsoll_testkit::pki::{
    Certified, KeySpec, Level, NOT_AFTER, NOW, TestCa, extension, pem, remove_extension, replace_extension,
    set_key_usage, set_purposes, set_validity,
};
use std::{
    fs,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    for spec in [KeySpec::P256, KeySpec::P384, KeySpec::Rsa2048] {
        let ca = TestCa::new(spec);
        certificates(seeds, &ca);
        signatures(seeds, &ca)?;
        attestation(seeds, &ca.leaf, spec)?;
    }
    for edit in EDITS {
        certificates(seeds, &TestCa::forge(KeySpec::P256, edit));
    }
    keys(seeds)
}

type Edit = fn(Level, &mut Draft);

/// What makes other branches of the reader and of the rules run.
const EDITS: [Edit; 5] = [
    |_, draft| remove_extension(draft, "2.5.29.15"),
    |_, draft| set_validity(draft, NOW, NOT_AFTER),
    |_, draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8", "2.5.29.37.0"]),
    |_, draft| set_key_usage(draft, true, [0xff, 0x80]),
    |level, draft| {
        if level == Level::Leaf {
            replace_extension(draft, extension("1.2.3.4", true, b"\x04\x01x"));
        }
    },
];

fn certificates(seeds: &mut Seeds, ca: &TestCa) {
    seeds.all("certificate", ca.chain());
    seeds.add("certificate_file", ca.chain_pem());
    seeds.add("certificate_file", ca.chain().concat());
    seeds.add("chain", ca.chain_pem());
    seeds.add("chain", ca.chain().concat());
    seeds.add("name", ca.leaf.view().subject().der());
    seeds.add("public_key", ca.leaf.key.public_key_spki_der());
    seeds.add("private_key", ca.leaf.key.to_pkcs8_pem().as_bytes());
    let revocable = Role::Signer { ocsp: &["http://ocsp.test/"], crl: &["http://crl.test/x"] };
    let subject = r"CN=a\, b\+c,OU=#x\ ,O=Größe,L=Den Haag,ST=WA,C=US";
    seeds.add("certificate", ca.intermediate.issue(KeySpec::P256, subject, revocable, |_| ()).der);
}

/// The keys that the tests of our own reader have, in each of the forms that it knows.
fn keys(seeds: &mut Seeds) -> Outcome {
    for entry in fs::read_dir("crates/plimsoll-crypto/tests/keys")? {
        let path = entry?.path();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("der") => seeds.add("public_key", fs::read(path)?),
            Some("pem") => seeds.add("private_key", fs::read(path)?),
            _ => {}
        }
    }
    Ok(())
}

fn signatures(seeds: &mut Seeds, ca: &TestCa) -> Outcome {
    let subject = Blob::of(media_type::IMAGE_MANIFEST, "{}");
    let signer = ca.leaf.key.envelope_signer()?;
    for format in [Format::Jws, Format::Cose] {
        let options = SignOptions::new(NOW).with_format(format).with_expiry(NOT_AFTER).with_metadata("key", "value");
        let made = now(sign(subject.descriptor(), &signer, &ca.chain(), &options, provider()))??;
        let envelope = made.envelope.bytes().to_vec();
        let sealed = match format {
            Format::Cose => Sealed::cose_sign1(&envelope, &Limits::default())?,
            _ => Sealed::jws_flattened(&envelope, &Limits::default())?,
        };
        let key = ca.leaf.key.public_key();
        let opened = sealed.open(0, key, signer.algorithm(), provider(), Critical::JudgedByCaller)?;
        seeds.add("notary_payload", opened.payload());
        seeds.add("signature_manifest", made.manifest.bytes().to_vec());
        seeds.add("manifest", made.manifest.bytes().to_vec());
        let second = CountersignatureDraft::new(&opened, signer.algorithm(), &[])?;
        let countersigned = second.attach(&signer.sign_now(second.signing_input())?, &[])?;
        seeds.add(if format == Format::Cose { "cose_sign1" } else { "jws_flattened" }, countersigned);
        if format == Format::Cose {
            seeds.add("notary_envelope_cose", envelope.clone());
            seeds.add("cose_sign1", envelope);
        } else {
            seeds.add("notary_envelope_jws", envelope.clone());
            other_serializations(seeds, &envelope)?;
            seeds.add("jws_flattened", envelope);
        }
    }
    Ok(())
}

/// The same signature as RFC 7515, sections 7.1 and 7.2.1, write it.
fn other_serializations(seeds: &mut Seeds, flattened: &[u8]) -> Outcome {
    let jws: serde_json::Value = serde_json::from_slice(flattened)?;
    let text = |name: &str| jws.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    seeds.add("jws_compact", [text("protected"), text("payload"), text("signature")].join("."));
    let signature = serde_json::json!({
        "protected": text("protected"), "header": jws.get("header"), "signature": text("signature"),
    });
    let general = serde_json::json!({"payload": text("payload"), "signatures": [&signature, &signature]});
    seeds.add("jws_general", general.to_string());
    Ok(())
}

fn attestation(seeds: &mut Seeds, leaf: &Certified, spec: KeySpec) -> Outcome {
    let subject = Blob::of(media_type::IMAGE_MANIFEST, "{}");
    let mut provenance = slsa::Provenance::new("https://example.com/build/v1", "https://example.com/builder");
    let source =
        slsa::ResourceDescriptor::git("git+https://example.com/ship", "0123456789012345678901234567890123456789");
    provenance.build_definition.resolved_dependencies.push(source);
    provenance.build_definition.external_parameters.insert("workflow".into(), serde_json::json!({"ref": "main"}));
    provenance.run_details.metadata = Some(slsa::BuildMetadata::between(NOW, NOT_AFTER));
    seeds.add("slsa", provenance.to_json());
    let kind = PredicateType::parse("slsaprovenance1")?;
    let statement = Statement::new([("ship", subject.descriptor().digest)], kind, &provenance.to_json())?;
    seeds.add("statement", statement.to_json());
    let signer = leaf.key.signer(spec.certificate_algorithm())?;
    let chain = [leaf.der.as_slice()];
    let attester = Attester::new(leaf.key.public_key()).with_chain(&chain).with_key_id("pilot");
    let made = now(attest(&statement, subject.descriptor(), &signer, attester, provider()))??;
    seeds.add("dsse", made.envelope.bytes().to_vec());
    seeds.add("manifest", made.manifest.to_blob().bytes().to_vec());
    let authorities = serde_json::json!([{
        "predicateTypes": ["spdx", "https://slsa.dev/provenance/v1"], "notary": true,
        "keys": [{"name": "pilot", "pem": pem("PUBLIC KEY", leaf.key.public_key_spki_der())}],
        "certificates": {"trustStores": ["ca:release"], "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour"]},
    }]);
    seeds.add("authorities", authorities.to_string());
    Ok(())
}

/// Runs a future that never waits: keys in memory sign at once.
fn now<T>(future: impl Future<Output = T>) -> Result<T, &'static str> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err("a signer in memory waits"),
    }
}
