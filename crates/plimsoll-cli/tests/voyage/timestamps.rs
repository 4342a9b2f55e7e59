//! `--timestamp-url`: the time of a signature is proven before anything is pushed.

use crate::{
    clock::{Clock, authority, granted},
    harbour::{Harbour, RULES, Verdict, files, left_out, trust_policy},
    notary::lasting,
};
use plimsoll::{
    core::UnixTime,
    host::clock,
    pki::{
        issue::Role,
        timestamp::{FailureInfo, TimestampResponse},
    },
};
use plimsoll_testkit::{
    pki::{Certified, KeySpec},
    timestamp::{AUTHORITY, ROOT, TestTsa},
};
use serde_json::{Value, json};
use std::{process::Command, time::Duration};

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";

/// An image that nobody signed, a signer whose certificate ends in two hours, and a consumer who trusts `tsa`'s root for timestamps.
fn scene(tsa_root: &str) -> Harbour {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour.issue("pki", "publisher", "brief", "--valid 2h");
    harbour.write("tsa.pem", tsa_root);
    harbour.run("cert add --type tsa --store clock tsa.pem --config consumer").succeeds();
    let mut policy = trust_policy("strict", "*");
    policy["trustPolicies"][0]["trustStores"] = json!(["ca:harbour", "tsa:clock"]);
    policy["trustPolicies"][0]["signatureVerification"]["verifyTimestamp"] = "afterCertExpiry".into();
    harbour.write("trustpolicy.json", policy.to_string());
    harbour.run("trust-policy import trustpolicy.json --force --config consumer").succeeds();
    harbour
}
fn stamped(url: &str) -> String {
    format!("sign {IMAGE} --key brief --config publisher --timestamp-url {url} --timestamp-root-cert tsa.pem")
}
fn signatures(harbour: &Harbour) -> Vec<Value> {
    harbour.json(&format!("inspect {IMAGE}"))["signatures"].as_array().unwrap().clone()
}
fn verify_at(harbour: &Harbour, at: UnixTime) -> Verdict {
    Verdict::of(harbour.run(&format!("verify {IMAGE} --config consumer --at {at} -o json")))
}
fn tomorrow() -> UnixTime {
    clock::now().saturating_add(86_400)
}

#[test]
fn the_settings_say_how_long_a_signature_must_count_and_a_flag_goes_before() {
    let harbour = scene(&authority().root.pem());
    let sign = |key: &str, more: &str| harbour.run(&format!("sign {IMAGE} --key {key} --config publisher {more}"));
    harbour.write("publisher/plimsoll.yaml", "signing: {lasting: 30m}");
    sign("brief", "").succeeds();
    sign("brief", "--lasting 24h").exits(2).says("short-lived-without-timestamp");
    // The certificate of `release` is one of a year.
    sign("release", "").succeeds();
    harbour.write("publisher/plimsoll.yaml", "signing: {lasting: 1000d}");
    sign("release", "").exits(2).says("short-lived-without-timestamp");
    sign("release", "--lasting 30d").succeeds();
    sign("brief", "--allow-short-lived").succeeds();
    for (text, said) in [
        ("signing: {lasting: soon}", "expected a whole number and a unit"),
        ("signing: {lasts: 1d}", "lasts"),
        ("signing: {lasting: 0d}", "expected a whole number and a unit"),
    ] {
        harbour.write("publisher/plimsoll.yaml", text);
        sign("release", "").exits(2).says(said);
    }
}

#[test]
fn a_signature_outlives_its_leaf_by_a_timestamp_alone() {
    let tsa = authority();
    let harbour = scene(&tsa.root.pem());
    let clock = Clock::of(tsa);
    let plain = format!("sign {IMAGE} --key brief --config publisher");
    harbour.run(&plain).exits(2).says("short-lived-without-timestamp");
    assert!(signatures(&harbour).is_empty(), "what is refused is not pushed");
    // What shall not last is not refused: by the signer's word, or by an expiry that is sooner.
    harbour.run(&format!("{plain} --lasting 1h")).succeeds();
    harbour.run(&format!("{plain} --expiry 1h")).succeeds();
    harbour.run(&format!("{plain} --allow-short-lived")).succeeds();
    verify_at(&harbour, clock::now()).admits();
    verify_at(&harbour, tomorrow()).blocks("timestamp-missing");
    for format in ["jws", "cose"] {
        harbour.run(&format!("{} --signature-format {format}", stamped(&clock.url))).succeeds();
    }
    assert_eq!(clock.asked(), 2);
    let verdict = verify_at(&harbour, tomorrow()).admits();
    let reports = verdict.json["signatures"].as_array().unwrap();
    let held: Vec<_> = reports.iter().filter(|one| one["verified"] == true).collect();
    assert_eq!((reports.len(), held.len()), (5, 2), "{reports:#?}");
    for one in held {
        assert_eq!(one["timestamp"]["subject"], AUTHORITY);
        assert_eq!(one["timestamp"]["store"], "tsa:clock");
        let checks: Vec<_> = one["checks"].as_array().unwrap().iter().map(|check| &check["outcome"]).collect();
        assert_eq!(checks, ["held"; 5]);
    }
    // `inspect` shows the same as a claim.
    let found = signatures(&harbour);
    let claimed: Vec<_> = found.iter().filter(|one| one["hasTimestamp"] == true).collect();
    assert_eq!(claimed.len(), 2);
    assert!(claimed.iter().all(|one| one["claimedTimestamp"]["isOfSignature"] == true), "{claimed:#?}");
}

/// Every way in which an authority can fail to prove the time leaves the layout as it was, byte for byte.
#[test]
fn nothing_is_pushed_where_the_timestamp_fails() {
    let (tsa, stranger) = (authority(), authority());
    let root = tsa.root.pem();
    let harbour = scene(&root);
    let before = files(&harbour.path("layout"));
    let refuses = |clock: &Clock, exit: i32, code: &str| {
        harbour.run(&stamped(&clock.url)).exits(exit).says(code);
        assert_eq!(files(&harbour.path("layout")), before, "{code}");
    };
    refuses(&Clock::of(stranger), 1, "chain-invalid");
    let rejection = TimestampResponse::rejected(FailureInfo::SystemFailure, "out of order").to_der();
    refuses(&Clock::answering(move |_| (200, rejection.clone())), 3, "timestamp");
    refuses(&Clock::answering(|_| (200, b"no answer at all".to_vec())), 1, "timestamp");
    refuses(&Clock::answering(|_| (503, Vec::new())), 3, "503");
    // Of another signature: the authority answers each query with its first answer.
    let first = std::sync::OnceLock::new();
    let replaying = authority_below(&tsa, &[]);
    let clock =
        Clock::answering(move |query| (200, first.get_or_init(|| granted(&replaying, query, clock::now())).clone()));
    harbour.run(&format!("{} --allow-short-lived", stamped(&clock.url))).succeeds();
    let before = files(&harbour.path("layout"));
    harbour.run(&stamped(&clock.url)).exits(1).says("timestamp");
    // Outside the validity of the signer's certificate, and after the time of the signing.
    let late = authority_below(&tsa, &[]);
    let clock = Clock::answering(move |query| (200, granted(&late, query, tomorrow())));
    harbour.run(&stamped(&clock.url)).exits(1).says("timestamp-outside-validity");
    // Whether the authority was revoked cannot be found out.
    let revocable = authority_below(&tsa, &["http://127.0.0.1:9/none.crl"]);
    harbour.run(&stamped(&Clock::of(revocable).url)).exits(3).says("revocation-unknown");
    harbour.run(&stamped("http://127.0.0.1:9/")).exits(3);
    harbour.run(&stamped("http://169.254.169.254/")).exits(1).says("169.254.169.254");
    assert_eq!(files(&harbour.path("layout")), before);
}

/// What a verifier would refuse is not pushed.
#[test]
fn a_distrusted_authority_stamps_nothing() {
    let tsa = authority();
    let harbour = scene(&tsa.root.pem());
    harbour.write("clock.pem", tsa.authority.pem());
    let clock = Clock::of(tsa);
    let before = files(&harbour.path("layout"));
    for entry in ["--cert clock.pem", "--issuer tsa.pem", "--key clock.pem --signed-after 2099-01-01T00:00:00Z"] {
        harbour.run(&format!("distrust add {entry} --reason 'clock stolen' --config publisher")).succeeds();
        harbour.run(&stamped(&clock.url)).exits(1).says("certificate-distrusted").says("clock stolen");
        assert_eq!(files(&harbour.path("layout")), before, "{entry}");
        std::fs::remove_file(harbour.path("publisher/distrust.json")).unwrap();
    }
    harbour.run(&stamped(&clock.url)).succeeds();
}

/// An attestation has no time of its own: a Notary signature on it has.
#[test]
fn what_a_short_lived_key_attests_outlives_it_by_a_timestamp() {
    let tsa = authority();
    let harbour = scene(&tsa.root.pem());
    let clock = Clock::of(tsa);
    let stamp = format!("--timestamp-url {} --timestamp-root-cert tsa.pem", clock.url);
    let ship = |tag: &str, more: &str| {
        harbour.run(&format!(
            "ship rootfs -t oci:layout:{tag} --scope localhost/team/app --app-version 2.0.0 --key brief --config publisher {more}"
        ))
    };
    ship("v2", "").exits(2).says("short-lived-without-timestamp");
    ship("v2", &stamp).succeeds();
    assert_eq!(clock.asked(), 3, "for the image, its inventory and its provenance");
    let rules = RULES.replace("    certificates:\n", "    notary: true\n    certificates:\n");
    assert_ne!(rules, RULES);
    harbour.write("rules.yaml", rules);
    let at = |tag: &str| {
        harbour.check(&format!("oci:layout:{tag}"), &format!("--scope localhost/team/app --at {}", tomorrow()))
    };
    at("v2").admits();
    // By DSSE alone it ends with its key.
    harbour.write("rootfs/etc/motd", "another image");
    ship("v3", "--allow-short-lived").succeeds();
    harbour.check("oci:layout:v3", "--scope localhost/team/app").admits();
    assert_eq!(at("v3").exit, 1);
    // The same for one attestation.
    harbour.write("predicate.json", "{}");
    let attest = format!("attest {IMAGE} --type https://example.com/p/v1 --predicate predicate.json --key brief");
    harbour.run(&format!("{attest} --config publisher")).exits(2).says("short-lived-without-timestamp");
    let made = harbour.json(&format!("{attest} --config publisher {stamp}"));
    assert!(made["signature"].as_str().unwrap().starts_with("sha256:"), "{made:#}");
}

/// Another authority below the same root, whose certificate names these lists.
fn authority_below(tsa: &TestTsa, crl: &[&str]) -> TestTsa {
    let root = Certified { der: tsa.root.der.clone(), key: reread(&tsa.root), spec: tsa.root.spec };
    let authority = root.issue(KeySpec::P256, AUTHORITY, Role::TimestampAuthority { ocsp: &[], crl }, lasting);
    TestTsa { root, authority }
}
fn reread(certified: &Certified) -> plimsoll::crypto::PrivateKey {
    plimsoll::crypto::PrivateKey::read(certified.key.to_pkcs8_pem().as_bytes(), None).unwrap()
}

#[test]
fn a_command_that_is_cancelled_while_it_waits_has_pushed_nothing() {
    let tsa = authority();
    let harbour = scene(&tsa.root.pem());
    let before = files(&harbour.path("layout"));
    let clock = Clock::answering(|_| {
        std::thread::sleep(Duration::from_secs(30));
        (200, Vec::new())
    });
    let mut child = harbour.command(&stamped(&clock.url)).stderr(std::process::Stdio::null()).spawn().unwrap();
    while clock.asked() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it waits for the authority");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(files(&harbour.path("layout")), before);
}

#[test]
fn the_authority_and_its_root_are_given_together() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let line = format!("sign {IMAGE} --config publisher");
    harbour.run(&format!("{line} --timestamp-url http://127.0.0.1:9/")).exits(2);
    harbour.run(&format!("{line} --timestamp-root-cert pki/root.pem")).exits(2);
    // A certificate that is no root cannot stand for an authority.
    let leaf = "--timestamp-url http://127.0.0.1:9/ --timestamp-root-cert publisher/localkeys/release.crt";
    harbour.run(&format!("{line} {leaf}")).exits(2).says("release.crt");
}

#[test]
fn what_is_shipped_is_stamped_before_it_is_tagged() {
    let tsa = authority();
    let harbour = Harbour::open();
    harbour.write("tsa.pem", tsa.root.pem());
    let clock = Clock::of(tsa);
    let more = format!("--timestamp-url {} --timestamp-root-cert tsa.pem", clock.url);
    harbour.ship(&harbour.at("v2"), "2.0.0", &more);
    let found = harbour.json(&format!("inspect {}", harbour.at("v2")));
    assert_eq!(found["signatures"][0]["claimedTimestamp"]["isOfSignature"], true);
    let before = files(&harbour.path("registry"));
    harbour.write("rootfs/etc/motd", "an image whose time nobody attests");
    harbour
        .run(&format!(
            "ship rootfs -t {} --key release --config publisher --timestamp-url http://127.0.0.1:9/ --timestamp-root-cert tsa.pem",
            harbour.at("v3")
        ))
        .exits(3);
    harbour.run(&format!("inspect {}", harbour.at("v3"))).exits(3);
    assert_eq!(files(&harbour.path("registry")), before, "nothing is pushed before all is signed");
    // What could only be refused at the end is refused before anything is pushed.
    harbour.issue("pki", "publisher", "brief", "--valid 2h");
    harbour.write("rootfs/etc/motd", "another image");
    harbour
        .run(&format!("ship rootfs -t {} --key brief --config publisher", harbour.at("v4")))
        .exits(2)
        .says("short-lived-without-timestamp");
    assert_eq!(files(&harbour.path("registry")), before);
}

/// OpenSSL as the authority, where it is installed.
#[test]
fn openssl_stamps_the_time() {
    let openssl = |folder: &std::path::Path, line: &str| {
        let output = Command::new("openssl").current_dir(folder).args(line.split_whitespace()).output().ok()?;
        Some((output.status.success(), output.stdout))
    };
    let tsa = authority();
    let harbour = scene(&tsa.root.pem());
    let folder = harbour.path("openssl");
    std::fs::create_dir(&folder).unwrap();
    if openssl(&folder, "version").or_else(|| left_out("openssl")).is_none() {
        return;
    }
    assert_eq!(ROOT, tsa.root.view().subject().to_string());
    harbour.write("openssl/signer.pem", tsa.authority.pem());
    harbour.write("openssl/chain.pem", tsa.root.pem());
    harbour.write("openssl/signer.key", tsa.authority.key.to_pkcs8_pem().as_bytes());
    harbour.write("openssl/serial", "01\n");
    harbour.write("openssl/ts.cnf", OPENSSL);
    let clock = Clock::answering(move |query| {
        std::fs::write(folder.join("query.tsq"), query).unwrap();
        let (done, _) = openssl(&folder, "ts -reply -config ts.cnf -queryfile query.tsq -out reply.tsr").unwrap();
        if done { (200, std::fs::read(folder.join("reply.tsr")).unwrap()) } else { (500, Vec::new()) }
    });
    harbour.run(&stamped(&clock.url)).succeeds();
    verify_at(&harbour, tomorrow()).admits();
}

/// Its default writes the attribute of version 1, which the Notary Project refuses.
const OPENSSL: &str = "
[tsa]
default_tsa = harbour
[harbour]
serial = serial
crypto_device = builtin
signer_cert = signer.pem
certs = chain.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";
