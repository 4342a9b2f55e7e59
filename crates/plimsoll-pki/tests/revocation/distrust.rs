//! Answers of whom the operator distrusts.

use crate::fixture::{CRL, Harbour, OCSP};
use plimsoll_core::{Classify, Digest, UnixTime};
use plimsoll_pki::{
    code,
    crl::{CertificateList, CrlLimits, RevokedEntry, RevokedReason},
    distrust::{Distrust, DistrustEntry, Subject},
    issue::Role,
    ocsp::OcspStatus,
    revocation::{NoAnswers, RevocationReport, RevocationSources, Status},
};
use plimsoll_testkit::{
    crl::list,
    ocsp::{forge, response},
    pki::{Certified, KeySpec, NOW, remove_extension},
    revocation::Answers,
};

fn certificate(one: &Certified) -> Digest {
    one.view().digest()
}

fn key(one: &Certified) -> Digest {
    Digest::sha256_of(one.key.public_key_spki_der())
}

fn check(harbour: &Harbour, list: &Distrust, mut ask: Answers) -> RevocationReport {
    harbour.check_at(NOW, &RevocationSources::new().with_distrust(list), &mut ask)
}

fn stolen(subject: Subject) -> DistrustEntry {
    DistrustEntry::new(subject, "stolen")
}

fn revoked() -> OcspStatus {
    OcspStatus::Revoked(RevokedEntry::new(RevokedReason::Superseded, NOW))
}

// attack: A-181
#[test]
fn a_181_a_responder_that_is_distrusted_gave_no_answer() {
    let harbour = Harbour::new(&[OCSP], &[CRL]);
    let lists = "http://crl.test/responders";
    let careless = harbour.responder(&[]); // with id-pkix-ocsp-nocheck
    let careful =
        harbour.intermediate.issue(KeySpec::P256, "CN=Responder", Role::OcspResponder { crl: &[lists] }, |draft| {
            remove_extension(draft, "1.3.6.1.5.5.7.48.1.5");
        });
    for responder in [careless, careful] {
        let said = |status| forge(&responder, &harbour.intermediate, &harbour.leaf, status, |_| ());
        let answers = |status| Answers::new().with(OCSP, said(status)).with(lists, list(&harbour.intermediate, &[]));
        let others = [Subject::Issuer(key(&responder)), Subject::Key(key(&harbour.leaf))];
        let others = Distrust::new(others.map(stolen));
        let trusted = check(&harbour, &others, answers(OcspStatus::Good));
        assert_eq!(trusted.certificates()[0].status, Status::Good, "others are distrusted");
        for subject in [Subject::Key(key(&responder)), Subject::Certificate(certificate(&responder))] {
            // Nobody proves when it signed, so that no time saves it.
            for entry in [stolen(subject), stolen(subject).signed_after(UnixTime::MAX)] {
                let distrust = Distrust::new([entry]);
                let report = check(&harbour, &distrust, answers(OcspStatus::Good));
                assert_eq!(report.certificates()[0].status, Status::Unknown);
                let cause = &report.certificates()[0].attempts[0].cause;
                assert_eq!(cause.code(), code::CERTIFICATE_DISTRUSTED);
                let text = format!(
                    "`CN=Responder`, under whom it stands, is distrusted by the entry for the {subject}: stolen"
                );
                assert_eq!(cause.to_string(), text);
                assert_eq!(report.outcome().unwrap_err().code(), code::REVOCATION_UNKNOWN);
                // It does not revoke either, and whoever is trusted is asked in its place.
                let cleared = answers(revoked()).with(CRL, list(&harbour.intermediate, &[]));
                assert_eq!(check(&harbour, &distrust, cleared).certificates()[0].status, Status::Good);
            }
        }
    }
}

#[test]
fn under_an_issuer_that_is_distrusted_answers_revoke_and_clear_nobody() {
    let harbour = Harbour::new(&[OCSP], &[CRL]);
    let responder = harbour.responder(&[]);
    let by = |signer: &Certified, status| forge(signer, &harbour.intermediate, &harbour.leaf, status, |_| ());
    let good = [
        Answers::new().with(OCSP, response(&harbour.intermediate, &harbour.leaf, OcspStatus::Good)),
        Answers::new().with(OCSP, by(&responder, OcspStatus::Good)),
        Answers::new().with(CRL, list(&harbour.intermediate, &[])),
    ];
    let bad = [
        Answers::new().with(OCSP, by(&harbour.intermediate, revoked())),
        Answers::new().with(CRL, list(&harbour.intermediate, &[(&harbour.leaf, RevokedReason::Superseded)])),
    ];
    let subjects = [
        Subject::Issuer(certificate(&harbour.intermediate)),
        Subject::Key(key(&harbour.intermediate)),
        Subject::Issuer(key(&harbour.root)),
        Subject::Certificate(certificate(&harbour.root)),
    ];
    for subject in subjects {
        // A timestamp may have saved the chain; nothing shows how old the answers are.
        let distrust = Distrust::new([stolen(subject).signed_after(NOW)]);
        for ask in &good {
            assert_eq!(harbour.status(&mut ask.clone()), Status::Good);
            let report = check(&harbour, &distrust, ask.clone());
            let one = &report.certificates()[0];
            assert_eq!(one.status, Status::Unknown, "{subject}");
            assert!(one.attempts.iter().any(|one| one.cause.code() == code::CERTIFICATE_DISTRUSTED));
        }
        for ask in &bad {
            let report = check(&harbour, &distrust, ask.clone());
            assert!(matches!(report.certificates()[0].status, Status::Revoked(_)), "{subject}");
        }
        // Whoever distrusts it put this list there himself.
        let own = [CertificateList::from_der(list(&harbour.intermediate, &[]), &CrlLimits::default()).unwrap()];
        let sources = RevocationSources::new().with_lists(&own).with_distrust(&distrust);
        assert_eq!(harbour.check_at(NOW, &sources, &mut NoAnswers).certificates()[0].status, Status::Good);
    }
}
