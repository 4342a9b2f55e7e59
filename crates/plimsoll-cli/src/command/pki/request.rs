//! `pki request` and `pki sign-request`: the key stays where it was made.

use super::{
    authority::Authority,
    made::{generate, validity, write_chain, write_key},
    urls,
};
use crate::{
    arguments::{Passphrase, PkiRequest, PkiSignRequest},
    failure::{Blame as _, Failure},
    report::Report,
    signer::{HeldKey, shown},
};
use plimsoll::{
    core::UnixTime,
    crypto::provider,
    host::{
        file::{Overwrite, Permission, create_directory, write_file},
        notation::KeyName,
    },
    pki::{
        CertificationRequest,
        issue::{Role, request},
    },
};
use serde_json::json;

pub(super) async fn make(words: &PkiRequest) -> Result<Report, Failure> {
    let name: KeyName = words.name.parse().given("")?;
    let held = match &words.key {
        Some(text) => {
            let passphrase = Passphrase { passphrase_file: words.key_passphrase_file.clone() };
            HeldKey::open(text, &words.token, &passphrase)?
        }
        None => HeldKey::File(Box::new(generate(words.curve)?)),
    };
    let pem = asking(words.subject.as_deref().unwrap_or_default(), &held).await?;
    create_directory(&words.dir).given("")?;
    let (key, csr) =
        (words.dir.join(format!("{}.key", name.as_str())), words.dir.join(format!("{}.csr", name.as_str())));
    let made = held.private().filter(|_| words.key.is_none());
    if let Some(private) = made {
        write_key(&key, private)?;
    }
    write_file(&csr, pem.as_bytes(), Permission::Everybody, Overwrite::Refuse).given("").inspect_err(|_| {
        if made.is_some() {
            let _ = std::fs::remove_file(&key);
        }
    })?;
    let key = words.key.as_deref().map_or_else(|| key.display().to_string(), |text| shown(text).to_owned());
    let text = format!("made {}\n  key     {key}\n  request {}", name.as_str(), csr.display());
    Ok(Report::done(text, json!({ "key": key, "request": csr })))
}

pub(super) async fn sign(words: &PkiSignRequest, now: UnixTime) -> Result<Report, Failure> {
    let name: KeyName = words.name.parse().given("")?;
    let bytes = crate::given::read(&words.request)?;
    let der = decoded(bytes, &words.request)?;
    let asked = CertificationRequest::verify(&der, provider()).given(words.request.display())?;
    let authority = Authority::read(&words.issuer, &words.token)?;
    let (ocsp, crl) = (urls(&words.status.ocsp_url), urls(&words.status.crl_url));
    let role = Role::Signer { ocsp: &ocsp, crl: &crl };
    let validity = validity(now, words.valid, 365);
    let certificate = authority.issue(&words.subject, asked.public_key(), validity, role).await?;
    create_directory(&words.dir).given("")?;
    let path = write_chain(&words.dir, &name, &authority.chain_of(certificate))?;
    let text = format!("issued {} for {}", path.display(), words.subject);
    Ok(Report::done(text, json!({ "certificates": path, "subject": words.subject })))
}

/// A request in PEM, signed by its key.
pub(super) async fn asking(subject: &str, key: &HeldKey) -> Result<String, Failure> {
    let der = request(subject, key.public_key(), &key.signer()?).await.given("")?;
    pem_rfc7468::encode_string(LABEL, pem_rfc7468::LineEnding::LF, &der)
        .map_err(|error| Failure::unknown(error.to_string()))
}

/// DER, out of PEM where it is that.
fn decoded(bytes: Vec<u8>, path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    if bytes.first() == Some(&0x30) {
        return Ok(bytes);
    }
    match pem_rfc7468::decode_vec(&bytes) {
        Ok((LABEL | "NEW CERTIFICATE REQUEST", der)) => Ok(der),
        _ => Err(Failure::given(format!("{}: expected a PEM block `{LABEL}`, or DER", path.display()))),
    }
}

const LABEL: &str = "CERTIFICATE REQUEST";
