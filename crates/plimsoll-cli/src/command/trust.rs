//! `key`, `cert` and `trust-policy`: Notation's configuration directory.

mod expiring;

use super::Scene;
use crate::{
    arguments::{Cert, CertAdd, Key, StoreType, TrustPolicy},
    failure::{Blame as _, Failure, OfFile as _},
    machine::{heeded, passphrase_source},
    report::{Report, inert, warn},
};
use plimsoll::{
    core::Escaped,
    crypto::provider,
    host::{
        file::Overwrite,
        notation::{
            KeyEntry, KeyName, KeySource, SigningKeys, TrustPolicyFile, TrustStoreFiles, add_certificates,
            list_trust_stores, load_key_files,
        },
    },
    notary::policy::PolicyWarningKind,
    pki::{ChainOptions, Limits, Profile, StoreName},
};
use serde_json::json;
use std::fmt::Write as _;

pub(crate) fn key(words: Key, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Key::Ls => list_keys(scene),
        Key::Add { name, key, chain, default, passphrase } => {
            let directory = scene.machine.notation(scene.global)?;
            let name: KeyName = name.parse().given("")?;
            // Notation takes a relative path from wherever it is run: write where the file is.
            let key = std::path::absolute(&key).of_file(&key)?;
            let chain = std::path::absolute(&chain).of_file(&chain)?;
            let source = passphrase_source(&passphrase);
            let options = ChainOptions::new(Profile::NotarySigning);
            heeded(load_key_files(name.as_str().into(), &key, &chain, &source, &options, provider()).given("")?);
            let mut keys = heeded(SigningKeys::load(&directory).given("")?);
            keys.add(KeyEntry::files(name.clone(), &key, &chain)).given("")?;
            if default || keys.keys().len() == 1 {
                keys.set_default(Some(name.as_str())).given("")?;
            }
            keys.save(&directory).given("")?;
            let text = format!(
                "added `{}`\n  key          {}\n  certificates {}",
                name.as_str(),
                key.display(),
                chain.display()
            );
            Ok(Report::done(text, json!({ "name": name.as_str(), "key": key, "certificates": chain })))
        }
    }
}

fn list_keys(scene: &Scene<'_>) -> Result<Report, Failure> {
    let keys = heeded(SigningKeys::load(&scene.machine.notation(scene.global)?).given("")?);
    let mut text = String::new();
    let mut listed = Vec::new();
    for entry in keys.keys() {
        let default = keys.default_name() == Some(entry.name());
        let mark = if default { "*" } else { " " };
        let name = Escaped::new(entry.name());
        match entry.source() {
            KeySource::Files { key, certificates } => {
                let _ = writeln!(text, "{mark} {name} {} {}", key.display(), certificates.display());
                listed.push(
                    json!({ "name": entry.name(), "default": default, "keyPath": key, "certPath": certificates }),
                );
            }
            KeySource::Plugin { id, plugin, .. } => {
                let _ = writeln!(text, "{mark} {name} plugin {} {}", Escaped::new(plugin), Escaped::new(id));
                listed.push(json!({ "name": entry.name(), "default": default, "pluginName": plugin, "id": id }));
            }
            _ => listed.push(json!({ "name": entry.name(), "default": default })),
        }
    }
    if listed.is_empty() {
        text.push_str("no signing keys\n");
    }
    Ok(Report::done(text, json!(listed)))
}

pub(crate) fn cert(words: Cert, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Cert::Ls { expiring: None } => list_certificates(scene),
        Cert::Ls { expiring: Some(span) } => expiring::list(span, scene),
        Cert::Add(words) => add(words, scene),
    }
}

fn add(words: CertAdd, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let kind = match words.store_type {
        StoreType::Ca => "ca",
        StoreType::SigningAuthority => "signingAuthority",
        StoreType::Tsa => "tsa",
    };
    let store: StoreName = format!("{kind}:{}", words.store).parse().given("")?;
    let mut added = Vec::new();
    for file in &words.files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = crate::given::read(file)?;
        added.push(add_certificates(&directory, &store, &name, &bytes, provider(), &Limits::default()).given("")?);
    }
    let mut text = format!("added to {}\n", store.as_str());
    for path in &added {
        let _ = writeln!(text, "  {}", path.display());
    }
    Ok(Report::done(text, json!({ "store": &**store.as_str(), "files": added })))
}

fn list_certificates(scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let mut text = String::new();
    let mut listed = Vec::new();
    for name in heeded(list_trust_stores(&directory).given("")?) {
        let files = heeded(TrustStoreFiles::read(&directory, [&name]).given("")?);
        let _ = writeln!(text, "{}", name.as_str());
        let store = match files.store(&name, provider(), &Limits::default()) {
            Ok(store) => store,
            Err(error) => {
                warn(&error);
                listed.push(json!({ "store": &**name.as_str(), "error": error.to_string() }));
                continue;
            }
        };
        let mut certificates = Vec::new();
        for anchor in store.anchors() {
            let view = anchor.certificate().view(&Limits::default()).given("")?;
            let (subject, until) = (view.subject().to_string(), view.validity().not_after);
            let _ = writeln!(text, "  {} until {until}\n    {}", Escaped::new(&subject), anchor.digest());
            certificates.push(
                json!({ "subject": subject, "notAfter": until.to_string(), "sha256": anchor.digest().encoded() }),
            );
        }
        listed.push(json!({ "store": &**name.as_str(), "certificates": certificates }));
    }
    if listed.is_empty() {
        text.push_str("no trust stores\n");
    }
    Ok(Report::done(text, json!(listed)))
}

pub(crate) fn trust_policy(words: TrustPolicy, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    match words {
        TrustPolicy::Show => {
            let file = heeded(TrustPolicyFile::load(&directory).given("")?);
            file.policy.warnings().iter().for_each(warn);
            let document: serde_json::Value = serde_json::from_slice(&file.bytes).unwrap_or_default();
            Ok(Report::done(format!("{}\n{}", file.path.display(), inert(&format!("{document:#}"))), document))
        }
        TrustPolicy::Import { file, force } => {
            let bytes = crate::given::read(&file)?;
            // The specification forbids it, and Notation takes it: an old file goes on working, a new one must be meant.
            let parsed = plimsoll::notary::policy::TrustPolicy::parse(&bytes).given(file.display())?;
            let skips = parsed.warnings().iter().find(|warning| warning.kind == PolicyWarningKind::SkipForAll);
            if let Some(warning) = skips.filter(|_| !force) {
                return Err(Failure::given(format!("{}: {warning}", file.display()))
                    .hint("import it with --force if it is meant"));
            }
            let overwrite = if force { Overwrite::Replace } else { Overwrite::Refuse };
            let policy = TrustPolicyFile::import(&directory, &bytes, overwrite).given(file.display())?;
            policy.warnings().iter().for_each(warn);
            let path = directory.trust_policy();
            Ok(Report::done(format!("imported {}", path.display()), json!({ "path": path })))
        }
    }
}
