//! Brings evidence of its own: a `Gather` that reads a ticket attached to an image, a `Fact` that holds it, and a rule of
//! `plimsoll-policy` that asks for it. Nothing in core knows of tickets.
//!
//! ```sh
//! cargo run -p plimsoll --example own_evidence
//! ```

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unreachable,
    reason = "an example that says what it does, and stops where it is wrong"
)]

use plimsoll::{
    core::*,
    crypto::provider,
    oci::{ImageManifest, Manifest},
    policy::{Limits, Policy, Syntax, Vocabulary},
    verify::{Session, Setup, drive},
};
use std::{
    collections::BTreeMap,
    pin::pin,
    task::{Context as Cx, Poll, Waker},
};

/// A change ticket.
#[derive(Debug)]
struct Ticket {
    number: String,
    state: String,
}

static TICKET: Schema = Schema {
    kind: "ticket",
    version: 1,
    inherited: true,
    fields: &[("number", Type::Text, "its number"), ("state", Type::Text, "open, approved or rejected")],
};

impl Fact for Ticket {
    const SCHEMA: &'static Schema = &TICKET;
}
impl Record for Ticket {
    fn schema(&self) -> &'static Schema {
        &TICKET
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "number" => self.number.as_str().into(),
            "state" => self.state.as_str().into(),
            _ => Value::Absent,
        }
    }
}

const TICKET_TYPE: &str = "application/vnd.example.ticket";

/// Finds tickets. A real one would verify a signature; this one asserts, and the verdict says so.
struct Tickets;

impl Tickets {
    fn one(&self, subject: &Subject, manifest: &Descriptor, cx: &mut Context<'_>) -> Result<Row, Missing> {
        let malformed = || Missing::Failed(Failure::new(code::MALFORMED_ANSWER, "expected a ticket"));
        let blob = cx.manifest(subject.repository(), manifest)?;
        let Ok(Manifest::Image(manifest)) = Manifest::parse(&blob) else { return Err(malformed()) };
        let layer = manifest.layers.first().ok_or_else(malformed)?;
        let text = cx.blob(subject.repository(), &layer.descriptor)?;
        let text = std::str::from_utf8(text.bytes()).map_err(|_| malformed())?;
        let (number, state) = text.split_once(' ').ok_or_else(malformed)?;
        let body = Ticket { number: number.into(), state: state.into() };
        let who = Name::Key { spki: Digest::sha256_of(b"the ticket system's key") };
        let who = VerifiedIdentity::assertion(self.id(), who, vec![TrustedTime::Clock(cx.at)]);
        Ok(Row::new(subject.descriptor.digest, body).backed(Backing::Signed(who)).on([blob.descriptor().digest]))
    }
}

impl Gather for Tickets {
    fn id(&self) -> VerifierId {
        VerifierId("tickets")
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["ticket"]
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        let digest = subject.descriptor.digest;
        let mut complete = Completeness::Complete;
        let listed = cx.referrers(subject.repository(), &digest, Some(TICKET_TYPE)).map(<[Referrer]>::to_vec);
        let rows = listed.map(|list| list.iter().map(|one| self.one(subject, &one.descriptor, cx)).collect());
        for row in rows.unwrap_or_else(|missing| vec![Err(missing)]) {
            match row {
                Ok(row) => facts.record(row),
                Err(Missing::Failed(failure)) => {
                    complete = Completeness::Partial(failure.code, failure.message);
                }
                Err(Missing::Absent) => {
                    complete = Completeness::Partial(code::NOT_FOUND, "a ticket is not there".into());
                }
                // The round is thrown away and run again with the answer.
                Err(Missing::Pending) => {}
            }
        }
        facts.close(digest, "ticket", complete);
    }
}

const RULES: &[u8] = b"
version: 1
name: tickets
rules:
  - name: approved-change
    require:
      fact: {kind: ticket, values: {state: approved}}
";

/// A registry with one image and one ticket.
struct Registry(BTreeMap<Want, Answer>);

impl Registry {
    fn with(ticket: &str) -> Self {
        let reference: Reference = "registry.example.com/app:v1".parse().expect("a reference");
        let repository = reference.repository().clone();
        let image = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
        let text = Blob::of("text/plain", ticket.to_owned());
        let manifest =
            ImageManifest::artifact(TICKET_TYPE).layer(text.descriptor().clone()).about(image.clone()).to_blob();
        let listed = Answer::Referrers(vec![Referrer::new(manifest.descriptor().clone(), Some(TICKET_TYPE))]);
        let list = Want::Referrers {
            repository: repository.clone(),
            subject: image.digest,
            artifact_type: Some(TICKET_TYPE.into()),
        };
        let blob = Want::Blob { repository: repository.clone(), descriptor: text.descriptor().clone() };
        let of_manifest = Want::Manifest { repository, descriptor: manifest.descriptor().clone() };
        Self(BTreeMap::from([
            (Want::Resolve { reference }, Answer::Descriptor(image)),
            (list, listed),
            (of_manifest, Answer::Bytes(manifest.to_bytes())),
            (blob, Answer::Bytes(text.to_bytes())),
        ]))
    }
}

impl Answerer for Registry {
    async fn answer(&self, want: &Want) -> Answer {
        self.0.get(want).cloned().unwrap_or(Answer::Absent)
    }
}

fn judge(ticket: &str) -> Verdict {
    let vocabulary = Vocabulary { kinds: &[&TICKET], codes: &[] };
    let policy = Policy::parse_with(RULES, Some(Syntax::Yaml), &vocabulary, &Limits::default()).expect("rules");
    let gather: [&dyn Gather; 1] = [&Tickets];
    let setup = Setup::new(&policy, provider(), UnixTime::MIN).gathering(&gather);
    let mut session = Session::new(setup, "registry.example.com/app:v1".parse().expect("a reference"));
    let registry = Registry::with(ticket);
    let mut driving = pin!(drive(&mut session, &registry));
    loop {
        if let Poll::Ready(judged) = driving.as_mut().poll(&mut Cx::from_waker(Waker::noop())) {
            return judged.verdict;
        }
    }
}

fn main() {
    assert!(judge("CHG-1 approved").is_admitted());
    println!("CHG-1 approved: admitted");
    let refused = judge("CHG-2 open");
    assert_eq!(refused.decision, Decision::Deny(Class::Untrusted));
    for reason in refused.reasons {
        println!("CHG-2 open: blocked, {} {}", reason.code, reason.message);
    }
}
