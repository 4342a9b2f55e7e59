//! Against oci-spec: conversions, and its reader beside ours.

use crate::{
    strategies,
    support::{DIGEST, descriptor, index, manifest},
};
use oci_spec::image as spec;
use plimsoll_core::Classify as _;
use plimsoll_oci::{
    ContentDescriptor, ImageConfig, ImageIndex, ImageManifest, InteropError, Manifest, Platform, media_type,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn descriptors_go_there_and_back(entry in strategies::content_descriptor()) {
        let there = spec::Descriptor::try_from(entry.clone()).unwrap();
        prop_assert_eq!(ContentDescriptor::try_from(there).unwrap(), entry);
    }
    #[test]
    fn manifests_go_there_and_back(manifest in strategies::manifest()) {
        let there = spec::ImageManifest::try_from(manifest.clone()).unwrap();
        prop_assert_eq!(ImageManifest::try_from(there).unwrap(), manifest);
    }
    #[test]
    fn indexes_go_there_and_back(index in strategies::index()) {
        let there = spec::ImageIndex::try_from(index.clone()).unwrap();
        prop_assert_eq!(ImageIndex::try_from(there).unwrap(), index);
    }
    #[test]
    fn configs_go_there_and_back(mut config in strategies::config()) {
        // oci-spec always writes what it can leave out, so an absent part comes back empty.
        config.history.iter_mut().for_each(|entry| entry.empty_layer = false);
        let there = spec::ImageConfiguration::try_from(config.clone()).unwrap();
        prop_assert_eq!(ImageConfig::try_from(there).unwrap(), config);
    }
    /// What we write, its reader reads as the same.
    #[test]
    fn oci_spec_reads_what_is_written(mut manifest in strategies::manifest()) {
        // It reads `os_version` for `os.version`, so versions and features are left out.
        let config = std::iter::once(&mut manifest.config);
        for platform in config.chain(&mut manifest.layers).chain(&mut manifest.subject).filter_map(|entry| entry.platform.as_mut()) {
            (platform.os_version, platform.os_features) = (None, vec![]);
        }
        let theirs = spec::ImageManifest::from_reader(manifest.to_blob().bytes()).unwrap();
        prop_assert_eq!(ImageManifest::try_from(theirs).unwrap(), manifest);
    }
}

#[test]
fn the_version_of_an_operating_system_survives() {
    let mut platform = Platform::new("windows", "amd64");
    platform.os_version = Some("10.0.1".into());
    platform.os_features = vec!["win32k".into()];
    let there = spec::Platform::from(platform.clone());
    assert_eq!(there.os_version().as_deref(), Some("10.0.1"));
    assert_eq!(Platform::from(there), platform);
}

#[test]
fn what_oci_spec_takes_and_nobody_can_check_is_refused() {
    let digest: spec::Digest = "foo:bar".parse().unwrap();
    let error = ContentDescriptor::try_from(spec::Descriptor::new("a/b".into(), 1, digest)).unwrap_err();
    assert!(matches!(error, InteropError::Manifest(_)));
    assert_eq!(error.code().name(), "malformed-manifest");
    assert_eq!(error.to_string(), "`digest`: expected a digest by sha256 or sha512, found the algorithm `foo`");

    let mut embedded = spec::Descriptor::new("a/b".into(), 2, DIGEST.parse::<spec::Digest>().unwrap());
    embedded.set_data(Some("W10=".into()));
    assert_eq!(ContentDescriptor::try_from(embedded).unwrap_err().code().name(), "digest-mismatch");

    let theirs = spec::ImageIndex::from_reader(index("", r#","mediaType":"application/x""#).as_bytes()).unwrap();
    assert_eq!(ImageIndex::try_from(theirs).unwrap_err().code().name(), "unsupported-media-type");
    let theirs = spec::ImageManifest::from_reader(manifest("").replace("n\":2,", "n\":7,").as_bytes()).unwrap();
    assert_eq!(
        ImageManifest::try_from(theirs).unwrap_err().to_string(),
        "expected `schemaVersion` to be 2, found the number 7"
    );
}

// attack: A-039
#[test]
fn a_039_the_document_that_oci_spec_reads_both_ways_is_refused() {
    let both = index("", &format!(r#","config":{},"layers":[]"#, descriptor("a/b")));
    assert!(
        spec::ImageIndex::from_reader(both.as_bytes()).is_ok()
            && spec::ImageManifest::from_reader(both.as_bytes()).is_ok()
    );
    for media_type in media_type::MANIFESTS {
        assert!(Manifest::parse_bytes(media_type, both.as_bytes()).is_err());
    }
}
