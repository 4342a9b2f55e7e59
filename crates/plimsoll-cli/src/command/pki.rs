//! `pki`: certificates with the profile that the Notary Project wants, and what is said of them later.

mod authority;
mod issued;
mod ledger;
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
    signer::Held,
};
use made::{Given, Made};
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
        Pki::Request(words) => match &words.from {
            Some(url) => issued::run(url, &words, scene).await,
            None => request::make(&words).await,
        },
        Pki::SignRequest(words) => request::sign(&words, scene.machine.now()).await,
        Pki::Revoke(words) => revocation::revoke(&words, scene.machine.now()),
        Pki::Crl(words) => revocation::crl(&words).await,
        Pki::Ledger(words) => ledger::audit(&words),
    }
}

async fn init(words: PkiInit, scene: &Scene<'_>) -> Result<Report, Failure> {
    let made = Made::new(&words.subject, &words.token, scene.machine.now(), 3650)?;
    let certificate = made.certificate(&words.subject.subject, Role::Root { path_length: None }, None).await?;
    made.write(&words.written, &words.name, &[certificate])
}

async fn intermediate(words: PkiIntermediate, scene: &Scene<'_>) -> Result<Report, Failure> {
    let authority = Authority::read(&words.issuer, &words.token)?;
    let made = Made::new(&words.subject, &words.token, scene.machine.now(), 1825)?;
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
    let authority = Authority::read(&words.issuer, &words.token)?;
    let made = Made::new(&words.subject, &words.token, scene.machine.now(), 1825)?;
    let (ocsp, crl) = (urls(&words.status.ocsp_url), urls(&words.status.crl_url));
    let role = Role::TimestampAuthority { ocsp: &ocsp, crl: &crl };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    made.write(&words.written, &words.name, &authority.chain_of(certificate))
}

async fn responder(words: PkiResponder, scene: &Scene<'_>) -> Result<Report, Failure> {
    let authority = Authority::read(&words.issuer, &words.token)?;
    // Nobody can revoke one without an address: it is short-lived instead (RFC 6960, 4.2.2.2.1).
    let days = if words.crl_url.is_empty() { 30 } else { 365 };
    let made = Made::new(&words.subject, &words.token, scene.machine.now(), days)?;
    let crl = urls(&words.crl_url);
    let role = Role::OcspResponder { crl: &crl };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    made.write(&words.written, &words.name, &authority.chain_of(certificate))
}

async fn signer(words: PkiIssue, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let name: KeyName = words.name.parse().given("")?;
    let on_token = words.subject.key.as_deref().is_some_and(|key| matches!(Held::of(key), Held::Token));
    if words.default && on_token {
        return Err(Failure::given(
            "--default is for keys that Notation's list has, and a key on a token has no place there",
        ));
    }
    let authority = Authority::read(&words.issuer, &words.token)?;
    let made = Made::new(&words.subject, &words.token, scene.machine.now(), 365)?;
    let (ocsp, crl) = (urls(&words.status.ocsp_url), urls(&words.status.crl_url));
    let role = Role::Signer { ocsp: &ocsp, crl: &crl };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    let chain = authority.chain_of(certificate);
    let key = match (&made.given, made.key.private()) {
        (Some(Given::File(path)), _) => {
            add_given(&directory, &name, path, &words, &chain)?;
            path.display().to_string()
        }
        (None, Some(key)) => {
            add_signing_key(&directory, &name, key, &chain).given("")?;
            directory.local_key(&name).display().to_string()
        }
        _ => return written_for_token(&words, &made, &name, &chain, scene),
    };
    if words.default {
        let chosen = SigningKeys::update(&directory, |keys| keys.set_default(Some(name.as_str())));
        heeded(chosen.map_err(|error: SigningKeysError| error).given("")?);
    }
    let text = format!("issued `{}` for {}\n  key   {key}", name.as_str(), words.subject.subject);
    Ok(Report::done(
        text,
        json!({ "name": name.as_str(), "key": key, "certificates": directory.local_certificates(&name) }),
    ))
}

/// Notation's list of keys has no place for one on a token: its chain is written, and named when it signs.
fn written_for_token(
    words: &PkiIssue,
    made: &Made,
    name: &KeyName,
    chain: &[OwnedCertificate],
    scene: &Scene<'_>,
) -> Result<Report, Failure> {
    let certificates = scene.machine.notation(scene.global)?.local_certificates(name);
    create_directory(certificates.parent().unwrap_or(&certificates)).given("")?;
    let pem: String = chain.iter().map(OwnedCertificate::to_pem).collect();
    write_file(&certificates, pem.as_bytes(), Permission::Everybody, Overwrite::Refuse).given("")?;
    let key = made.given.as_ref().map(ToString::to_string).unwrap_or_default();
    let text = format!(
        "issued `{}` for {}\n  key   {key}\n  sign with --key '{key}' --chain {}",
        name.as_str(),
        words.subject.subject,
        certificates.display()
    );
    Ok(Report::done(text, json!({ "name": name.as_str(), "key": key, "certificates": certificates })))
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
