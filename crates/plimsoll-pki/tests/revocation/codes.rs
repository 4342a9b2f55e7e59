//! Each denial code of revocation, produced, and the exact text of its error.

use crate::fixture::{CRL, Harbour, OCSP};
use plimsoll_core::{Algorithm, Classify, Provider};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    code,
    crl::{CertificateList, CrlLimits, CrlRequest, RevokedEntry, RevokedReason, issue},
    issue::Role,
    ocsp::{OcspLimits, OcspRequest, OcspResponse, OcspStatus},
    revocation::{NoAnswers, Requirement, RevocationSources},
};
use plimsoll_testkit::{
    crl::{forge, list, request},
    ocsp::{forge as forge_response, response},
    pki::NOW,
    revocation::Answers,
};

fn said<T>(result: Result<T, impl Classify + std::fmt::Display>) -> (&'static str, String) {
    let Err(error) = result else { panic!("expected an error") };
    (error.code().name(), error.to_string())
}

#[test]
fn of_chains() {
    let harbour = Harbour::new(&[OCSP], &[]);
    let entry = RevokedEntry::new(RevokedReason::KeyCompromise, NOW).with_invalidity_date(NOW);
    let revoked = response(&harbour.intermediate, &harbour.leaf, OcspStatus::Revoked(entry));
    assert_eq!(
        said(harbour.check(&mut Answers::new().with(OCSP, revoked)).outcome()),
        (code::CERTIFICATE_REVOKED.name(), "certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`) is revoked since 2026-06-01T00:00:00Z (keyCompromise), its key is invalid since 2026-06-01T00:00:00Z".into())
    );
    assert_eq!(
        said(harbour.check(&mut Answers::new()).outcome()),
        (code::REVOCATION_UNKNOWN.name(), "whether certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`) is revoked could not be found out: OCSP `http://ocsp.test`: cannot connect".into())
    );
    let silent = Harbour::new(&[], &[]);
    let required = RevocationSources::new().with_requirement(Requirement::Required);
    assert_eq!(
        said(silent.check_at(NOW, &required, &mut NoAnswers).outcome()),
        (code::CERTIFICATE_NOT_REVOCABLE.name(), "certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`) cannot be revoked: it names no OCSP responder and no CRL, there is no local CRL of its issuer, and the policy requires the check".into())
    );
}

#[test]
fn of_lists() {
    let harbour = Harbour::new(&[], &[CRL]);
    let (issuer, leaf) = (harbour.intermediate.view(), harbour.leaf.view());
    let limits = CrlLimits::default();
    let read = |der: Vec<u8>| CertificateList::from_der(der, &limits);
    assert_eq!(
        said(read(vec![0x30, 1])),
        (
            code::MALFORMED_CRL.name(),
            "the revocation list is malformed: `CertificateList` is not as DER and RFC 5280 demand, at byte 0 of it"
                .into()
        )
    );
    let text =
        forge(&harbour.intermediate, &request(&[]), |draft| draft.this_update = b"\x17\x0d260230000000Z".to_vec());
    assert_eq!(said(read(text)), (code::MALFORMED_CRL.name(), "the revocation list is malformed: expected `thisUpdate` as UTCTime or GeneralizedTime in UTC, found `260230000000Z`".into()));
    let foreign = read(list(&harbour.root, &[])).unwrap();
    assert_eq!(said(foreign.verify(&issuer, provider())), (code::CRL_UNTRUSTED.name(), "the revocation list is issued by another: expected `CN=Test Intermediate,O=Harbour,ST=WA,C=US`, found `CN=Test Root,O=Harbour,ST=WA,C=US`".into()));
    let own = read(list(&harbour.intermediate, &[])).unwrap();
    assert_eq!(
        said(own.verify(&issuer, Provider::new(&[]))),
        (
            code::CERTIFICATE_ALGORITHM_UNSUPPORTED.name(),
            "no back end can check the signature of the revocation list (ECDSA with SHA-256, issuer's key P-256)"
                .into()
        )
    );
    let checked = own.verify(&issuer, provider()).unwrap();
    assert_eq!(
        said(checked.fresh_at(NOW.saturating_add(86_401), &limits)),
        (
            code::CRL_STALE.name(),
            "the revocation list counted until 2026-06-02T00:00:00Z, and it is 2026-06-02T00:00:01Z".into()
        )
    );
    assert_eq!(
        said(checked.fresh_at(NOW.saturating_sub(86_701), &limits)),
        (
            code::CRL_STALE.name(),
            "the revocation list is of 2026-05-31T00:00:00Z, which lies in the future at 2026-05-30T23:54:59Z".into()
        )
    );
    let delta = CrlRequest { delta_of: Some(&[6]), ..request(&[]) };
    let delta = read(forge(&harbour.intermediate, &delta, |_| ())).unwrap();
    let covers = delta.verify(&issuer, provider()).unwrap().covers(&leaf, &limits);
    assert_eq!(
        said(covers),
        (
            code::CRL_NOT_APPLICABLE.name(),
            "the revocation list does not cover the certificate: it is a delta list, which is not complete".into()
        )
    );
}

#[test]
fn of_responses() {
    let harbour = Harbour::new(&[OCSP], &[]);
    let (issuer, leaf) = (harbour.intermediate.view(), harbour.leaf.view());
    let limits = OcspLimits::default();
    let read = |der: Vec<u8>| OcspResponse::from_der(der, &limits);
    let request = OcspRequest::new(&leaf, &issuer);
    assert_eq!(
        said(read(b"<html>".to_vec())),
        (
            code::MALFORMED_OCSP.name(),
            "the OCSP message is malformed: `OCSPResponse` is not as DER and RFC 6960 demand, at byte 0 of it".into()
        )
    );
    assert_eq!(
        said(read(vec![0x30, 3, 10, 1, 3])),
        (code::OCSP_NO_STATUS.name(), "the OCSP responder answered `tryLater`".into())
    );
    let good = read(response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good)).unwrap();
    let checked = good.verify(&request, &leaf, &issuer, NOW, provider()).unwrap();
    assert_eq!(
        said(checked.fresh_at(NOW.saturating_add(3601), &limits)),
        (
            code::OCSP_STALE.name(),
            "the OCSP response counted until 2026-06-01T01:00:00Z, and it is 2026-06-01T01:00:01Z".into()
        )
    );
    let stranger = forge_response(&harbour.root, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |draft| {
        draft.certificates.clear();
    });
    let verified = read(stranger).unwrap().verify(&request, &leaf, &issuer, NOW, provider());
    assert_eq!(said(verified), (code::OCSP_UNTRUSTED.name(), "the OCSP response is not signed by who may: the response names neither the issuer nor a certificate that came with it as its responder".into()));
    let unsupported = good.verify(&request, &leaf, &issuer, NOW, Provider::new(&[]));
    assert_eq!(
        said(unsupported),
        (
            code::CERTIFICATE_ALGORITHM_UNSUPPORTED.name(),
            "no back end can check the signature of the OCSP response (ECDSA with SHA-256, responder's key P-256)"
                .into()
        )
    );
    let date =
        read(forge_response(&harbour.intermediate, &harbour.intermediate, &harbour.leaf, OcspStatus::Good, |draft| {
            draft.produced_at = b"\x18\x0f20260230000000Z".to_vec();
        }));
    assert_eq!(
        said(date),
        (
            code::MALFORMED_OCSP.name(),
            "the OCSP message is malformed: expected `producedAt` as GeneralizedTime in UTC, found `20260230000000Z`"
                .into()
        )
    );
}

#[test]
fn of_issuing() {
    let harbour = Harbour::new(&[], &[]);
    let signer = harbour.intermediate.key.signer(harbour.intermediate.spec.certificate_algorithm()).unwrap();
    let never = CrlRequest { next_update: request(&[]).this_update, ..request(&[]) };
    let issued = crate::issue::now(issue(&never, &harbour.intermediate.view(), &signer, provider()));
    assert_eq!(
        said(issued),
        (
            code::ISSUE_REFUSED.name(),
            "expected a nextUpdate after thisUpdate, found 2026-05-31T00:00:00Z to 2026-05-31T00:00:00Z".into()
        )
    );
    let mismatch = crate::issue::now(issue(&request(&[]), &harbour.root.view(), &signer, provider()));
    assert_eq!(said(mismatch), (code::ISSUE_REFUSED.name(), "the signature does not hold under the issuer's public key: certificate and private key do not belong together".into()));
    for (role, why) in [
        (Role::OcspResponder { crl: &[] }, "the certificate of an OCSP responder needs an issuer, found none"),
        (
            Role::RevocableIntermediate { path_length: None, ocsp: &[], crl: &[] },
            "an intermediate certificate needs an issuer, found none",
        ),
    ] {
        let view = harbour.leaf.view();
        let (key, validity) = (view.public_key(), view.validity());
        let request = plimsoll_pki::issue::Request { subject: "CN=x", key, serial: [1; 16], validity, role };
        let drafted = plimsoll_pki::issue::draft::<plimsoll_crypto::SignError>(&request, None, Algorithm::Ed25519);
        assert_eq!(said(drafted), (code::ISSUE_REFUSED.name(), why.into()));
    }
}
