//! OpenSSL as timestamping authority and as judge, where it is on the path; the forgers serve everywhere else.
#![allow(clippy::disallowed_methods, reason = "the crate starts no process and opens no file; this test of it must")]

use super::{MESSAGE, judge};
use plimsoll_core::Classify;
use plimsoll_pki::{
    Hash, code,
    timestamp::{MessageImprint, Nonce, TimestampLimits, TimestampRequest, TimestampResponse},
};
use plimsoll_testkit::{pki::KeySpec, timestamp::TestTsa};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder of its own for one test, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("plimsoll-ts-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Path {
        fs::write(self.0.join(name), bytes).unwrap();
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Folder, arguments: &[&str]) -> Option<std::process::Output> {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(&folder.0).stdin(Stdio::null()).env("OPENSSL_CONF", "/dev/null");
    command.output().ok()
}

fn is_there() -> bool {
    Command::new("openssl").arg("version").stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// An authority of OpenSSL with our certificates: its answer to a request.
fn answer(tsa: &TestTsa, request: &TimestampRequest, setting: &str) -> Vec<u8> {
    let folder = Folder::new();
    folder.write("tsa.pem", tsa.authority.pem());
    folder.write("chain.pem", tsa.root.pem());
    folder.write("key.pem", tsa.authority.key.to_pkcs8_pem().as_bytes());
    folder.write("request.tsq", request.to_der());
    folder.write("serial", "01\n");
    let config = format!(
        "[tsa]\ndefault_tsa=here\n[here]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=key.pem\ncerts=chain.pem\n\
         signer_digest=sha256\ndefault_policy=1.3.6.1.4.1.99999.1\ndigests=sha256,sha384,sha512\naccuracy=secs:1\n{setting}\n"
    );
    folder.write("ts.cnf", config);
    let arguments = ["ts", "-reply", "-config", "ts.cnf", "-queryfile", "request.tsq", "-out", "answer.tsr"];
    let output = openssl(&folder, &arguments).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(folder.0.join("answer.tsr")).unwrap()
}

/// OpenSSL checks that an authority is valid now.
fn current() -> TestTsa {
    TestTsa::new(KeySpec::Rsa2048)
}

// attack: A-203
#[test]
fn a_203_openssl_is_believed_only_if_it_names_the_certificate_by_sha256() {
    if !is_there() {
        return; // signers.rs makes the same two tokens by the forger
    }
    let tsa = current();
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let request = TimestampRequest::new(MessageImprint::of(hash, MESSAGE), Nonce::from_random([0xa5; 20]));
        let read = |setting: &str| {
            let answer = TimestampResponse::parse(&answer(&tsa, &request, setting), &TimestampLimits::default());
            let token = answer.unwrap().token_for(&request).unwrap();
            judge(token.der(), &tsa.trust_store())
        };
        let info = read("ess_cert_id_alg=sha256").unwrap();
        assert_eq!(info.nonce.as_ref(), request.nonce());
        assert!(read("ess_cert_id_alg=sha512").is_ok());
        let error = read("ess_cert_id_alg=sha1").unwrap_err();
        assert_eq!(error.code(), code::MALFORMED_TIMESTAMP);
        assert_eq!(
            error.to_string(),
            "the timestamp: expected the signed attribute signing-certificate-v2, found none"
        );
    }
}

#[test]
fn openssl_verifies_what_we_issue() {
    if !is_there() {
        return; // exchange.rs verifies it by our own reader
    }
    for spec in [KeySpec::Rsa2048, KeySpec::P256, KeySpec::P384] {
        let tsa = TestTsa::new(spec);
        let request = TestTsa::request(MESSAGE);
        let token = tsa.token(MESSAGE);
        let folder = Folder::new();
        folder.write("root.pem", tsa.root.pem());
        folder.write("request.tsq", request.to_der());
        folder.write("token.p7s", &token);
        let verify = ["ts", "-verify", "-queryfile", "request.tsq", "-in", "token.p7s", "-token_in"];
        let at = plimsoll_testkit::pki::NOW.as_secs().to_string();
        let output = openssl(&folder, &[&verify[..], &["-CAfile", "root.pem", "-attime", &at]].concat()).unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{spec:?}: {said}");
    }
}
