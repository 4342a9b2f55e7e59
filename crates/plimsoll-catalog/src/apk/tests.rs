use super::*;
use crate::code;
use plimsoll_core::Classify;
use proptest::prelude::*;

fn alpine() -> OsRelease {
    OsRelease::read(b"ID=alpine\nVERSION_ID=3.22.1\n").unwrap()
}

#[test]
fn records_are_read_with_origin_and_licence() {
    let installed = "C:Q1abc=\nP:musl-utils\nV:1.2.5-r10\nA:x86_64\nS:1\nT:libc: the one\nL:MIT AND BSD-2-Clause\no:musl\n\
        D:so:libc\nF:usr/bin\nR:ldd\na:0:0:755\nZ:Q1x=\nR:iconv\nF:lib\n\nP:old\nV:1\nA:noarch\nL:GPL2 custom\no:old";
    let packages = read(installed.as_bytes(), &alpine(), &Limits::default()).unwrap();
    let purls: Vec<_> = packages.iter().map(|package| package.purl.as_deref().unwrap()).collect();
    assert_eq!(
        purls,
        [
            "pkg:apk/alpine/musl-utils@1.2.5-r10?arch=x86_64&distro=alpine-3.22.1&upstream=musl",
            "pkg:apk/alpine/old@1?arch=noarch&distro=alpine-3.22.1",
        ]
    );
    assert_eq!(packages[0].licenses(), [Box::from("MIT AND BSD-2-Clause")]);
    assert_eq!(packages[1].licenses(), [Box::from("GPL2"), "custom".into()]);
}

// attack: A-309
#[test]
fn a_309_broken_databases_are_refused_with_the_line() {
    let refusal = |text: &[u8]| {
        let error = read(text, &alpine(), &Limits::default()).unwrap_err();
        assert_eq!(error.code(), code::MALFORMED_PACKAGE_DATABASE);
        error.to_string()
    };
    assert_eq!(
        refusal(b"P:a\nV:1\n\nP:b\n"),
        "line 4: expected the field `V` in the record that starts here, found none"
    );
    assert_eq!(refusal(b"P:a\nP:b\nV:1\n"), "line 2: expected the field `P` once in a record, found it twice");
    assert_eq!(refusal(b"P:a\nV\n"), "line 2: expected a field as `name: value`, found `V`");
    assert_eq!(refusal(b"p:a\nV:1\n"), "line 1: expected the field `P` in the record that starts here, found none");
    let limits = Limits { packages: 1, ..Limits::default() };
    assert!(read(b"P:a\nV:1\n\nP:b\nV:1\n", &alpine(), &limits).is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b':'), Just(b'P'), any::<u8>()], 0..200)) {
        let _ = read(&bytes, &alpine(), &Limits::default());
    }
}
