use plimsoll_core::*;

#[derive(Debug)]
struct Seal(&'static str);
static SEAL: Schema =
    Schema { kind: "seal", version: 1, inherited: true, fields: &[("colour", Type::Text, "its colour")] };
impl Record for Seal {
    fn schema(&self) -> &'static Schema {
        &SEAL
    }
    fn field(&self, name: &str) -> Value<'_> {
        if name == "colour" { self.0.into() } else { Value::Absent }
    }
}
impl Fact for Seal {
    const SCHEMA: &'static Schema = &SEAL;
}

#[derive(Debug)]
struct Cargo;
static CARGO: Schema = Schema { kind: "cargo", version: 1, inherited: false, fields: &[] };
impl Record for Cargo {
    fn schema(&self) -> &'static Schema {
        &CARGO
    }
    fn field(&self, _: &str) -> Value<'_> {
        Value::Absent
    }
}
impl Fact for Cargo {
    const SCHEMA: &'static Schema = &CARGO;
}

fn index() -> Subject {
    Subject::new("registry.test/app:v1".parse().unwrap(), Descriptor::of("index", b"index"))
}

// attack: A-044
#[test]
fn an_index_passes_on_what_is_inherited_and_a_child_passes_on_nothing() {
    let index = index();
    let child = index.child(Descriptor::of("manifest", b"child"), Some("linux/amd64".into()));
    let mut facts = Facts::new(index.clone(), UnixTime::MIN);
    facts.add_target(child.clone());
    facts.record(Row::new(index.descriptor.digest, Seal("red")));
    facts.record(Row::new(index.descriptor.digest, Cargo));
    facts.record(Row::new(child.descriptor.digest, Seal("blue")));
    let colours = |target: &Subject| facts.about(target).of::<Seal>().map(|(_, seal)| seal.0).collect::<Vec<_>>();
    assert_eq!(colours(&index), ["red"]);
    assert_eq!(colours(&child), ["red", "blue"]);
    assert_eq!(facts.about(&child).of::<Cargo>().count(), 0);
    assert_eq!(facts.about(&index).of::<Cargo>().count(), 1);
}

// attack: A-376
#[test]
fn a_list_is_complete_only_when_it_is_said_and_never_again() {
    let index = index();
    let digest = index.descriptor.digest;
    let child = index.child(Descriptor::of("manifest", b"child"), None);
    let mut facts = Facts::new(index.clone(), UnixTime::MIN);
    let Completeness::Partial(code, why) = facts.about(&index).completeness("seal") else { panic!("not collected") };
    assert_eq!((code, &*why), (code::NOT_COLLECTED, "nobody collects `seal` facts"));
    facts.close(digest, "seal", Completeness::Complete);
    assert_eq!(facts.about(&index).completeness("seal"), Completeness::Complete);
    facts.close(digest, "seal", Completeness::Partial(code::UNREACHABLE, "down".into()));
    facts.close(digest, "seal", Completeness::Complete);
    assert_eq!(facts.about(&index).completeness("seal"), Completeness::Partial(code::UNREACHABLE, "down".into()));
    // What is missing of the index is missing of its children.
    facts.close(child.descriptor.digest, "seal", Completeness::Complete);
    assert_eq!(facts.about(&child).completeness("seal"), Completeness::Partial(code::UNREACHABLE, "down".into()));
}

// attack: A-385
#[test]
fn only_signed_rows_whose_checks_held_count() {
    let digest = Digest::sha256_of(b"image");
    let who = VerifiedIdentity::assertion(VerifierId("test"), Name::Key { spki: digest }, vec![]);
    let signed = Row::new(digest, Seal("red")).backed(Backing::Signed(who));
    assert!(signed.counts());
    assert!(!signed.clone().with_outcome(Outcome::Failed(code::UNREACHABLE, "down".into())).counts());
    assert!(!Row::new(digest, Seal("red")).counts());
}
