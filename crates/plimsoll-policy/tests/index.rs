//! An index and the platforms that it lists: what counts for whom.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may panic")]

use plimsoll_core::{
    Backing, Completeness, Descriptor, Digest, Evaluate, Fact, Facts, Item, Name, Record, Row, Schema, Subject, Type,
    UnixTime, Value, VerifiedIdentity, VerifierId,
};
use plimsoll_policy::{Policy, Truth};

const RULES: &[u8] = br#"
version: 1
name: index
rules:
  - {name: signed, require: {signature: {by: [{subject: "CN=r"}]}}}
  - {name: listed, require: {inventory: {by: [{subject: "CN=b"}], deny: [{name: evil}]}}}
  - {name: whole, require: {image: {}}}
"#;

macro_rules! kind {
    ($name:ident, $kind:literal, $inherited:literal) => {
        #[derive(Debug)]
        struct $name(Vec<Component>);
        impl Record for $name {
            fn schema(&self) -> &'static Schema {
                Self::SCHEMA
            }
            fn field(&self, name: &str) -> Value<'_> {
                if name == "components" { Value::List(&self.0) } else { Value::Absent }
            }
        }
        impl Fact for $name {
            const SCHEMA: &'static Schema = &Schema { kind: $kind, version: 1, inherited: $inherited, fields: &[] };
        }
    };
}
kind!(Signature, "signature", true);
kind!(Inventory, "inventory", false);
kind!(Image, "image", false);

#[derive(Debug)]
struct Component(&'static str);
static COMPONENT: Schema =
    Schema { kind: "component", version: 1, inherited: false, fields: &[("name", Type::Text, "")] };
impl Record for Component {
    fn schema(&self) -> &'static Schema {
        &COMPONENT
    }
    fn field(&self, name: &str) -> Value<'_> {
        if name == "name" { Value::from(self.0) } else { Value::Absent }
    }
}
impl Item for Component {
    fn value(&self) -> Value<'_> {
        Value::Record(self)
    }
}

fn by(subject: &str) -> Backing {
    let digest = Digest::sha256_of(subject.as_bytes());
    let (leaf, spki, anchor) = (digest, digest, digest);
    let name = Name::X509 { subject: subject.into(), leaf, spki, anchor, store: "ca:x".into() };
    Backing::Signed(VerifiedIdentity::assertion(VerifierId("test"), name, vec![]))
}

/// An index of two platforms: signed as an index, with an inventory and an image for each.
struct Fleet {
    facts: Facts,
    index: Subject,
    children: [Subject; 2],
}

fn fleet() -> Fleet {
    let of = |name: &str| Descriptor::of("application/vnd.oci.image.manifest.v1+json", name.as_bytes());
    let index = Subject::new("registry.test/app:v1".parse().unwrap(), of("index"));
    let children = ["linux/amd64", "linux/arm64"].map(|platform| index.child(of(platform), Some(platform.into())));
    let mut facts = Facts::new(index.clone(), UnixTime::MIN);
    children.iter().for_each(|child| facts.add_target(child.clone()));
    for target in [&index, &children[0], &children[1]] {
        for kind in ["signature", "inventory", "image"] {
            facts.close(target.descriptor.digest, kind, Completeness::Complete);
        }
    }
    Fleet { facts, index, children }
}

fn judge(facts: &Facts) -> Vec<String> {
    let policy = Policy::parse(RULES, None).unwrap();
    policy
        .evaluate(facts)
        .reasons
        .iter()
        .map(|reason| format!("{} {}: {}", reason.code, reason.rule, reason.message))
        .collect()
}

fn digest(subject: &Subject) -> Digest {
    subject.descriptor.digest
}

#[test]
fn a_signature_of_the_index_counts_for_its_platforms_and_contents_are_asked_of_them() {
    let Fleet { mut facts, index, children } = fleet();
    facts.record(Row::new(digest(&index), Signature(vec![])).backed(by("CN=r")));
    for child in &children {
        facts.record(Row::new(digest(child), Image(vec![])).backed(Backing::Computed("test")));
    }
    facts.record(Row::new(digest(&children[0]), Inventory(vec![])).backed(by("CN=b")));
    assert_eq!(judge(&facts), ["no-inventory listed: linux/arm64: expected an inventory by `CN=b`, found none"],);
    facts.record(Row::new(digest(&children[1]), Inventory(vec![Component("evil")])).backed(by("CN=b")));
    assert_eq!(judge(&facts), ["component-denied listed: linux/arm64: expected no `evil`, found `evil`"]);
}

#[test]
fn a_signature_of_a_platform_counts_neither_for_the_index_nor_for_another_platform() {
    let Fleet { mut facts, index, children } = fleet();
    facts.record(Row::new(digest(&children[0]), Signature(vec![])).backed(by("CN=r")));
    for child in &children {
        facts.record(Row::new(digest(child), Image(vec![])).backed(Backing::Computed("test")));
        facts.record(Row::new(digest(child), Inventory(vec![])).backed(by("CN=b")));
    }
    // An inventory of the index is nobody's: contents belong to a platform.
    facts.record(Row::new(digest(&index), Inventory(vec![])).backed(by("CN=b")));
    assert_eq!(
        judge(&facts),
        [
            "no-signature signed: expected a signature by `CN=r`, found none",
            "no-signature signed: linux/arm64: expected a signature by `CN=r`, found none",
        ],
    );
}

#[test]
fn an_explanation_names_the_evidence_of_each_rule() {
    let Fleet { mut facts, index, .. } = fleet();
    let evidence = Digest::sha256_of(b"envelope");
    facts.record(Row::new(digest(&index), Signature(vec![])).backed(by("CN=r")).on([evidence]));
    let results = Policy::parse(RULES, None).unwrap().explain(&facts);
    assert_eq!(results.len(), 7, "one rule for the index, three for each platform");
    assert_eq!((results[0].truth, results[0].evidence.as_slice()), (Truth::Yes, [evidence].as_slice()));
    let arm = results.iter().filter(|result| result.platform.as_deref() == Some("linux/arm64"));
    assert_eq!(arm.map(|result| result.truth).collect::<Vec<_>>(), [Truth::Yes, Truth::No, Truth::Unknown]);
}

// attack: A-325
#[test]
fn a_325_a_platform_that_a_pusher_makes_up_does_not_escape_the_demand_for_a_signature() {
    let text = br#"{"version": 1, "name": "x", "rules": [
        {"name": "whole", "require": {"image": {}}},
        {"name": "signed", "platforms": ["linux/amd64"], "require": {"signature": {"by": [{"subject": "CN=r"}]}}}]}"#;
    let policy = Policy::parse(text, None).unwrap();
    let Fleet { mut facts, index, children } = fleet();
    facts.record(Row::new(digest(&index), Signature(vec![])).backed(by("CN=r")));
    for child in &children {
        facts.record(Row::new(digest(child), Image(vec![])).backed(Backing::Computed("test")));
    }
    let verdict = policy.evaluate(&facts);
    let found: Vec<_> = verdict.reasons.iter().map(|reason| format!("{}: {}", reason.code, reason.message)).collect();
    assert_eq!(found, ["no-rule-applies: linux/arm64: expected a rule that applies to this image, found none"]);
}

#[test]
fn a_platform_that_no_rule_is_there_for_is_denied() {
    let text = br#"{"version": 1, "name": "x", "rules": [{"name": "r", "platforms": ["linux/amd64"], "require":
        {"signature": {"by": [{"subject": "CN=r"}]}}}]}"#;
    let policy = Policy::parse(text, None).unwrap();
    assert_eq!(policy.lints().len(), 1);
    let Fleet { mut facts, index, .. } = fleet();
    facts.record(Row::new(digest(&index), Signature(vec![])).backed(by("CN=r")));
    let verdict = policy.evaluate(&facts);
    let found: Vec<_> = verdict.reasons.iter().map(|reason| format!("{}: {}", reason.code, reason.message)).collect();
    assert_eq!(found, ["no-rule-applies: linux/arm64: expected a rule that applies to this image, found none"]);
}
