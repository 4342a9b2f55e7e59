//! Trust stores that Kubernetes mounts, and stores that are read again.

use super::Home;
use plimsoll_crypto::provider;
use plimsoll_host::{
    Settings,
    notation::{Reload, TrustStoreFiles, TrustStoreWatch},
};
use plimsoll_pki::{Limits, StoreName};
use plimsoll_testkit::pki::{KeySpec, TestCa};
use std::{fs, os::unix::fs::symlink, path::Path};

const STORE: &str = "truststore/x509/ca/release";

fn mounted() -> Settings {
    Settings::parse(Path::new("plimsoll.yaml"), b"mounted-stores: ['ca:release']").unwrap()
}
fn name() -> StoreName {
    "ca:release".parse().unwrap()
}
/// What the kubelet does: a new folder, then one rename of the link to it.
fn publish(home: &Home, state: &str, files: &[(&str, String)]) {
    let folder = home.at(STORE).join(state);
    fs::create_dir_all(&folder).unwrap();
    for (name, content) in files {
        fs::write(folder.join(name), content).unwrap();
        let link = home.at(STORE).join(name);
        if link.symlink_metadata().is_err() {
            symlink(Path::new("..data").join(name), link).unwrap();
        }
    }
    let new = home.at(STORE).join("..data_tmp");
    symlink(state, &new).unwrap();
    fs::rename(new, home.at(STORE).join("..data")).unwrap();
}

// attack: A-374
#[test]
fn a_374_a_mounted_store_is_read_where_the_operator_says_that_it_is_one() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    publish(&home, "..2026_01_01", &[("root.pem", ca.root.pem()), ("README", "x".into())]);
    let found = TrustStoreFiles::read_with(&home.notation(), [&name()], &mounted()).unwrap();
    assert_eq!(found.warnings, []);
    assert_eq!(found.value.files().len(), 1);
    assert_eq!(found.value.files()[0].name, "truststore/x509/ca/release/root.pem");
    assert_eq!(found.value.store(&name(), provider(), &Limits::default()).unwrap().anchors().len(), 1);
    // Unmarked, the rule of A-222 holds.
    let error = TrustStoreFiles::read(&home.notation(), [&name()]).unwrap_err();
    let message = "`HOME/truststore/x509/ca/release/root.pem`: expected a regular file, found a symbolic link";
    home.says(&error, "unsafe-path", message);
    // The next state is read as a whole.
    let other = TestCa::new(KeySpec::P256);
    publish(&home, "..2026_01_02", &[("root.pem", other.root.pem())]);
    fs::remove_dir_all(home.at(STORE).join("..2026_01_01")).unwrap();
    let found = TrustStoreFiles::read_with(&home.notation(), [&name()], &mounted()).unwrap().value;
    assert!(found.store(&name(), provider(), &Limits::default()).unwrap().find(&other.root.der).is_some());
}

// attack: A-374
#[test]
fn a_374_no_other_link_of_a_mounted_store_is_followed() {
    let ca = TestCa::new(KeySpec::P256);
    for target in
        ["/etc/evil.pem", "../../evil.pem", "..data/../../evil.pem", "..data/other.pem", "..2026/root.pem", "root.pem"]
    {
        let home = Home::new();
        publish(&home, "..2026", &[("root.pem", ca.root.pem()), ("other.pem", ca.root.pem())]);
        symlink(target, home.at(STORE).join("evil.pem")).unwrap();
        let error = TrustStoreFiles::read_with(&home.notation(), [&name()], &mounted()).unwrap_err();
        let message = "`HOME/truststore/x509/ca/release/evil.pem`: expected a regular file, found a symbolic link";
        home.says(&error, "unsafe-path", message);
    }
    for target in ["/etc", "../../elsewhere", "..2026/inner", "."] {
        let home = Home::new();
        publish(&home, "..2026", &[("root.pem", ca.root.pem())]);
        fs::remove_file(home.at(STORE).join("..data")).unwrap();
        symlink(target, home.at(STORE).join("..data")).unwrap();
        let error = TrustStoreFiles::read_with(&home.notation(), [&name()], &mounted()).unwrap_err();
        let message = "`HOME/truststore/x509/ca/release/..data`: expected a directory, found a symbolic link";
        home.says(&error, "unsafe-path", message);
    }
    // The folder of the state is no link again, and neither is a file in it.
    let home = Home::new();
    publish(&home, "..2026", &[("root.pem", ca.root.pem())]);
    fs::remove_file(home.at(STORE).join("..2026/root.pem")).unwrap();
    symlink(home.write("evil.pem", ca.root.pem()), home.at(STORE).join("..2026/root.pem")).unwrap();
    assert!(TrustStoreFiles::read_with(&home.notation(), [&name()], &mounted()).is_err());
    let home = Home::new();
    home.write("elsewhere/root.pem", ca.root.pem());
    publish(&home, "..2026", &[("root.pem", ca.root.pem())]);
    fs::remove_dir_all(home.at(STORE).join("..2026")).unwrap();
    symlink(home.at("elsewhere"), home.at(STORE).join("..2026")).unwrap();
    assert!(TrustStoreFiles::read_with(&home.notation(), [&name()], &mounted()).is_err());
}

// attack: A-374
#[test]
fn a_374_a_store_that_changes_while_it_is_read_is_one_state_or_the_other() {
    let (home, one, two) = (Home::new(), TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let files = |ca: &TestCa| [("a.pem", ca.root.pem()), ("b.pem", ca.intermediate.pem())];
    publish(&home, "..0", &files(&one));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0_u64;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let before = format!("..{turn}");
                turn += 1;
                publish(&home, &format!("..{turn}"), &files(if turn.is_multiple_of(2) { &one } else { &two }));
                fs::remove_dir_all(home.at(STORE).join(before)).unwrap();
            }
        });
        let mut read = 0;
        for _ in 0..200 {
            let Ok(found) = TrustStoreFiles::read_with(&home.notation(), [&name()], &mounted()) else { continue };
            let store = found.value.store(&name(), provider(), &Limits::default()).unwrap();
            let whole = |ca: &TestCa| store.find(&ca.root.der).is_some() && store.find(&ca.intermediate.der).is_some();
            assert!(store.anchors().len() == 2 && (whole(&one) || whole(&two)), "a mixture of two states");
            read += 1;
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(read > 0);
    });
}

// attack: A-374
#[test]
fn a_374_a_broken_store_keeps_the_old_one_in_force() {
    let (home, ca, other) = (Home::new(), TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let open = || {
        let stores = vec![name(), "ca:second".parse().unwrap()];
        TrustStoreWatch::open(home.notation(), stores, mounted(), provider(), Limits::default())
    };
    publish(&home, "..1", &[("root.pem", ca.root.pem())]);
    let missing = "trust store `ca:second` holds no certificate";
    home.says(&open().unwrap_err(), "trust-store-empty", missing);
    home.write("truststore/x509/ca/second/root.pem", ca.root.pem());
    let watch = open().unwrap().value;
    let before = watch.current();
    assert_eq!(watch.reload(provider()).value, Reload::Same);
    // One good and one broken: neither comes into force.
    publish(&home, "..2", &[("root.pem", other.root.pem())]);
    home.write("truststore/x509/ca/second/root.pem", "no certificate");
    let reload = watch.reload(provider());
    assert!(matches!(reload.value, Reload::Kept(_)));
    assert_eq!(
        home.text(&reload.warnings[0]),
        "the trust stores that were read before stay in force: `truststore/x509/ca/second/root.pem`: expected certificates \
         in PEM or DER, found none"
    );
    assert_eq!(watch.current(), before);
    fs::remove_dir_all(home.at("truststore/x509/ca/second")).unwrap();
    assert!(matches!(watch.reload(provider()).value, Reload::Kept(_)));
    home.write("truststore/x509/ca/second/root.pem", ca.root.pem());
    assert_eq!(watch.reload(provider()).value, Reload::Changed);
    assert!(watch.current().store(&name(), provider(), &Limits::default()).unwrap().find(&other.root.der).is_some());
}

#[test]
fn the_roots_of_the_system_are_certificates() {
    let roots = plimsoll_host::system_roots(&Limits::default());
    // There may be none on this machine; what there is, is read or named.
    assert!(roots.value.iter().all(|root| root.view(&Limits::default()).is_ok()));
}
