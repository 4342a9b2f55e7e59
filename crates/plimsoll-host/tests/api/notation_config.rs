//! `config.json`.

use super::Home;
use plimsoll_host::{docker::Helpers, notation::NotationConfig};
use plimsoll_notary::Format;

#[test]
fn an_absent_file_is_an_empty_one() {
    let found = NotationConfig::load(&Home::new().notation()).unwrap();
    assert_eq!((found.value, found.warnings.len()), (NotationConfig::default(), 0));
}

#[test]
fn what_notation_writes_is_read() {
    let home = Home::new();
    home.write(
        "config.json",
        r#"{"insecureRegistries": ["r.test:5000"], "signatureFormat": "cose", "credsStore": "pass", "credHelpers": {"r.test": "x"}}"#,
    );
    let found = NotationConfig::load(&home.notation()).unwrap();
    assert_eq!(found.warnings, []);
    assert_eq!(found.value.signature_format, Format::Cose);
    assert!(found.value.is_insecure("r.test:5000"));
    assert!(!found.value.is_insecure("r.test"));
    assert_eq!(found.value.helpers, Helpers::new(Some("pass".into()), [("r.test".into(), "x".into())].into()));
    // Go writes what is empty as `null`, or not at all.
    home.write(
        "config.json",
        r#"{"insecureRegistries": null, "signatureFormat": "", "credsStore": "", "credHelpers": null}"#,
    );
    assert_eq!(NotationConfig::load(&home.notation()).unwrap().value, NotationConfig::default());
}

// attack: A-088
#[test]
fn a_088_an_unknown_member_is_named() {
    let home = Home::new();
    home.write("config.json", r#"{"insecureregistries": ["r.test"]}"#);
    let found = NotationConfig::load(&home.notation()).unwrap();
    assert!(!found.value.is_insecure("r.test"));
    let warnings: Vec<_> = found.warnings.iter().map(|warning| home.text(warning)).collect();
    assert_eq!(warnings, ["`HOME/config.json`: the member `insecureregistries` has no meaning and is ignored"]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let home = Home::new();
    for (text, message) in [
        (
            "{\n  \"signatureFormat\": \"pgp\"\n}",
            "line 2, column 26, at `signatureFormat`: expected `jws` or `cose`, found `pgp`",
        ),
        (
            r#"{"insecureRegistries": "r.test"}"#,
            "line 1, column 31, at `insecureRegistries`: invalid type: string \"r.test\", expected a sequence",
        ),
        (
            r#"{"credHelpers": {"r.test": "a", "r.test": "b"}}"#,
            "line 1, column 40, at `credHelpers`: the member `r.test` stands twice",
        ),
        (r#"{"credsStore": "a", "credsStore": "b"}"#, "line 1, column 32: duplicate field `credsStore`"),
        ("{}}", "line 1, column 3: trailing characters"),
        ("", "line 1, column 0: EOF while parsing a value"),
    ] {
        home.write("config.json", text);
        let error = NotationConfig::load(&home.notation()).unwrap_err();
        home.says(&error, "malformed-configuration", &format!("`HOME/config.json`, {message}"));
    }
    home.write("config.json", " ".repeat(1_048_577));
    let error = NotationConfig::load(&home.notation()).unwrap_err();
    home.says(&error, "limit-exceeded", "`HOME/config.json`: more than 1048576 bytes");
}
