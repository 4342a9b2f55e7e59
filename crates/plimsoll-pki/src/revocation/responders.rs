//! Status by OCSP responders (RFC 6960).

use super::{
    Cause, Source, Status, StatusAnswers,
    check::{Check, Finding, Lookup, Trail, is_final, shown},
};
use crate::{
    Limits, Which,
    ocsp::{OcspError, OcspRequest, OcspResponse, OcspStatus, Responder, VerifiedResponse},
};
use alloc::vec::Vec;
use plimsoll_core::{Digest, Horizon, Missing, Purpose};

impl<A: StatusAnswers + ?Sized> Check<'_, '_, A> {
    /// The responders that the certificate names, until one gives a status.
    pub(super) fn responders(&mut self, lookup: Lookup<'_, '_>, trail: &mut Trail) -> Result<Option<Finding>, Missing> {
        let mut request = OcspRequest::new(lookup.certificate, lookup.issuer);
        if let Some(nonce) = self.sources.nonce {
            request = request.with_nonce(nonce);
        }
        for url in lookup.certificate.ocsp_urls() {
            let source = Source::Responder(shown(url));
            if let Err(limit) = trail.spend(&self.sources.limits) {
                trail.failed(&source, limit);
                continue;
            }
            match self.responder_at(url, &request, &source, lookup)? {
                Ok(found) => return Ok(Some(found)),
                Err(cause) => {
                    // An authorized responder that does not know the certificate has answered: no other is asked, but the lists are.
                    let answered = matches!(cause, Cause::Ocsp(OcspError::StatusUnknown));
                    trail.failed(&source, cause);
                    if answered {
                        break;
                    }
                }
            }
        }
        Ok(None)
    }
    fn responder_at(
        &mut self,
        url: &[u8],
        request: &OcspRequest,
        source: &Source,
        lookup: Lookup<'_, '_>,
    ) -> Result<Result<Finding, Cause>, Missing> {
        let url = match self.address(url) {
            Ok(url) => url,
            Err(cause) => return Ok(Err(cause)),
        };
        let limits = self.sources.limits.ocsp;
        let got = match request.get_url(url) {
            Some(url) => self.get(&url, None, limits.bytes, Purpose::Ocsp)?,
            None => self.get(url, Some(request.to_der()), limits.bytes, Purpose::Ocsp)?,
        };
        let read = got.and_then(|bytes| Ok(OcspResponse::from_der(bytes, &limits)?));
        let verified = read.and_then(|response| {
            let said = response.verify(request, lookup.certificate, lookup.issuer, self.at, self.crypto)?;
            Ok((said, response.digest()))
        });
        let (said, digest) = match verified {
            Ok(verified) => verified,
            Err(cause) => return Ok(Err(cause)),
        };
        let (horizon, mut evidence) = match self.responder_stands(&said, lookup)? {
            Ok(stands) => stands,
            Err(cause) => return Ok(Err(cause)),
        };
        evidence.push(digest);
        Ok(self.status(&said, lookup).map(|status| {
            let horizon = if is_final(&status) { Horizon::ALWAYS } else { horizon.and(self.begun(said.horizon())) };
            Finding { status, source: source.clone(), evidence, horizon }
        }))
    }
    /// The status that a response gives. One that revokes for good counts however old it is.
    fn status(&self, said: &VerifiedResponse, lookup: Lookup<'_, '_>) -> Result<Status, Cause> {
        let status = match said.status() {
            OcspStatus::Good => Status::Good,
            OcspStatus::Revoked(entry) => self.revoked(entry, lookup),
            OcspStatus::Unknown => return Err(OcspError::StatusUnknown.into()),
        };
        if !is_final(&status) {
            said.fresh_at(self.at, &self.sources.limits.ocsp)?;
        }
        Ok(status)
    }
    /// Checks that a responder is not distrusted; and by lists that its certificate is not revoked, unless its issuer wants it trusted as it is:
    /// asking by OCSP would ask the responder about itself. Gives while that holds, and by what.
    fn responder_stands(
        &mut self,
        said: &VerifiedResponse,
        lookup: Lookup<'_, '_>,
    ) -> Result<Result<(Horizon, Vec<Digest>), Cause>, Missing> {
        let Responder::Delegated { certificate, no_check, .. } = said.responder() else {
            return Ok(Ok((said.responder().horizon(), Vec::new())));
        };
        let limits = Limits::default();
        let Ok(view) = certificate.view(&limits) else {
            return Ok(Err(OcspError::Der { field: "certs", at: 0 }.into()));
        };
        if let Some(cause) = self.distrusted(core::slice::from_ref(&view), 0) {
            return Ok(Err(cause));
        }
        if *no_check {
            return Ok(Ok((said.responder().horizon(), Vec::new())));
        }
        let responder = Which::text(view.subject());
        // A time of signing excuses what the signer signed, and never what a responder says now.
        let lookup = Lookup { certificate: &view, issuer: lookup.issuer, authentic_time: None };
        let mut trail = self.trail();
        let mut found = self.local_lists(lookup, &mut trail)?;
        if found.is_none() {
            found = self.distribution_points(lookup, &mut trail)?;
        }
        Ok(match found {
            Some(Finding { status: Status::Good, horizon, evidence, .. }) => {
                Ok((horizon.and(said.responder().horizon()), evidence))
            }
            Some(_) => Err(Cause::ResponderRevoked { responder }),
            None => Err(Cause::ResponderUnknown { responder }),
        })
    }
}
