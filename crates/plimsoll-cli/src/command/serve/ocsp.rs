//! `serve ocsp`: an OCSP responder, and the lists of revoked certificates.

use super::serve;
use crate::{
    arguments::ServeOcsp,
    command::pki::{Authority, read_chain},
    failure::{Blame as _, Failure},
    report::Report,
    signer::{HeldKey, HeldSigner},
};
use plimsoll::{
    authority::{CrlSettings, RevocationService},
    pki::{Limits, OwnedCertificate},
};
use std::{path::Path, sync::Arc};

pub(super) async fn run(words: &ServeOcsp) -> Result<Report, Failure> {
    let files = Authority::read(&words.authority, &words.token)?;
    let authority = Arc::new(files.open(&[], &[])?);
    let mut service = match (&words.responder_key, &words.responder_cert) {
        (Some(key), Some(certificate)) => {
            let (signer, certificate) = responder(key, certificate, words)?;
            RevocationService::new(authority, signer).with_responder(certificate)
        }
        _ => RevocationService::new(authority, files.signer()?),
    };
    let mut settings = CrlSettings::default();
    settings.delta_url.clone_from(&words.delta_url);
    service = service.with_lists(settings);
    if let Some(valid) = words.valid {
        service = service.with_lifetime(valid);
    }
    serve(service, &words.addr, &words.listen, words.public).await
}

fn responder(key: &str, certificate: &Path, words: &ServeOcsp) -> Result<(HeldSigner, OwnedCertificate), Failure> {
    let held = HeldKey::open(key, &words.token, &words.authority.passphrase)?;
    let chain = read_chain(certificate)?;
    let own = chain.into_iter().next().ok_or_else(|| Failure::given(certificate.display().to_string()))?;
    held.demand(key, own.view(&Limits::default()).given(certificate.display())?.public_key(), certificate)?;
    Ok((held.signer()?, own))
}
