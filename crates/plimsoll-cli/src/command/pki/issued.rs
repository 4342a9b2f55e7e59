//! `pki request --from`: an issuing service certifies a key that never leaves this machine.

use super::{made::generate, request::asking};
use crate::{
    arguments::{Passphrase, PkiRequest, Proof},
    command::Scene,
    failure::{Blame as _, Failure},
    machine::heeded,
    place::transport,
    report::Report,
    signer::{HeldKey, Svid, read_chain},
};
use plimsoll::{
    authority::{IssuingClient, IssuingRequest, Limits},
    core::{Escaped, PublicKey},
    crypto::provider,
    host::notation::{KeyName, NotationDirectory, SigningKeys, add_signing_key},
    pki::{self, NamedStore, OwnedCertificate, TrustStore},
};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// Nothing is written before the certificate is there and holds: what fails leaves nothing behind.
pub(super) async fn run(url: &str, words: &PkiRequest, scene: &Scene<'_>) -> Result<Report, Failure> {
    if words.token.is_given() {
        return Err(Failure::given("--from makes its key here, and none on a token"));
    }
    let directory = scene.machine.notation(scene.global)?;
    let name: KeyName = words.name.parse().given("")?;
    free(&directory, &name)?;
    let mut client = IssuingClient::new(transport(scene.global)?, url, &Limits::default()).given("--from")?;
    if let Some(path) = &words.root_cert {
        client = client.with_roots(roots(path)?);
    }
    let held = HeldKey::File(Box::new(generate(words.curve)?));
    let request = request(words, &held, scene).await?;
    let now = scene.machine.clock();
    let chain = client.certify(&request, held.public_key(), now, provider()).await.evidence(url)?;
    if let Some(key) = held.private() {
        add_signing_key(&directory, &name, key, &chain).given("")?;
    }
    report(&directory, &name, &chain)
}

/// The name is looked at first: a token is worth one key, and this one would be lost.
fn free(directory: &NotationDirectory, name: &KeyName) -> Result<(), Failure> {
    let keys = heeded(SigningKeys::load(directory).given("")?);
    let is_listed = keys.keys().iter().any(|key| key.name() == name.as_str());
    let files = [directory.local_key(name), directory.local_certificates(name)];
    if is_listed || files.iter().any(|file| file.symlink_metadata().is_ok()) {
        let message = format!("a signing key `{}` is there already", name.as_str());
        return Err(Failure::given(message).hint("take another --name, or an empty --config for each job"));
    }
    Ok(())
}

async fn request(words: &PkiRequest, key: &HeldKey, scene: &Scene<'_>) -> Result<IssuingRequest, Failure> {
    // Rules of the service say whom the certificate names.
    let csr = asking("CN=job", key).await?;
    match &words.proof {
        Proof { svid: Some(svid), .. } => {
            Ok(IssuingRequest::with_csr(stated(svid, words, key.public_key(), scene)?, csr).by_svid())
        }
        proof => Ok(IssuingRequest::with_csr(token(proof, scene)?, csr)),
    }
}

fn stated(svid: &Path, words: &PkiRequest, key: PublicKey<'_>, scene: &Scene<'_>) -> Result<String, Failure> {
    let (Some(svid_key), Some(audience)) = (&words.svid_key, &words.audience) else {
        return Err(Failure::given("--svid: expected --svid-key and --audience beside it"));
    };
    let workload = Svid::read(svid, svid_key, &Passphrase { passphrase_file: None })?;
    workload.request(audience, key, scene.machine.clock())
}

/// The token of the job, from a file or a variable. It is shown in no message.
fn token(proof: &Proof, scene: &Scene<'_>) -> Result<String, Failure> {
    let (source, bytes) = match (&proof.token_file, &proof.token_env) {
        (Some(path), _) => (path.display().to_string(), crate::given::read(path)?),
        (None, Some(name)) => {
            let shown = format!("the variable {}", Escaped::new(name));
            let value = scene.machine.environment()(name).and_then(|value| value.into_string().ok());
            let value = value.ok_or_else(|| Failure::given(format!("{shown} is not set")))?;
            (shown, value.into_bytes())
        }
        (None, None) => return Err(Failure::given("--from: expected --token-file, --token-env or --svid")),
    };
    let text = String::from_utf8(bytes).unwrap_or_default();
    match text.trim() {
        token if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(token.to_owned()),
        _ => Err(Failure::given(format!("{source}: expected an identity token on one line"))),
    }
}

fn roots(path: &Path) -> Result<TrustStore, Failure> {
    let roots = read_chain(path)?;
    let name = STORE.parse().given("")?;
    let der = roots.iter().map(OwnedCertificate::der);
    let store = NamedStore::load(name, der, provider(), &pki::Limits::default()).given(path.display())?;
    Ok(TrustStore::new([Arc::new(store)]))
}

fn report(directory: &NotationDirectory, name: &KeyName, chain: &[OwnedCertificate]) -> Result<Report, Failure> {
    let leaf = chain.first().ok_or_else(|| Failure::unknown("the chain is empty"))?;
    let leaf = leaf.view(&pki::Limits::default()).given("")?;
    let (subject, until) = (leaf.subject().to_string(), leaf.validity().not_after);
    let (key, certificates) = (directory.local_key(name), directory.local_certificates(name));
    let text = format!(
        "`{}` may sign as {subject}\n  until        {until}\n  key          {}\n  certificates {}",
        name.as_str(),
        key.display(),
        certificates.display()
    );
    Ok(Report::done(
        text,
        json!({
            "name": name.as_str(), "subject": subject, "notAfter": until.to_string(),
            "key": key, "certificates": certificates,
        }),
    ))
}

/// The trust store that the root of the service stands in while it is asked.
const STORE: &str = "ca:root-cert";
