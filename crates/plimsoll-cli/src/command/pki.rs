//! `pki`: certificates with the profile that the Notary Project wants.

use super::Scene;
use crate::{
    arguments::{Curve, Issuer, Pki, PkiInit, PkiIntermediate, PkiIssue, Subject},
    failure::{Blame as _, Failure},
    machine::passphrase_source,
    report::Report,
};
use plimsoll::{
    core::UnixTime,
    crypto::{self, PrivateKey, provider},
    host::{
        file::{Overwrite, Permission, create_directory, write_file},
        notation::{KeyName, SigningKeys, add_signing_key, load_private_key},
    },
    pki::{
        Limits, OwnedCertificate, Validity,
        issue::{Request, Role, issue},
        read_certificates,
    },
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Seconds of a day.
const DAY: u64 = 86_400;

pub(crate) async fn run(words: Pki, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Pki::Init(words) => init(words, scene).await,
        Pki::Intermediate(words) => intermediate(words, scene).await,
        Pki::Issue(words) => signer(words, scene).await,
    }
}

async fn init(words: PkiInit, scene: &Scene<'_>) -> Result<Report, Failure> {
    let made = Made::new(&words.subject, scene.machine.now(), 3650)?;
    let certificate = made.certificate(&words.subject.subject, Role::Root { path_length: None }, None).await?;
    made.write(&words.dir, &words.name, &[certificate])
}

async fn intermediate(words: PkiIntermediate, scene: &Scene<'_>) -> Result<Report, Failure> {
    let authority = Authority::read(&words.issuer)?;
    let made = Made::new(&words.subject, scene.machine.now(), 1825)?;
    let role = Role::Intermediate { path_length: Some(words.path_length) };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    let chain: Vec<_> = std::iter::once(certificate).chain(authority.chain).collect();
    made.write(&words.dir, &words.name, &chain)
}

async fn signer(words: PkiIssue, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let name: KeyName = words.name.parse().given("")?;
    let authority = Authority::read(&words.issuer)?;
    let made = Made::new(&words.subject, scene.machine.now(), 365)?;
    let role = Role::Signer { ocsp: &[], crl: &[] };
    let certificate = made.certificate(&words.subject.subject, role, Some(&authority)).await?;
    let chain: Vec<_> = std::iter::once(certificate).chain(authority.chain).collect();
    add_signing_key(&directory, &name, &made.key, &chain).given("")?;
    if words.default {
        let mut keys = SigningKeys::load(&directory).given("")?.value;
        keys.set_default(Some(name.as_str())).given("")?;
        keys.save(&directory).given("")?;
    }
    let path = directory.local_key(&name);
    let text = format!("issued `{}` for {}\n  key   {}", name.as_str(), words.subject.subject, path.display());
    Ok(Report::done(
        text,
        json!({ "name": name.as_str(), "key": path, "certificates": directory.local_certificates(&name) }),
    ))
}

/// A key that was made, and when its certificate will be valid.
struct Made {
    key: PrivateKey,
    validity: Validity,
}

impl Made {
    fn new(subject: &Subject, now: UnixTime, days: u64) -> Result<Self, Failure> {
        let curve = match subject.curve {
            Curve::P256 => crypto::Curve::P256,
            Curve::P384 => crypto::Curve::P384,
            Curve::P521 => crypto::Curve::P521,
        };
        let key = PrivateKey::generate(curve).given("")?;
        let not_after = now.saturating_add(subject.valid.unwrap_or(days.saturating_mul(DAY)));
        // A minute early, for the clocks of those who verify at once.
        Ok(Self { key, validity: Validity { not_before: now.saturating_sub(60), not_after } })
    }
    async fn certificate(
        &self,
        subject: &str,
        role: Role<'_>,
        authority: Option<&Authority>,
    ) -> Result<OwnedCertificate, Failure> {
        let request = Request {
            subject,
            key: self.key.public_key(),
            serial: crypto::random().given("")?,
            validity: self.validity,
            role,
        };
        let (issuer, key) = match authority {
            Some(authority) => (authority.chain.first(), &authority.key),
            None => (None, &self.key),
        };
        let issuer = issuer.map(|certificate| certificate.view(&Limits::default())).transpose().given("")?;
        let signer = key.signer(key.kind().der_algorithm()).given("")?;
        issue(&request, issuer.as_ref(), &signer, provider()).await.given("")
    }
    /// Writes key and chain; nothing is overwritten.
    fn write(&self, dir: &Path, name: &str, chain: &[OwnedCertificate]) -> Result<Report, Failure> {
        let name: KeyName = name.parse().given("")?;
        create_directory(dir).given("")?;
        let (key, certificates) =
            (dir.join(format!("{}.key", name.as_str())), dir.join(format!("{}.pem", name.as_str())));
        let pem: String = chain.iter().map(OwnedCertificate::to_pem).collect();
        write_file(&key, self.key.to_pkcs8_pem().as_bytes(), Permission::Owner, Overwrite::Refuse).given("")?;
        write_file(&certificates, pem.as_bytes(), Permission::Everybody, Overwrite::Refuse).given("").inspect_err(
            |_| {
                let _ = std::fs::remove_file(&key);
            },
        )?;
        let text = format!(
            "made {}\n  key          {}\n  certificates {}",
            name.as_str(),
            key.display(),
            certificates.display()
        );
        Ok(Report::done(text, json!({ "key": key, "certificates": certificates })))
    }
}

/// An authority that issues: its key, and its chain up to the root.
struct Authority {
    key: PrivateKey,
    chain: Vec<OwnedCertificate>,
}

impl Authority {
    fn read(issuer: &Issuer) -> Result<Self, Failure> {
        let source = passphrase_source(&issuer.passphrase);
        let key = crate::machine::heeded(load_private_key(&issuer.issuer_key, &source).given("")?);
        let path: &PathBuf = &issuer.issuer_chain;
        let pem = crate::given::read(path)?;
        let chain = read_certificates(&pem, &Limits::default()).given(path.display())?;
        Ok(Self { key, chain })
    }
}
