use super::*;
use crate::code;
use plimsoll_core::Class;
use proptest::prelude::*;

fn canonical(text: &str) -> String {
    text.parse::<Purl>().unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

fn refusal(text: &str) -> String {
    let error = text.parse::<Purl>().expect_err(text);
    assert_eq!(error.code(), code::MALFORMED_PURL);
    assert_eq!(error.class(), Class::Malformed);
    error.to_string()
}

#[test]
fn what_is_no_purl_is_refused_by_code_and_message() {
    let error = "openssl".parse::<Purl>().unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (code::MALFORMED_PURL, "expected `pkg:` in front, found `openssl`")
    );
}

#[test]
fn texts_are_brought_into_the_canonical_form() {
    for (text, expected) in [
        ("pkg:deb/debian/curl@7.88.1-10?arch=amd64", "pkg:deb/debian/curl@7.88.1-10?arch=amd64"),
        ("PKG://Deb/Debian/Curl@1:2.0+b1", "pkg:deb/debian/curl@1:2.0%2Bb1"),
        ("pkg:cargo/serde@1.0.0?b=2&a=1&empty=", "pkg:cargo/serde@1.0.0?a=1&b=2"),
        ("pkg:cargo/serde?Checksum=sha256%3Aab", "pkg:cargo/serde?checksum=sha256:ab"),
        ("pkg:npm/%40angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
        (
            "pkg:golang/google.golang.org/genproto#/googleapis//./api/../x/",
            "pkg:golang/google.golang.org/genproto#googleapis/api/x",
        ),
        (
            "pkg:oci/Debian@sha256:AB?repository_url=ghcr.io/debian",
            "pkg:oci/debian@sha256:ab?repository_url=ghcr.io%2Fdebian",
        ),
        ("pkg:generic/a%20b@c%2Fd", "pkg:generic/a%20b@c%2Fd"),
        ("pkg:rpm/Fedora/Curl@7", "pkg:rpm/fedora/Curl@7"),
        ("pkg:hackage/Some_Thing", "pkg:hackage/Some-Thing"),
        ("pkg:pub/Flutter-x", "pkg:pub/flutter_x"),
        ("pkg:cpan/gdt/URI-PackageURL@2", "pkg:cpan/GDT/URI-PackageURL@2"),
        ("pkg:git/codeberg.org/forgejo/forgejo@a72d", "pkg:git/codeberg.org/forgejo/forgejo@a72d"),
    ] {
        assert_eq!(canonical(text), expected);
        assert_eq!(canonical(expected), expected);
    }
}

// attack: A-301
#[test]
fn a_301_hostile_purls_are_refused_or_made_canonical() {
    assert_eq!(refusal("pkg:cargo/a%00b"), "expected a package URL without control characters, found `a\\u{0}b`");
    assert_eq!(refusal("pkg:cargo/a?x=1&x=2"), "expected each qualifier once, found `x` twice");
    assert_eq!(refusal("pkg:cargo/a?x=1&X=2"), "expected each qualifier once, found `X` twice");
    assert_eq!(refusal("pkg:npm/a%2Fb/c"), "expected segments without `/`, found `a%2Fb`");
    assert_eq!(refusal("pkg:npm/a%zz"), "expected percent-encoded UTF-8, found `a%zz`");
    assert_eq!(refusal("pkg:npm/a%2"), "expected percent-encoded UTF-8, found `a%2`");
    assert_eq!(refusal("pkg:npm/%ff"), "expected percent-encoded UTF-8, found `%ff`");
    let long = format!("pkg:npm/{}", "a".repeat(1 << 20));
    assert_eq!(refusal(&long), "expected a package URL of at most 8192 bytes, found 1048584 bytes");
    assert!(format!("pkg:npm/{}", "a".repeat(LONGEST - 8)).parse::<Purl>().is_ok());
    assert!(format!("pkg:npm/{}", "a".repeat(LONGEST - 7)).parse::<Purl>().is_err());
    assert_eq!(canonical("pkg:GENERIC//a//%2e%2e//b"), "pkg:generic/a/../b", "dots in a namespace are a name");
    assert_eq!(canonical("pkg:generic/a#%2e%2e/b"), "pkg:generic/a#b");
}

#[test]
fn what_the_specification_or_a_type_forbids_is_refused() {
    for (text, message) in [
        ("cargo/serde", "expected `pkg:` in front, found `cargo/serde`"),
        ("pkg:cargo", "expected a name, found none"),
        ("pkg:cargo/@1.0", "expected a name, found none"),
        (
            "pkg:3cargo/serde",
            "expected a type of letters, digits, `.` and `-` that starts with a letter, found `3cargo`",
        ),
        ("pkg:cargo/a/b", "expected no namespace with the type `cargo`, found `a`"),
        ("pkg:maven/a", "expected a namespace with the type `maven`, found none"),
        ("pkg:swid/a", "expected the qualifier `tag_id` with the type `swid`, found none"),
        ("pkg:cpan/URI::PackageURL", "expected a name that the type `cpan` allows, found `URI::PackageURL`"),
        ("pkg:cargo/a?x", "expected qualifiers as `key=value` with keys of `a-z`, `0-9`, `.`, `-` and `_`, found `x`"),
        (
            "pkg:cargo/a?x%20y=1",
            "expected qualifiers as `key=value` with keys of `a-z`, `0-9`, `.`, `-` and `_`, found `x%20y`",
        ),
    ] {
        assert_eq!(refusal(text), message);
    }
}

fn parts() -> impl Strategy<Value = PurlParts> {
    let text = "[^\\p{Cc}/]{1,12}";
    (
        prop_oneof![Just("generic"), Just("npm"), Just("deb"), Just("cargo"), Just("oci"), Just("git"), Just("x.y-z")],
        prop::option::of(prop::collection::vec(text, 1..3)),
        "[^\\p{Cc}]{1,12}",
        prop::option::of("[^\\p{Cc}]{1,12}"),
        prop::collection::btree_map("[a-z][a-z0-9._-]{0,6}", "[^\\p{Cc}]{1,12}", 0..3),
        prop::option::of(prop::collection::vec(text, 1..3)),
    )
        .prop_map(|(kind, namespace, name, version, qualifiers, subpath)| PurlParts {
            kind: kind.into(),
            namespace: namespace.map(|segments| segments.join("/")),
            name,
            version,
            qualifiers,
            subpath: subpath.map(|segments| segments.join("/")),
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(parts in parts()) {
        let git = parts.kind == "git";
        if let Ok(purl) = Purl::build(parts) {
            // A git name is a path, and a namespace one segment: other divisions of one path read as this one.
            let odd = git && (purl.parts().name.split('/').any(str::is_empty)
                || purl.parts().namespace.as_ref().is_some_and(|text| text.contains('/')));
            if !odd {
                prop_assert_eq!(purl.to_string().parse::<Purl>(), Ok(purl));
            }
        }
    }
    #[test]
    fn no_text_panics_and_the_canonical_form_is_stable(text in ".{0,60}") {
        for text in [text.clone(), format!("pkg:{text}"), format!("pkg:npm/{text}")] {
            if let Ok(purl) = text.parse::<Purl>() {
                prop_assert_eq!(purl.to_string().parse::<Purl>(), Ok(purl));
            }
        }
    }
}
