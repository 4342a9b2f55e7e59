use super::*;
use crate::{Component, Document, Format, Hash, Inventory, Kind, Limits, Writing, cyclonedx::tests::component};
use plimsoll_core::UnixTime;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Document {
    Document::read(bytes, &Limits::default()).unwrap()
}

fn writing() -> Writing<'static> {
    Writing::new(UnixTime::MIN, "plimsoll", "0.1.0")
}

#[test]
fn both_versions_are_read_with_either_spelling() {
    for (version, category, purpose) in
        [("2.2", "PACKAGE_MANAGER", "OPERATING_SYSTEM"), ("2.3", "PACKAGE-MANAGER", "OPERATING-SYSTEM")]
    {
        let text = format!(
            r#"{{"spdxVersion":"SPDX-{version}","SPDXID":"SPDXRef-DOCUMENT","name":"ship","dataLicense":"CC0-1.0",
            "documentNamespace":"https://example.com/ship","creationInfo":{{"created":"2026-01-01T00:00:00Z","creators":["Tool: x"]}},
            "packages":[{{"SPDXID":"SPDXRef-root","name":"ship","downloadLocation":"NONE"}},
              {{"SPDXID":"SPDXRef-a","name":"curl","versionInfo":"8.0","downloadLocation":"NOASSERTION",
              "licenseDeclared":"curl","licenseConcluded":"NOASSERTION","primaryPackagePurpose":"{purpose}",
              "checksums":[{{"algorithm":"SHA1","checksumValue":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}}],
              "externalRefs":[{{"referenceCategory":"{category}","referenceType":"purl","referenceLocator":"pkg:deb/debian/Curl@8.0"}},
                {{"referenceCategory":"{category}","referenceType":"purl","referenceLocator":"pkg:deb/debian/second@8.0"}},
                {{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:v:p:1:*:*:*:*:*:*:*"}}]}}],
            "relationships":[{{"spdxElementId":"SPDXRef-root","relatedSpdxElement":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBED_BY"}},
              {{"spdxElementId":"SPDXRef-a","relatedSpdxElement":"SPDXRef-root","relationshipType":"DEPENDENCY_OF"}},
              {{"spdxElementId":"SPDXRef-a","relatedSpdxElement":"NONE","relationshipType":"DEPENDS_ON"}}]}}"#
        );
        let document = read(text.as_bytes());
        assert_eq!((document.format, &*document.spec_version), (Format::Spdx, version));
        assert_eq!(document.id.as_deref(), Some("https://example.com/ship"));
        let inventory = document.inventory;
        assert_eq!(&*inventory.root.unwrap().name, "ship");
        let purls: Vec<_> = inventory.components.iter().map(|component| component.purl.as_deref().unwrap()).collect();
        assert_eq!(purls, ["pkg:deb/debian/curl@8.0", "pkg:deb/debian/second@8.0"], "no purl hides behind another");
        let curl = &inventory.components[0];
        assert_eq!(
            (curl.kind.clone(), curl.licenses()),
            (Some(Kind::operating_system()), [Box::from("curl")].as_slice())
        );
        assert_eq!((&*curl.hashes[0].algorithm, curl.hashes[0].is_well_formed()), ("SHA-1", true));
        assert!(curl.cpe.is_some());
        assert_eq!(inventory.dependencies.get("SPDXRef-root").unwrap(), &[Box::from("SPDXRef-a")]);
        assert_eq!(inventory.dependencies.get("SPDXRef-a").unwrap(), &[]);
    }
}

#[test]
fn licences_that_are_not_listed_become_references_with_their_text() {
    let mut inventory = Inventory::default();
    let mut component = Component::new(None, "a");
    component.set_licenses(["MIT OR Zlib", "My own terms"]);
    inventory.components = vec![component];
    let text = String::from_utf8(write(&inventory, &writing())).unwrap();
    assert!(text.contains(r#""licenseDeclared":"(MIT OR Zlib) AND (LicenseRef-My-own-terms-"#), "{text}");
    assert!(text.contains(r#""extractedText":"My own terms""#));
    assert!(
        text.contains(r#""namespace"#) || text.contains(r#""documentNamespace":"https://spdx.org/spdxdocs/inventory-"#)
    );
    assert_eq!(write(&inventory, &writing()), text.as_bytes());
}

proptest! {
    /// SPDX has ids of its own, one expression for the licences, and describes the root.
    #[test]
    fn what_is_written_is_read_again(root in component(), components in prop::collection::vec(component(), 0..6)) {
        let mut inventory = Inventory { root: Some(root), components, ..Inventory::default() };
        let mut read = read(&write(&inventory, &writing())).inventory;
        let plain = |component: &mut Component| {
            component.id = None;
            component.set_licenses([]);
        };
        read.root.iter_mut().chain(&mut read.components).for_each(plain);
        inventory.root.iter_mut().chain(&mut inventory.components).for_each(plain);
        prop_assert_eq!(read, inventory);
    }
    #[test]
    fn ids_have_only_the_letters_of_spdx_and_stand_once(names in prop::collection::vec(".{0,80}", 1..6)) {
        let components = names.iter().map(|name| Component::new(None, name)).collect();
        let inventory = Inventory { components, ..Inventory::default() };
        let read = read(&write(&inventory, &writing())).inventory;
        let ids: std::collections::BTreeSet<_> = read.all().map(|component| component.id.clone().unwrap()).collect();
        prop_assert_eq!(ids.len(), names.len());
        for id in ids {
            let rest = id.strip_prefix("SPDXRef-").unwrap();
            prop_assert!(rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')), "{}", id);
        }
    }
}

#[test]
fn a_hash_of_unknown_algorithm_or_length_is_left_out() {
    let mut inventory = Inventory::default();
    let mut component = Component::new(None, "a");
    component.hashes = vec![Hash::new("SHA-224", &"0".repeat(56)), Hash::new("SHA-256", "00"), Hash::new("X", "00")];
    inventory.components = vec![component];
    let root = read(&write(&inventory, &writing())).inventory.root.unwrap();
    assert_eq!(root.hashes, [Hash::new("SHA224", &"0".repeat(56))]);
}
