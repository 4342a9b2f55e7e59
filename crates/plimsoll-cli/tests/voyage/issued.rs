//! `pki request --from`: a job swaps its identity for a signing key of minutes, and nothing is left of what fails.

use crate::{
    authority::ci::{Ci, ISSUER, RULES},
    harbour::{Done, Harbour, Registry, Verdict, files},
};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
    thread,
};

const KEYS: &str = "--issuer-key pki/intermediate.key --issuer-chain pki/intermediate.pem";
const AUDIENCE: &str = "ca.harbour.test";

/// An authority that issues for the tokens of a CI system.
fn port() -> (Harbour, Ci, Registry) {
    let (harbour, ci) = (Harbour::empty().with_trust(), Ci::new());
    harbour.write("jwks.json", ci.jwks());
    harbour.write("issuing.yaml", RULES);
    let line = format!(
        "serve ca {KEYS} --rules issuing.yaml --audience {AUDIENCE} --token-issuer {ISSUER}=jwks.json --addr 127.0.0.1:0"
    );
    let ca = Registry::start(harbour.command(&line));
    (harbour, ci, ca)
}
/// What the job asks, by the token in the variable `TOKEN`.
fn ask(harbour: &Harbour, from: &str, token: &str, more: &str) -> Done {
    let line = format!("pki request --from {from} --token-env TOKEN --name job --config job {more}");
    harbour.run_with(&line, &[("TOKEN", token)])
}
/// Answers one request with these octets, whatever it says, and gives its address.
fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut part = [0; 4096];
        // The JSON of the request ends with a brace.
        while !request.ends_with(b"\"}") {
            let read = stream.read(&mut part).unwrap();
            request.extend_from_slice(&part[..read]);
        }
        let _ = stream.write_all(&answer);
    });
    format!("http://{address}")
}
fn answer(status: &str, head: &str, content: &str) -> Vec<u8> {
    let length = content.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n{content}").into_bytes()
}

#[test]
fn a_job_swaps_its_token_for_a_key_and_signs_with_it() {
    let (harbour, ci, ca) = port();
    let url = format!("http://{}", ca.address);
    let token = ci.token("harbour/pilot", AUDIENCE);
    let done = ask(&harbour, &url, &token, "--root-cert pki/root.pem -o json").succeeds();
    assert_eq!(done.json()["subject"], "CN=harbour/pilot,O=Harbour,ST=WA,C=US");
    let key = harbour.path("job/localkeys/job.key");
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let all = files(&harbour.path("job"));
    assert!(!all.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(&token)), "no token is kept");
    // Its certificate is one of minutes: with no timestamp it says so, or signs when told to.
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let image = "oci:layout:v1 --scope localhost/team/app";
    harbour.run(&format!("sign {image} --key job --config job")).exits(2).says("short-lived-without-timestamp");
    harbour.run(&format!("sign {image} --key job --config job --allow-short-lived")).succeeds();
    let mut policy = crate::harbour::trust_policy("strict", "*");
    policy["trustPolicies"][0]["trustedIdentities"] =
        serde_json::json!(["x509.subject: C=US, ST=WA, O=Harbour, CN=harbour/pilot"]);
    harbour.write("jobs.json", policy.to_string());
    harbour.run("trust-policy import jobs.json --force --config consumer").succeeds();
    Verdict::of(harbour.run(&format!("verify {image} --config consumer -o json"))).admits();
    // A second one under the same name would be lost: the token is not spent.
    let before = files(&harbour.path("pki"));
    ask(&harbour, &url, &ci.token("harbour/pilot", AUDIENCE), "").exits(2).says("is there already");
    assert_eq!(files(&harbour.path("pki")), before);
    // From a file, with the line break that tools write.
    harbour.write("token", ci.token("harbour/tug", AUDIENCE) + "\n");
    harbour
        .run(&format!("pki request --from {url}/ --token-file token --name tug --config job --curve p384"))
        .succeeds()
        .says("CN=harbour/tug");
}

/// The jobs of GitLab and GitHub in `docs/trust.md` ask as they are written there, but for the address.
#[test]
fn the_documented_jobs_ask_as_written() {
    let (harbour, ci, ca) = port();
    harbour.write("root.pem", harbour.read("pki/root.pem"));
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/trust.md")).unwrap();
    let asked = page.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("plimsoll "));
    let asked: Vec<_> = asked.filter(|line| line.contains("--from https://ca.example.com")).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for (number, line) in asked.into_iter().enumerate() {
        let mut command = harbour.command(&line.replace("https://ca.example.com", &format!("http://{}", ca.address)));
        let token = harbour.write("token", ci.token(&format!("harbour/pilot{number}"), AUDIENCE));
        command.env("SIGNING_TOKEN", fs::read_to_string(&token).unwrap()).stdin(fs::File::open(token).unwrap());
        let config = harbour.path(&format!("config{number}"));
        let done = command.env("NOTATION_CONFIG", &config).output().unwrap();
        assert!(done.status.success(), "{line}: {done:?}");
        assert!(config.join("localkeys/job.key").exists());
    }
}

#[test]
fn what_the_service_refuses_is_said_and_leaves_nothing() {
    let (harbour, ci, ca) = port();
    let url = format!("http://{}", ca.address);
    for (token, said) in [
        (ci.token("harbour/pilot", "somebody.else.test"), "token-untrusted: "),
        (ci.token("strangers/app", AUDIENCE), "no-issuing-rule: "),
    ] {
        let done = ask(&harbour, &url, &token, "").exits(1).says(said).says("(issuing-refused)");
        assert!(!done.stderr.contains(&token) && !done.stdout.contains(&token));
    }
    // Another root than the one that the job knows.
    harbour.run("pki init --subject 'CN=Root,O=Harbour,ST=WA,C=US' --dir other").succeeds();
    let token = ci.token("harbour/pilot", AUDIENCE);
    ask(&harbour, &url, &token, "--root-cert other/root.pem").exits(1).says("(untrusted-chain)");
    drop(ca);
    ask(&harbour, &url, &token, "").exits(3).says("(issuing-unavailable)");
    assert!(!harbour.path("job").exists());
}

#[test]
fn an_answer_that_is_not_the_one_that_was_asked_for_is_refused() {
    let harbour = Harbour::empty().with_trust();
    let other = harbour.read("publisher/localkeys/release.crt");
    let later = r#"{"status":429,"code":"issuing-rate-exceeded","class":"unavailable","detail":"too many"}"#;
    // The status decides, whatever the text claims.
    let lie = r#"{"status":403,"code":"no-issuing-rule","class":"untrusted","detail":"no"}"#;
    let elsewhere = "Location: http://127.0.0.1:1/v1/certificates\r\n";
    let long = "x".repeat(300 * 1024);
    for (answer, exit, said) in [
        (answer("201 Created", "", &other), 1, "(issued-for-another-key)"),
        (answer("201 Created", "", "welcome aboard"), 1, "(malformed-issuing-answer)"),
        (answer("201 Created", "", &long), 1, "expected at most 262144 bytes, found more"),
        (answer("429 Too Many Requests", "", later), 3, "issuing-rate-exceeded: too many (issuing-unavailable)"),
        (answer("502 Bad Gateway", "", lie), 3, "(issuing-unavailable)"),
        (answer("404 Not Found", "", "<html>"), 3, "expected status 201, found 404 (issuing-unavailable)"),
        (answer("307 Temporary Redirect", elsewhere, ""), 3, "expected status 201, found 307"),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n".to_vec(), 3, "(issuing-unavailable)"),
    ] {
        ask(&harbour, &answering(answer), "e.y.J", "").exits(exit).says(said);
        assert!(!harbour.path("job").exists());
    }
}

#[test]
fn a_token_goes_to_no_address_that_others_could_read() {
    let harbour = Harbour::empty();
    for url in ["http://ca.harbour.test", "http://localhost:5010", "https://user:word@ca.test", "ftp://x", "ca.test"] {
        ask(&harbour, url, "e.y.J", "").exits(2).says("(issuing-url-refused)");
    }
    let from = "pki request --from http://127.0.0.1:1 --name job --config job";
    for (words, said) in [
        ("", "--token-file"),
        ("--token-env ABSENT", "the variable ABSENT is not set"),
        ("--token-file absent", "absent"),
        ("--token-env TOKEN --token-file token", "cannot be used with"),
        ("--token-env TOKEN --subject CN=x", "cannot be used with"),
        ("--token-env TOKEN --key own.key", "cannot be used with"),
        ("--token-env TOKEN --dir elsewhere", "cannot be used with"),
        ("--token-env TOKEN --pin-file pin", "none on a token"),
        ("--svid svid.pem", "--svid-key"),
        ("--token-env BROKEN", "expected an identity token on one line"),
    ] {
        let done = harbour.run_with(&format!("{from} {words}"), &[("TOKEN", "e.y.J"), ("BROKEN", "e.y\nJ")]);
        done.exits(2).says(said);
    }
    harbour.run("pki request --name job").exits(2).says("--subject");
    harbour.run("pki request --name job --subject CN=x --root-cert pki/root.pem").exits(2).says("--from");
}

#[test]
fn a_workload_swaps_its_svid_for_a_key() {
    let (harbour, root) = (Harbour::empty().with_trust(), crate::workloads::authority());
    harbour.write("bundle.pem", root.pem());
    harbour.write("issuing.yaml", WORKLOADS);
    let line = format!(
        "serve ca {KEYS} --rules issuing.yaml --audience {AUDIENCE} --spiffe-bundle harbour.example=bundle.pem --addr 127.0.0.1:0"
    );
    let ca = Registry::start(harbour.command(&line));
    crate::workloads::svid(&harbour, &root, "spiffe://harbour.example/ci/release", |_| ());
    let line = format!("pki request --from http://{} --svid svid.pem --svid-key svid.key --name job", ca.address);
    let ask = |more: &str| harbour.run(&format!("{line} {more} --config job"));
    ask("--audience somebody.else.test").exits(1).says("token-untrusted: ");
    ask(&format!("--audience {AUDIENCE} --svid-key pki/root.key")).exits(2);
    ask("").exits(2).says("--audience");
    assert!(!harbour.path("job").exists());
    ask(&format!("--audience {AUDIENCE} --root-cert pki/root.pem"))
        .succeeds()
        .says("CN=ci/release,O=Harbour,ST=WA,C=US");
    harbour.run("cert ls --expiring 1h --config job").exits(1).says("CN=ci/release");
}

/// What the operator said of whom not to trust is not forgotten because it is away for a moment, or was never looked for.
#[test]
fn whom_the_operator_distrusts_stays_distrusted_while_the_list_is_away() {
    let (harbour, root) = (Harbour::empty().with_trust(), crate::workloads::authority());
    harbour.write("bundle.pem", root.pem());
    harbour.write("issuing.yaml", WORKLOADS);
    crate::workloads::svid(&harbour, &root, "spiffe://harbour.example/ci/release", |_| ());
    fs::create_dir_all(harbour.path("operator/crl")).unwrap();
    harbour.run("distrust add --cert svid.pem --reason 'node lost' --config operator").succeeds();
    let bundle = "--spiffe-bundle harbour.example=bundle.pem";
    let line = format!("serve ca {KEYS} --rules issuing.yaml --audience {AUDIENCE} {bundle} --addr 127.0.0.1:0");
    // A name that is mistyped is not somebody who distrusts nobody.
    harbour.run(&format!("{line} --config operatro")).exits(2).says("operatro: expected the configuration directory");
    harbour.run_with(&line, &[("NOTATION_CONFIG", "operatro")]).exits(2).says("operatro: expected the configuration");
    harbour
        .run(&format!("{line} {bundle} --config operator"))
        .exits(2)
        .says("expected one bundle for `harbour.example`, found two");
    let mut child = harbour
        .command(&format!("{line} --config operator"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |text: &str| said.find(|line| line.contains(text)).unwrap();
    let address = until("listening on ").trim_start_matches("listening on ").to_owned();
    let from = format!("pki request --from http://{address} --svid svid.pem --svid-key svid.key --audience {AUDIENCE}");
    let refused = || harbour.run(&format!("{from} --name job --config job")).exits(1).says("certificate-distrusted");
    refused();
    let id = rustix::process::Pid::from_child(&child);
    for (what, named) in
        [("operator/distrust.json", "distrust.json"), ("operator/crl", "crl"), ("operator", "operator")]
    {
        fs::rename(harbour.path(what), harbour.path("away")).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
        let warning = until("stay in force");
        assert!(warning.contains(named), "{warning}");
        refused();
        fs::rename(harbour.path("away"), harbour.path(what)).unwrap();
    }
    // Taken off the list, it is trusted again.
    harbour.run("distrust rm --cert svid.pem --config operator").succeeds();
    rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
    until("the rules were read again");
    harbour.run(&format!("{from} --name job --config job")).succeeds();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

const WORKLOADS: &str = "
version: 1
rules:
  - name: workloads
    issuer: spiffe://harbour.example
    claims: {path: {glob: 'ci/*'}}
    subject: CN={path},O=Harbour,ST=WA,C=US
";
