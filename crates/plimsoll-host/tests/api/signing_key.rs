//! From `signingkeys.json` to a key and its chain.

use super::Home;
use plimsoll_crypto::provider;
use plimsoll_host::{
    Loaded, Secret,
    notation::{PassphraseSource, SigningKey, SigningKeyError, SigningKeys, add_signing_key, load_signing_key},
};
use plimsoll_pki::{ChainOptions, Limits, OwnedCertificate, Profile, issue::Role};
use plimsoll_testkit::{
    pki::{Certified, KeySpec, LEAF, TestCa},
    rsa_key,
};
use std::{cell::Cell, io, path::Path};

const ENCRYPTED: &str = include_str!("../keys/rsa-2048.encrypted.pem");

fn load(
    home: &Home,
    name: Option<&str>,
    passphrase: &PassphraseSource<'_>,
) -> Result<Loaded<SigningKey>, SigningKeyError> {
    let options = ChainOptions::new(Profile::NotarySigning);
    load_signing_key(&home.notation(), name, passphrase, &options, provider())
}
/// A home with one key, the default.
fn home(key: &str, certificates: &str) -> Home {
    let home = Home::new();
    let (key, certificates) = (home.write("k.key", key), home.write("k.crt", certificates));
    let list = serde_json::json!({"default": "k", "keys": [{"name": "k", "keyPath": key, "certPath": certificates}]});
    home.write("signingkeys.json", list.to_string());
    home
}
fn key_pem(certified: &Certified) -> String {
    certified.key.to_pkcs8_pem().to_string()
}
fn rsa_leaf() -> Certified {
    Certified::self_signed(KeySpec::Rsa2048, LEAF, Role::Signer { ocsp: &[], crl: &[] }, |_| ())
}

#[test]
fn a_key_comes_with_its_chain() {
    let ca = TestCa::new(KeySpec::P256);
    let home = home(&key_pem(&ca.leaf), &ca.chain_pem());
    for name in [None, Some("k")] {
        let found = load(&home, name, &PassphraseSource::None).unwrap();
        assert_eq!(found.warnings, []);
        assert_eq!(found.value.name, "k");
        assert_eq!(found.value.key.public_key_spki_der(), ca.leaf.key.public_key_spki_der());
        assert_eq!(found.value.chain.iter().map(OwnedCertificate::der).collect::<Vec<_>>(), ca.chain());
    }
    let error = load(&home, Some("x"), &PassphraseSource::None).unwrap_err();
    home.says(&error, "unknown-key", "expected one of the signing keys `k`, found `x`");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (ca, other) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let one = home(&key_pem(&other.leaf), &ca.chain_pem());
    one.says(
        &load(&one, None, &PassphraseSource::None).unwrap_err(),
        "key-not-of-certificate",
        "expected the private key of the first certificate of `HOME/k.crt` in `HOME/k.key`, found another key",
    );
    let one = home(&key_pem(&ca.root), &ca.chain_pem());
    one.says(
        &load(&one, None, &PassphraseSource::None).unwrap_err(),
        "key-not-of-certificate",
        "expected the private key of the first certificate of `HOME/k.crt` in `HOME/k.key`, found that of certificate 2, \
         counted from 0",
    );
}

#[test]
fn a_chain_out_of_order_or_without_its_root_is_refused() {
    let ca = TestCa::new(KeySpec::P256);
    let swapped = home(&key_pem(&ca.leaf), &[ca.leaf.pem(), ca.root.pem(), ca.intermediate.pem()].concat());
    swapped.says(
        &load(&swapped, None, &PassphraseSource::None).unwrap_err(),
        "chain-invalid",
        "`HOME/k.crt`: certificate 0 of the chain (`CN=Test Signer,O=Harbour,ST=WA,C=US`) is followed by a certificate that did \
         not issue it: expected `CN=Test Intermediate,O=Harbour,ST=WA,C=US`, found `CN=Test Root,O=Harbour,ST=WA,C=US`",
    );
    let headless = home(&key_pem(&ca.leaf), &[ca.leaf.pem(), ca.intermediate.pem()].concat());
    headless.says(
        &load(&headless, None, &PassphraseSource::None).unwrap_err(),
        "chain-invalid",
        "`HOME/k.crt`: certificate 1 of the chain (`CN=Test Intermediate,O=Harbour,ST=WA,C=US`) is the last: expected a \
         self-signed root, found one issued by `CN=Test Root,O=Harbour,ST=WA,C=US`",
    );
}

#[test]
fn what_is_no_key_or_certificate_is_said() {
    let ca = TestCa::new(KeySpec::P256);
    let swapped = home(&ca.chain_pem(), &key_pem(&ca.leaf));
    swapped.says(
        &load(&swapped, None, &PassphraseSource::None).unwrap_err(),
        "private-key-malformed",
        "`HOME/k.key`: expected a private key, found a PEM block `CERTIFICATE`",
    );
    let keys = home(&key_pem(&ca.leaf), &key_pem(&ca.leaf));
    keys.says(
        &load(&keys, None, &PassphraseSource::None).unwrap_err(),
        "unexpected-pem",
        "`HOME/k.crt`: line 1: expected a block `CERTIFICATE`, found `PRIVATE KEY`",
    );
    std::fs::remove_file(keys.at("k.key")).unwrap();
    keys.says(&load(&keys, None, &PassphraseSource::None).unwrap_err(), "file-missing", "`HOME/k.key` is not there");
}

#[test]
fn a_key_with_a_plugin_is_not_supported() {
    let home = Home::new();
    home.write("signingkeys.json", r#"{"keys": [{"name": "a", "id": "1", "pluginName": "kms"}]}"#);
    home.says(
        &load(&home, Some("a"), &PassphraseSource::None).unwrap_err(),
        "not-supported",
        "key `a` is with the plugin `kms`, not in files: it is asked to sign",
    );
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_from_each_source() {
    let home = home(ENCRYPTED, &rsa_leaf().pem());
    home.write("pass", "ballast\r\nnot this");
    let asked = Cell::new(0);
    let ask = |path: &Path| {
        assert_eq!(path, home.at("k.key"));
        asked.set(asked.get() + 1);
        Ok(Secret::new("ballast".into()))
    };
    for source in [
        PassphraseSource::File(home.at("pass")),
        PassphraseSource::Text(Secret::new("ballast".into())),
        PassphraseSource::Prompt(&ask),
    ] {
        let found = load(&home, None, &source).unwrap();
        assert_eq!(found.warnings, []);
        assert_eq!(*found.value.key.to_pkcs8_pem(), rsa_key(2048));
    }
    assert_eq!(asked.get(), 1);
}

#[test]
fn a_missing_or_wrong_passphrase_is_said() {
    let home = home(ENCRYPTED, &rsa_leaf().pem());
    home.write("empty", "\nballast");
    let cannot = |_: &Path| Err(io::ErrorKind::NotConnected.into());
    for (source, code, message) in [
        (
            PassphraseSource::None,
            "private-key-locked",
            "`HOME/k.key`: the private key is encrypted (`ENCRYPTED PRIVATE KEY`), and no passphrase was given",
        ),
        (
            PassphraseSource::Text(Secret::new("Ballast".into())),
            "private-key-locked",
            "`HOME/k.key`: the passphrase does not open the private key",
        ),
        (
            PassphraseSource::File(home.at("empty")),
            "passphrase-missing",
            "`HOME/empty`: expected a passphrase in the first line, found an empty one",
        ),
        (PassphraseSource::File(home.at("nowhere")), "file-missing", "`HOME/nowhere` is not there"),
        (
            PassphraseSource::Prompt(&cannot),
            "passphrase-missing",
            "`HOME/k.key`: cannot ask for its passphrase: not connected",
        ),
    ] {
        home.says(&load(&home, None, &source).unwrap_err(), code, message);
    }
}

#[test]
fn nobody_is_asked_for_the_passphrase_of_a_key_in_the_clear() {
    let ca = TestCa::new(KeySpec::P256);
    let home = home(&key_pem(&ca.leaf), &ca.chain_pem());
    let ask = |_: &Path| -> io::Result<Secret> { panic!("asked") };
    load(&home, None, &PassphraseSource::Prompt(&ask)).unwrap();
}

// attack: A-357
#[test]
fn a_357_no_passphrase_or_key_is_shown() {
    let source = PassphraseSource::Text(Secret::new("ballast".into()));
    assert_eq!(format!("{source:?}"), "Text(redacted)");
    let home = home(ENCRYPTED, &rsa_leaf().pem());
    let found = load(&home, None, &source).unwrap().value;
    let secret: String = rsa_key(2048).lines().skip(2).take(1).collect();
    assert!(!format!("{found:?}").contains(&secret));
}

#[test]
fn a_new_key_is_written_listed_and_loaded() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P384));
    let chain: Vec<_> =
        ca.chain().into_iter().map(|der| OwnedCertificate::from_der(der, &Limits::default()).unwrap()).collect();
    let add = |name: &str| add_signing_key(&home.notation(), &name.parse().unwrap(), &ca.leaf.key, &chain);
    add("first").unwrap();
    add("second").unwrap();
    let keys = SigningKeys::load(&home.notation()).unwrap().value;
    assert_eq!(keys.default_name(), Some("first"));
    let found = load(&home, Some("second"), &PassphraseSource::None).unwrap();
    assert_eq!((found.warnings, found.value.chain), (vec![], chain.clone()));
    home.says(&add("first").unwrap_err(), "already-there", "a signing key `first` is there already");
    // A file that is there stays, and what was written before it is taken back.
    home.write("localkeys/third.crt", "mine");
    home.says(&add("third").unwrap_err(), "already-there", "`HOME/localkeys/third.crt` is there already");
    assert!(!home.at("localkeys/third.key").exists());
    assert_eq!(std::fs::read(home.at("localkeys/third.crt")).unwrap(), b"mine");
    let other = add_signing_key(&home.notation(), &"fourth".parse().unwrap(), &ca.root.key, &chain[..1]);
    home.says(
        &other.unwrap_err(),
        "key-not-of-certificate",
        "expected the private key of the first certificate of `HOME/localkeys/fourth.crt` in `HOME/localkeys/fourth.key`, \
         found another key",
    );
    assert_eq!(SigningKeys::load(&home.notation()).unwrap().value.keys().len(), 2);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_that_others_can_write_is_refused() {
        let ca = TestCa::new(KeySpec::P256);
        let home = home(&key_pem(&ca.leaf), &ca.chain_pem());
        for mode in [0o620, 0o602, 0o666] {
            home.mode("k.key", mode);
            home.says(
                &load(&home, None, &PassphraseSource::None).unwrap_err(),
                "unsafe-path",
                "others can write `HOME/k.key`: expected a private key that only its owner can write (chmod 600)",
            );
        }
    }

    #[test]
    fn a_key_or_passphrase_that_others_can_read_is_warned_about() {
        let home = home(ENCRYPTED, &rsa_leaf().pem());
        home.write("pass", "ballast");
        home.mode("pass", 0o644);
        home.mode("k.key", 0o640);
        let found = load(&home, None, &PassphraseSource::File(home.at("pass"))).unwrap();
        let warnings: Vec<_> = found.warnings.iter().map(|warning| home.text(warning)).collect();
        let rest = "a private key or passphrase should be readable by its owner only (chmod 600)";
        assert_eq!(
            warnings,
            [format!("others can read `HOME/k.key`: {rest}"), format!("others can read `HOME/pass`: {rest}")]
        );
    }

    #[test]
    fn a_mounted_key_is_followed_and_its_target_is_judged() {
        let ca = TestCa::new(KeySpec::P256);
        let home = home(&key_pem(&ca.leaf), &ca.chain_pem());
        std::fs::rename(home.at("k.key"), home.at("real.key")).unwrap();
        home.link("real.key", "k.key");
        load(&home, None, &PassphraseSource::None).unwrap();
        home.mode("real.key", 0o666);
        assert!(matches!(load(&home, None, &PassphraseSource::None), Err(SigningKeyError::OthersCanWrite { .. })));
    }

    // attack: A-358
    #[test]
    fn a_358_a_new_key_is_for_its_owner_only() {
        let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
        let chain = [OwnedCertificate::from_der(ca.leaf.der.clone(), &Limits::default()).unwrap()];
        add_signing_key(&home.notation(), &"a".parse().unwrap(), &ca.leaf.key, &chain).unwrap();
        let mode = |name: &str| std::fs::metadata(home.at(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("localkeys"), mode("localkeys/a.key"), mode("signingkeys.json")), (0o700, 0o600, 0o600));
    }
}

#[test]
fn the_list_of_keys_says_where_a_passphrase_is() {
    use plimsoll_host::notation::{KeyEntry, SigningKeysError};
    let home = Home::new();
    let key = home.write("k.key", ENCRYPTED);
    let entry = KeyEntry::files("k".parse().unwrap(), &key, home.at("k.crt")).with_passphrase_file(home.at("pass"));
    SigningKeys::update::<_, SigningKeysError>(&home.notation(), |keys| keys.add(entry)).unwrap();
    let keys = SigningKeys::load(&home.notation()).unwrap();
    assert_eq!(keys.warnings, []);
    assert_eq!(keys.value.find(Some("k")).unwrap().passphrase_file(), Some(home.at("pass").as_path()));
    let error = load(&home, Some("k"), &PassphraseSource::None).unwrap_err();
    home.says(&error, "file-missing", "`HOME/pass` is not there");
    // What the caller gives is used in its place.
    let given = PassphraseSource::Text(Secret::new("wrong".into()));
    let error = load(&home, Some("k"), &given).unwrap_err();
    assert!(home.text(&error).starts_with("`HOME/k.key`: "), "{error}");
}

// attack: A-363
#[test]
fn a_363_keys_that_are_added_at_once_are_all_listed() {
    let (ca, home) = (TestCa::new(KeySpec::P256), Home::new());
    let chain: Vec<_> =
        ca.chain().iter().map(|der| OwnedCertificate::from_der(*der, &Limits::default()).unwrap()).collect();
    std::thread::scope(|scope| {
        for at in 0..16 {
            let (directory, key, chain) = (home.notation(), &ca.leaf.key, &chain);
            let name = format!("k{at}").parse().unwrap();
            scope.spawn(move || add_signing_key(&directory, &name, key, chain).unwrap());
        }
    });
    let keys = SigningKeys::load(&home.notation()).unwrap().value;
    assert_eq!(keys.keys().len(), 16);
    assert!(keys.default_name().is_some(), "the first");
    // Where the name is taken, what is there stays.
    let before = std::fs::read(home.at("localkeys/k3.crt")).unwrap();
    assert!(add_signing_key(&home.notation(), &"k3".parse().unwrap(), &ca.leaf.key, &chain).is_err());
    assert_eq!(std::fs::read(home.at("localkeys/k3.crt")).unwrap(), before);
}
