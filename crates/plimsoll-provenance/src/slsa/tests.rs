use super::*;
use crate::code;
use proptest::prelude::*;

fn summary(kind: &str, predicate: &str) -> Result<Option<Summary>, ProvenanceError> {
    Summary::read(&PredicateType::parse(kind).unwrap(), predicate.as_bytes())
}

const V1: &str = r#"{"buildDefinition":{"buildType":"https://example.com/build/v1","externalParameters":{"target":"ship"},
    "resolvedDependencies":[{"uri":"pkg:cargo/itoa@1.0","digest":{"sha256":"00"}},
    {"uri":"git+https://example.com/ship@refs/heads/main","digest":{"gitCommit":"c0ffee"}},
    {"uri":"https://example.com/other.tar","digest":{"sha256":"decaf"}}]},
    "runDetails":{"builder":{"id":"https://example.com/builder"},"metadata":null,"byproducts":null}}"#;

const V0_2: &str = r#"{"builder":{"id":"https://example.com/builder"},"buildType":"https://example.com/build/v0",
    "invocation":{"configSource":{"uri":"git+https://example.com/ship","digest":{"sha1":"c0ffee"},"entryPoint":"x"}},
    "materials":[{"uri":"git+https://example.com/material","digest":{"sha1":"decaf"}}]}"#;

#[test]
fn each_version_is_read_by_its_own_model() {
    let one = summary("slsaprovenance1", V1).unwrap().unwrap();
    assert_eq!(
        (one.builder_id.as_str(), one.build_type.as_str()),
        ("https://example.com/builder", "https://example.com/build/v1")
    );
    assert_eq!(one.source.uri.as_deref(), Some("git+https://example.com/ship@refs/heads/main"));
    assert_eq!(one.source.digest.as_deref(), Some("c0ffee"));
    let old = summary("slsaprovenance", V0_2).unwrap().unwrap();
    assert_eq!(old.source.uri.as_deref(), Some("git+https://example.com/ship"));
    let bare = V0_2.replace(r#""configSource""#, r#""else""#);
    assert_eq!(summary("slsaprovenance", &bare).unwrap().unwrap().source.digest.as_deref(), Some("decaf"));
    assert_eq!(summary("cyclonedx", V1), Ok(None));
}

// attack: A-290
#[test]
fn a_290_members_of_the_other_version_are_not_taken() {
    assert!(summary("slsaprovenance1", V0_2).is_err());
    assert!(summary("slsaprovenance", V1).is_err());
    let mixed = V1.replacen('{', r#"{"builder":{"id":"https://evil.test"},"buildType":"x","#, 1);
    assert_eq!(summary("slsaprovenance1", &mixed).unwrap().unwrap().builder_id, "https://example.com/builder");
    assert_eq!(summary("slsaprovenance", &mixed).unwrap().unwrap().builder_id, "https://evil.test");
}

// attack: A-093, A-094
#[test]
fn a_093_null_and_wrong_types_are_absent_only_where_go_writes_null() {
    assert_eq!(Provenance::read(V1.as_bytes()).unwrap().run_details.byproducts, []);
    for (from, to) in [
        (r#""https://example.com/builder""#, "null"),
        (r#"{"id":"https://example.com/builder"}"#, "[]"),
        (r#""https://example.com/build/v1""#, "1"),
        (r#"{"target":"ship"}"#, "null"),
    ] {
        let broken = V1.replace(from, to);
        let refused = summary("slsaprovenance1", &broken).unwrap_err();
        assert_eq!(refused.code(), code::MALFORMED_PROVENANCE);
    }
    let refused = summary("slsaprovenance1", "{}").unwrap_err().to_string();
    assert_eq!(refused, "expected SLSA provenance: line 1, column 2: missing field `buildDefinition`");
    let twice = V1.replace(r#""buildType""#, r#""buildType":"x","buildType""#);
    assert!(summary("slsaprovenance1", &twice).is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(kind in ".*", builder in ".*", uri in ".*", commit in "[0-9a-f]{40}", id in ".*") {
        let mut provenance = Provenance::new(&kind, &builder);
        provenance.build_definition.resolved_dependencies.push(ResourceDescriptor::git(&uri, &commit));
        provenance.build_definition.external_parameters.insert(uri.clone(), Value::from(id.clone()));
        provenance.run_details.builder.version.insert(kind.clone(), id.clone());
        let mut metadata = BuildMetadata::between(UnixTime::MIN, UnixTime::MAX);
        metadata.invocation_id = Some(id);
        provenance.run_details.metadata = Some(metadata);
        let read = Provenance::read(&provenance.to_json()).unwrap();
        prop_assert_eq!(read.summary().source.digest, Some(commit));
        prop_assert_eq!(read, provenance);
    }
}

#[test]
fn of_several_repositories_none_is_taken_for_the_source() {
    let mut provenance = Provenance::new("https://example.com/type", "https://example.com/builder");
    let dependencies = &mut provenance.build_definition.resolved_dependencies;
    dependencies.push(ResourceDescriptor { uri: Some("pkg:cargo/a@1".into()), ..Default::default() });
    dependencies.push(ResourceDescriptor::git("git+https://example.com/ship", "c0ffee"));
    dependencies.push(ResourceDescriptor::git("git+https://example.com/ship", "c0ffee"));
    assert_eq!(provenance.summary().source.uri.as_deref(), Some("git+https://example.com/ship"));
    // A build of a stranger's repository that only uses the wanted one.
    provenance.build_definition.resolved_dependencies.push(ResourceDescriptor::git("git+https://evil.test/x", "decaf"));
    assert_eq!(provenance.summary().source, Source::default());

    let old = r#"{"builder":{"id":"b"},"buildType":"https://example.com/type","materials":[
        {"uri":"git+https://example.com/ship","digest":{"sha1":"c0ffee"}},{"uri":"git+https://evil.test/x","digest":{"sha1":"decaf"}}]}"#;
    assert_eq!(summary("slsaprovenance", old).unwrap().unwrap().source, Source::default());
}
