//! Whether the certificates of an attestation are revoked.

use super::{Attester, Judge};
use plimsoll_core::{Failure, Missing};
use plimsoll_pki::{
    VerifiedChain, code,
    revocation::{Requirement, RevocationSources, check_chain},
};

impl Judge<'_, '_, '_> {
    /// Asks about a chain that is trusted, under whose key the signature held. Revoked is untrusted, unknown is unavailable.
    ///
    /// Attestations carry no verified time, so no `invalidityDate` saves a certificate.
    pub(super) fn unrevoked(
        &mut self,
        chain: &VerifiedChain<'_>,
        requirement: Requirement,
        attester: &mut Attester,
    ) -> Result<(), Failure> {
        let lists = self.authorities.revocation_lists();
        if requirement == Requirement::IfOffered && lists.is_empty() && chain.revocable().next().is_none() {
            return Ok(());
        }
        let sources = RevocationSources::new().with_lists(lists).with_requirement(requirement);
        let sources = sources.with_distrust(self.authorities.distrust());
        let (at, crypto) = (self.cx.at, self.cx.crypto);
        let report = match check_chain(chain, at, &sources, self.cx, crypto) {
            Ok(report) => report,
            Err(missing) => {
                self.pending |= missing == Missing::Pending;
                let message = "whether the certificates of the attestation are revoked is being asked";
                return Err(Failure::new(code::REVOCATION_UNKNOWN, message));
            }
        };
        report.outcome().map_err(|error| Failure::of(&error))?;
        attester.evidence.extend(report.evidence());
        attester.horizon = attester.horizon.and(report.horizon());
        Ok(())
    }
}
