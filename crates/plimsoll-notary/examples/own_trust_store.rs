//! Trust anchors from memory, and answers about revocation from wherever the program has them: no files, no network.
//!
//! ```text
//! cargo run -p plimsoll-notary --example own_trust_store
//! ```
#![allow(clippy::print_stdout, reason = "a program speaks to whoever runs it")]

use plimsoll_core::{Bytes, Classify, Descriptor, Failure, Missing, Purpose, Sign, code::UNREACHABLE};
use plimsoll_crypto::provider;
use plimsoll_notary::{
    Answers, Artifact, SignOptions, SigningRequest, TrustContext, TrustStores, Verifier, policy::TrustPolicy,
};
use plimsoll_pki::{Limits, NamedStore, crl::RevokedReason, issue::Role, revocation::StatusAnswers};
use plimsoll_testkit::{
    crl,
    pki::{KeySpec, LEAF, NOW, TestCa},
};
use std::{collections::BTreeMap, error::Error};

/// Revocation lists that the program already has, by their addresses.
struct Shelf(BTreeMap<&'static str, Vec<u8>>);

impl StatusAnswers for Shelf {
    fn http(&mut self, url: &str, _: Option<Bytes>, limit: u64, _: Purpose) -> Result<Bytes, Missing> {
        match self.0.get(url) {
            Some(list) if u64::try_from(list.len()).is_ok_and(|size| size <= limit) => Ok(list.clone().into()),
            // Not to know is not to know that all is well: the verification will say `unavailable`.
            _ => Err(Missing::Failed(Failure::new(UNREACHABLE, format!("there is no list of {url} here")))),
        }
    }
}

impl Answers for Shelf {
    fn plugin(&mut self, _: &str, _: &str, _: Bytes) -> Result<Bytes, Missing> {
        Err(Missing::Absent)
    }
}

const URL: &str = "http://crl.harbour.example/signers";

fn main() -> Result<(), Box<dyn Error>> {
    // An authority whose certificates name a list, and a signature, for this example.
    let mut ca = TestCa::new(KeySpec::P384);
    ca.leaf = ca.intermediate.issue(KeySpec::P384, LEAF, Role::Signer { ocsp: &[], crl: &[URL] }, |_| ());
    let app = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
    let options = SignOptions::new(NOW);
    let request = SigningRequest::new(Artifact::Manifest(&app), &options)?;
    let signer = ca.leaf.key.envelope_signer()?;
    let draft = request.draft(signer.algorithm())?;
    let made = draft.attach(&signer.sign_now(draft.signing_input())?, &ca.chain(), provider())?;

    // The store: certificates from anywhere, under a name that a trust policy can use. One that is no anchor is refused here.
    let anchors = [ca.root.der.as_slice()];
    let store = NamedStore::load("ca:release".parse()?, anchors.iter().copied(), provider(), &Limits::default())?;
    let wrong = [ca.leaf.der.as_slice()];
    let no_anchor = NamedStore::load("ca:wrong".parse()?, wrong.iter().copied(), provider(), &Limits::default());
    println!("refused as a store: {}", no_anchor.err().ok_or("a leaf is no anchor")?);
    let mut stores = TrustStores::new();
    stores.add(store);
    let policy = TrustPolicy::parse(
        br#"{"version": "1.0", "trustPolicies": [{"name": "release", "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"}, "trustStores": ["ca:release"], "trustedIdentities": ["*"]}]}"#,
    )?;
    let statement = policy.statements().first().ok_or("no statement")?;
    let trust = TrustContext::new(statement.clone(), &stores);

    let verifier = Verifier::new(&trust, NOW, provider());
    let verify = |mut shelf: Shelf| {
        let envelope = made.envelope().map_err(|error| error.to_string())?;
        let media_type = &envelope.descriptor().media_type;
        let answer = verifier.verify(envelope.bytes(), media_type, Artifact::Manifest(&app), &mut shelf);
        answer.map_err(|_| "an answer that comes later".to_owned())
    };
    let shelf = |list: Vec<u8>| Shelf([(URL, list)].into());

    let held = verify(shelf(crl::list(&ca.intermediate, &[])))?;
    println!("held: signed by {}", held.verified().ok_or("the signature should hold")?.subject());
    let revoked = shelf(crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)]));
    for (what, shelf) in [("revoked", revoked), ("nobody knows", Shelf(BTreeMap::new()))] {
        let refused = verify(shelf)?;
        let error = refused.failure().and_then(|failed| failed.failure()).ok_or("it should have been refused")?;
        println!("refused, {what}: {} ({}): {error}", error.code(), error.class());
        if refused.verified().is_some() {
            return Err("it held".into());
        }
    }
    Ok(())
}
