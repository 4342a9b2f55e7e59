//! A key that never leaves its token, from its making to a signature that holds, on a token of SoftHSM's made for this run.
//!
//! ```text
//! cargo run -p plimsoll-pkcs11 --example key_behind_pkcs11
//! ```
//! Without SoftHSM it says so, and that is all. `sign_with_pkcs11` does the same with a token of yours.
#![allow(clippy::print_stdout, reason = "a program speaks to whoever runs it")]

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::Attribute,
    session::{Session, UserType},
    types::AuthPin,
};
use plimsoll_core::{Classify as _, Descriptor, PublicKey, Sign as _};
use plimsoll_crypto::provider;
use plimsoll_notary::{Artifact, SignOptions, sign_artifact};
use plimsoll_pkcs11::{Module, Pin, TokenKey};
use plimsoll_pki::{
    OwnedCertificate, Validity,
    issue::{Request, Role, issue},
};
use plimsoll_testkit::pki::{KeySpec, LEAF, NOT_AFTER, NOT_BEFORE, NOW, TestCa};
use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::{Command, ExitCode},
};

const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];
/// Says that the token store of this process is one that may be written to.
const INSIDE: &str = "PLIMSOLL_EXAMPLE_SOFTHSM";
const PIN: &str = "123456";
/// `prime256v1` in DER (RFC 5480, 2.1.1.1).
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(module) = MODULES.into_iter().map(Path::new).find(|path| path.is_file()) else {
        println!("left out: SoftHSM is not installed (Debian: softhsm2)");
        return Ok(ExitCode::SUCCESS);
    };
    if env::var_os(INSIDE).is_some() {
        return run(module).await.map(|()| ExitCode::SUCCESS);
    }
    // SoftHSM reads where its tokens are from the environment, once: so the rest runs in a process with a store of its own.
    let folder = tempfile::tempdir()?;
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens)?;
    let config = folder.path().join("softhsm2.conf");
    fs::write(&config, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()))?;
    let status = Command::new(env::current_exe()?).env("SOFTHSM2_CONF", &config).env(INSIDE, "1").status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(module: &Path) -> Result<(), Box<dyn Error>> {
    // The session stays open: SoftHSM forgets a login with the last one.
    let _session = make_key(module)?;
    let find = |pin: &'static str| {
        let uri = "pkcs11:token=release;object=signer;type=private".parse()?;
        TokenKey::find(&Module::load(module)?, &uri, |_token| Some(Pin::new(pin.into())))
    };
    let key = find(PIN)?;
    println!("found a key of {:?} on the token", key.kind());

    // Its certificate, of an authority that only this example has.
    let ca = TestCa::new(KeySpec::P256);
    let leaf = certify(&ca, key.public_key()).await?;
    let chain = [leaf.der(), &ca.intermediate.der, &ca.root.der];

    let app = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
    let (artifact, options) = (Artifact::Manifest(&app), SignOptions::new(NOW));
    let signer = find(PIN)?.envelope_signer(provider())?;
    println!("signing with {:?}", signer.algorithm());
    // What the token gave back is verified before anybody gets it.
    let made = sign_artifact(artifact, &signer, &chain, &options, provider()).await?;
    println!("signed: {} bytes, and the signature holds", made.envelope()?.bytes().len());

    // The certificate of another key: the token signs, and what it signed is refused.
    let refused = sign_artifact(artifact, &signer, &ca.chain(), &options, provider()).await;
    let error = refused.err().ok_or("a signature under another certificate was taken")?;
    println!("refused, under the certificate of another key: {}: {error}", error.code());
    let missing = "pkcs11:token=release;object=nobody".parse()?;
    let refused = TokenKey::find(&Module::load(module)?, &missing, |_token| Some(Pin::new(PIN.into())));
    let error = refused.err().ok_or("a key was found that is not there")?;
    println!("refused, no such key: {}: {error}", error.code());
    Ok(())
}

async fn certify(ca: &TestCa, key: PublicKey<'_>) -> Result<OwnedCertificate, Box<dyn Error>> {
    let request = Request {
        subject: LEAF,
        key,
        serial: [1; 16],
        validity: Validity { not_before: NOT_BEFORE, not_after: NOT_AFTER },
        role: Role::Signer { ocsp: &[], crl: &[] },
    };
    let authority = ca.intermediate.key.signer(KeySpec::P256.certificate_algorithm())?;
    Ok(issue(&request, Some(&ca.intermediate.view()), &authority, provider()).await?)
}

/// A token with a PIN and a new key in it, as an operator makes them once.
fn make_key(module: &Path) -> Result<Session, Box<dyn Error>> {
    let context = Pkcs11::new(module)?;
    context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    let slot = context.get_slots_with_token()?.into_iter().next().ok_or("no slot")?;
    let (officer, user) = (AuthPin::new("so-pin".into()), AuthPin::new(PIN.into()));
    context.init_token(slot, &officer, "release")?;
    // SoftHSM moves a new token to a slot of its own.
    let named = |slot: &_| context.get_token_info(*slot).is_ok_and(|token| token.label() == "release");
    let slot = context.get_slots_with_token()?.into_iter().find(named).ok_or("the new token is gone")?;
    let session = context.open_rw_session(slot)?;
    session.login(UserType::So, Some(&officer))?;
    session.init_pin(&user)?;
    session.logout()?;
    session.login(UserType::User, Some(&user))?;
    let names = |mut rest: Vec<Attribute>| {
        rest.extend([Attribute::Token(true), Attribute::Label("signer".into()), Attribute::Id(vec![1])]);
        rest
    };
    let public = names(vec![Attribute::EcParams(P256.to_vec())]);
    let private = names(vec![Attribute::Private(true), Attribute::Sensitive(true), Attribute::Sign(true)]);
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
    Ok(session)
}
