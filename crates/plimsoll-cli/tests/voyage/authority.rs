//! `pki` and `serve`: a team's own authority, from its root to a revocation that blocks.

use crate::harbour::{Done, Harbour, Registry, Verdict, left_out, trust_policy};
use serde_json::json;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
};

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";
const ISSUER: &str = "--issuer-key pki/intermediate.key --issuer-chain pki/intermediate.pem";

/// An image in a layout, and a consumer who may ask responders on loopback.
fn unsigned() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour.write("consumer/network.yaml", "allow: [{host: 127.0.0.1}]");
    harbour
}
fn sign(harbour: &Harbour, key: &str) -> Done {
    harbour.run(&format!("sign {IMAGE} --key {key} --config publisher")).succeeds()
}
fn verify(harbour: &Harbour) -> Verdict {
    Verdict::of(harbour.run(&format!("verify {IMAGE} --config consumer -o json")))
}
fn service(harbour: &Harbour, line: &str) -> Registry {
    Registry::start(harbour.command(&format!("serve {line} --addr 127.0.0.1:0")))
}
/// The same of a command that was made already.
#[cfg(feature = "pkcs11")]
pub(crate) fn service_of(command: Command) -> Registry {
    Registry::start(command)
}
/// One request, and the whole answer: status, head and content.
pub(crate) fn http(address: &str, request: &str, head: &str, content: &[u8]) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = content.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n"
    )
    .unwrap();
    stream.write_all(content).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head[9..12].parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}

#[test]
fn a_signature_is_admitted_until_the_authority_revokes_its_certificate() {
    let harbour = unsigned();
    let responder = service(&harbour, &format!("ocsp {ISSUER}"));
    let urls = format!("--ocsp-url http://{0}/ocsp --crl-url http://{0}/ca.crl", responder.address);
    harbour.issue("pki", "publisher", "team", &urls);
    sign(&harbour, "team");
    verify(&harbour).admits();
    // What a certificate names on loopback is asked only where the operator allows it.
    fs::remove_file(harbour.path("consumer/network.yaml")).unwrap();
    verify(&harbour).does_not_know("revocation-unknown");
    harbour.write("consumer/network.yaml", "allow: [{host: 127.0.0.1}]");
    let ledger = "--ledger pki/intermediate.ledger";
    harbour
        .run(&format!("pki revoke --cert publisher/localkeys/team.crt {ledger} --reason keyCompromise"))
        .succeeds()
        .says("revoked");
    let verdict = verify(&harbour).blocks("certificate-revoked");
    assert!(verdict.json["reasons"].to_string().contains("keyCompromise"), "{:#}", verdict.json);
    // For good, once, and only what was issued here.
    harbour.run(&format!("pki revoke --cert publisher/localkeys/team.crt {ledger}")).exits(2).says("already-revoked");
    harbour.run(&format!("pki revoke --serial 01:02:AB {ledger}")).exits(2).says("unknown-serial").says("0102ab");
    harbour.run(&format!("pki revoke --serial 123 {ledger}")).exits(2).says("hexadecimal");
    harbour.run("pki revoke --serial 01 --ledger pki/other.ledger").exits(2).says("no ledger is there");
    assert!(!harbour.path("pki/other.ledger").exists(), "a mistyped name makes no ledger");
    // A responder that cannot be reached is no good news.
    drop(responder);
    verify(&harbour).does_not_know("revocation-unknown");
}

#[test]
fn a_responder_with_its_own_certificate_and_the_lists_say_the_same() {
    let harbour = unsigned();
    harbour.run(&format!("pki responder --subject 'CN=Responder,O=Harbour,C=US' --dir pki {ISSUER}")).succeeds();
    let own = "--responder-key pki/responder.key --responder-cert pki/responder.pem";
    let responder = service(&harbour, &format!("ocsp {ISSUER} {own}"));
    harbour.issue("pki", "publisher", "asked", &format!("--ocsp-url http://{}/ocsp", responder.address));
    sign(&harbour, "asked");
    verify(&harbour).admits();
    harbour.run("pki revoke --cert publisher/localkeys/asked.crt --ledger pki/intermediate.ledger").succeeds();
    verify(&harbour).blocks("certificate-revoked");
    // A certificate of another authority makes no responder, nor a key of another certificate.
    let crossed = "--responder-key pki/intermediate.key --responder-cert pki/responder.pem";
    harbour.run(&format!("serve ocsp {ISSUER} {crossed} --addr 127.0.0.1:0")).exits(2).says("expected the certificate");
    // By the list alone.
    let other = unsigned();
    let lists = service(&other, &format!("ocsp {ISSUER}"));
    other.issue("pki", "publisher", "listed", &format!("--crl-url http://{}/ca.crl", lists.address));
    sign(&other, "listed");
    verify(&other).admits();
    let (status, head, _) = http(&lists.address, "GET /ca.crl", "", b"");
    assert!(status == 200 && head.contains("application/pkix-crl"), "{head}");
}

#[test]
fn without_a_network_the_operators_own_lists_revoke() {
    let harbour = unsigned();
    sign(&harbour, "release");
    verify(&harbour).admits();
    let mut policy = trust_policy("strict", "*");
    policy["trustPolicies"][0]["plimsoll"] = json!({ "revocation": "required" });
    harbour.write("required.json", policy.to_string());
    harbour.run("trust-policy import required.json --force --config consumer").succeeds();
    verify(&harbour).does_not_know("certificate-not-revocable");
    fs::create_dir_all(harbour.path("consumer/crl")).unwrap();
    let list = |more: &str| harbour.run(&format!("pki crl {ISSUER} --out consumer/crl/team.crl {more}")).succeeds();
    list("").says("revoked certificates so far: 0");
    harbour
        .run("pki crl --issuer-key pki/root.key --issuer-chain pki/root.pem --out consumer/crl/root.crl --valid 30d")
        .succeeds();
    verify(&harbour).admits();
    harbour.run("pki revoke --cert publisher/localkeys/release.crt --ledger pki/intermediate.ledger").succeeds();
    list("").says("revoked certificates so far: 1");
    verify(&harbour).blocks("certificate-revoked");
    // A delta completes a list that is in use.
    harbour.run(&format!("pki crl {ISSUER} --delta --out consumer/crl/delta.crl")).succeeds();
    verify(&harbour).blocks("certificate-revoked");
    let none = "--issuer-key pki/root.key --issuer-chain pki/root.pem --ledger fresh.ledger --delta --out delta.crl";
    harbour.run(&format!("pki crl {none}")).exits(2).says("authority-unusable");
}

#[test]
fn the_operators_own_lists_revoke_who_attests_too() {
    let harbour = unsigned();
    harbour.write("predicate.json", "{}");
    let kind = "https://example.com/p/v1";
    let attest = format!("attest {IMAGE} --type {kind} --predicate predicate.json --key release --config publisher");
    harbour.run(&attest).succeeds();
    let identity = "x509.subject: C=US, ST=WA, O=Harbour, CN=release";
    let rules = json!({
        "version": 1, "name": "attested",
        "attestations": [{
            "predicateTypes": [kind],
            "certificates": { "trustStores": ["ca:harbour"], "trustedIdentities": [identity] },
        }],
        "rules": [{ "name": "attested", "require": { "attestation": { "types": [kind] } } }],
    });
    harbour.write("attested.yaml", rules.to_string());
    let check = || Verdict::of(harbour.run(&format!("check {IMAGE} --policy attested.yaml --config consumer -o json")));
    check().admits();
    harbour.run("pki revoke --cert publisher/localkeys/release.crt --ledger pki/intermediate.ledger").succeeds();
    fs::create_dir_all(harbour.path("consumer/crl")).unwrap();
    harbour.run(&format!("pki crl {ISSUER} --out consumer/crl/team.crl")).succeeds();
    check().blocks("certificate-revoked");
}

#[test]
fn a_time_stamping_authority_stamps_for_openssl() {
    let harbour = unsigned();
    let subject = "--subject 'CN=Clock,O=Harbour,ST=WA,C=US'";
    harbour.run(&format!("pki tsa {subject} --dir pki {ISSUER}")).succeeds();
    let line = "tsa --key pki/tsa.key --chain pki/tsa.pem --tsa-policy";
    harbour.run(&format!("serve {line} nonsense --addr 127.0.0.1:0")).exits(2).says("object identifier");
    let signer = "--key publisher/localkeys/release.key --chain publisher/localkeys/release.crt";
    harbour
        .run(&format!("serve tsa {signer} --tsa-policy 1.2.3 --addr 127.0.0.1:0"))
        .exits(2)
        .says("certificate-profile");
    let clock = service(&harbour, &format!("{line} 1.3.6.1.4.1.32473.1"));
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.current_dir(harbour.path("")).args(arguments.split_whitespace()).output().ok()
    };
    harbour.write("data", "cargo");
    // Where there is no OpenSSL, the authority's own tests have the testkit as client.
    let Some(made) = openssl("ts -query -data data -sha256 -cert -out query.tsq").or_else(|| left_out("openssl"))
    else {
        return;
    };
    assert!(made.status.success(), "{made:?}");
    let query = fs::read(harbour.path("query.tsq")).unwrap();
    let (status, head, reply) = http(&clock.address, "POST /", "Content-Type: application/timestamp-query\r\n", &query);
    assert!(status == 200 && head.contains("application/timestamp-reply"), "{head}");
    fs::write(harbour.path("reply.tsr"), reply).unwrap();
    let held = openssl("ts -verify -queryfile query.tsq -in reply.tsr -CAfile pki/root.pem").unwrap();
    assert!(held.status.success() && String::from_utf8_lossy(&held.stdout).contains("OK"), "{held:?}");
    harbour.write("data", "ballast");
    let other = openssl("ts -verify -data data -in reply.tsr -CAfile pki/root.pem").unwrap();
    assert!(!other.status.success(), "{other:?}");
}

#[test]
fn an_identity_is_swapped_for_a_certificate_of_minutes() {
    let harbour = unsigned();
    let ci = ci::Ci::new();
    harbour.write("jwks.json", ci.jwks());
    harbour.write("issuing.yaml", ci::RULES);
    let names = format!("--token-issuer {}=jwks.json --audience ca.harbour.test --rules issuing.yaml", ci::ISSUER);
    harbour
        .run(&format!("serve ca {ISSUER} --rules issuing.yaml --audience x --addr 127.0.0.1:0"))
        .exits(2)
        .says("nobody could ask");
    harbour.run(&format!("serve ca {ISSUER} {names} --addr 0.0.0.0:0")).exits(2).says("authority-exposed");
    let mut ca = service(&harbour, &format!("ca {ISSUER} {names} --ocsp-url http://127.0.0.1:1/ocsp"));
    harbour.run("pki request --subject 'CN=whatever,O=x,ST=x,C=US' --name job").succeeds();
    let csr = harbour.read("job.csr");
    let ask = |token: &str| {
        let body = json!({ "token": token, "csr": csr }).to_string();
        http(&ca.address, "POST /v1/certificates", "Content-Type: application/json\r\n", body.as_bytes())
    };
    let (status, _, body) = ask(&ci.token("harbour/pilot", "ca.harbour.test"));
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    fs::write(harbour.path("job.pem"), &body).unwrap();
    harbour.run("key add job --key job.key --chain job.pem --config job").succeeds();
    // Whom it names, the rule says and not the request; the ledger says for whom it was.
    let found = harbour.json("cert ls --expiring 1h --config job");
    assert_eq!(found[0]["subject"], "CN=harbour/pilot,O=Harbour,ST=WA,C=US");
    assert!(harbour.read("pki/intermediate.ledger").contains(r#""rule":"release""#));
    for (token, code) in [
        (ci.token("harbour/pilot", "somebody.else.test"), "token-untrusted"),
        (ci.token("strangers/app", "ca.harbour.test"), "no-issuing-rule"),
    ] {
        let (status, _, body) = ask(&token);
        let body = String::from_utf8(body).unwrap();
        assert!((400..500).contains(&status) && body.contains(code), "{status} {body}");
    }
    // It ends as it is told to.
    assert_eq!(ca.terminate(), Some(0));
}

/// The lines that are left are a chain; only what was kept elsewhere knows that there were more.
#[test]
fn an_end_of_the_ledger_that_was_cut_off_shows_against_a_checkpoint() {
    let harbour = unsigned();
    let ci = ci::Ci::new();
    harbour.write("jwks.json", ci.jwks());
    harbour.write("issuing.yaml", ci::RULES);
    let names = format!("--token-issuer {}=jwks.json --audience ca.harbour.test --rules issuing.yaml", ci::ISSUER);
    let mut ca = service(&harbour, &format!("ca {ISSUER} {names}"));
    harbour.run("pki request --subject 'CN=whatever,O=x,ST=x,C=US' --name job").succeeds();
    for project in ["harbour/pilot", "harbour/tug"] {
        let token = ci.token(project, "ca.harbour.test");
        let body = json!({ "token": token, "csr": harbour.read("job.csr") }).to_string();
        let head = "Content-Type: application/json\r\n";
        assert_eq!(http(&ca.address, "POST /v1/certificates", head, body.as_bytes()).0, 201);
    }
    assert_eq!(ca.terminate(), Some(0));
    // The last one was signed as the service ended.
    let (ledger, checkpoint) = (harbour.read("pki/intermediate.ledger"), harbour.read("pki/intermediate.checkpoint"));
    assert!(checkpoint.contains(&format!("\nlines {}\n", ledger.lines().count())), "{checkpoint}");
    harbour.write("elsewhere", &checkpoint);
    let audit = |chain: &str| {
        harbour
            .run(&format!("pki ledger --ledger pki/intermediate.ledger --issuer-chain {chain} --checkpoint elsewhere"))
    };
    audit("pki/intermediate.pem").succeeds().says("vouched for").does_not_say("torn");
    audit("pki/root.pem").exits(1).says("checkpoint-untrusted");
    // What a crash leaves is told apart.
    let beginning = format!("{{\"number\":{},\"at\"", ledger.lines().count() + 1);
    harbour.write("pki/intermediate.ledger", format!("{ledger}{beginning}"));
    audit("pki/intermediate.pem").succeeds().says("torn");
    let cut: String = ledger.split_inclusive('\n').take(ledger.lines().count() - 1).collect();
    harbour.write("pki/intermediate.ledger", cut);
    audit("pki/intermediate.pem").exits(1).says("ledger-contradicted").says("its end was cut off");
    harbour.run("pki ledger --ledger pki/intermediate.ledger").succeeds().says("nobody knows whether there were more");
    harbour.run(&format!("serve ca {ISSUER} {names} --addr 127.0.0.1:0")).exits(1).says("ledger-contradicted");
    harbour.write("pki/intermediate.ledger", ledger.replacen("whatever", "somebody", 1).replacen("pilot", "pirat", 1));
    audit("pki/intermediate.pem").exits(1).says("ledger-malformed");
    harbour.write("pki/intermediate.ledger", ledger);
    service(&harbour, &format!("ca {ISSUER} {names}"));
}

/// What was revoked is on the last line: without it, everybody would say that the certificate is good.
#[test]
fn a_revocation_that_was_cut_off_is_missed_by_all_that_read_the_ledger() {
    let harbour = unsigned();
    let ci = ci::Ci::new();
    harbour.write("jwks.json", ci.jwks());
    harbour.write("issuing.yaml", ci::RULES);
    let names = format!("--token-issuer {}=jwks.json --audience ca.harbour.test --rules issuing.yaml", ci::ISSUER);
    harbour.run("pki revoke --cert publisher/localkeys/release.crt --ledger pki/intermediate.ledger").succeeds();
    let mut ca = service(&harbour, &format!("ca {ISSUER} {names}"));
    assert_eq!(ca.terminate(), Some(0));
    let lines = [
        format!("serve ocsp {ISSUER} --addr 127.0.0.1:0"),
        format!("pki crl {ISSUER} --out list.crl"),
        format!("pki issue --subject 'CN=tug,O=Harbour,ST=WA,C=US' --name tug --config publisher {ISSUER}"),
        format!("pki tsa --subject 'CN=Time,O=Harbour,C=US' --dir pki {ISSUER}"),
        "pki revoke --serial 01 --ledger pki/intermediate.ledger".to_owned(),
    ];
    let ledger = harbour.read("pki/intermediate.ledger");
    let cut: String = ledger.split_inclusive('\n').take(ledger.lines().count() - 1).collect();
    harbour.write("pki/intermediate.ledger", &cut);
    for line in &lines {
        harbour.run(line).exits(1).says("ledger-contradicted").says("its end was cut off");
    }
    assert_eq!(harbour.read("pki/intermediate.ledger"), cut, "nothing is added to it");
    assert!(!harbour.path("list.crl").exists() && !harbour.path("publisher/localkeys/tug.key").exists());
    // Nor is an empty one begun.
    fs::remove_file(harbour.path("pki/intermediate.ledger")).unwrap();
    harbour.run(&lines[0]).exits(3).says("ledger-unavailable");
    assert!(!harbour.path("pki/intermediate.ledger").exists());
    // With another key's checkpoint beside it, there is no telling.
    harbour.write("pki/intermediate.ledger", &ledger);
    harbour.write("pki/root.checkpoint", harbour.read("pki/intermediate.checkpoint"));
    let root = "--issuer-key pki/root.key --issuer-chain pki/root.pem";
    harbour.run(&format!("pki crl {root} --out root.crl")).exits(1).says("checkpoint-untrusted");
    harbour.run(&lines[1]).succeeds().says("revoked certificates so far: 1");
}

/// A URI may hold a PIN: however its scheme is written, it is no file whose name is shown.
#[test]
fn a_pin_in_a_uri_is_never_shown() {
    let harbour = unsigned();
    let uri = "PKCS11:token=t;object=o?pin-value=20406080";
    let chain = "--issuer-chain pki/intermediate.pem --ledger x.ledger";
    for line in [
        format!("sign {IMAGE} --key {uri} --config publisher"),
        format!("serve ocsp --issuer-key {uri} {chain} --addr 127.0.0.1:0"),
        format!("serve tsa --key {uri} --chain pki/intermediate.pem --tsa-policy 1.2.3 --addr 127.0.0.1:0"),
        format!("pki crl --issuer-key {uri} {chain} --out list.crl"),
        format!("pki issue --key {uri} --subject CN=x,O=x,ST=x,C=US --name x {ISSUER} --config publisher"),
        format!("pki request --key {uri} --subject CN=x --name x"),
    ] {
        let done = harbour.run(&line).does_not_say("20406080").does_not_say("No such file");
        assert_ne!(done.code, Some(0));
    }
}

/// Rules that are changed hold from the next request on; rules that are broken change nothing.
#[test]
fn rules_are_read_again_while_the_service_runs() {
    let harbour = unsigned();
    let ci = ci::Ci::new();
    harbour.write("jwks.json", ci.jwks());
    harbour.write("issuing.yaml", ci::RULES);
    let line = format!(
        "serve ca {ISSUER} --token-issuer {}=jwks.json --audience ca.harbour.test --rules issuing.yaml --addr 127.0.0.1:0",
        ci::ISSUER
    );
    let mut child = harbour.command(&line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |text: &str| said.find(|line| line.contains(text)).unwrap();
    let address = until("listening on ").trim_start_matches("listening on ").to_owned();
    harbour.run("pki request --subject 'CN=whatever,O=x,ST=x,C=US' --name job").succeeds();
    let ask = |project: &str| {
        let token = ci.token(project, "ca.harbour.test");
        let body = json!({ "token": token, "csr": harbour.read("job.csr") }).to_string();
        http(&address, "POST /v1/certificates", "Content-Type: application/json\r\n", body.as_bytes()).0
    };
    let id = rustix::process::Pid::from_child(&child);
    let reload = || rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
    assert_eq!((ask("harbour/pilot"), ask("strangers/app")), (201, 403));
    harbour.write("issuing.yaml", ci::RULES.replace("harbour/*", "strangers/*"));
    assert_eq!(ask("strangers/app"), 403, "not before it is told to");
    reload();
    until("the rules were read again");
    assert_eq!((ask("harbour/pilot"), ask("strangers/app")), (403, 201));
    harbour.write("issuing.yaml", "version: 1\nrules: [");
    reload();
    let warning = until("stay in force");
    assert!(warning.contains("issuing.yaml"), "{warning}");
    assert_eq!((ask("harbour/pilot"), ask("strangers/app")), (403, 201));
    // The issuer has another key now.
    let other = ci::Ci::new();
    harbour.write("jwks.json", other.jwks());
    harbour.write("issuing.yaml", ci::RULES);
    reload();
    until("the rules were read again");
    assert!((400..500).contains(&ask("harbour/pilot")), "the old key counts no longer");
    harbour.write("jwks.json", ci.jwks());
    reload();
    until("the rules were read again");
    assert_eq!(ask("harbour/pilot"), 201);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_request_is_signed_for_the_name_that_the_operator_gives() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("pki request --subject 'CN=root,O=Evil,ST=WA,C=US' --name laptop --dir far").succeeds();
    let signed = format!("pki sign-request far/laptop.csr --subject 'CN=laptop,O=Harbour,ST=WA,C=US' {ISSUER}");
    harbour.run(&format!("{signed} --name laptop --valid 7d")).succeeds();
    harbour.run("key add laptop --key far/laptop.key --chain laptop.pem --config publisher").succeeds();
    let found = harbour.json("cert ls --expiring 8d --config publisher");
    assert_eq!(found[0]["subject"], "CN=laptop,O=Harbour,ST=WA,C=US");
    harbour.run(&format!("{signed} --name laptop")).exits(2).says("already-there");
    // The name that was asked for is not the one that was signed.
    let changed = base64_changed(&harbour.read("far/laptop.csr"));
    harbour.write("far/laptop.csr", changed);
    harbour.run(&format!("{signed} --name broken")).exits(2);
    harbour.write("far/laptop.csr", harbour.read("pki/root.pem"));
    harbour.run(&format!("{signed} --name broken")).exits(2).says("CERTIFICATE REQUEST");
    assert!(!harbour.path("broken.pem").exists());
}

/// A PEM file with another second line of base64.
fn base64_changed(pem: &str) -> String {
    let mut lines: Vec<String> = pem.lines().map(str::to_owned).collect();
    let before = lines[2].clone();
    lines[2] = before.chars().rev().collect();
    assert_ne!(lines[2], before);
    lines.join("\n") + "\n"
}

#[test]
fn an_rsa_key_is_imported_and_stays_where_it_is() {
    use crate::notary::private;
    let harbour = unsigned();
    private(&harbour, "rsa.key", include_str!("../../../plimsoll-host/tests/keys/rsa-2048.encrypted.pem"));
    harbour.write("passphrase", "ballast\n");
    let line = format!("pki issue --subject 'CN=release,O=Harbour,ST=WA,C=US' --name rsa {ISSUER} --config publisher");
    harbour.run(&format!("{line} --key rsa.key --curve p384")).exits(2);
    harbour.run(&format!("{line} --key rsa.key")).exits(3).says("private-key-locked");
    harbour.run(&format!("{line} --key rsa.key --key-passphrase-file passphrase")).succeeds();
    assert!(!harbour.path("publisher/localkeys/rsa.key").exists(), "no copy of the key, least of all in the clear");
    let listed = harbour.json("key ls --config publisher");
    let rsa = listed.as_array().unwrap().iter().find(|one| one["name"] == "rsa").unwrap();
    assert!(rsa["keyPath"].as_str().unwrap().ends_with("rsa.key"), "{rsa}");
    assert!(rsa["passphraseFile"].as_str().unwrap().ends_with("passphrase"), "{rsa}");
    sign(&harbour, "rsa");
    verify(&harbour).admits();
}

pub(crate) mod ci {
    //! A CI system that gives tokens.

    use data_encoding::BASE64URL_NOPAD;
    use plimsoll::{
        crypto::{Curve, PrivateKey},
        envelope::JwsDraft,
        host::clock,
    };
    use serde_json::json;

    pub(crate) const ISSUER: &str = "https://gitlab.harbour.test";
    pub(crate) const RULES: &str = "
version: 1
rules:
  - name: release
    issuer: https://gitlab.harbour.test
    claims: {project_path: {glob: 'harbour/*'}, ref_protected: true}
    subject: CN={project_path},O=Harbour,ST=WA,C=US
    minutes: 15
";

    pub(crate) struct Ci(PrivateKey);

    impl Ci {
        pub(crate) fn new() -> Self {
            Self(PrivateKey::generate(Curve::P256).unwrap())
        }
        pub(crate) fn jwks(&self) -> String {
            let spki = self.0.public_key_spki_der();
            let (x, y) = spki[spki.len() - 64..].split_at(32);
            let encode = |bytes| BASE64URL_NOPAD.encode(bytes);
            let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1", "x": encode(x), "y": encode(y) });
            json!({ "keys": [key] }).to_string()
        }
        pub(crate) fn token(&self, project: &str, audience: &str) -> String {
            let now = clock::now().as_secs();
            let claims = json!({
                "iss": ISSUER, "aud": audience, "sub": format!("project_path:{project}"), "iat": now,
                "exp": now + 600, "project_path": project, "ref_protected": "true",
            });
            let header = [("kid".into(), "1".into()), ("typ".into(), "JWT".into())];
            let algorithm = self.0.kind().envelope_algorithm().unwrap();
            let payload = claims.to_string();
            let draft = JwsDraft::new(algorithm, &header, payload.as_bytes()).unwrap();
            let signer = self.0.envelope_signer().unwrap();
            draft.attach_compact(&signer.sign_now(draft.signing_input()).unwrap())
        }
    }
}
