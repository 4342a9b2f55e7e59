//! A chain whose signer names whom to ask.

use plimsoll_core::UnixTime;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    ChainOptions, Profile,
    issue::Role,
    revocation::{Attempt, RevocationReport, RevocationSources, Status, StatusAnswers, check_chain},
    verify_chain,
};
use plimsoll_testkit::pki::{Certified, INTERMEDIATE, KeySpec, LEAF, NOW, ROOT};

pub(crate) const OCSP: &str = "http://ocsp.test";
pub(crate) const CRL: &str = "http://crl.test/one";

pub(crate) struct Harbour {
    pub(crate) root: Certified,
    pub(crate) intermediate: Certified,
    pub(crate) leaf: Certified,
}

impl Harbour {
    /// Only the signer names whom to ask.
    pub(crate) fn new(ocsp: &[&str], crl: &[&str]) -> Self {
        Self::with(Role::Intermediate { path_length: Some(0) }, Role::Signer { ocsp, crl })
    }
    pub(crate) fn with(intermediate: Role<'_>, leaf: Role<'_>) -> Self {
        let root = Certified::self_signed(KeySpec::P256, ROOT, Role::Root { path_length: None }, |_| ());
        let intermediate = root.issue(KeySpec::P256, INTERMEDIATE, intermediate, |_| ());
        let leaf = intermediate.issue(KeySpec::P256, LEAF, leaf, |_| ());
        Self { root, intermediate, leaf }
    }
    /// A responder whom the intermediate certified; it names these lists.
    pub(crate) fn responder(&self, crl: &[&str]) -> Certified {
        self.intermediate.issue(KeySpec::P256, "CN=Responder", Role::OcspResponder { crl }, |_| ())
    }
    pub(crate) fn check_at<A: StatusAnswers>(
        &self,
        at: UnixTime,
        sources: &RevocationSources<'_>,
        ask: &mut A,
    ) -> RevocationReport {
        let chain = [&*self.leaf.der, &*self.intermediate.der, &*self.root.der];
        let chain = verify_chain(&chain, &ChainOptions::new(Profile::NotarySigning), provider(), None).unwrap();
        check_chain(&chain, at, sources, ask, provider()).unwrap()
    }
    pub(crate) fn check<A: StatusAnswers>(&self, ask: &mut A) -> RevocationReport {
        self.check_at(NOW, &RevocationSources::new(), ask)
    }
    /// The status of the signer.
    pub(crate) fn status<A: StatusAnswers>(&self, ask: &mut A) -> Status {
        self.check(ask).certificates()[0].status
    }
    /// Why the status of the signer is unknown: the text of each attempt.
    pub(crate) fn unknown<A: StatusAnswers>(&self, ask: &mut A) -> Vec<String> {
        self.unknown_at(NOW, &RevocationSources::new(), ask)
    }
    pub(crate) fn unknown_at<A: StatusAnswers>(
        &self,
        at: UnixTime,
        sources: &RevocationSources<'_>,
        ask: &mut A,
    ) -> Vec<String> {
        let report = self.check_at(at, sources, ask);
        let one = &report.certificates()[0];
        assert_eq!(one.status, Status::Unknown, "{one:?}");
        assert!(report.outcome().is_err());
        one.attempts.iter().map(|attempt: &Attempt| attempt.cause.to_string()).collect()
    }
}
