//! The rows of one round, and what could not be found out.

use crate::{
    AttestationFact, How, InventoryFact, ProvenanceFact, Statement,
    authenticate::{Attester, Authenticated, may_count},
    code,
    manifest::Kind,
    slsa,
};
use plimsoll_core::{About, Backing, Code, Digest, Fact, Failure, Missing, Outcome, Row, code::NOT_FOUND};
use plimsoll_sbom::{Document, Format};
use std::{collections::BTreeMap, sync::Arc};

pub(super) const ATTESTATION: &str = AttestationFact::SCHEMA.kind;
pub(super) const PROVENANCE: &str = ProvenanceFact::SCHEMA.kind;
pub(super) const INVENTORY: &str = InventoryFact::SCHEMA.kind;
pub(super) const KINDS: &[&str] = &[ATTESTATION, PROVENANCE, INVENTORY];

/// What one round found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    pub(super) partial: BTreeMap<&'static str, (Code, Arc<str>)>,
}

impl Found {
    /// Something could not be found out, so no list of these kinds is whole. The first reason stands.
    pub(super) fn incomplete(&mut self, kinds: &[&'static str], failure: &Failure) {
        for kind in kinds {
            self.partial.entry(kind).or_insert_with(|| (failure.code, failure.message.clone()));
        }
    }
    pub(super) fn missing(&mut self, missing: Missing, what: &str) {
        let failure = match missing {
            // The round is thrown away.
            Missing::Pending => return,
            Missing::Failed(failure) => failure,
            Missing::Absent => Failure::new(NOT_FOUND, format!("{what} is not there")),
        };
        self.incomplete(KINDS, &failure);
    }
    /// Something attached does not count.
    pub(super) fn refuse(&mut self, place: &Place<'_>, failure: Failure) {
        if may_count(&failure) {
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
pub(super) struct Place<'a> {
    pub(super) subject: &'a Digest,
    pub(super) manifest: Digest,
    pub(super) kind: Option<Kind>,
    pub(super) claimed: Option<Arc<str>>,
    pub(super) evidence: Vec<Digest>,
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

impl Place<'_> {
    /// Anybody can attach what is not read here, so it makes no list incomplete.
    pub(super) fn refuse_quietly(&self, found: &mut Found, failure: &Failure) {
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
pub(super) fn bind(authenticated: Authenticated, place: &Place<'_>, found: &mut Found) {
    let Authenticated { statement, attesters, open } = authenticated;
    if let Some(failure) = open {
        found.incomplete(KINDS, &failure);
    }
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

pub(super) fn inventory(bytes: &[u8], format: Format, attesters: &[Attester], place: &Place<'_>, found: &mut Found) {
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
