//! The real thing: SoftHSM, where it is installed. Each test has a process and a token store of its own, because the module reads where
//! its tokens are from the environment, once.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that fails may panic, and one that is left out says so"
)]

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, CertificateType, ObjectClass},
    session::{Session, UserType},
    types::AuthPin,
};
use plimsoll_core::{Algorithm, Descriptor, Digest, Sign, UnixTime};
use plimsoll_crypto::{KeyKind, provider};
use plimsoll_notary::{SignOptions, sign};
use plimsoll_pkcs11::{Module, Pin, Pkcs11Error, TokenKey, Uri};
use plimsoll_pki::{
    Validity,
    issue::{Request, Role, issue},
};
use plimsoll_testkit::pki::{KeySpec, TestCa};
use std::{env, fs, path::Path, process::Command, time::Duration};

const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];
const INSIDE: &str = "PLIMSOLL_TEST_SOFTHSM";
const PIN: &str = "123456";

fn module_path() -> Option<&'static Path> {
    MODULES.into_iter().map(Path::new).find(|path| path.is_file())
}

/// Runs the test of this name again in a process whose SoftHSM has an empty token store.
fn with_softhsm(name: &str, test: fn(&Path)) {
    let Some(module) = module_path() else {
        eprintln!("left out: SoftHSM is not installed");
        return;
    };
    if env::var_os(INSIDE).is_some() {
        return test(module);
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let config = folder.path().join("softhsm2.conf");
    fs::write(&config, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display())).unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SOFTHSM2_CONF", &config)
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a token with a user PIN, and gives a session that may write.
fn token(module: &Path, label: &str) -> Session {
    let context = Pkcs11::new(module).unwrap();
    let _ = context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let free = |slot: &_| !context.get_token_info(*slot).unwrap().token_initialized();
    let slot = context.get_slots_with_token().unwrap().into_iter().find(free).unwrap();
    let officer = AuthPin::new("so-pin".into());
    context.init_token(slot, &officer, label).unwrap();
    // SoftHSM moves a new token to a slot of its own.
    let named = |slot: &_| context.get_token_info(*slot).unwrap().label() == label;
    let slot = context.get_slots_with_token().unwrap().into_iter().find(named).unwrap();
    let session = context.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&officer)).unwrap();
    session.init_pin(&AuthPin::new(PIN.into())).unwrap();
    session.logout().unwrap();
    session.login(UserType::User, Some(&AuthPin::new(PIN.into()))).unwrap();
    session
}

/// Object identifiers of the curves, in DER (RFC 5480, 2.1.1.1).
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];

#[derive(Clone, Copy)]
enum Kind {
    Rsa(u64),
    Curve(&'static [u8]),
}

fn key_pair(session: &Session, label: &str, id: u8, kind: Kind) {
    let names = |mut rest: Vec<Attribute>| {
        rest.extend([Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(vec![id])]);
        rest
    };
    let private = names(vec![Attribute::Private(true), Attribute::Sensitive(true), Attribute::Sign(true)]);
    let (mechanism, public) = match kind {
        Kind::Rsa(bits) => {
            let size = [Attribute::ModulusBits(bits.into()), Attribute::PublicExponent(vec![1, 0, 1])];
            (Mechanism::RsaPkcsKeyPairGen, names(size.into()))
        }
        Kind::Curve(curve) => (Mechanism::EccKeyPairGen, names(vec![Attribute::EcParams(curve.to_vec())])),
    };
    session.generate_key_pair(&mechanism, &public, &private).unwrap();
}

fn certificate(session: &Session, label: &str, id: &[u8], der: &[u8]) {
    let view = plimsoll_pki::Certificate::from_der(der, &plimsoll_pki::Limits::default()).unwrap();
    let template = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
        Attribute::Label(label.into()),
        Attribute::Id(id.to_vec()),
        Attribute::Subject(view.subject().der().to_vec()),
        Attribute::Value(der.to_vec()),
    ];
    session.create_object(&template).unwrap();
}

fn find(module: &Path, uri: &str) -> Result<TokenKey, Pkcs11Error> {
    TokenKey::find(&Module::load(module)?, &uri.parse()?, |_| Some(Pin::new(PIN.into())))
}

fn at(text: &str) -> UnixTime {
    text.parse().unwrap()
}

#[test]
fn each_kind_of_key_signs_in_each_encoding() {
    with_softhsm("each_kind_of_key_signs_in_each_encoding", |module| {
        let session = token(module, "release");
        let kinds = [
            (Kind::Rsa(2048), KeyKind::Rsa { bits: 2048 }, Algorithm::RsaPssSha256, 256),
            (Kind::Rsa(3072), KeyKind::Rsa { bits: 3072 }, Algorithm::RsaPssSha384, 384),
            (Kind::Rsa(4096), KeyKind::Rsa { bits: 4096 }, Algorithm::RsaPssSha512, 512),
            (Kind::Curve(P256), KeyKind::P256, Algorithm::EcdsaP256Sha256Fixed, 64),
            (Kind::Curve(P384), KeyKind::P384, Algorithm::EcdsaP384Sha384Fixed, 96),
            (Kind::Curve(P521), KeyKind::P521, Algorithm::EcdsaP521Sha512Fixed, 132),
        ];
        for (id, (kind, expected, algorithm, length)) in (1_u8..).zip(kinds) {
            key_pair(&session, "signer", id, kind);
            let uri = format!("pkcs11:token=release;id=%{id:02x};type=private");
            let key = find(module, &uri).unwrap();
            assert_eq!(key.kind(), expected);
            assert!(key.presented_chain().is_empty());
            let signer = key.envelope_signer(provider()).unwrap();
            assert_eq!(signer.algorithm(), algorithm);
            assert_eq!(signer.sign_within(b"cargo", Duration::from_secs(60)).unwrap().len(), length);
            // For certificates: checked inside, under the same public key, in the other encoding.
            let signer = find(module, &uri).unwrap().der_signer(provider()).unwrap();
            assert!(signer.sign_within(b"cargo", Duration::from_secs(60)).is_ok());
        }
        let other = find(module, "pkcs11:token=release;id=%04").unwrap();
        let missing = other.signer(Algorithm::EcdsaP384Sha384Fixed, provider()).unwrap_err();
        assert_eq!(missing.to_string(), "the key or its token cannot sign with EcdsaP384Sha384Fixed");
    });
}

#[test]
fn an_envelope_is_signed_with_the_chain_of_the_token() {
    with_softhsm("an_envelope_is_signed_with_the_chain_of_the_token", |module| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let session = token(module, "release");
        key_pair(&session, "signer", 1, Kind::Curve(P256));
        let ca = TestCa::new(KeySpec::P256);
        let key = find(module, "pkcs11:token=release;object=signer").unwrap();
        let intermediate = &ca.intermediate;
        let request = Request {
            subject: "CN=token,O=Harbour,ST=WA,C=US",
            key: key.public_key(),
            serial: [7; 16],
            validity: Validity { not_before: at("2026-01-01T00:00:00Z"), not_after: at("2027-01-01T00:00:00Z") },
            role: Role::Signer { ocsp: &[], crl: &[] },
        };
        let issuer = intermediate.key.signer(KeySpec::P256.certificate_algorithm()).unwrap();
        let leaf = runtime.block_on(issue(&request, Some(&intermediate.view()), &issuer, provider())).unwrap();
        certificate(&session, "signer", &[1], leaf.der());
        certificate(&session, "root", &[8], &ca.root.der);
        certificate(&session, "intermediate", &[9], &ca.intermediate.der);
        let key = find(module, "pkcs11:token=release;object=signer").unwrap();
        let chain = key.presented_chain().to_vec();
        assert_eq!(chain, [leaf.der(), &ca.intermediate.der, &ca.root.der]);
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let signer = key.envelope_signer(provider()).unwrap();
        let target = Descriptor::new("application/vnd.oci.image.manifest.v1+json", Digest::sha256_of(b"image"), 5);
        let options = SignOptions::new(at("2026-06-01T00:00:00Z"));
        // `sign` checks chain and signature by the rules of a verifier.
        assert!(runtime.block_on(sign(&target, &signer, &chain, &options, provider())).is_ok());
        assert!(runtime.block_on(signer.sign(b"cargo")).is_ok());
    });
}

#[test]
fn a_certificate_for_another_key_is_refused() {
    with_softhsm("a_certificate_for_another_key_is_refused", |module| {
        let session = token(module, "release");
        key_pair(&session, "signer", 1, Kind::Curve(P256));
        let ca = TestCa::new(KeySpec::P256);
        certificate(&session, "signer", &[1], &ca.leaf.der);
        let error = find(module, "pkcs11:token=release").unwrap_err();
        assert_eq!(error.to_string(), "the certificate beside the key `signer` is for another key");
    });
}

#[test]
fn one_token_and_one_key_must_be_meant() {
    with_softhsm("one_token_and_one_key_must_be_meant", |module| {
        let (first, _second) = (token(module, "release"), token(module, "staging"));
        key_pair(&first, "signer", 1, Kind::Curve(P256));
        key_pair(&first, "signer", 2, Kind::Curve(P256));
        let error = |uri: &str| find(module, uri).unwrap_err().to_string();
        assert_eq!(error("pkcs11:object=signer"), "expected one token that the URI names, found 2");
        assert_eq!(error("pkcs11:token=Release"), "expected one token that the URI names, found 0");
        assert_eq!(error("pkcs11:token=release;serial=no"), "expected one token that the URI names, found 0");
        assert_eq!(error("pkcs11:token=release;slot-id=99"), "expected one token that the URI names, found 0");
        assert_eq!(error("pkcs11:token=release;object=signer"), "expected one private key that the URI names, found 2");
        assert_eq!(error("pkcs11:token=staging"), "expected one private key that the URI names, found 0");
        assert!(find(module, "pkcs11:token=release;object=signer;id=%02").is_ok());
    });
}

#[test]
fn a_pin_is_demanded_and_tried_once() {
    with_softhsm("a_pin_is_demanded_and_tried_once", |module| {
        drop(token(module, "release"));
        let loaded = Module::load(module).unwrap();
        let uri: Uri = "pkcs11:token=release".parse().unwrap();
        let missing = TokenKey::find(&loaded, &uri, |_| None).unwrap_err();
        assert_eq!(missing.to_string(), "the token `release` demands a PIN, and none was given");
        let mut asked = Vec::new();
        let wrong = TokenKey::find(&loaded, &uri, |token| {
            asked.push(token.to_owned());
            Some(Pin::new("000000".into()))
        });
        assert_eq!(wrong.unwrap_err().to_string(), "the token `release` refused the PIN: CKR_PIN_INCORRECT");
        assert_eq!(asked, ["release"]);
        // A PIN that the URI gives is used, and nobody is asked.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        fs::write(&file, format!("{PIN}\n")).unwrap();
        for query in [format!("pin-value={PIN}"), format!("pin-source={}", file.display())] {
            let uri: Uri = format!("pkcs11:token=release?{query}").parse().unwrap();
            let found = TokenKey::find(&loaded, &uri, |_| panic!("nobody is asked"));
            assert_eq!(found.unwrap_err(), Pkcs11Error::KeyNotFound { found: 0 });
        }
        let command: Uri = "pkcs11:token=release?pin-source=|/bin/echo".parse().unwrap();
        let refused = TokenKey::find(&loaded, &command, |_| panic!("nobody is asked")).unwrap_err();
        assert_eq!(refused.to_string(), "no PIN was read from `|/bin/echo`: a command is not run for a PIN");
    });
}
