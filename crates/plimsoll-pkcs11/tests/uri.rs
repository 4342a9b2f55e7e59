//! PKCS#11 URIs: what is read, what is refused, and what is never shown.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

use plimsoll_pkcs11::{Uri, UriPin};
use proptest::{prelude::*, proptest};

fn refused(text: &str) -> String {
    text.parse::<Uri>().unwrap_err().to_string()
}

#[test]
fn what_p11tool_writes_is_read() {
    let uri: Uri = "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=6f1c;token=release;id=%AB%00;object=signer;type=private"
        .parse()
        .unwrap();
    assert_eq!((uri.model(), uri.manufacturer()), (Some("SoftHSM v2"), Some("SoftHSM project")));
    assert_eq!((uri.serial(), uri.token(), uri.object()), (Some("6f1c"), Some("release"), Some("signer")));
    assert_eq!((uri.id(), uri.slot_id()), (Some(&[0xab, 0][..]), None));
    assert_eq!("pkcs11:".parse::<Uri>().unwrap(), Uri::default());
    assert_eq!("PKCS11:slot-id=7".parse::<Uri>().unwrap().slot_id(), Some(7));
}

#[test]
fn the_query_names_module_and_pin() {
    let uri: Uri = "pkcs11:token=a?module-path=/usr/lib/hsm.so&pin-source=file:/run/pin&x-vendor=1".parse().unwrap();
    assert_eq!((uri.module_path(), uri.module_name()), (Some("/usr/lib/hsm.so"), None));
    assert_eq!(uri.pin(), &UriPin::Source("file:/run/pin".into()));
    let value: Uri = "pkcs11:?pin-value=12%2634&module-name=hsm".parse().unwrap();
    assert_eq!(value.module_name(), Some("hsm"));
    assert!(matches!(value.pin(), UriPin::Value(_)));
}

#[test]
fn a_selector_that_is_not_understood_selects_nothing() {
    assert_eq!(
        refused("pkcs11:library-version=3"),
        "the PKCS#11 URI selects by `library-version`, which is not supported"
    );
    assert_eq!(refused("pkcs11:Token=a"), "the PKCS#11 URI selects by `Token`, which is not supported");
    assert_eq!(
        refused("pkcs11:type=data"),
        "the PKCS#11 URI is malformed at `type`: a key or certificate is `private`, `public` or `cert`"
    );
}

#[test]
fn malformed_uris_are_refused() {
    assert_eq!(refused("https://example.com"), "expected a URI with the scheme `pkcs11`");
    assert_eq!(refused("token=a"), "expected a URI with the scheme `pkcs11`");
    for twice in [
        "pkcs11:token=a;token=a",
        "pkcs11:id=%01;id=%01",
        "pkcs11:?pin-value=1&pin-value=1",
        "pkcs11:?module-path=a&module-path=a",
    ] {
        assert!(refused(twice).contains("stands twice"), "{twice}");
    }
    for both in ["pkcs11:?pin-value=1&pin-source=a", "pkcs11:?pin-source=a&pin-value=1"] {
        assert_eq!(refused(both), "the PKCS#11 URI has both `pin-source` and `pin-value`");
    }
    for (text, what) in [
        ("pkcs11:token", "a part without `=`"),
        ("pkcs11:token=a;", "a part without `=`"),
        ("pkcs11:=a", "it is no name"),
        ("pkcs11:to ken=a", "it is no name"),
        ("pkcs11:token=a b", "a character that must be escaped"),
        ("pkcs11:token=\u{e4}", "a character that must be escaped"),
        ("pkcs11:token=a/b", "a character that must be escaped"),
        ("pkcs11:token=%4", "an escape without two hexadecimal digits"),
        ("pkcs11:token=%+1", "an escape without two hexadecimal digits"),
        ("pkcs11:token=%ff", "it is not UTF-8"),
        ("pkcs11:slot-id=+7", "it is no number"),
        ("pkcs11:slot-id=", "it is no number"),
        ("pkcs11:slot-id=99999999999999999999", "it is no number"),
    ] {
        assert!(refused(text).ends_with(what), "{text}: {}", refused(text));
    }
    assert_eq!(refused(&format!("pkcs11:token={}", "a".repeat(4096))), "the PKCS#11 URI is longer than 4096 bytes");
}

/// What is shown of the longest URI is still one that is read.
#[test]
fn what_is_shown_is_never_longer_than_what_was_read() {
    let longest = format!("pkcs11:token={}", "+".repeat(4096 - 13));
    let uri: Uri = longest.parse().unwrap();
    assert_eq!(uri.to_string(), longest);
}

#[test]
fn a_pin_is_never_shown() {
    let uri: Uri = "pkcs11:token=a?pin-value=hunter2".parse().unwrap();
    assert_eq!(uri.to_string(), "pkcs11:token=a");
    assert!(!format!("{uri:?}").contains("hunter2"));
    let broken = "pkcs11:?pin-value=hunter2%".parse::<Uri>().unwrap_err();
    assert!(!format!("{broken} {broken:?}").contains("hunter2"));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        token in ".{0,40}",
        object in proptest::option::of(".{0,40}"),
        id in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let escape = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let mut text = format!("pkcs11:token={};id={}", escape(token.as_bytes()), escape(&id));
        if let Some(object) = &object {
            text += &format!(";object={}", escape(object.as_bytes()));
        }
        let uri: Uri = text.parse().unwrap();
        prop_assert_eq!(uri.token(), Some(token.as_str()));
        prop_assert_eq!(uri.id(), Some(id.as_slice()));
        prop_assert_eq!(uri.to_string().parse::<Uri>(), Ok(uri));
    }
}
