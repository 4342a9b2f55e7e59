//! OpenSSL as the other side, where it is found. Where it is not, the forgers of the other files stand for it.
#![allow(clippy::disallowed_methods, reason = "tests may start OpenSSL and write its files")]

use crate::{
    fixture::{CRL, Harbour, OCSP},
    issue::now,
};
use plimsoll_core::UnixTime;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    crl::{CrlLimits, read_lists},
    issue::Role,
    ocsp::{self, OcspLimits, OcspRequest, OcspStatus, ResponseRequest},
    revocation::{RevocationSources, Status},
};
use plimsoll_testkit::{
    pki::{Certified, KeySpec, pem, set_validity},
    revocation::Answers,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{SystemTime, UNIX_EPOCH},
};

struct Folder(PathBuf);

impl Folder {
    /// None where there is no OpenSSL.
    fn new(name: &str) -> Option<Self> {
        Command::new("openssl").arg("version").output().ok().filter(|output| output.status.success())?;
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("openssl-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Some(Self(path))
    }
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).unwrap();
    }
    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }
    fn try_run(&self, arguments: &str) -> Output {
        Command::new("openssl").args(arguments.split_whitespace()).current_dir(&self.0).output().unwrap()
    }
    fn run(&self, arguments: &str) -> String {
        let output = self.try_run(arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {said}");
        said
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// OpenSSL reads the clock, so its chain must be valid when the test runs.
fn clock() -> UnixTime {
    UnixTime::saturating_from_secs(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

fn harbour(now: UnixTime) -> Harbour {
    let valid = |draft: &mut plimsoll_pki::issue::Draft| {
        set_validity(draft, now.saturating_sub(86_400), now.saturating_add(86_400 * 365));
    };
    let root = Certified::self_signed(KeySpec::P256, "CN=Root,O=H,ST=S,C=US", Role::Root { path_length: None }, valid);
    let below = Role::Intermediate { path_length: Some(0) };
    let intermediate = root.issue(KeySpec::P256, "CN=Middle,O=H,ST=S,C=US", below, valid);
    let signer = Role::Signer { ocsp: &[OCSP], crl: &[CRL] };
    let leaf = intermediate.issue(KeySpec::P256, "CN=Leaf,O=H,ST=S,C=US", signer, valid);
    Harbour { root, intermediate, leaf }
}

const CONFIG: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=7\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n";

/// The files of `openssl ca` for the intermediate, with the signer in its data base.
fn authority(name: &str, harbour: &Harbour, state: &str) -> Option<Folder> {
    let folder = Folder::new(name)?;
    let serial: String = harbour.leaf.view().serial().iter().map(|octet| format!("{octet:02X}")).collect();
    folder.write("openssl.cnf", CONFIG);
    folder.write("number", "1000\n");
    folder.write("index.txt", format!("{state}\t{serial}\tunknown\t/C=US/ST=S/O=H/CN=Leaf\n"));
    folder.write("index.txt.attr", "unique_subject = no\n");
    folder.write("ca.pem", harbour.intermediate.pem());
    folder.write("leaf.pem", harbour.leaf.pem());
    folder.write("chain.pem", harbour.intermediate.pem() + &harbour.root.pem());
    folder.write("root.pem", harbour.root.pem());
    folder.write("ca.key", harbour.intermediate.key.to_pkcs8_pem().as_bytes());
    Some(folder)
}

const VALID: &str = "V||351231235959Z||";
const REVOKED: &str = "R||351231235959Z||260101000000Z,keyCompromise";

#[test]
fn lists_of_openssl_are_read() {
    let now = clock();
    let harbour = harbour(now);
    for (state, revoked) in [(VALID, false), (REVOKED, true)] {
        let Some(folder) = authority("crl", &harbour, &database(state)) else { return };
        folder.run("ca -config openssl.cnf -gencrl -keyfile ca.key -cert ca.pem -out list.pem");
        let lists = read_lists(folder.read("list.pem"), &CrlLimits::default()).unwrap();
        let mut ask = Answers::new().with(CRL, lists[0].der().clone());
        let report = harbour.check_at(now, &RevocationSources::new(), &mut ask);
        let status = report.certificates()[0].status;
        assert_eq!(matches!(status, Status::Revoked(entry) if entry.reason.to_string() == "keyCompromise"), revoked);
        assert_eq!(status == Status::Good, !revoked);
    }
}

/// A line of the data base up to the serial number: state, expiry, revocation.
fn database(state: &str) -> String {
    let mut parts = state.split("||");
    let (flag, expiry, revoked) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap_or_default());
    format!("{flag}\t{expiry}\t{revoked}")
}

#[test]
fn responses_of_openssl_are_read_and_our_requests_are() {
    let now = clock();
    let harbour = harbour(now);
    let (leaf, issuer) = (harbour.leaf.view(), harbour.intermediate.view());
    for (state, revoked) in [(VALID, false), (REVOKED, true)] {
        let Some(folder) = authority("ocsp", &harbour, &database(state)) else { return };
        let nonce = [5; 32];
        folder.write("request.der", OcspRequest::new(&leaf, &issuer).with_nonce(nonce).to_der());
        folder.run("ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -reqin request.der -respout response.der -ndays 1");
        let mut ask = Answers::new().with(OCSP, folder.read("response.der"));
        let sources = RevocationSources::new().with_nonce(nonce);
        let report = harbour.check_at(now, &sources, &mut ask);
        let status = report.certificates()[0].status;
        assert_eq!((status == Status::Good, matches!(status, Status::Revoked(_))), (!revoked, revoked), "{report:?}");
        // And the other way round: their request.
        folder.run("ocsp -issuer ca.pem -cert leaf.pem -reqout theirs.der");
        let theirs = OcspRequest::from_der(&folder.read("theirs.der"), &OcspLimits::default()).unwrap();
        assert!(theirs.ids()[0].matches(leaf.serial(), &issuer) && theirs.nonce().is_some());
    }
}

#[test]
fn openssl_takes_our_lists_and_responses() {
    let time = clock();
    let harbour = harbour(time);
    let Some(folder) = authority("ours", &harbour, &database(VALID)) else { return };
    let (leaf, issuer) = (harbour.leaf.view(), harbour.intermediate.view());
    let signer = harbour.intermediate.key.signer(KeySpec::P256.certificate_algorithm()).unwrap();
    let entry = plimsoll_pki::crl::RevokedEntry::new(plimsoll_pki::crl::RevokedReason::Superseded, time);
    let entries = [(leaf.serial(), entry)];
    let mut request = plimsoll_testkit::crl::request(&entries);
    (request.this_update, request.next_update) = (time.saturating_sub(60), time.saturating_add(3600));
    let made = now(plimsoll_pki::crl::issue(&request, &issuer, &signer, provider())).unwrap();
    folder.write("list.pem", pem("X509 CRL", made.der()));
    assert!(folder.run("crl -in list.pem -CAfile chain.pem -noout -text").contains("Superseded"));
    let refused = folder.try_run("verify -crl_check -CAfile chain.pem -CRLfile list.pem leaf.pem");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("certificate revoked"));
    folder.run("ocsp -issuer ca.pem -cert leaf.pem -reqout request.der");
    let asked = OcspRequest::from_der(&folder.read("request.der"), &OcspLimits::default()).unwrap();
    for (status, word) in [(OcspStatus::Good, "leaf.pem: good"), (OcspStatus::Revoked(entry), "leaf.pem: revoked")] {
        let request = ResponseRequest {
            statuses: &[(&asked.ids()[0], status)],
            this_update: time.saturating_sub(60),
            next_update: time.saturating_add(3600),
            nonce: asked.nonce(),
            certificates: &[],
        };
        let made = now(ocsp::issue(&request, &issuer, &signer, provider())).unwrap();
        folder.write("response.der", made.der());
        // OpenSSL wants its own request again, for the nonce.
        let said = folder.run(
            "ocsp -issuer ca.pem -cert leaf.pem -respin response.der -CAfile root.pem -verify_other ca.pem -no_nonce",
        );
        assert!(said.contains("Response verify OK") && said.contains(word), "{said}");
    }
}
