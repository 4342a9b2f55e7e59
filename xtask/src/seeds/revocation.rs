//! Revocation lists, and OCSP requests and responses.

use super::{Outcome, Seeds};
use plimsoll_pki::{
    crl::{CrlRequest, ListScope, RevokedEntry, RevokedReason},
    issue::Role,
    ocsp::{OcspRequest, OcspStatus},
};
use plimsoll_testkit::{
    crl, ocsp,
    pki::{Certified, KeySpec, LEAF, NOW, ROOT},
};

const URL: &str = "http://crl.test/x";

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    let root = Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, |_| ());
    let by_list = root.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[], crl: &[URL] }, |_| ());
    let by_ocsp = root.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &["http://ocsp.test"], crl: &[] }, |_| ());
    let chain = |leaf: &Certified, answer: &[u8]| [&leaf.der, &root.der, answer].concat();
    let serial = by_list.view().serial().to_vec();
    let entry = RevokedEntry::new(RevokedReason::CertificateHold, NOW).with_invalidity_date(NOW);
    let entries = [(serial.as_slice(), entry), (&[1], RevokedEntry::new(RevokedReason::Unspecified, NOW))];
    let scope = ListScope::DistributionPoint(&[URL]);
    let requests = [
        crl::request(&[]),
        crl::request(&entries),
        CrlRequest { scope, ..crl::request(&entries) },
        CrlRequest { scope: ListScope::EndEntities, freshest: &[URL], ..crl::request(&[]) },
        CrlRequest { number: &[8], delta_of: Some(&[7]), ..crl::request(&entries) },
    ];
    for request in requests {
        let list = crl::forge(&root, &request, |_| ());
        seeds.all("crl", [chain(&by_list, &list), list]);
    }
    let responder = root.issue(KeySpec::P256, "CN=Responder", Role::OcspResponder { crl: &[] }, |_| ());
    for status in [OcspStatus::Good, OcspStatus::Unknown, OcspStatus::Revoked(entry)] {
        for signer in [&root, &responder] {
            let response = ocsp::forge(signer, &root, &by_ocsp, status, |_| ());
            seeds.all("ocsp_response", [chain(&by_ocsp, &response), response]);
        }
    }
    let request = OcspRequest::new(&by_ocsp.view(), &root.view());
    seeds.all("ocsp_request", [request.to_der(), request.with_nonce([7; 32]).to_der()]);
    Ok(())
}
