//! `pki`: certificates with the profile that the Notary Project wants, and what is said of them later.

mod authority;
mod made;
mod request;
mod revocation;

pub(crate) use authority::{Authority, read_chain};

use super::Scene;
use crate::{
    arguments::{Pki, PkiInit, PkiIntermediate, PkiIssue, PkiResponder, PkiTsa},
    failure::{Blame as _, Failure},
    machine::heeded,
    report::Report,
};
use made::Made;
use plimsoll::{
    host::{
        file::{Overwrite, Permission, create_directory, write_file},
        notation::{KeyEntry, KeyName, NotationDirectory, SigningKeys, SigningKeysError, add_signing_key},
    },
    pki::{OwnedCertificate, issue::Role},
};
use serde_json::json;
use std::path::PathBuf;

pub(crate) async fn run(words: Pki, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Pki::Init(words) => init(words, scene).await,
        Pki::Intermediate(words) => intermediate(words, scene).await,
        Pki::Issue(words) => signer(words, scene).await,
        Pki::Tsa(words) => timestamping(words, scene).await,
        Pki::Responder(words) => responder(words, scene).await,
        Pki::Request(words) => request::make(&words).await,
        Pki::SignRequest(words) => request::sign(&words, scene.machine.now()).await,
        Pki::Revoke(words) => revocation::revoke(&words, scene.machine.now()),
        Pki::Crl(words) => revocation::crl(&words).await,
    }
}

async fn init(words: PkiInit, scene: &Scene<'_>) -> Result<Report, Failure> {
    let made = Made::new(&words.subject, scene.machine.now(), 3650)?;
    let certificate = made.certificate(&words.subject.subject, Role::Root { path_length: None }, None).await?;
    made.write(&words.written, &words.name, &[certificate])
}

async fn intermediate(words: PkiIntermediate, scene: &Scene<'_>) -> Result<Report, Failure> {
    let authority = Authority::read(&words.issuer)?;
    let made = Made::new(&words.subject, scene.machine.now(), 1825)?;
    let path_length = Some(words.path_length);
    let (ocsp, crl) = (urls(&words.status.ocsp_url), urls(&words.status.crl_url));
    let role = match ocsp.is_empty() && crl.is_empty() {
        true => Role::Intermediate { path_length },
        false => Role::RevocableIntermediate { path_length, ocsp: &ocsp, crl: &crl },
    };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    made.write(&words.written, &words.name, &authority.chain_of(certificate))
}

async fn timestamping(words: PkiTsa, scene: &Scene<'_>) -> Result<Report, Failure> {
    let authority = Authority::read(&words.issuer)?;
    let made = Made::new(&words.subject, scene.machine.now(), 1825)?;
    let (ocsp, crl) = (urls(&words.status.ocsp_url), urls(&words.status.crl_url));
    let role = Role::TimestampAuthority { ocsp: &ocsp, crl: &crl };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    made.write(&words.written, &words.name, &authority.chain_of(certificate))
}

async fn responder(words: PkiResponder, scene: &Scene<'_>) -> Result<Report, Failure> {
    let authority = Authority::read(&words.issuer)?;
    // Nobody can revoke one without an address: it is short-lived instead (RFC 6960, 4.2.2.2.1).
    let days = if words.crl_url.is_empty() { 30 } else { 365 };
    let made = Made::new(&words.subject, scene.machine.now(), days)?;
    let crl = urls(&words.crl_url);
    let role = Role::OcspResponder { crl: &crl };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    made.write(&words.written, &words.name, &authority.chain_of(certificate))
}

async fn signer(words: PkiIssue, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let name: KeyName = words.name.parse().given("")?;
    let authority = Authority::read(&words.issuer)?;
    let made = Made::new(&words.subject, scene.machine.now(), 365)?;
    let (ocsp, crl) = (urls(&words.status.ocsp_url), urls(&words.status.crl_url));
    let role = Role::Signer { ocsp: &ocsp, crl: &crl };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    let chain = authority.chain_of(certificate);
    let path = match &made.given {
        Some(given) => {
            add_given(&directory, &name, given, &words, &chain)?;
            given.clone()
        }
        None => {
            add_signing_key(&directory, &name, &made.key, &chain).given("")?;
            directory.local_key(&name)
        }
    };
    if words.default {
        let chosen = SigningKeys::update(&directory, |keys| keys.set_default(Some(name.as_str())));
        heeded(chosen.map_err(|error: SigningKeysError| error).given("")?);
    }
    let text = format!("issued `{}` for {}\n  key   {}", name.as_str(), words.subject.subject, path.display());
    Ok(Report::done(
        text,
        json!({ "name": name.as_str(), "key": path, "certificates": directory.local_certificates(&name) }),
    ))
}

/// Lists a key that stays where it is, with its new chain beside the other local ones.
fn add_given(
    directory: &NotationDirectory,
    name: &KeyName,
    key: &PathBuf,
    words: &PkiIssue,
    chain: &[OwnedCertificate],
) -> Result<(), Failure> {
    let certificates = directory.local_certificates(name);
    create_directory(certificates.parent().unwrap_or(directory.path())).given("")?;
    let pem: String = chain.iter().map(OwnedCertificate::to_pem).collect();
    write_file(&certificates, pem.as_bytes(), Permission::Everybody, Overwrite::Refuse).given("")?;
    let mut entry = KeyEntry::files(name.clone(), key, &certificates);
    if let Some(file) = &words.subject.key_passphrase_file {
        entry = entry.with_passphrase_file(std::path::absolute(file).unwrap_or_else(|_| file.clone()));
    }
    let added: Result<_, SigningKeysError> = SigningKeys::update(directory, |keys| {
        keys.add(entry)?;
        if keys.keys().len() == 1 {
            keys.set_default(Some(name.as_str()))?;
        }
        Ok(())
    });
    added.given("").map(heeded).inspect_err(|_| {
        let _ = std::fs::remove_file(&certificates);
    })
}

/// Addresses as a role takes them.
fn urls(urls: &[String]) -> Vec<&str> {
    urls.iter().map(String::as_str).collect()
}
