//! `blob`: Notary Project signatures of files.

use super::{
    Scene, inspect,
    sign::{format, options},
};
use crate::{
    arguments::{Blob, BlobSign, BlobVerify},
    exit::Exit,
    failure::{Blame as _, Failure, OfFile as _},
    machine::heeded,
    outside::{Sources, settle},
    report::{Report, warn},
    signatures::{report_json, with_plugin_config},
    signer::Signer,
    timestamping::Timestamping,
    trust::Anchors,
};
use plimsoll::{
    core::{Classify as _, Escaped},
    crypto::provider,
    host::{
        file::{Overwrite, Permission, write_file},
        notation::BlobTrustPolicyFile,
    },
    notary::{
        Artifact, BlobArtifact, BlobHasher, CheckOutcome, Format, HashFunction, TrustContext, Verification, Verifier,
        blob_digest_algorithm, blob_signature_format, blob_signature_name,
        policy::{Level, Statement},
    },
};
use serde_json::json;
use std::{
    fmt::Write as _,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

pub(crate) async fn run(words: Blob, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Blob::Sign(words) => sign(words, scene).await,
        Blob::Verify(words) => verify(words, scene).await,
        Blob::Inspect { signature } => {
            let (bytes, format) = read_signature(&signature)?;
            inspect::alone(&bytes, format.media_type(), &signature.display().to_string())
        }
    }
}

/// Signs a file. The signature is written when it is whole, timestamp and all.
pub(crate) async fn sign(words: BlobSign, scene: &Scene<'_>) -> Result<Report, Failure> {
    let signer = Signer::open(&words.key, scene).await?;
    let timestamping = Timestamping::open(&words.timestamp, scene)?;
    timestamping.suit(words.signing_scheme)?;
    let format = format(words.signature_format, scene)?;
    let path = signature_path(&words, format)?;
    if path.symlink_metadata().is_ok() && !words.force {
        return Err(Failure::given(format!("{}: it is there already", path.display()))
            .hint("replace it with --force, or choose another --signature-directory"));
    }
    let blob = hash(&words.file, signer.blob_hash().await?)?.with_media_type(words.media_type);
    let now = scene.machine.clock();
    let mut options = options(now, format, words.signing_scheme);
    if let Some(span) = words.expiry {
        options = options.with_expiry(now.saturating_add(span));
    }
    for (key, value) in &words.metadata {
        options = options.with_metadata(key, value);
    }
    let made = signer.sign(Artifact::Blob(&blob), &timestamping.demand(options)).await?;
    let made = timestamping.stamp(made, now, scene).await?;
    let envelope = made.envelope().given(signer.name())?;
    let overwrite = if words.force { Overwrite::Replace } else { Overwrite::Refuse };
    write_file(&path, envelope.bytes(), Permission::Everybody, overwrite).given("")?;
    let text = format!(
        "signed {}\n  digest    {}\n  with      {}\n  signature {}",
        words.file.display(),
        blob.digest,
        signer.name(),
        path.display()
    );
    let json = json!({
        "file": words.file.display().to_string(),
        "digest": blob.digest.to_string(),
        "size": blob.size,
        "key": signer.name(),
        "signature": path.display().to_string(),
    });
    Ok(Report::done(text, json))
}

/// `{file}.{jws|cose}.sig`, beside the file or in a directory of the user's.
fn signature_path(words: &BlobSign, format: Format) -> Result<PathBuf, Failure> {
    let name = words.file.file_name().and_then(|name| name.to_str());
    let name =
        name.ok_or_else(|| Failure::given(format!("{}: expected a file with a name in UTF-8", words.file.display())))?;
    let name = blob_signature_name(name, format);
    Ok(match &words.signature_directory {
        Some(directory) => directory.join(name),
        None => words.file.with_file_name(name),
    })
}

/// Verifies the signature of a file by one statement of the trust policy for blobs.
pub(crate) async fn verify(words: BlobVerify, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let file = heeded(BlobTrustPolicyFile::load(&directory).given("")?);
    file.policy.warnings().iter().for_each(warn);
    let statement = file.policy.applicable(words.policy_name.as_deref()).given("")?;
    if statement.level() == Level::Skip {
        return skipped(&words, statement);
    }
    let (signature, format) = read_signature(&words.signature)?;
    let media_type = format.media_type();
    let mut blob =
        hash(&words.file, blob_digest_algorithm(&signature, media_type).evidence(words.signature.display())?)?;
    if let Some(media_type) = &words.media_type {
        blob = blob.with_media_type(media_type.as_str());
    }
    let plugins = &statement.extension().plugins;
    let anchors = Anchors::read(&directory, statement.trust_stores().iter().collect())?;
    let stores = anchors.stores(statement.trust_stores().iter().collect(), provider());
    let stores = with_plugin_config(stores, plugins.iter(), &words.plugin_config.iter().cloned().collect());
    let trust = TrustContext::new(statement.clone(), &stores);
    let trust = trust.requiring_metadata(words.metadata.iter().cloned().collect());
    let at = words.at.unwrap_or_else(|| scene.machine.clock());
    let verifier = Verifier::new(&trust, at, provider());
    let sources = Sources::without_place(plugins.iter(), scene)?;
    let target = Artifact::Blob(&blob);
    let verification = settle(at, sources.answers(), |cx| verifier.verify(&signature, media_type, target, cx)).await?;
    sources.heed();
    Ok(report(&words, statement, &blob, &verification))
}

/// What is absent fails even where nothing is verified.
fn skipped(words: &BlobVerify, statement: &Statement) -> Result<Report, Failure> {
    std::fs::metadata(&words.file).of_file(&words.file)?;
    let name = statement.name();
    warn(format!("the trust policy statement `{name}` skips the verification of signatures"));
    let file = words.file.display().to_string();
    let text = format!("skipped {}", Escaped::new(&file));
    Ok(Report::done(text, json!({ "file": file, "statement": name, "skipped": true })))
}

fn report(words: &BlobVerify, statement: &Statement, blob: &BlobArtifact, verification: &Verification) -> Report {
    let accepted = verification.is_accepted();
    let (file, signature) = (words.file.display().to_string(), words.signature.display().to_string());
    let verdict = if accepted { "verified" } else { "not verified" };
    let mut text = format!("{verdict} {}\n  digest    {}\n", Escaped::new(&file), blob.digest);
    let _ = writeln!(text, "  statement {} ({})", Escaped::new(statement.name()), statement.level().as_str());
    if let Some(claims) = verification.claims() {
        let _ = writeln!(text, "  signer    {}", Escaped::new(&claims.subject));
    }
    let mut exit = Exit::Yes;
    for check in verification.checks() {
        let CheckOutcome::Failed(error) = &check.outcome else { continue };
        let enforced = check.action == plimsoll::notary::policy::Action::Enforce;
        if enforced && exit != Exit::No {
            exit = Exit::of_evidence(error.class());
        }
        let word = if enforced { "because" } else { "warning" };
        let message = error.to_string();
        let _ = writeln!(text, "  {word}   {} [{}] {}", error.code(), check.check.as_str(), Escaped::whole(&message));
    }
    let mut json = report_json(verification);
    // An accepted one may have failures that are only logged, and a refused one has a reason.
    let exit = match (accepted, exit) {
        (true, _) => Exit::Yes,
        (false, Exit::Yes) => Exit::No,
        (false, exit) => exit,
    };
    json.insert("file".into(), file.into());
    json.insert("signatureFile".into(), signature.into());
    json.insert("digest".into(), blob.digest.to_string().into());
    json.insert("size".into(), blob.size.into());
    json.insert("statement".into(), statement.name().into());
    json.insert("level".into(), statement.level().as_str().into());
    Report::done(text, json.into()).ending(exit)
}

/// The signature and its format, which its name says.
fn read_signature(path: &Path) -> Result<(Vec<u8>, Format), Failure> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let format = blob_signature_format(name).ok_or_else(|| {
        Failure::given(format!("{}: expected a signature file that ends in .jws.sig or .cose.sig", path.display()))
    })?;
    Ok((crate::given::read(path)?, format))
}

/// Hashes a file as a stream: it may be larger than memory.
fn hash(path: &Path, function: HashFunction) -> Result<BlobArtifact, Failure> {
    let mut hasher =
        BlobHasher::new(function).ok_or_else(|| Failure::given(format!("no file is signed by its {function:?}")))?;
    let mut file = File::open(path).of_file(path)?;
    let mut buffer = vec![0_u8; CHUNK];
    loop {
        let read = file.read(&mut buffer).of_file(path)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { return Ok(hasher.finish()) };
        hasher.update(chunk);
    }
}

/// Bytes that are read at one time.
const CHUNK: usize = 256 << 10;
