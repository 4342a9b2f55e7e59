//! OpenSSL as the judge, where it is installed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stderr,
    reason = "a test fails loudly, and one that is left out says so"
)]

mod common;

use common::{Time, http, owned};
use plimsoll_authority::{
    Authority, Issuer, Issuers, IssuingRequest, IssuingService, Ledger, Limits, RevocationReason, RevocationService,
    Rules, Server, SystemClock, TimestampService,
};
use plimsoll_crypto::provider;
use plimsoll_pki::issue::Role;
use plimsoll_testkit::pki::{KeySpec, TestCa};
use std::{fs, path::Path, process::Command, sync::Arc};

/// Runs OpenSSL in a folder; `None` where there is none.
async fn openssl(folder: &Path, arguments: &str) -> Option<(bool, String)> {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(arguments.split_whitespace());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().ok()?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Some((output.status.success(), text))
}

struct Pki {
    folder: tempfile::TempDir,
    ca: TestCa,
}

/// The authority's files as OpenSSL wants them, and whether OpenSSL is there.
async fn pki() -> Option<Pki> {
    let (folder, ca) = (tempfile::tempdir().unwrap(), TestCa::new(KeySpec::P256));
    fs::write(folder.path().join("root.pem"), ca.root.pem()).unwrap();
    fs::write(folder.path().join("issuer.pem"), ca.intermediate.pem()).unwrap();
    fs::write(folder.path().join("data"), "cargo").unwrap();
    if openssl(folder.path(), "version").await.is_none() {
        eprintln!("left out: openssl is not there");
        return None;
    }
    Some(Pki { folder, ca })
}

#[tokio::test]
async fn openssl_asks_the_responder_and_reads_the_lists() {
    let Some(Pki { folder, ca }) = pki().await else { return };
    let at = folder.path();
    // OpenSSL has a clock of its own.
    let ledger = Arc::new(Ledger::open(at.join("ledger")).unwrap());
    let chain = vec![owned(&ca.intermediate.der), owned(&ca.root.der)];
    let authority = Authority::new(chain, common::signer(&ca.intermediate), ledger, SystemClock, provider()).unwrap();
    let authority = Arc::new(authority);
    let service = RevocationService::new(authority.clone(), common::signer(&ca.intermediate));
    let server = Server::builder(service, "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());

    // The job's request is OpenSSL's, too.
    let made = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout job.key -out job.csr -subj /CN=x";
    assert!(openssl(at, made).await.unwrap().0);
    let csr = fs::read_to_string(at.join("job.csr")).unwrap();
    let (ci, limits) = (common::Ci::new(), Limits::default());
    let issuers = Issuers::new([Issuer::new(common::ISSUER, common::AUDIENCE, ci.keys())], limits.clone());
    let issuing =
        IssuingService::new(authority.clone(), issuers, Rules::parse(common::RULES, &limits).unwrap(), limits);
    let now = authority.now().as_secs();
    let token = ci.token(|claims| {
        claims["iat"] = now.into();
        claims["nbf"] = now.into();
        claims["exp"] = (now + 600).into();
    });
    let issued = issuing.issue(&IssuingRequest::with_csr(token, csr)).await.unwrap();
    fs::write(at.join("leaf.pem"), issued.chain[0].to_pem()).unwrap();
    let (holds, text) = openssl(at, "verify -CAfile root.pem -untrusted issuer.pem leaf.pem").await.unwrap();
    assert!(holds, "{text}");

    let ask = format!(
        "ocsp -issuer issuer.pem -cert leaf.pem -url http://{address}/ocsp -CAfile root.pem -verify_other issuer.pem -header Host=127.0.0.1"
    );
    let (done, text) = openssl(at, &ask).await.unwrap();
    assert!(done && text.contains("Response verify OK") && text.contains("leaf.pem: good"), "{text}");
    authority.revoke(&issued.serial, RevocationReason::KeyCompromise, None).unwrap();
    let (_, text) = openssl(at, &ask).await.unwrap();
    assert!(
        text.contains("Response verify OK") && text.contains("leaf.pem: revoked") && text.contains("keyCompromise"),
        "{text}"
    );

    let (status, _, list) = http(address, "GET /ca.crl", b"").await;
    assert_eq!(status, 200);
    fs::write(at.join("list.der"), list).unwrap();
    assert!(openssl(at, "crl -inform DER -in list.der -out list.pem -CAfile issuer.pem").await.unwrap().0);
    let judge = "verify -crl_check -CAfile root.pem -untrusted issuer.pem -CRLfile list.pem leaf.pem";
    let (holds, text) = openssl(at, judge).await.unwrap();
    assert!(!holds && text.contains("certificate revoked"), "{text}");
}

#[tokio::test]
async fn openssl_asks_for_time_stamps_and_verifies_them() {
    let Some(Pki { folder, ca }) = pki().await else { return };
    let (at, time) = (folder.path(), Time::new());
    let role = Role::TimestampAuthority { ocsp: &[], crl: &[] };
    let tsa = ca.intermediate.issue(KeySpec::P256, "CN=Time,O=Harbour,ST=WA,C=US", role, |_| ());
    let chain = vec![owned(&tsa.der), owned(&ca.intermediate.der), owned(&ca.root.der)];
    let policy = spki::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    let service = TimestampService::new(chain, common::signer(&tsa), policy, time.clock(), provider()).unwrap();
    let server = Server::builder(service, "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());
    assert!(openssl(at, "ts -query -data data -sha256 -cert -out query.tsq").await.unwrap().0);
    let query = fs::read(at.join("query.tsq")).unwrap();
    let (status, _, reply) = http(address, "POST /\r\nContent-Type: application/timestamp-query", &query).await;
    assert_eq!(status, 200);
    fs::write(at.join("reply.tsr"), &reply).unwrap();
    let judge =
        format!("ts -verify -queryfile query.tsq -in reply.tsr -CAfile root.pem -attime {}", time.now().as_secs());
    let (holds, text) = openssl(at, &judge).await.unwrap();
    assert!(holds && text.contains("Verification: OK"), "{text}");
    fs::write(at.join("data"), "ballast").unwrap();
    let other = judge.replace("-queryfile query.tsq", "-data data");
    assert!(!openssl(at, &other).await.unwrap().0);
    // What OpenSSL asks for and is not stamped here.
    assert!(openssl(at, "ts -query -data data -md5 -out bad.tsq").await.unwrap().0);
    let bad = fs::read(at.join("bad.tsq")).unwrap();
    let (_, _, reply) = http(address, "POST /\r\nContent-Type: application/timestamp-query", &bad).await;
    fs::write(at.join("bad.tsr"), &reply).unwrap();
    let (_, text) = openssl(at, "ts -reply -in bad.tsr -text").await.unwrap();
    assert!(
        text.contains("Status: Rejected") && text.to_lowercase().contains("unrecognized or unsupported algorithm"),
        "{text}"
    );
}
