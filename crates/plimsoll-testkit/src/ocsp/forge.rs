//! Responses by the rules, and a forger that can break any field of them.
#![expect(clippy::expect_used, reason = "only tests call this, and a broken fixture should fail them loudly")]

use crate::pki::{Certified, NOW};
use plimsoll_crypto::SignError;
use plimsoll_pki::ocsp::{CertId, IdHash, OcspStatus, ResponseDraft, ResponseRequest, draft};

/// A response about `certificate` that `issuer` itself signs: of the hour before [`NOW`], and good for the hour after it.
#[must_use]
pub fn response(issuer: &Certified, certificate: &Certified, status: OcspStatus) -> Vec<u8> {
    forge(issuer, issuer, certificate, status, |_| ())
}

/// The same, signed by `responder` and edited before that. The certificate of another than the issuer goes with it.
pub fn forge(
    responder: &Certified,
    issuer: &Certified,
    certificate: &Certified,
    status: OcspStatus,
    edit: impl FnOnce(&mut ResponseDraft),
) -> Vec<u8> {
    let id = CertId::of(&certificate.view(), &issuer.view(), IdHash::Sha1).expect("an identifier");
    let own = [responder.der.as_slice()];
    let request = ResponseRequest {
        statuses: &[(&id, status)],
        this_update: NOW.saturating_sub(3600),
        next_update: NOW.saturating_add(3600),
        nonce: None,
        certificates: if responder.der == issuer.der { &[] } else { &own },
    };
    let algorithm = responder.spec.certificate_algorithm();
    let mut made = draft::<SignError>(&request, &responder.view(), algorithm).expect("a draft");
    edit(&mut made);
    let tbs = made.tbs();
    let signature = responder.key.signer(algorithm).and_then(|signer| signer.sign_now(&tbs)).expect("a signature");
    made.sealed(&tbs, &signature)
}
