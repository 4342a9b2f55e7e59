//! `cert ls --expiring`: what ends soon, of the trust stores and of the signing keys.

use super::super::Scene;
use crate::{
    exit::Exit,
    failure::{Blame as _, Failure},
    machine::heeded,
    report::{Report, warn},
};
use plimsoll::{
    core::{Digest, Escaped, UnixTime},
    crypto::provider,
    host::{
        Settings,
        notation::{KeySource, NotationDirectory, SigningKeys, TrustStoreFiles, list_trust_stores},
    },
    pki::{Certificate, Limits, read_certificates},
};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A certificate that ends, and where it stands.
struct Ending {
    place: String,
    subject: String,
    not_after: UnixTime,
    sha256: Digest,
}

/// Lists what ends within a span from now. A store or file that cannot be read may hold such a certificate: then it is not known.
pub(super) fn list(span: u64, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let now = scene.machine.now();
    let mut found = Vec::new();
    let mut unknown = in_trust_stores(&directory, &mut found)?;
    unknown |= in_signing_keys(&directory, &mut found)?;
    found.retain(|one| one.not_after <= now.saturating_add(span));
    found.sort_by(|a, b| (a.not_after, &a.place).cmp(&(b.not_after, &b.place)));
    let mut text = String::new();
    for Ending { place, subject, not_after, sha256 } in &found {
        let verb = if *not_after < now { "expired" } else { "expires" };
        let _ = writeln!(text, "{verb} {not_after} {place} {}\n  {sha256}", Escaped::new(subject));
    }
    if found.is_empty() {
        let _ = writeln!(text, "nothing expires before {}", now.saturating_add(span));
    }
    let listed: Vec<Value> = found.iter().map(|one| as_json(one, now)).collect();
    let exit = match (found.is_empty(), unknown) {
        (false, _) => Exit::No,
        (true, true) => Exit::Unknown,
        (true, false) => Exit::Yes,
    };
    Ok(Report::done(text, json!(listed)).ending(exit))
}

fn as_json(one: &Ending, now: UnixTime) -> Value {
    json!({
        "place": one.place,
        "subject": one.subject,
        "notAfter": one.not_after.to_string(),
        "expired": one.not_after < now,
        "sha256": one.sha256.encoded(),
    })
}

fn in_trust_stores(directory: &NotationDirectory, found: &mut Vec<Ending>) -> Result<bool, Failure> {
    let mut unknown = false;
    let settings = heeded(Settings::load(directory).given("")?);
    for name in heeded(list_trust_stores(directory).given("")?) {
        let files = heeded(TrustStoreFiles::read_with(directory, [&name], &settings).given("")?);
        match files.store(&name, provider(), &Limits::default()) {
            Ok(store) => {
                for anchor in store.anchors() {
                    let view = anchor.certificate().view(&Limits::default()).given("")?;
                    found.push(ending(name.as_str().to_string(), &view));
                }
            }
            Err(error) => {
                warn(&error);
                unknown = true;
            }
        }
    }
    Ok(unknown)
}

/// The chains of keys in files; the chain of a key behind a plugin comes with each signature.
fn in_signing_keys(directory: &NotationDirectory, found: &mut Vec<Ending>) -> Result<bool, Failure> {
    let mut unknown = false;
    for entry in heeded(SigningKeys::load(directory).given("")?).keys() {
        let KeySource::Files { certificates, .. } = entry.source() else { continue };
        let chain = crate::given::read(certificates)
            .and_then(|bytes| read_certificates(&bytes, &Limits::default()).given(certificates.display()));
        match chain {
            Ok(chain) => {
                for one in &chain {
                    found.push(ending(format!("key:{}", entry.name()), &one.view(&Limits::default()).given("")?));
                }
            }
            Err(failure) => {
                warn(&failure.message);
                unknown = true;
            }
        }
    }
    Ok(unknown)
}

fn ending(place: String, view: &Certificate<'_>) -> Ending {
    Ending {
        place,
        subject: view.subject().to_string(),
        not_after: view.validity().not_after,
        sha256: Digest::sha256_of(view.der()),
    }
}
