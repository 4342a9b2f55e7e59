//! Attached attestations and SBOMs as facts.

use crate::{
    AttestationFact, Authorities, How, InventoryFact, PredicateType, ProvenanceFact, Statement, StatementLimits,
    authenticate::{self, Attester, Authenticated, ID},
    code,
    manifest::{Attached, Kind, Wrapping},
    slsa,
};
use plimsoll_core::{
    About, Backing, Blob, Code, Completeness, Context, Descriptor, Digest, Fact, Facts, Failure, Gather, LimitExceeded,
    Missing, Outcome, Referrer, Row, Subject, VerifierId, Vouch,
    code::{LIMIT_EXCEEDED, NOT_FOUND, NOT_SUPPORTED},
};
use plimsoll_oci::ContentDescriptor;
use plimsoll_sbom::{Document, Format};
use std::{collections::BTreeMap, sync::Arc};

/// How much of what is attached is looked at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one envelope or SBOM: 32 MiB, as oras-go and notation-go read into memory.
    pub blob: u64,
    /// Attestations and SBOMs of one subject: 100, as Notation looks at signatures. More makes the list incomplete.
    pub referrers: u64,
    /// The statement inside.
    pub statement: StatementLimits,
    /// Signature checks for one envelope: 256, some signatures under some dozens of keys.
    pub tries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { blob: 32 << 20, referrers: 100, statement: StatementLimits::default(), tries: 256 }
    }
}

/// Gathers facts of the kinds `attestation`, `provenance` and `inventory`.
///
/// An attestation counts by DSSE under a key or certificate that the configuration names for its predicate type, or, where the
/// configuration says so, by a Notary signature on its own manifest; an SBOM that is attached by itself only by the latter. What nobody
/// vouches for is recorded as attached, with the reason, and its content is not read.
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

const ATTESTATION: &str = AttestationFact::SCHEMA.kind;
const PROVENANCE: &str = ProvenanceFact::SCHEMA.kind;
const INVENTORY: &str = InventoryFact::SCHEMA.kind;
const KINDS: &[&str] = &[ATTESTATION, PROVENANCE, INVENTORY];

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

/// What one round found.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    partial: BTreeMap<&'static str, (Code, Arc<str>)>,
}

impl Found {
    /// Something could not be found out, so no list of these kinds is whole. The first reason stands.
    fn incomplete(&mut self, kinds: &[&'static str], failure: &Failure) {
        for kind in kinds {
            self.partial.entry(kind).or_insert_with(|| (failure.code, failure.message.clone()));
        }
    }
    fn missing(&mut self, missing: Missing, what: &str) {
        let failure = match missing {
            // The round is thrown away.
            Missing::Pending => return,
            Missing::Failed(failure) => failure,
            Missing::Absent => Failure::new(NOT_FOUND, format!("{what} is not there")),
        };
        self.incomplete(KINDS, &failure);
    }
    /// Something attached does not count.
    fn refuse(&mut self, place: &Place<'_>, failure: Failure) {
        // What goes over a limit may be something that counts, and so may what somebody signed who is named, in a way that
        // is not supported. Any other reason can be brought about by whoever may push, and so changes nothing.
        if [LIMIT_EXCEEDED, NOT_SUPPORTED].contains(&failure.code) {
            self.incomplete(KINDS, &failure);
        }
        let row = match place.kind {
            Some(Kind::Sbom(format)) => place.row(InventoryFact {
                format: format.as_str(),
                spec_version: None,
                how: How::Nothing,
                signer: None,
                manifest: place.manifest,
                components: Arc::default(),
            }),
            _ => place.row(AttestationFact {
                predicate_type: place.claimed.clone(),
                statement_type: None,
                how: How::Nothing,
                signer: None,
                manifest: place.manifest,
            }),
        };
        self.rows.push(row.with_outcome(Outcome::Failed(failure.code, failure.message)));
    }
}

/// Where something is attached.
struct Place<'a> {
    subject: &'a Digest,
    manifest: Digest,
    kind: Option<Kind>,
    claimed: Option<Arc<str>>,
    evidence: Vec<Digest>,
}

impl Place<'_> {
    fn row<T: Fact>(&self, body: T) -> Row {
        Row::new(*self.subject, body).on(self.evidence.iter().copied())
    }
    fn signed<T: Fact>(&self, body: T, attester: &Attester) -> Row {
        let backing = Backing::Signed(attester.identity.clone());
        self.row(body).backed(backing).on(attester.evidence.iter().copied()).within(attester.horizon)
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
                return found.incomplete(KINDS, &limit.into());
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
        let attached = match Attached::read(&cx.manifest(subject.repository(), descriptor)?, digest) {
            Ok(Some(attached)) => attached,
            Ok(None) => return Ok(()),
            Err(error) => {
                found.refuse(&place, Failure::of(&error));
                return Ok(());
            }
        };
        place.kind = Some(attached.kind);
        place.claimed = attached.claimed_predicate_type.as_deref().map(Into::into);
        let carrier = Carrier { subject, descriptor };
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
            Wrapping::Dsse => authenticate::by_dsse(blob, &self.authorities, &self.limits, cx),
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
    /// The Notary signatures on the manifest, where any can count.
    fn vouchers(&self, carrier: &Carrier<'_>, cx: &mut Context<'_>) -> Result<Vec<plimsoll_core::Voucher>, Missing> {
        match self.vouch.filter(|_| self.authorities.iter().any(|authority| authority.notary)) {
            Some(vouch) => vouch.vouch(&carrier.subject.beside(carrier.descriptor.clone()), cx),
            None => Ok(Vec::new()),
        }
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
    /// The content of a layer; `None` for one that is too large, which is recorded.
    fn blob(
        &self,
        carrier: &Carrier<'_>,
        layer: &ContentDescriptor,
        place: &Place<'_>,
        cx: &mut Context<'_>,
        found: &mut Found,
    ) -> Result<Option<Blob>, Missing> {
        match LimitExceeded::check("bytes of an attestation or SBOM", self.limits.blob, layer.descriptor.size) {
            Ok(()) => cx.blob(carrier.subject.repository(), &layer.descriptor).map(Some),
            Err(limit) => {
                found.refuse(place, limit.into());
                Ok(None)
            }
        }
    }
}

/// What is attached to what.
struct Carrier<'a> {
    subject: &'a Subject,
    descriptor: &'a Descriptor,
}

impl Place<'_> {
    /// Anybody can attach what is not read here, so it makes no list incomplete.
    fn refuse_quietly(&self, found: &mut Found, failure: &Failure) {
        let body = AttestationFact {
            predicate_type: self.claimed.clone(),
            statement_type: None,
            how: How::Nothing,
            signer: None,
            manifest: self.manifest,
        };
        found.rows.push(self.row(body).with_outcome(Outcome::Failed(failure.code, failure.message.clone())));
    }
}

/// Binds a statement to the subject, and records it for each who vouches for it.
fn bind(authenticated: Authenticated, place: &Place<'_>, found: &mut Found) {
    let Authenticated { statement, attesters } = authenticated;
    match About::bind(statement, *place.subject) {
        Ok(about) => {
            for attester in &attesters {
                found.rows.push(place.signed(attestation(about.statement(), attester, place), attester));
            }
            predicate(about.statement(), &attesters, place, found);
        }
        // Attached here, but about something else: copied from another image, or made for another platform.
        Err(statement) => {
            let named = statement.subjects.iter().flat_map(|subject| &subject.digests).next();
            let named = named.map_or_else(String::new, |(algorithm, digest)| format!("{algorithm}:{digest}"));
            let message: Arc<str> = format!(
                "expected a statement about {}, found one about {}",
                place.subject,
                plimsoll_core::Escaped::new(&named)
            )
            .into();
            for attester in &attesters {
                let outcome = Outcome::Failed(code::ATTESTATION_SUBJECT_MISMATCH, message.clone());
                found.rows.push(place.row(attestation(&statement, attester, place)).with_outcome(outcome));
            }
        }
    }
}

fn attestation(statement: &Statement, attester: &Attester, place: &Place<'_>) -> AttestationFact {
    AttestationFact {
        predicate_type: Some(statement.predicate_type.as_str().into()),
        statement_type: Some(statement.version.as_str()),
        how: attester.how,
        signer: Some(attester.signer.clone()),
        manifest: place.manifest,
    }
}

/// Reads the predicates that rules ask about. One that is vouched for and cannot be read leaves its kind incomplete: what it says
/// might have mattered.
fn predicate(statement: &Statement, attesters: &[Attester], place: &Place<'_>, found: &mut Found) {
    let text = statement.predicate.as_deref().unwrap_or("null");
    if let Some(format) = statement.predicate_type.sbom() {
        inventory(text.as_bytes(), format, attesters, place, found);
    }
    match slsa::Summary::read(&statement.predicate_type, text.as_bytes()) {
        Ok(Some(summary)) => {
            for attester in attesters {
                let body = ProvenanceFact {
                    summary: summary.clone(),
                    how: attester.how,
                    signer: Some(attester.signer.clone()),
                };
                found.rows.push(place.signed(body, attester));
            }
        }
        Ok(None) => {}
        Err(error) => found.incomplete(&[PROVENANCE], &Failure::of(&error)),
    }
}

fn inventory(bytes: &[u8], format: Format, attesters: &[Attester], place: &Place<'_>, found: &mut Found) {
    let document = match Document::read(bytes, &plimsoll_sbom::Limits::default()) {
        Ok(document) if document.format == format => document,
        Ok(document) => {
            let message = format!("expected an SBOM in the format {format}, found {}", document.format);
            return found.incomplete(&[INVENTORY], &Failure::new(plimsoll_sbom::code::MALFORMED_SBOM, message));
        }
        Err(error) => return found.incomplete(&[INVENTORY], &Failure::of(&error)),
    };
    let body = InventoryFact::of(document, How::Nothing, None, place.manifest);
    for attester in attesters {
        let body = InventoryFact { how: attester.how, signer: Some(attester.signer.clone()), ..body.clone() };
        found.rows.push(place.signed(body, attester));
    }
}

#[cfg(test)]
mod tests;
