//! Attestations by workloads, under their X.509-SVIDs.

use super::*;
use der::{Tag, TagNumber};
use plimsoll_pki::{
    code::{CERTIFICATE_DISTRUSTED, CERTIFICATE_REVOKED, SVID_INVALID},
    crl::{CertificateList, CrlLimits, RevokedReason},
    issue::{Draft, Role},
    svid::{SpiffeBundle, SpiffeBundles},
};
use plimsoll_testkit::{
    crl,
    pki::{Certified, extension, set_purposes, tlv},
};

const ID: &str = "spiffe://harbour.example/ci/release";
const WORKLOADS: &str = r#"[{ "predicateTypes": ["slsaprovenance1"], "workloads": {
    "identities": ["spiffe://harbour.example/ci/*"] } }]"#;

fn as_svid(draft: &mut Draft, id: &str) {
    set_purposes(draft, &["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    // subjectAltName = SEQUENCE { [6] URI }.
    let uri = Tag::ContextSpecific { constructed: false, number: TagNumber(6) };
    let names = tlv(Tag::Sequence, &tlv(uri, id.as_bytes()));
    draft.extensions.push(extension("2.5.29.17", false, &names));
}

fn svid(ca: &TestCa, id: &str) -> Certified {
    let role = Role::Signer { ocsp: &[], crl: &[] };
    ca.intermediate.issue(KeySpec::P256, "CN=x,O=SPIRE,ST=WA,C=US", role, |draft| as_svid(draft, id))
}

fn bundles(domain: &str, ca: &TestCa) -> SpiffeBundles {
    let (domain, limits) = (domain.parse().unwrap(), plimsoll_pki::Limits::default());
    SpiffeBundles::new([SpiffeBundle::from_pem(domain, ca.root.pem().as_bytes(), provider(), &limits).unwrap()])
}

fn authorities_of(json: &str, bundles: &SpiffeBundles, ca: &TestCa) -> Authorities {
    let entries: Vec<AuthorityConfig> = serde_json::from_str(json).unwrap();
    Authorities::load_with_bundles(&entries, &[ca.named_store("ca:release")], bundles, provider()).unwrap()
}

/// Signed with the intermediate and without the root, as workloads are given their certificates.
fn signed(ca: &TestCa, svid: &Certified, by: &PrivateKey) -> Port {
    let mut port = Port::new();
    let payload = statement(port.image(), SLSA, &provenance()).to_json();
    let draft = DsseDraft::new(STATEMENT_TYPE, &payload);
    let signature = by.signer(KeySpec::P256.certificate_algorithm()).unwrap().sign_now(draft.signing_input()).unwrap();
    let chain: [&[u8]; 2] = [&svid.der, &ca.intermediate.der];
    port.attach_envelope(&draft.attach(&[DsseSignature::new(&signature).with_chain(&chain)]).unwrap());
    port
}

#[test]
fn an_attestation_by_a_named_workload_counts() {
    let ca = TestCa::new(KeySpec::P256);
    let svid = svid(&ca, ID);
    let port = signed(&ca, &svid, &svid.key);
    let judged = port.judge(&Attestations::new(authorities_of(WORKLOADS, &bundles("harbour.example", &ca), &ca)));
    let [attestation] = judged.counting::<AttestationFact>()[..] else { panic!("{:?}", judged.facts) };
    assert_eq!((attestation.how, attestation.signer.as_deref()), (How::DsseSvid, Some(ID)));
    let (row, _) = judged.attestations()[0];
    let Backing::Signed(identity) = &row.backing else { panic!("{row:?}") };
    let expected = Name::Spiffe {
        id: ID.into(),
        leaf: svid.view().digest(),
        spki: Digest::sha256_of(svid.key.public_key_spki_der()),
        anchor: ca.root.view().digest(),
    };
    assert_eq!(*identity.name(), expected);
    assert!(row.horizon.until <= NOT_AFTER.saturating_add(1) && row.horizon.until > NOW);
    assert!(judged.all_complete());
    // The same certificate is none of a signer's, whoever trusts its root.
    let as_certificate = CERTIFIED.replace("x509.subject: C=US, ST=WA, O=Harbour", "*");
    let judged = port.judge(&Attestations::new(authorities(&as_certificate, &ca)));
    assert!(judged.counting::<AttestationFact>().is_empty());
}

#[test]
fn an_svid_counts_only_by_identity_domain_time_and_signature() {
    let (ours, theirs) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let ours_named = |id: &str| svid(&ours, id);
    let short = {
        let role = Role::Signer { ocsp: &[], crl: &[] };
        ours.intermediate.issue(KeySpec::P256, "CN=x,O=SPIRE,ST=WA,C=US", role, |draft| {
            as_svid(draft, ID);
            set_validity(draft, plimsoll_testkit::pki::NOT_BEFORE, NOW.saturating_sub(1));
        })
    };
    let plain = Certified { der: ours.leaf.der.clone(), key: key(), spec: KeySpec::P256 };
    let (good, other, foreign, forged) = (
        ours_named(ID),
        ours_named("spiffe://harbour.example/web"),
        ours_named("spiffe://x.example/ci/release"),
        svid(&theirs, ID),
    );
    let stranger = key();
    let cases = [
        ("another path", &ours, &other, &other.key, code::ATTESTATION_NOT_AUTHENTICATED),
        ("another trust domain", &ours, &foreign, &foreign.key, SVID_INVALID),
        ("not by the bundle", &theirs, &forged, &forged.key, plimsoll_pki::code::CHAIN_INVALID),
        ("expired", &ours, &short, &short.key, plimsoll_pki::code::CERTIFICATE_EXPIRED),
        ("no SVID", &ours, &plain, &plain.key, SVID_INVALID),
        ("another key", &ours, &good, &stranger, plimsoll_envelope::code::SIGNATURE_INVALID),
    ];
    for (what, ca, svid, by, expected) in cases {
        let gather = Attestations::new(authorities_of(WORKLOADS, &bundles("harbour.example", &ours), &ours));
        let judged = signed(ca, svid, by).judge(&gather);
        let (found, message) = judged.refusal();
        assert_eq!(found, expected, "{what}: {message}");
        assert!(judged.all_complete(), "{what}");
    }
    let gather = Attestations::new(authorities_of(WORKLOADS, &bundles("harbour.example", &ours), &ours));
    let (_, message) = signed(&ours, &other, &other.key).judge(&gather).refusal();
    assert_eq!(message, "expected a workload with a trusted identity, found `spiffe://harbour.example/web`");
}

#[test]
fn a_workload_that_is_distrusted_or_revoked_attests_nothing() {
    let ca = TestCa::new(KeySpec::P256);
    let svid = svid(&ca, ID);
    let port = signed(&ca, &svid, &svid.key);
    let trusted = || authorities_of(WORKLOADS, &bundles("harbour.example", &ca), &ca);
    for subject in [
        Distrusted::Certificate(svid.view().digest()),
        Distrusted::Key(Digest::sha256_of(svid.key.public_key_spki_der())),
        Distrusted::Issuer(ca.intermediate.view().digest()),
    ] {
        let list = Distrust::new([DistrustEntry::new(subject, "withdrawn").signed_after(NOT_AFTER)]);
        let judged = port.judge(&Attestations::new(trusted().with_distrust(list)));
        assert_eq!(judged.refusal().0, CERTIFICATE_DISTRUSTED, "{subject}");
    }
    let revoked = crl::list(&ca.intermediate, &[(&svid, RevokedReason::KeyCompromise)]);
    let lists = vec![CertificateList::from_der(revoked, &CrlLimits::default()).unwrap()];
    let judged = port.judge(&Attestations::new(trusted().with_revocation_lists(lists)));
    assert_eq!(judged.refusal().0, CERTIFICATE_REVOKED);
}
