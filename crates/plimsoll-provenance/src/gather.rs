//! Attached attestations and SBOMs as facts.

mod found;

use crate::{
    Authorities, PredicateType, StatementLimits,
    authenticate::{self, Attester, Authenticated, ID},
    code,
    manifest::{Attached, Kind, Wrapping},
};
use found::{Found, KINDS, Place, bind, inventory};
use plimsoll_core::{
    Blob, Completeness, Context, Descriptor, Facts, Failure, Gather, LimitExceeded, Missing, Referrer, Subject,
    VerifierId, Vouch, Voucher, code::NOT_SUPPORTED,
};
use plimsoll_oci::ContentDescriptor;
use plimsoll_sbom::Format;
use std::cell::OnceCell;

/// How much of what is attached is looked at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one envelope or SBOM: 32 MiB, as oras-go and notation-go read into memory.
    pub blob: u64,
    /// Attestations and SBOMs of one subject: 100, as Notation looks at signatures. More makes the list incomplete.
    pub referrers: u64,
    /// Layers with statements in one manifest: 32; BuildKit, which puts them there, writes one for each predicate type, two or three. The layers of
    /// more are not looked at, which makes the list incomplete.
    pub layers: u64,
    /// The statement inside.
    pub statement: StatementLimits,
    /// Signature checks for one envelope: 256, some signatures under some dozens of keys.
    pub tries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { blob: 32 << 20, referrers: 100, layers: 32, statement: StatementLimits::default(), tries: 256 }
    }
}

/// Gathers facts of the kinds `attestation`, `provenance` and `inventory`.
///
/// An attestation counts by DSSE under a key or certificate that the configuration names for its predicate type, or, where the
/// configuration says so, by a Notary signature on its own manifest; an SBOM that is attached by itself only by the latter. What nobody
/// vouches for is recorded as attached, with the reason, and its content is not read.
///
/// Every manifest and every layer spends from the budget of the round by its size ([`plimsoll_core::Budget::spend_on`]), as often as a manifest names it, and so
/// does every signature check over it. What the budget does not suffice for is not looked at, and the lists are not whole.
#[derive(Clone)]
pub struct Attestations<'v> {
    authorities: Authorities,
    vouch: Option<&'v dyn Vouch>,
    limits: Limits,
}

impl<'v> Attestations<'v> {
    /// Takes who may attest what.
    #[must_use]
    pub fn new(authorities: Authorities) -> Self {
        Self { authorities, vouch: None, limits: Limits::default() }
    }
    /// Takes who says whose Notary signature a manifest has. Without it, no such signature counts.
    #[must_use]
    pub fn with_notary(mut self, vouch: &'v dyn Vouch) -> Self {
        self.vouch = Some(vouch);
        self
    }
    /// Takes limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl std::fmt::Debug for Attestations<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attestations").field("authorities", &self.authorities).finish_non_exhaustive()
    }
}

impl Gather for Attestations<'_> {
    fn id(&self) -> VerifierId {
        ID
    }
    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        let mut found = Found::default();
        match cx.referrers(subject.repository(), &subject.descriptor.digest, None) {
            Ok(list) => self.each(subject, list, cx, &mut found),
            Err(missing) => found.missing(missing, "the list of referrers"),
        }
        found.rows.into_iter().for_each(|row| facts.record(row));
        for kind in KINDS {
            let how = found.partial.remove(kind).map(|(code, why)| Completeness::Partial(code, why));
            facts.close(subject.descriptor.digest, kind, how.unwrap_or(Completeness::Complete));
        }
    }
}

impl Attestations<'_> {
    fn each(&self, subject: &Subject, list: &[Referrer], cx: &mut Context<'_>, found: &mut Found) {
        // What the list says of an entry is a claim, and only saves asking for what nobody calls an attestation.
        let ours = |referrer: &&Referrer| match referrer.claimed_artifact_type.as_deref() {
            Some(claimed) => Kind::of(claimed).is_some(),
            None => true,
        };
        let mut budget = plimsoll_core::Budget::new("attestations and SBOMs of one subject", self.limits.referrers);
        for referrer in list.iter().filter(ours) {
            if let Err(limit) = budget.spend(1) {
                // Anybody may attach them: what is beyond was not looked at, which is not the same as broken.
                return found.incomplete(KINDS, &Failure::new(code::ATTESTATIONS_EXHAUSTED, limit.to_string()));
            }
            if let Err(missing) = self.one(subject, &referrer.descriptor, cx, found) {
                found.missing(missing, "an attached manifest or its content");
            }
        }
    }
    fn one(
        &self,
        subject: &Subject,
        descriptor: &Descriptor,
        cx: &mut Context<'_>,
        found: &mut Found,
    ) -> Result<(), Missing> {
        let manifest = descriptor.digest;
        let digest = &subject.descriptor.digest;
        let mut place = Place { subject: digest, manifest, kind: None, claimed: None, evidence: vec![manifest] };
        let most = plimsoll_oci::Limits::default().bytes;
        if let Err(limit) = LimitExceeded::check("bytes of a manifest", most, descriptor.size) {
            found.refuse(&place, limit.into());
            return Ok(());
        }
        let read = cx.manifest(subject.repository(), descriptor)?;
        if let Err(limit) = cx.budget.spend_on(read.bytes().len()) {
            found.refuse(&place, authenticate::exhausted(limit));
            return Ok(());
        }
        let attached = match Attached::read(&read, digest) {
            Ok(Some(attached)) => attached,
            Ok(None) => return Ok(()),
            Err(error) => {
                found.refuse(&place, Failure::of(&error));
                return Ok(());
            }
        };
        place.kind = Some(attached.kind);
        place.claimed = attached.claimed_predicate_type.as_deref().map(Into::into);
        let carrier = Carrier { subject, descriptor, vouchers: OnceCell::new() };
        match attached.kind {
            Kind::Attestation => self.attestation(&attached, &carrier, &mut place, cx, found),
            Kind::Bundle => {
                let message = "expected a DSSE envelope, found a Sigstore bundle, which is not read by this version";
                place.refuse_quietly(found, &Failure::new(NOT_SUPPORTED, message));
                Ok(())
            }
            Kind::Sbom(format) => self.sbom(format, &attached, &carrier, &mut place, cx, found),
        }
    }
    fn attestation(
        &self,
        attached: &Attached,
        carrier: &Carrier<'_>,
        place: &mut Place<'_>,
        cx: &mut Context<'_>,
        found: &mut Found,
    ) -> Result<(), Missing> {
        let layers = match attached.statements() {
            Ok(layers) => layers,
            Err(error) => {
                found.refuse(place, Failure::of(&error));
                return Ok(());
            }
        };
        let count = u64::try_from(layers.len()).unwrap_or(u64::MAX);
        if let Err(limit) = LimitExceeded::check("layers with statements in one manifest", self.limits.layers, count) {
            found.refuse(place, limit.into());
            return Ok(());
        }
        // All are asked for in one round: rounds are few, and whoever attaches a manifest says how many layers it has.
        let small = layers.iter().filter(|(_, layer)| layer.descriptor.size <= self.limits.blob);
        let asked = small.map(|(_, layer)| cx.blob(carrier.subject.repository(), &layer.descriptor));
        if asked.filter(|answer| matches!(answer, Err(Missing::Pending))).count() > 0 {
            return Err(Missing::Pending);
        }
        for (wrapping, layer) in layers {
            let Some(blob) = self.blob(carrier, layer, place, cx, found)? else { continue };
            place.evidence = vec![place.manifest, blob.descriptor().digest];
            match self.authenticate(wrapping, &blob, carrier, cx)? {
                Ok(authenticated) => bind(authenticated, place, found),
                Err(failure) => found.refuse(place, failure),
            }
        }
        Ok(())
    }
    /// First by DSSE; where that proves nothing, by a Notary signature on the manifest.
    fn authenticate(
        &self,
        wrapping: Wrapping,
        blob: &Blob,
        carrier: &Carrier<'_>,
        cx: &mut Context<'_>,
    ) -> Result<Result<Authenticated, Failure>, Missing> {
        let first = match wrapping {
            Wrapping::Dsse => authenticate::by_dsse(blob, &self.authorities, &self.limits, cx)?,
            Wrapping::Bare => {
                let message = "a statement without an envelope needs a Notary signature on its manifest";
                Err(Failure::new(code::ATTESTATION_NOT_AUTHENTICATED, message))
            }
        };
        let failure = match first {
            Ok(authenticated) => return Ok(Ok(authenticated)),
            Err(failure) => failure,
        };
        let vouchers = self.vouchers(carrier, cx)?;
        if vouchers.is_empty() {
            return Ok(Err(failure));
        }
        let bare = wrapping == Wrapping::Bare;
        Ok(authenticate::by_notary(blob, bare, vouchers, &self.authorities, &self.limits))
    }
    /// The Notary signatures on the manifest, where any can count. They are the same for each of its layers.
    fn vouchers(&self, carrier: &Carrier<'_>, cx: &mut Context<'_>) -> Result<Vec<Voucher>, Missing> {
        let ask = || match self.vouch.filter(|_| self.authorities.iter().any(|authority| authority.notary)) {
            Some(vouch) => vouch.vouch(&carrier.subject.beside(carrier.descriptor.clone()), cx),
            None => Ok(Vec::new()),
        };
        carrier.vouchers.get_or_init(ask).clone()
    }
    fn sbom(
        &self,
        format: Format,
        attached: &Attached,
        carrier: &Carrier<'_>,
        place: &mut Place<'_>,
        cx: &mut Context<'_>,
        found: &mut Found,
    ) -> Result<(), Missing> {
        let layer = match attached.document() {
            Ok(layer) => layer,
            Err(error) => {
                found.refuse(place, Failure::of(&error));
                return Ok(());
            }
        };
        let vouchers = self.vouchers(carrier, cx)?;
        if vouchers.is_empty() {
            let message =
                format!("expected a Notary signature on the manifest of the {format} document, found none that holds");
            found.refuse(place, Failure::new(code::ATTESTATION_NOT_AUTHENTICATED, message));
            return Ok(());
        }
        if let Err(failure) = authenticate::notary_may(&self.authorities, &PredicateType::of_sbom(format)) {
            found.refuse(place, failure);
            return Ok(());
        }
        let Some(blob) = self.blob(carrier, layer, place, cx, found)? else { return Ok(()) };
        place.evidence.push(blob.descriptor().digest);
        let attesters: Vec<_> = vouchers.into_iter().map(Attester::notary).collect();
        inventory(blob.bytes(), format, &attesters, place, found);
        Ok(())
    }
    /// The content of a layer; `None` for one that is too large, or for which nothing is left to spend, which is recorded.
    fn blob(
        &self,
        carrier: &Carrier<'_>,
        layer: &ContentDescriptor,
        place: &Place<'_>,
        cx: &mut Context<'_>,
        found: &mut Found,
    ) -> Result<Option<Blob>, Missing> {
        let size = LimitExceeded::check("bytes of an attestation or SBOM", self.limits.blob, layer.descriptor.size);
        if let Err(limit) = size {
            found.refuse(place, limit.into());
            return Ok(None);
        }
        let blob = cx.blob(carrier.subject.repository(), &layer.descriptor)?;
        if let Err(limit) = cx.budget.spend_on(blob.bytes().len()) {
            found.refuse(place, authenticate::exhausted(limit));
            return Ok(None);
        }
        Ok(Some(blob))
    }
}

/// What is attached to what.
struct Carrier<'a> {
    subject: &'a Subject,
    descriptor: &'a Descriptor,
    vouchers: OnceCell<Result<Vec<Voucher>, Missing>>,
}

#[cfg(test)]
mod tests;
