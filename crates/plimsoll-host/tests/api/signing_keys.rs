//! `signingkeys.json`.

use super::Home;
use plimsoll_host::notation::{KeyEntry, KeyName, KeySource, SigningKeys};
use proptest::prelude::*;

fn name(text: &str) -> KeyName {
    text.parse().unwrap()
}

/// As Notation writes it, with members that it does not know.
const WRITTEN: &str = r#"{
  "default": "file",
  "keys": [
    {"name": "file", "keyPath": "/k/file.key", "certPath": "/k/file.crt", "note": "kept"},
    {"name": "kms", "id": "arn:1", "pluginName": "aws", "pluginConfig": {"region": "eu"}}
  ],
  "future": {"kept": [1]}
}"#;

#[test]
fn keys_in_files_and_with_plugins_are_read() {
    let home = Home::new();
    home.write("signingkeys.json", WRITTEN);
    let found = SigningKeys::load(&home.notation()).unwrap();
    assert_eq!(found.value.default_name(), Some("file"));
    let KeySource::Files { key, certificates } = found.value.find(None).unwrap().source() else { panic!("files") };
    assert_eq!((key.to_str(), certificates.to_str()), (Some("/k/file.key"), Some("/k/file.crt")));
    let KeySource::Plugin { id, plugin, .. } = found.value.find(Some("kms")).unwrap().source() else {
        panic!("plugin")
    };
    assert_eq!((id.as_str(), plugin.as_str()), ("arn:1", "aws"));
    let warnings: Vec<_> = found.warnings.iter().map(|warning| home.text(warning)).collect();
    assert_eq!(
        warnings,
        [
            "`HOME/signingkeys.json`: the member `future` has no meaning and is ignored",
            "`HOME/signingkeys.json`: the member `keys[0].note` has no meaning and is ignored",
        ]
    );
}

#[test]
fn what_is_not_understood_is_written_back() {
    let home = Home::new();
    home.write("signingkeys.json", WRITTEN);
    let mut keys = SigningKeys::load(&home.notation()).unwrap().value;
    keys.add(KeyEntry::files(name("new"), "/k/new.key", "/k/new.crt")).unwrap();
    keys.save(&home.notation()).unwrap();
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.at("signingkeys.json")).unwrap()).unwrap();
    let mut expected: serde_json::Value = serde_json::from_str(WRITTEN).unwrap();
    let new = serde_json::json!({"name": "new", "keyPath": "/k/new.key", "certPath": "/k/new.crt"});
    expected["keys"].as_array_mut().unwrap().push(new);
    assert_eq!(written, expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(home.at("signingkeys.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn an_absent_or_empty_file_lists_no_key() {
    let home = Home::new();
    assert_eq!(SigningKeys::load(&home.notation()).unwrap().value, SigningKeys::default());
    home.write("signingkeys.json", r#"{"default": "", "keys": null}"#);
    let keys = SigningKeys::load(&home.notation()).unwrap().value;
    home.says(
        &keys.find(None).unwrap_err(),
        "unknown-key",
        "expected the name of a signing key, as no default key is set",
    );
    home.says(
        &keys.find(Some("x")).unwrap_err(),
        "unknown-key",
        "expected a signing key, of which there is none, found `x`",
    );
}

#[test]
fn each_fault_of_the_list_is_named() {
    let home = Home::new();
    let key = |name: &str| format!(r#"{{"name": "{name}", "keyPath": "k", "certPath": "c"}}"#);
    for (text, message) in [
        (
            format!(r#"{{"keys": [{}, {}]}}"#, key("a"), key("a")),
            "`HOME/signingkeys.json`: expected each key once, found `a` twice",
        ),
        (
            format!(r#"{{"default": "b", "keys": [{}]}}"#, key("a")),
            "`HOME/signingkeys.json`: the default key `b` is not in the list of keys",
        ),
        (
            format!(r#"{{"keys": [{}, {}]}}"#, key("a"), key("")),
            "`HOME/signingkeys.json`: keys[1].name: expected a name, found an empty text",
        ),
        (
            r#"{"keys": [{"name": "a", "keyPath": "k"}]}"#.into(),
            "`HOME/signingkeys.json`: key `a`: expected either `keyPath` and `certPath` or `id` and `pluginName`",
        ),
        (
            r#"{"keys": [{"name": "a", "keyPath": "k", "certPath": "c", "id": "i", "pluginName": "p"}]}"#.into(),
            "`HOME/signingkeys.json`: key `a`: expected either `keyPath` and `certPath` or `id` and `pluginName`",
        ),
    ] {
        home.write("signingkeys.json", text);
        home.says(&SigningKeys::load(&home.notation()).unwrap_err(), "malformed-signing-keys", message);
    }
    home.write("signingkeys.json", "{\"keys\": [\n{\"keyPath\": \"k\"}]}");
    home.says(
        &SigningKeys::load(&home.notation()).unwrap_err(),
        "malformed-configuration",
        "`HOME/signingkeys.json`, line 2, column 16, at `keys[0]`: missing field `name`",
    );
}

#[test]
fn keys_are_added_chosen_and_removed() {
    let home = Home::new();
    let mut keys = SigningKeys::default();
    keys.add(KeyEntry::files(name("a"), "k", "c")).unwrap();
    keys.add(KeyEntry::files(name("b"), "k", "c")).unwrap();
    let error = keys.add(KeyEntry::files(name("a"), "k", "c")).unwrap_err();
    home.says(&error, "already-there", "a signing key `a` is there already");
    let error = keys.find(None).unwrap_err();
    home.says(
        &error,
        "unknown-key",
        "expected the name of a signing key, as no default key is set: it is one of `a`, `b`",
    );
    home.says(
        &keys.set_default(Some("c")).unwrap_err(),
        "unknown-key",
        "expected one of the signing keys `a`, `b`, found `c`",
    );
    keys.set_default(Some("b")).unwrap();
    assert_eq!(keys.find(None).unwrap().name(), "b");
    assert_eq!(keys.remove("b").unwrap().name(), "b");
    assert_eq!(keys.default_name(), None);
    home.says(&keys.remove("b").unwrap_err(), "unknown-key", "expected one of the signing keys `a`, found `b`");
    home.says(
        &"a/b".parse::<KeyName>().unwrap_err(),
        "malformed-name",
        "expected a name of letters, digits, `_`, `.` and `-`, found `a/b`",
    );
}

#[cfg(unix)]
#[test]
fn a_path_that_json_cannot_hold_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::new();
    let mut keys = SigningKeys::default();
    keys.add(KeyEntry::files(name("a"), std::ffi::OsStr::from_bytes(b"/k/\xff.key"), "c")).unwrap();
    let error = keys.save(&home.notation()).unwrap_err();
    home.says(&error, "malformed-name", "expected a path in UTF-8, found `/k/\u{fffd}.key`");
    assert!(!home.at("signingkeys.json").exists());
}

proptest! {
    #[test]
    fn what_is_saved_is_loaded(names in proptest::collection::btree_set("[a-zA-Z0-9_-]{1,12}", 0..6), path in "\\PC{1,40}") {
        let home = Home::new();
        let mut keys = SigningKeys::default();
        for one in &names {
            keys.add(KeyEntry::files(name(one), &path, &path)).unwrap();
        }
        keys.set_default(names.first().map(String::as_str)).unwrap();
        keys.save(&home.notation()).unwrap();
        prop_assert_eq!(SigningKeys::load(&home.notation()).unwrap().value, keys);
    }
}
