//! `cert`: the trust stores.

use super::{super::Scene, expiring};
use crate::{
    arguments::{Cert, Store, StoreType},
    failure::{Blame as _, Failure, OfFile as _},
    machine::heeded,
    report::{Report, warn},
};
use plimsoll::{
    core::Escaped,
    crypto::provider,
    host::{
        Settings,
        notation::{NotationDirectory, TrustStoreFiles, add_certificates, list_trust_stores},
    },
    pki::{Certificate, Limits, StoreName, read_certificates},
};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

pub(crate) fn run(words: Cert, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Cert::Ls { expiring: None } => list(scene),
        Cert::Ls { expiring: Some(span) } => expiring::list(span, scene),
        Cert::Add { store, files } => add(&store, &files, scene),
        Cert::Show { store, file } => show(&store, &file, scene),
        Cert::Rm { store, all: _, file } => remove(&store, file.as_deref(), scene),
    }
}

fn named(store: &Store) -> Result<StoreName, Failure> {
    let kind = match store.store_type {
        StoreType::Ca => "ca",
        StoreType::SigningAuthority => "signingAuthority",
        StoreType::Tsa => "tsa",
    };
    format!("{kind}:{}", store.store).parse().given("")
}

fn add(store: &Store, files: &[PathBuf], scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let store = named(store)?;
    let mut added = Vec::new();
    for file in files {
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

/// A file of a store, by its name alone.
fn file_of(directory: &NotationDirectory, store: &StoreName, name: &str) -> Result<PathBuf, Failure> {
    let plain = Path::new(name).file_name().is_some_and(|file| file == name) && !name.starts_with('.');
    match plain {
        true => Ok(directory.trust_store(store).join(name)),
        false => Err(Failure::given(format!("expected the name of a file, found `{}`", Escaped::new(name)))),
    }
}

fn show(store: &Store, name: &str, scene: &Scene<'_>) -> Result<Report, Failure> {
    let path = file_of(&scene.machine.notation(scene.global)?, &named(store)?, name)?;
    let certificates = read_certificates(&crate::given::read(&path)?, &Limits::default()).given(path.display())?;
    let mut text = format!("{}\n", path.display());
    let mut shown = Vec::new();
    for certificate in &certificates {
        let view = certificate.view(&Limits::default()).given(path.display())?;
        let (one, lines) = described(&view);
        text.push_str(&lines);
        shown.push(one);
    }
    Ok(Report::done(text, json!(shown)))
}

fn described(view: &Certificate<'_>) -> (Value, String) {
    let (subject, issuer) = (view.subject().to_string(), view.issuer().to_string());
    let serial: String = view.serial().iter().map(|byte| format!("{byte:02x}")).collect();
    let validity = view.validity();
    let kind = if view.is_ca() { "an authority" } else { "a signer" };
    let lines = format!(
        "  {}, {kind}\n    issued by {}\n    valid from {} to {}\n    serial {serial}\n    key {}\n    {}\n",
        Escaped::new(&subject),
        Escaped::new(&issuer),
        validity.not_before,
        validity.not_after,
        view.key(),
        view.digest(),
    );
    let json = json!({
        "subject": subject,
        "issuer": issuer,
        "notBefore": validity.not_before.to_string(),
        "notAfter": validity.not_after.to_string(),
        "serial": serial,
        "key": view.key().to_string(),
        "authority": view.is_ca(),
        "sha256": view.digest().encoded(),
    });
    (json, lines)
}

fn remove(store: &Store, name: Option<&str>, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let store = named(store)?;
    let folder = directory.trust_store(&store);
    // A link leads out of the trust stores.
    if folder.symlink_metadata().of_file(&folder)?.is_symlink() {
        return Err(Failure::given(format!("{}: expected a directory, found a symbolic link", folder.display())));
    }
    let path = match name {
        Some(name) => {
            let path = file_of(&directory, &store, name)?;
            std::fs::remove_file(&path).of_file(&path)?;
            path
        }
        None => {
            std::fs::remove_dir_all(&folder).of_file(&folder)?;
            folder
        }
    };
    Ok(Report::done(format!("removed {}", path.display()), json!({ "store": &**store.as_str(), "removed": path })))
}

fn list(scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let mut text = String::new();
    let mut listed = Vec::new();
    let settings = heeded(Settings::load(&directory).given("")?);
    for name in heeded(list_trust_stores(&directory).given("")?) {
        let files = heeded(TrustStoreFiles::read_with(&directory, [&name], &settings).given("")?);
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
