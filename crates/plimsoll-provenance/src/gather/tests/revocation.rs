//! Revocation of who attests.

use super::*;
use plimsoll_pki::{
    code::{CERTIFICATE_NOT_REVOCABLE, CERTIFICATE_REVOKED, REVOCATION_UNKNOWN},
    crl::{CertificateList, CrlLimits, RevokedReason},
    issue::Role,
    ocsp::OcspStatus,
};
use plimsoll_testkit::{crl, ocsp, pki::LEAF};

const URL: &str = "http://crl.test/list";

/// A signer whose certificate names a list.
fn revocable() -> TestCa {
    let mut ca = TestCa::new(KeySpec::P256);
    ca.leaf = ca.intermediate.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[], crl: &[URL] }, |_| ());
    ca
}

fn signed(by: &TestCa) -> Port {
    let mut port = Port::new();
    let statement = statement(port.image(), SLSA, &provenance());
    port.attach(&sign(&port, &statement, KeySpec::P256, &by.leaf.key, &by.chain()));
    port
}

fn lists(der: Vec<u8>) -> Vec<CertificateList> {
    vec![CertificateList::from_der(der, &CrlLimits::default()).unwrap()]
}

/// Answers the list, and whatever else the registry has.
fn with_list<'p>(port: &'p Port, list: &'p [u8]) -> impl Fn(&Want) -> Answer + 'p {
    move |want| match want {
        Want::Http { url, .. } if **url == *URL => Answer::Bytes(Bytes::copy_from_slice(list)),
        want => port.answer(want),
    }
}

#[test]
fn a_list_at_the_address_of_the_certificate_decides() {
    let ca = revocable();
    let (port, gather) = (signed(&ca), Attestations::new(authorities(CERTIFIED, &ca)));
    let good = crl::list(&ca.intermediate, &[]);
    let judged = port.judge_with(&gather, with_list(&port, &good));
    assert_eq!(judged.counting::<AttestationFact>().len(), 1, "{:?}", judged.facts);
    let (row, _) = judged.attestations()[0];
    // What it stands on is named, and it is not believed for longer than the list is.
    assert!(row.evidence.contains(&Digest::sha256_of(&good)));
    assert_eq!(row.horizon.until, NOW.saturating_add(crl::DAY + 1));
    assert!(judged.all_complete());

    let bad = crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)]);
    let judged = port.judge_with(&gather, with_list(&port, &bad));
    assert_eq!(judged.refusal().0, CERTIFICATE_REVOKED);
    assert!(judged.all_complete(), "revoked is known");
}

#[test]
fn what_nobody_says_is_unavailable_and_leaves_the_list_incomplete() {
    let ca = revocable();
    let gather = Attestations::new(authorities(CERTIFIED, &ca));
    let judged = signed(&ca).judge(&gather);
    assert_eq!(judged.refusal().0, REVOCATION_UNKNOWN);
    for kind in KINDS {
        assert!(
            matches!(judged.complete(kind), Completeness::Partial(code, _) if code == REVOCATION_UNKNOWN),
            "{kind}"
        );
    }
    // Somebody else with a copy of the certificates makes nobody ask, and no list incomplete.
    let mut port = Port::new();
    let payload = statement(port.image(), SLSA, &provenance()).to_json();
    let chain = ca.chain();
    let draft = DsseDraft::new(STATEMENT_TYPE, &payload);
    port.attach_envelope(&draft.attach(&[DsseSignature::new(b"no signature").with_chain(&chain)]).unwrap());
    let judged = port.judge_with(&gather, |want| match want {
        Want::Http { url, .. } => panic!("{url} was asked"),
        want => port.answer(want),
    });
    assert!(judged.all_complete());
}

#[test]
fn who_is_not_named_makes_nobody_ask() {
    let (ca, ours) = (revocable(), TestCa::new(KeySpec::P256));
    let port = signed(&ca);
    let judged = port.judge_with(&Attestations::new(authorities(CERTIFIED, &ours)), |want| match want {
        Want::Http { url, .. } => panic!("{url} was asked"),
        want => port.answer(want),
    });
    assert_eq!(judged.refusal().0, plimsoll_pki::code::UNTRUSTED_CHAIN);
}

#[test]
fn a_second_signer_of_whom_it_is_not_known_is_missed() {
    let (ca, pilot) = (revocable(), key());
    let mut port = Port::new();
    let payload = statement(port.image(), SLSA, &provenance()).to_json();
    let draft = DsseDraft::new(STATEMENT_TYPE, &payload);
    let by = |key: &PrivateKey| {
        key.signer(KeySpec::P256.certificate_algorithm()).unwrap().sign_now(draft.signing_input()).unwrap()
    };
    let (first, second, chain) = (by(&pilot), by(&ca.leaf.key), ca.chain());
    let signatures = [DsseSignature::new(&first), DsseSignature::new(&second).with_chain(&chain)];
    port.attach_envelope(&draft.attach(&signatures).unwrap());
    let entry = serde_json::json!([{
        "predicateTypes": [SLSA], "keys": [{ "name": "pilot", "pem": pem("PUBLIC KEY", pilot.public_key_spki_der()) }],
        "certificates": { "trustStores": ["ca:release"], "trustedIdentities": ["*"] },
    }]);
    let gather = Attestations::new(authorities(&entry.to_string(), &ca));
    let judged = port.judge(&gather);
    // One counts, but a rule that wants two must not take the other for absent.
    assert_eq!(judged.counting::<AttestationFact>().len(), 1);
    assert!(matches!(judged.complete(ATTESTATION), Completeness::Partial(code, _) if code == REVOCATION_UNKNOWN));
    let good = crl::list(&ca.intermediate, &[]);
    let judged = port.judge_with(&gather, with_list(&port, &good));
    assert_eq!(judged.counting::<AttestationFact>().len(), 2);
    assert!(judged.all_complete());
}

#[test]
fn local_lists_revoke_certificates_that_name_nobody_to_ask() {
    let ca = TestCa::new(KeySpec::P256);
    let port = signed(&ca);
    let judge = |revoked: &[(&plimsoll_testkit::pki::Certified, RevokedReason)]| {
        let list = lists(crl::list(&ca.intermediate, revoked));
        port.judge(&Attestations::new(authorities(CERTIFIED, &ca).with_revocation_lists(list)))
    };
    assert_eq!(judge(&[]).counting::<AttestationFact>().len(), 1);
    assert_eq!(judge(&[(&ca.leaf, RevokedReason::KeyCompromise)]).refusal().0, CERTIFICATE_REVOKED);
}

#[test]
fn a_certificate_that_nobody_can_revoke_counts_unless_the_entry_demands_it() {
    let ca = TestCa::new(KeySpec::P256);
    let demanding = CERTIFIED.replace(r#""trustStores""#, r#""revocation": "required", "trustStores""#);
    let judged = signed(&ca).judge(&Attestations::new(authorities(&demanding, &ca)));
    assert_eq!(judged.refusal().0, CERTIFICATE_NOT_REVOCABLE);
    assert!(!judged.all_complete());
    assert_eq!(
        signed(&ca).judge(&Attestations::new(authorities(CERTIFIED, &ca))).counting::<AttestationFact>().len(),
        1
    );
}

// attack: A-181
#[test]
fn a_181_a_responder_that_is_distrusted_clears_no_attester() {
    let (mut ca, url) = (TestCa::new(KeySpec::P256), "http://ocsp.test/");
    ca.leaf = ca.intermediate.issue(KeySpec::P256, LEAF, Role::Signer { ocsp: &[url], crl: &[] }, |_| ());
    let role = Role::OcspResponder { crl: &[] };
    let responder = ca.intermediate.issue(KeySpec::P256, "CN=Responder", role, |_| ());
    let said = Bytes::from(ocsp::forge(&responder, &ca.intermediate, &ca.leaf, OcspStatus::Good, |_| ()));
    let port = signed(&ca);
    let judged = |list: Distrust| {
        let gather = Attestations::new(authorities(CERTIFIED, &ca).with_distrust(list));
        port.judge_with(&gather, |want| match want {
            Want::Http { url: at, .. } if at.starts_with(url) => Answer::Bytes(said.clone()),
            want => port.answer(want),
        })
    };
    assert_eq!(judged(Distrust::default()).counting::<AttestationFact>().len(), 1);
    let key = Distrusted::Key(Digest::sha256_of(responder.key.public_key_spki_der()));
    assert_eq!(judged(Distrust::new([DistrustEntry::new(key, "stolen")])).refusal().0, REVOCATION_UNKNOWN);
}
