//! `distrust`: certificates, keys and issuers that are trusted no longer, whatever a trust store says.

use super::super::Scene;
use crate::{
    arguments::{Distrust, Distrusted},
    exit::Exit,
    failure::{Blame as _, Failure},
    machine::heeded,
    report::Report,
};
use plimsoll::{
    core::{Digest, Escaped, PublicKey},
    crypto::KeyKind,
    host::notation::{add_distrust, load_distrust, remove_distrust},
    pki::{
        Limits,
        distrust::{DistrustEntry, Subject},
        read_certificates,
    },
};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

pub(crate) fn run(words: Distrust, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    match words {
        Distrust::Add { whom, signed_after, reason } => {
            let (subject, named) = subject(&whom)?;
            let mut entry = DistrustEntry::new(subject, reason);
            if let Some(time) = signed_after {
                entry = entry.signed_after(time);
            }
            let replaced = add_distrust(&directory, entry.clone()).given("")?;
            let mut text = format!("distrusted from now on: {}\n", line(&entry));
            if let Some(named) = named {
                let _ = writeln!(text, "  it is that of {}", Escaped::new(&named));
            }
            if let Some(replaced) = &replaced {
                let _ = writeln!(text, "  in place of: {}", line(replaced));
            }
            let json = json!({ "added": as_json(&entry), "replaced": replaced.as_ref().map(as_json) });
            Ok(Report::done(text, json))
        }
        Distrust::Ls => {
            let list = heeded(load_distrust(&directory).given("")?);
            let mut text: String = list.entries().iter().map(|entry| line(entry) + "\n").collect();
            if list.is_empty() {
                text.push_str("nobody is distrusted\n");
            }
            Ok(Report::done(text, list.entries().iter().map(as_json).collect()))
        }
        Distrust::Rm { whom } => {
            let (subject, _) = subject(&whom)?;
            match remove_distrust(&directory, &subject).given("")? {
                Some(entry) => Ok(Report::done(
                    format!("distrusted no more: {}", line(&entry)),
                    json!({ "removed": as_json(&entry) }),
                )),
                None => Ok(Report::done(format!("the {subject} is not on the list"), json!({ "removed": null }))
                    .ending(Exit::No)),
            }
        }
    }
}

fn line(entry: &DistrustEntry) -> String {
    let since = entry.since().map(|time| format!(" for signatures from {time} on")).unwrap_or_default();
    format!("{}{since}: {}", entry.subject(), Escaped::new(entry.reason()))
}

fn as_json(entry: &DistrustEntry) -> Value {
    let kind = match entry.subject() {
        Subject::Issuer(_) => "issuer",
        Subject::Key(_) => "key",
        _ => "certificate",
    };
    json!({
        kind: entry.subject().digest().to_string(),
        "signedAfter": entry.since().map(|time| time.to_string()),
        "reason": entry.reason(),
    })
}

/// What the words mean, and the name in the certificate that they came with.
fn subject(whom: &Distrusted) -> Result<(Subject, Option<String>), Failure> {
    match (&whom.cert, &whom.key, &whom.issuer) {
        (Some(path), _, _) => match digest(path) {
            Some(digest) => Ok((Subject::Certificate(digest), None)),
            None => {
                let found = Found::read(path)?;
                let certificate = found.certificate.ok_or_else(|| {
                    Failure::given(format!("{}: expected a certificate, found a public key", path.display()))
                })?;
                Ok((Subject::Certificate(certificate), found.name))
            }
        },
        (_, Some(path), _) => match digest(path) {
            Some(digest) => Ok((Subject::Key(digest), None)),
            None => Found::read(path).map(|found| (Subject::Key(found.key), found.name)),
        },
        (_, _, Some(path)) => match digest(path) {
            Some(digest) => Ok((Subject::Issuer(digest), None)),
            None => issuer(path),
        },
        (None, None, None) => Err(Failure::given("expected --cert, --key or --issuer")),
    }
}

/// By its key, which a second certificate of the authority has too.
fn issuer(path: &Path) -> Result<(Subject, Option<String>), Failure> {
    let found = Found::read(path)?;
    if !found.may_issue {
        let name = found.name.unwrap_or_default();
        let message = format!(
            "{}: expected the certificate of an authority, found that of `{}`",
            path.display(),
            Escaped::new(&name)
        );
        return Err(Failure::given(message).hint("--cert or --key distrust a signer"));
    }
    Ok((Subject::Issuer(found.key), found.name))
}

/// A digest in the place of a file: the file may be gone.
fn digest(path: &Path) -> Option<Digest> {
    match path.to_str()?.parse() {
        Ok(digest @ Digest::Sha256(_)) => Some(digest),
        _ => None,
    }
}

/// A certificate, or a public key without one.
struct Found {
    certificate: Option<Digest>,
    key: Digest,
    name: Option<String>,
    may_issue: bool,
}

impl Found {
    fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = crate::given::read(path)?;
        if let Some(spki) = public_key(&bytes) {
            let key = PublicKey::from_spki_der(&spki);
            KeyKind::of(key).given(path.display())?;
            let key = Digest::sha256_of(key.spki_der());
            return Ok(Self { certificate: None, key, name: None, may_issue: true });
        }
        let chain = read_certificates(&bytes, &Limits::default()).given(path.display())?;
        let first = chain.first().ok_or_else(|| Failure::given(format!("{}: no certificate", path.display())))?;
        let view = first.view(&Limits::default()).given(path.display())?;
        Ok(Self {
            certificate: Some(view.digest()),
            key: Digest::sha256_of(view.public_key().spki_der()),
            name: Some(view.subject().to_string()),
            may_issue: view.is_ca(),
        })
    }
}

/// `PUBLIC KEY` in PEM, or a `SubjectPublicKeyInfo` in DER.
fn public_key(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.first() == Some(&0x30) {
        return KeyKind::of(PublicKey::from_spki_der(bytes)).is_ok().then(|| bytes.to_vec());
    }
    match pem_rfc7468::decode_vec(bytes) {
        Ok(("PUBLIC KEY", der)) => Some(der),
        _ => None,
    }
}
