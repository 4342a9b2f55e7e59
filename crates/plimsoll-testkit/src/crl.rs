//! Revocation lists for tests, and a forger that can break any field of them.
//!
//! ```
//! use plimsoll_pki::crl::{CertificateList, CrlLimits, RevokedReason};
//! use plimsoll_testkit::{crl, pki::{KeySpec, TestCa}};
//! let ca = TestCa::new(KeySpec::P256);
//! let der = crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)]);
//! let list = CertificateList::from_der(der, &CrlLimits::default()).unwrap();
//! let issuer = ca.intermediate.view();
//! let checked = list.verify(&issuer, plimsoll_crypto::provider()).unwrap();
//! assert!(checked.entry(ca.leaf.view().serial()).is_some());
//! // The same list, but its nextUpdate is left out before it is signed.
//! let der = crl::forge(&ca.intermediate, &crl::request(&[]), |draft| draft.next_update = None);
//! assert_eq!(CertificateList::from_der(der, &CrlLimits::default()).unwrap().claimed_next_update(), None);
//! ```
#![expect(clippy::expect_used, reason = "only tests call this, and a broken fixture should fail them loudly")]

use crate::pki::{Certified, NOW};
use plimsoll_crypto::SignError;
use plimsoll_pki::crl::{CrlDraft, CrlRequest, ListScope, RevokedEntry, RevokedReason, draft};

/// A day, in seconds.
pub const DAY: u64 = 86_400;

/// A list of everybody with number 7, of the day before [`NOW`], which counts for the day after it.
#[must_use]
pub fn request<'a>(entries: &'a [(&'a [u8], RevokedEntry)]) -> CrlRequest<'a> {
    CrlRequest {
        number: &[7],
        this_update: NOW.saturating_sub(DAY),
        next_update: NOW.saturating_add(DAY),
        entries,
        delta_of: None,
        freshest: &[],
        scope: ListScope::All,
    }
}

/// A good list on which these certificates stand, revoked two days before [`NOW`].
#[must_use]
pub fn list(issuer: &Certified, revoked: &[(&Certified, RevokedReason)]) -> Vec<u8> {
    let views: Vec<_> = revoked.iter().map(|(one, reason)| (one.view(), *reason)).collect();
    let since = NOW.saturating_sub(2 * DAY);
    let entry = |reason| RevokedEntry::new(reason, since);
    let entries: Vec<_> = views.iter().map(|(view, reason)| (view.serial(), entry(*reason))).collect();
    forge(issuer, &request(&entries), |_| ())
}

/// A list, edited before `issuer` signs it.
pub fn forge(issuer: &Certified, request: &CrlRequest<'_>, edit: impl FnOnce(&mut CrlDraft)) -> Vec<u8> {
    let algorithm = issuer.spec.certificate_algorithm();
    let mut made = draft::<SignError>(request, &issuer.view(), algorithm).expect("a draft");
    edit(&mut made);
    let tbs = made.tbs();
    let signature = issuer.key.signer(algorithm).and_then(|signer| signer.sign_now(&tbs)).expect("a signature");
    made.sealed(&tbs, &signature)
}
