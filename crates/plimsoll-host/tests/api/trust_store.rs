//! `truststore/x509`.

use super::Home;
use plimsoll_core::Bytes;
use plimsoll_crypto::provider;
use plimsoll_host::notation::{TrustStoreDirectoryError, TrustStoreFiles, add_certificates, list_trust_stores};
use plimsoll_pki::{Limits, NamedStore, StoreName};
use plimsoll_testkit::pki::{KeySpec, TestCa, pem};

fn load(home: &Home, name: &str) -> Result<NamedStore, TrustStoreDirectoryError> {
    let name: StoreName = name.parse().unwrap();
    let files = TrustStoreFiles::read(&home.notation(), [&name])?.value;
    files.store(&name, provider(), &Limits::default())
}
fn warnings(home: &Home, name: &str) -> Vec<String> {
    let name: StoreName = name.parse().unwrap();
    let files = TrustStoreFiles::read(&home.notation(), [&name]).unwrap();
    files.warnings.iter().map(|warning| home.text(warning)).collect()
}

#[test]
fn certificates_in_pem_and_der_are_read_from_all_files() {
    let (home, one, two) = (Home::new(), TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    home.write("truststore/x509/ca/release/both.pem", [one.root.pem(), one.intermediate.pem()].concat());
    home.write("truststore/x509/ca/release/two.CRT", &two.root.der);
    home.write("truststore/x509/ca/other/x.cer", &two.intermediate.der);
    let store = load(&home, "ca:release").unwrap();
    assert_eq!(store.anchors().len(), 3);
    assert!([&one.root, &one.intermediate, &two.root].iter().all(|held| store.find(&held.der).is_some()));
    assert_eq!(warnings(&home, "ca:release"), [""; 0]);
}

#[test]
fn a_store_that_is_not_there_or_empty_trusts_nobody() {
    let home = Home::new();
    let message = "trust store `ca:release` holds no certificate";
    home.says(&load(&home, "ca:release").unwrap_err(), "trust-store-empty", message);
    std::fs::create_dir_all(home.at("truststore/x509/ca/release")).unwrap();
    home.says(&load(&home, "ca:release").unwrap_err(), "trust-store-empty", message);
    // The kind is part of the name.
    home.write("truststore/x509/tsa/release/a.pem", TestCa::new(KeySpec::P256).root.pem());
    home.says(&load(&home, "ca:release").unwrap_err(), "trust-store-empty", message);
}

#[test]
fn other_files_and_directories_are_passed_over_and_named() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    home.write("truststore/x509/ca/a/README", "our roots");
    home.write("truststore/x509/ca/a/root.pem", ca.root.pem());
    home.write("truststore/x509/ca/a/old.pem/root.pem", ca.root.pem());
    assert_eq!(load(&home, "ca:a").unwrap().anchors().len(), 1);
    assert_eq!(
        warnings(&home, "ca:a"),
        [
            "`HOME/truststore/x509/ca/a/README` is ignored: certificates are read from files that end in .pem, .crt or .cer",
            "`HOME/truststore/x509/ca/a/old.pem` is ignored: it is a directory",
        ]
    );
}

// attack: A-224
#[test]
fn a_224_what_is_no_certificate_spoils_its_store_and_no_other() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    home.write("truststore/x509/ca/good/root.pem", ca.root.pem());
    for (label, found) in
        [("PRIVATE KEY", "`PRIVATE KEY`"), ("CERTIFICATE REQUEST", "`CERTIFICATE REQUEST`"), ("X509 CRL", "`X509 CRL`")]
    {
        home.write("truststore/x509/ca/bad/x.pem", [ca.root.pem(), pem(label, b"secret")].concat());
        let line = ca.root.pem().lines().count() + 1;
        let expected =
            format!("`truststore/x509/ca/bad/x.pem`: line {line}: expected a block `CERTIFICATE`, found {found}");
        home.says(&load(&home, "ca:bad").unwrap_err(), "unexpected-pem", &expected);
    }
    home.write("truststore/x509/ca/bad/x.pem", "no PEM");
    home.says(
        &load(&home, "ca:bad").unwrap_err(),
        "malformed-pem",
        "`truststore/x509/ca/bad/x.pem`: expected certificates in PEM or DER, found none",
    );
    home.write("truststore/x509/ca/bad/x.pem", ca.root.pem());
    home.write("truststore/x509/ca/bad/z.pem", ca.leaf.pem());
    home.says(
        &load(&home, "ca:bad").unwrap_err(),
        "trust-store-invalid",
        "`truststore/x509/ca/bad/z.pem`: trust store `ca:bad`, certificate 1 (`CN=Test Signer,O=Harbour,ST=WA,C=US`): \
         expected a self-signed certificate or that of a certificate authority, found another",
    );
    assert!(load(&home, "ca:good").is_ok());
}

// attack: A-223
#[test]
fn a_223_a_store_name_is_no_path() {
    for bad in ["ca:../../tmp", "ca:", "x:y:z", "ca:..", "ca:a/b"] {
        assert!(bad.parse::<StoreName>().is_err(), "{bad}");
    }
}

#[test]
fn a_recording_gives_the_same_store_as_the_disk() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    home.write("truststore/x509/ca/a/root.pem", ca.root.pem());
    home.write("truststore/x509/ca/b/leaf.pem", ca.leaf.pem());
    let names: Vec<StoreName> = ["ca:a", "ca:b"].iter().map(|name| name.parse().unwrap()).collect();
    let live = TrustStoreFiles::read(&home.notation(), &names).unwrap().value;
    let recorded = live.files().iter().map(|file| (file.name.clone(), file.bytes.clone())).collect::<Vec<_>>();
    assert_eq!(recorded[0].0, "truststore/x509/ca/a/root.pem");
    let strangers =
        ["policy.yaml", "truststore/x509/ca/a/b/c.pem", "truststore/x509/x/a/c.pem", "../truststore/x509/ca/a/c.pem"];
    let strangers = strangers.map(|name| (name.to_owned(), Bytes::from_static(b"x")));
    let replayed = TrustStoreFiles::of(recorded.into_iter().chain(strangers));
    assert_eq!(replayed, live);
    for name in &names {
        let limits = Limits::default();
        assert_eq!(replayed.store(name, provider(), &limits), live.store(name, provider(), &limits));
    }
}

#[test]
fn certificates_are_added_after_the_checks_of_their_use() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    let add = |store: &str, file: &str, bytes: &[u8]| {
        add_certificates(&home.notation(), &store.parse().unwrap(), file, bytes, provider(), &Limits::default())
    };
    let path = add("ca:release", "root.pem", ca.root.pem().as_bytes()).unwrap();
    assert_eq!(path, home.at("truststore/x509/ca/release/root.pem"));
    assert!(load(&home, "ca:release").unwrap().find(&ca.root.der).is_some());
    // Otherwise it would never be read.
    assert_eq!(
        add("ca:release", "root.der", &ca.root.der).unwrap(),
        home.at("truststore/x509/ca/release/root.der.crt")
    );
    home.says(
        &add("ca:release", "root.pem", ca.root.pem().as_bytes()).unwrap_err(),
        "already-there",
        "`HOME/truststore/x509/ca/release/root.pem` is there already",
    );
    home.says(
        &add("ca:release", "../root.pem", ca.root.pem().as_bytes()).unwrap_err(),
        "malformed-name",
        "expected a name of letters, digits, `_`, `.` and `-`, found `../root.pem`",
    );
    home.says(
        &add("tsa:release", "x.pem", ca.intermediate.pem().as_bytes()).unwrap_err(),
        "trust-store-invalid",
        "`truststore/x509/tsa/release/x.pem`: trust store `tsa:release`, certificate 0 \
         (`CN=Test Intermediate,O=Harbour,ST=WA,C=US`): expected the self-signed certificate of a certificate authority, \
         found another",
    );
    assert!(!home.at("truststore/x509/tsa").exists());
}

#[test]
fn the_stores_that_are_there_are_listed() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    assert_eq!(list_trust_stores(&home.notation()).unwrap().value, []);
    home.write("truststore/x509/tsa/b/root.pem", ca.root.pem());
    home.write("truststore/x509/ca/a/root.pem", ca.root.pem());
    home.write("truststore/x509/ca/a b/root.pem", ca.root.pem());
    home.write("truststore/x509/ca/note", "");
    let found = list_trust_stores(&home.notation()).unwrap();
    let names: Vec<_> = found.value.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["ca:a", "tsa:b"]);
    assert_eq!(found.warnings.len(), 2);
}

#[cfg(unix)]
mod unix {
    use super::*;

    // attack: A-222
    // spec: NP-205
    #[test]
    fn a_222_a_linked_store_or_certificate_is_refused() {
        let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
        home.write("elsewhere/root.pem", ca.root.pem());
        home.link("elsewhere", "truststore/x509/ca/linked");
        home.link("elsewhere/root.pem", "truststore/x509/ca/a/root.pem");
        home.says(
            &load(&home, "ca:linked").unwrap_err(),
            "unsafe-path",
            "`HOME/truststore/x509/ca/linked`: expected a directory, found a symbolic link",
        );
        home.says(
            &load(&home, "ca:a").unwrap_err(),
            "unsafe-path",
            "`HOME/truststore/x509/ca/a/root.pem`: expected a regular file, found a symbolic link",
        );
        let add = add_certificates(
            &home.notation(),
            &"ca:linked".parse().unwrap(),
            "new.pem",
            ca.root.pem().as_bytes(),
            provider(),
            &Limits::default(),
        );
        home.says(
            &add.unwrap_err(),
            "unsafe-path",
            "`HOME/truststore/x509/ca/linked`: expected a directory, found a symbolic link",
        );
        assert!(!home.at("elsewhere/new.pem").exists());
    }

    // attack: A-222
    #[test]
    fn a_222_a_link_above_the_store_is_followed() {
        let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
        home.write("elsewhere/x509/ca/a/root.pem", ca.root.pem());
        home.link("elsewhere", "truststore");
        assert!(load(&home, "ca:a").is_ok());
        assert_eq!(list_trust_stores(&home.notation()).unwrap().value.len(), 1);
    }

    // attack: A-222
    #[test]
    fn a_222_a_fifo_in_a_store_does_not_hang() {
        let home = Home::new();
        home.fifo("truststore/x509/ca/a/root.pem");
        home.says(
            &load(&home, "ca:a").unwrap_err(),
            "unsafe-path",
            "`HOME/truststore/x509/ca/a/root.pem`: expected a regular file, found a FIFO, socket or device",
        );
    }

    // attack: A-222
    #[test]
    fn a_222_what_others_can_write_is_warned_about() {
        let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
        home.write("truststore/x509/ca/a/root.pem", ca.root.pem());
        home.mode("truststore/x509/ca/a/root.pem", 0o666);
        home.mode("truststore/x509/ca/a", 0o777);
        assert_eq!(
            warnings(&home, "ca:a"),
            [
                "others can write `HOME/truststore/x509/ca/a`: whoever does decides what is trusted (chmod go-w)",
                "others can write `HOME/truststore/x509/ca/a/root.pem`: whoever does decides what is trusted (chmod go-w)",
            ]
        );
    }
}
