use super::*;
use crate::{Component, Document, Format, Hash, Inventory, Kind, Limits, Writing};
use plimsoll_core::{Digest, UnixTime};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Document {
    Document::read(bytes, &Limits::default()).unwrap()
}

fn writing() -> Writing<'static> {
    Writing::new(UnixTime::MIN, "plimsoll", "0.1.0")
}

#[test]
fn every_version_is_read_with_nested_components() {
    for version in ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] {
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"{version}","version":1,
            "serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","unknown":{{"x":[1,{{}}]}},
            "metadata":{{"component":{{"type":"container","name":"ship","version":"","components":[{{"type":"file","name":"in the root"}}]}}}},
            "components":[{{"type":"library","bom-ref":"a","group":"org.example","name":"outer","version":"1",
              "licenses":[{{"license":{{"id":"MIT"}}}},{{"license":{{"name":"Own"}}}},{{"expression":"Zlib OR MIT"}}],
              "hashes":[{{"alg":"SHA-1","content":"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"}}],
              "components":[{{"type":"library","name":"inner","version":"2"}}]}}],
            "dependencies":[{{"ref":"a","dependsOn":["b"]}},{{"ref":"b"}}]}}"#
        );
        let document = read(text.as_bytes());
        assert_eq!((document.format, &*document.spec_version), (Format::CycloneDx, version));
        assert_eq!(document.id.as_deref(), Some("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"));
        let names: Vec<_> = document.inventory.all().map(|component| &*component.name).collect();
        assert_eq!(names, ["ship", "in the root", "outer", "inner"]);
        assert_eq!(document.inventory.root.unwrap().version, None);
        let outer = &document.inventory.components[1];
        assert_eq!(outer.licenses(), [Box::from("MIT"), "Own".into(), "Zlib OR MIT".into()]);
        assert_eq!(&*outer.hashes[0].value, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(document.inventory.dependencies.len(), 2);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_another_subject_another_serial_number() {
    let mut inventory = Inventory::default();
    inventory.components.push(Component::new(Some(Kind::library()), "curl"));
    let text = String::from_utf8(write(&inventory, &writing())).unwrap();
    let expected = concat!(
        r#"{"$schema":"http://cyclonedx.org/schema/bom-1.6.schema.json","bomFormat":"CycloneDX","specVersion":"1.6","#,
        r#""serialNumber":"SERIAL","version":1,"metadata":{"timestamp":"1970-01-01T00:00:00Z","#,
        r#""tools":{"components":[{"type":"application","name":"plimsoll","version":"0.1.0"}]}},"#,
        r#""components":[{"type":"library","bom-ref":"curl","name":"curl"}],"dependencies":[]}"#
    );
    let serial = read(text.as_bytes()).id.unwrap();
    assert_eq!(text.replace(&*serial, "SERIAL"), expected);
    let uuid = serial.strip_prefix("urn:uuid:").unwrap();
    let parts: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert!(uuid.as_bytes()[14] == b'8' && matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
    let other = write(&inventory, &writing().about(Digest::sha256_of(b"ship")));
    assert_ne!(read(&other).id.unwrap(), serial);
    inventory.components[0].name = "curb".into();
    assert_ne!(read(&write(&inventory, &writing())).id.unwrap(), serial);
}

#[test]
fn what_cyclonedx_has_no_place_for_is_left_out() {
    let mut inventory = Inventory::default();
    let mut component = Component::new(Some(Kind::new("install")), "a");
    component.hashes = vec![Hash::new("SHA-224", &"0".repeat(56)), Hash::new("SHA-256", "00"), Hash::new("X", "00")];
    component.id = Some("a".into());
    inventory.dependencies.insert("a".into(), vec!["a".into(), "nowhere".into(), "a".into()]);
    inventory.dependencies.insert("nowhere".into(), Vec::new());
    inventory.components = vec![component.clone(), component];
    let read = read(&write(&inventory, &writing())).inventory;
    assert!(read.components[0].hashes.is_empty());
    assert_eq!(read.components[0].kind, Some(Kind::library()));
    let ids: Vec<_> = read.components.iter().map(|component| component.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["a", "a#1"], "each id once");
    assert_eq!(read.dependencies.into_iter().collect::<Vec<_>>(), [("a".into(), vec!["a".into()])]);
}

pub(crate) fn component() -> impl Strategy<Value = Component> {
    let licenses = prop_oneof![
        prop::collection::vec("My own [a-z]{1,8}", 0..3),
        Just(vec!["MIT OR Zlib".to_owned()]),
        Just(vec!["Apache-2.0".to_owned(), "MIT".to_owned()]),
    ];
    let kind = prop_oneof![Just("library"), Just("application"), Just("operating-system"), Just("file")];
    (kind, ".{1,12}", prop::option::of(".{1,8}"), prop::option::of("[a-z]{1,8}"), licenses, any::<[bool; 2]>())
        .prop_map(|(kind, name, version, package, licenses, [cpe, hash])| {
            let mut component = Component::new(Some(Kind::new(kind)), &name);
            component.version = version.map(Into::into);
            component.purl = package.map(|package| format!("pkg:cargo/{package}@1.0").into());
            component.set_licenses(licenses.iter().map(String::as_str));
            component.cpe = cpe.then(|| "cpe:2.3:a:v:p:1:*:*:*:*:*:*:*".into());
            component.hashes = hash.then(|| Hash::of(&Digest::sha512_of(name.as_bytes()))).into_iter().collect();
            component
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        root in prop::option::of(component()),
        components in prop::collection::vec(component(), 0..6),
        edges in prop::collection::btree_map(0_usize..6, prop::collection::btree_set(0_usize..6, 0..4), 0..6),
    ) {
        let mut inventory = Inventory { root, components, ..Inventory::default() };
        let id = |number: usize| Box::<str>::from(format!("id {number}"));
        let count = inventory.components.len();
        for (number, component) in inventory.components.iter_mut().enumerate() {
            component.id = Some(id(number));
        }
        for (from, to) in edges.into_iter().filter(|(from, _)| *from < count) {
            inventory.dependencies.insert(id(from), to.into_iter().filter(|to| *to < count).map(id).collect());
        }
        let mut read = read(&write(&inventory, &writing())).inventory;
        if let (Some(read), Some(root)) = (&mut read.root, &inventory.root) {
            read.id.clone_from(&root.id);
        }
        prop_assert_eq!(read, inventory);
    }
}
