//! `serve ocsp`: an OCSP responder, and the lists of revoked certificates.

use super::serve;
use crate::{
    arguments::{Passphrase, ServeOcsp},
    command::pki::{Authority, read_chain},
    failure::{Blame as _, Failure},
    machine::{heeded, passphrase_source},
    report::Report,
};
use plimsoll::{
    authority::{CrlSettings, RevocationService},
    crypto::LocalSigner,
    host::notation::load_private_key,
    pki::{Limits, OwnedCertificate},
};
use std::{path::Path, sync::Arc};

pub(super) async fn run(words: &ServeOcsp) -> Result<Report, Failure> {
    let files = Authority::read(&words.authority)?;
    let authority = Arc::new(files.open(&[], &[])?);
    let mut service = match (&words.responder_key, &words.responder_cert) {
        (Some(key), Some(certificate)) => {
            let (signer, certificate) = responder(key, certificate, &words.authority.passphrase)?;
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

fn responder(
    key: &Path,
    certificate: &Path,
    passphrase: &Passphrase,
) -> Result<(LocalSigner, OwnedCertificate), Failure> {
    let private = heeded(load_private_key(key, &passphrase_source(passphrase)).given("")?);
    let chain = read_chain(certificate)?;
    let own = chain.into_iter().next().ok_or_else(|| Failure::given(certificate.display().to_string()))?;
    if own.view(&Limits::default()).given(certificate.display())?.public_key() != private.public_key() {
        let message = format!("{}: expected the certificate of the key {}", certificate.display(), key.display());
        return Err(Failure::given(message));
    }
    Ok((private.signer(private.kind().der_algorithm()).given("")?, own))
}
