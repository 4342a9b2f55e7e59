use super::*;
use crate::code;
use plimsoll_core::Classify;
use proptest::prelude::*;

fn debian() -> OsRelease {
    OsRelease::read(b"ID=debian\nVERSION_ID=\"12\"\n").unwrap()
}

fn purls(status: &str) -> Vec<String> {
    let packages = read(status.as_bytes(), &debian(), &Limits::default()).unwrap();
    packages.iter().map(|package| package.purl.as_deref().unwrap().to_owned()).collect()
}

fn refusal(status: &[u8]) -> String {
    let error = read(status, &debian(), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), code::MALFORMED_PACKAGE_DATABASE);
    error.to_string()
}

#[test]
fn epochs_sources_and_continued_fields_are_read() {
    let status = "\n\nPackage: libstdc++6\nStatus: install ok installed\nPriority: optional\nArchitecture: amd64\n\
        Multi-Arch: same\nSource: gcc-12 (12.2.0-14)\nVersion: 1:12.2.0-14+b1\nDescription: GNU Standard C++ Library\n \
        Package: not a field\n\tVersion: neither\n .\nConffiles:\n /etc/x 0123\n\n\n\
        package: tzdata\nVERSION: 2024a-0+deb12u1\nStatus: hold ok installed\nArchitecture: all\nSource: tzdata-src\n";
    assert_eq!(
        purls(status),
        [
            "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bb1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14",
            "pkg:deb/debian/tzdata@2024a-0%2Bdeb12u1?arch=all&distro=debian-12&upstream=tzdata-src",
        ]
    );
}

#[test]
fn exactly_the_packages_whose_files_are_there_are_listed() {
    let states = [
        ("install ok installed", true),
        ("deinstall ok installed", true),
        ("install reinstreq half-configured", true),
        ("install ok unpacked", true),
        ("install ok triggers-awaited", true),
        ("install ok triggers-pending", true),
        ("deinstall ok config-files", false),
        ("purge ok not-installed", false),
        ("install ok half-installed", false),
    ];
    for (status, there) in states {
        let text = format!("Package: a\nStatus: {status}\nVersion: 1\n");
        assert_eq!(purls(&text).len(), usize::from(there), "{status}");
    }
    // What is not there need not have a version.
    assert!(purls("Package: a\nStatus: unknown ok not-installed\n").is_empty());
    // The files of `status.d` have no state.
    assert_eq!(
        purls("Package: a\nVersion: 1\nArchitecture: arm64\n"),
        ["pkg:deb/debian/a@1?arch=arm64&distro=debian-12"]
    );
}

// attack: A-309
#[test]
fn a_309_broken_databases_are_refused_with_the_line() {
    assert_eq!(
        refusal(b"Package: a\nVersion: 1\nversion: 2\n"),
        "line 3: expected the field `version` once in a record, found it twice"
    );
    assert_eq!(refusal(b"Package: a\nrubbish\n"), "line 2: expected a field as `name: value`, found `rubbish`");
    assert_eq!(
        refusal(b"\n\nVersion: 1\n"),
        "line 3: expected the field `Package` in the record that starts here, found none"
    );
    assert_eq!(
        refusal(b"Package: a\nVersion:\n"),
        "line 1: expected the field `Version` in the record that starts here, found none"
    );
    assert_eq!(
        refusal(b"Package: a\xff\nVersion: 1\n"),
        "line 1: expected a field in UTF-8, found `Package: a\u{fffd}`"
    );
    let state = "line 1: expected a record with a status such as `install ok installed`, found `installed`";
    assert_eq!(refusal(b"Package: a\nStatus: installed\nVersion: 1\n"), state);
    let control = "line 1: expected a package URL without control characters, found `a\\u{7}`";
    assert_eq!(refusal(b"Package: a\x07\nVersion: 1\n"), control);
    // Other fields may hold any bytes.
    let latin = b"Package: a\nVersion: 1\nMaintainer: Jos\xe9\n";
    assert_eq!(read(latin, &debian(), &Limits::default()).unwrap().len(), 1);
}

#[test]
fn limits_are_held_at_the_number() {
    let status = b"Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\n";
    let within = |limits: Limits| read(status, &debian(), &limits).map(|list| list.len()).map_err(|e| e.to_string());
    assert_eq!(within(Limits { packages: 2, ..Limits::default() }), Ok(2));
    assert_eq!(
        within(Limits { packages: 1, ..Limits::default() }),
        Err("more than 1 packages in a package database".into())
    );
    let size = status.len() as u64;
    assert_eq!(within(Limits { bytes: size, ..Limits::default() }), Ok(2));
    let small = Limits { bytes: size - 1, ..Limits::default() };
    assert_eq!(within(small), Err(format!("more than {} bytes of a package database", size - 1)));
}

#[test]
fn without_a_distribution_there_is_no_package_url() {
    let packages = read(b"Package: a\nVersion: 1\n", &OsRelease::default(), &Limits::default()).unwrap();
    assert_eq!((packages[0].purl.as_deref(), packages[0].version.as_deref()), (None, Some("1")));
}

proptest! {
    #[test]
    fn every_installed_package_is_listed(
        packages in prop::collection::vec(("[a-z][a-z0-9+.-]{1,12}", "[0-9][0-9a-zA-Z.+~:-]{0,12}", any::<bool>()), 0..20),
    ) {
        let record = |(name, version, installed): &(String, String, bool)| {
            let status = if *installed { "install ok installed" } else { "deinstall ok config-files" };
            format!("Package: {name}\nStatus: {status}\nVersion: {version}\nDescription: x\n y\n\n")
        };
        let status: String = packages.iter().map(record).collect();
        let found = read(status.as_bytes(), &debian(), &Limits::default()).unwrap();
        let found: Vec<_> = found.iter().map(|one| (one.name.to_string(), one.version.as_deref().unwrap_or_default().to_owned())).collect();
        let expected: Vec<_> = packages.into_iter().filter(|one| one.2).map(|(name, version, _)| (name, version)).collect();
        prop_assert_eq!(found, expected);
    }
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b':'), Just(b' '), any::<u8>()], 0..200)) {
        let _ = read(&bytes, &debian(), &Limits::default());
    }
}
