//! `spiffe`.

use super::Home;
use plimsoll_core::Bytes;
use plimsoll_crypto::provider;
use plimsoll_host::{
    Settings,
    notation::{SpiffeBundleFiles, SpiffeFolderError},
};
use plimsoll_pki::svid::{SpiffeBundles, TrustDomain};
use plimsoll_testkit::pki::{KeySpec, TestCa};
use std::{os::unix::fs::symlink, path::Path};

fn read(home: &Home, domains: &[&str], settings: &Settings) -> Result<SpiffeBundles, SpiffeFolderError> {
    let domains: Vec<TrustDomain> = domains.iter().map(|one| one.parse().unwrap()).collect();
    let files = SpiffeBundleFiles::read(&home.notation(), &domains, settings)?.value;
    // A recording goes the same way.
    let recorded = files.files().iter().map(|file| (file.name.clone(), file.bytes.clone()));
    assert_eq!(SpiffeBundleFiles::of(recorded), files);
    files.bundles(provider(), &Default::default())
}
fn plain(home: &Home, domains: &[&str]) -> Result<SpiffeBundles, SpiffeFolderError> {
    read(home, domains, &Settings::default())
}
fn anchors(bundles: &SpiffeBundles, domain: &str) -> usize {
    let bundle = bundles.get(&domain.parse().unwrap()).unwrap();
    bundle.anchors().stores().iter().map(|store| store.anchors().len()).sum()
}

#[test]
fn the_bundles_of_the_named_trust_domains_are_read_and_no_others() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    assert_eq!(plain(&home, &["a.test"]).unwrap().iter().count(), 0, "no folder");
    home.write("spiffe/a.test.pem", ca.root.pem());
    home.write("spiffe/b.test.json", r#"{"keys": []}"#);
    home.write("spiffe/broken.test.json", "{");
    home.write("spiffe/README", "who is who");
    let bundles = plain(&home, &["a.test", "b.test", "c.test"]).unwrap();
    assert_eq!((anchors(&bundles, "a.test"), anchors(&bundles, "b.test")), (1, 0));
    assert_eq!(bundles.iter().count(), 2, "a file speaks for the domain that it is named after");
    assert_eq!(plain(&home, &[]).unwrap().iter().count(), 0);
}

#[test]
fn one_that_is_broken_spoils_all_and_is_named() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    home.write("spiffe/a.test.pem", ca.root.pem());
    home.write("spiffe/b.test.json", r#"{"keys": [{"use": "x509-svid"}]}"#);
    let message = "`spiffe/b.test.json`: the SPIFFE bundle is malformed: key 0: expected `kty`, and `x5c` with exactly one certificate in base64";
    home.says(&plain(&home, &["a.test", "b.test"]).unwrap_err(), "malformed-spiffe-bundle", message);
    home.write("spiffe/b.test.json", r#"{"keys": []}"#);
    home.write("spiffe/b.test.pem", ca.root.pem());
    let message =
        "expected one bundle of a trust domain, as .json or as .pem, found `spiffe/b.test.pem` beside the other";
    home.says(&plain(&home, &["b.test"]).unwrap_err(), "malformed-spiffe-bundle", message);
    // What a recording calls a bundle must be named after a trust domain.
    let odd = SpiffeBundleFiles::of([
        ("spiffe/Odd.json".to_owned(), Bytes::from_static(b"{}")),
        ("spiffe/a/b.json".to_owned(), Bytes::new()),
        ("spiffe/.json".to_owned(), Bytes::new()),
        ("elsewhere/a.json".to_owned(), Bytes::new()),
    ]);
    assert_eq!(odd.files().len(), 1);
    let message = "`spiffe/Odd.json`: the SPIFFE ID is malformed: expected a trust domain of 1 to 255 of a-z, 0-9, `.`, `-` and `_`, found `Odd`";
    home.says(&odd.bundles(provider(), &Default::default()).unwrap_err(), "malformed-spiffe-id", message);
}

#[test]
fn links_are_those_of_a_mounted_folder_and_no_others() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    home.write("spiffe/..2026/a.test.pem", ca.root.pem());
    symlink("..2026", home.at("spiffe/..data")).unwrap();
    symlink("..data/a.test.pem", home.at("spiffe/a.test.pem")).unwrap();
    assert!(plain(&home, &["a.test"]).unwrap_err().to_string().contains("symbolic link"));
    let mounted = Settings::parse(Path::new("plimsoll.yaml"), b"mounted-bundles: true").unwrap();
    assert_eq!(anchors(&read(&home, &["a.test"], &mounted).unwrap(), "a.test"), 1);
    home.write("elsewhere/b.test.pem", ca.root.pem());
    symlink(home.at("elsewhere/b.test.pem"), home.at("spiffe/b.test.pem")).unwrap();
    assert!(read(&home, &["a.test", "b.test"], &mounted).unwrap_err().to_string().contains("symbolic link"));
    // The folder itself is no link either.
    let other = Home::new();
    symlink(home.at("spiffe"), other.at("spiffe")).unwrap();
    assert!(plain(&other, &["a.test"]).unwrap_err().to_string().contains("symbolic link"));
}
