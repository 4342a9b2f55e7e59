//! An authority whose keys are on a token, or were brought as RSA keys in any kind of file.

#[cfg(feature = "pkcs11")]
use crate::{
    authority::{ci, http, service_of},
    token::SoftHsm,
};
use crate::{
    harbour::{Harbour, SIGNER, Verdict, left_out},
    notary::private,
};
use plimsoll_testkit::{pki::KeySpec, rsa_key};
use std::process::Command;

const IMAGE: &str = "oci:layout:v1 --scope localhost/team/app";

/// An image that nobody signed, and a consumer who will trust a root in `pki/root.pem`.
fn scene() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    std::fs::remove_dir_all(harbour.path("pki")).unwrap();
    std::fs::remove_dir_all(harbour.path("publisher")).unwrap();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    harbour.write("consumer/network.yaml", "allow: [{host: 127.0.0.1}]");
    harbour
}
fn trust_root(harbour: &Harbour) {
    // The store has a file of that name already.
    harbour.write("own-root.pem", harbour.read("pki/root.pem"));
    harbour.run("cert add --type ca --store harbour own-root.pem --config consumer").succeeds();
}
fn verify(harbour: &Harbour) -> Verdict {
    Verdict::of(harbour.run(&format!("verify {IMAGE} --config consumer -o json")))
}

#[cfg(feature = "pkcs11")]
#[test]
fn an_authority_issues_revokes_and_stamps_with_keys_on_a_token() {
    let harbour = scene();
    let Some(hsm) = SoftHsm::new(&harbour) else { return };
    for (label, id, spec) in [
        ("root", "01", KeySpec::P384),
        ("ca", "02", KeySpec::Rsa2048),
        ("leaf", "03", KeySpec::P256),
        ("tsa", "04", KeySpec::P256),
        ("responder", "05", KeySpec::P256),
    ] {
        hsm.import(&harbour, label, id, &spec.key());
    }
    let run = |line: &str| hsm.run(&harbour, &format!("{line} {}", hsm.words()));
    let uri = |label: &str| hsm.uri(label);
    run(&format!("pki init --subject 'CN=Root,O=Harbour,ST=WA,C=US' --key {} --dir pki", uri("root")))
        .succeeds()
        .says("key          pkcs11:");
    assert!(!harbour.path("pki/root.key").exists(), "the key stays where it is");
    trust_root(&harbour);
    let below = format!("--issuer-key {} --issuer-chain pki/root.pem", uri("root"));
    let line = format!("pki intermediate --subject 'CN=CA,O=Harbour,ST=WA,C=US' --key {} --dir pki {below}", uri("ca"));
    run(&line).exits(2).says("expected --ledger");
    run(&format!("{line} --ledger pki/root.ledger")).succeeds();
    let issuer = format!("--issuer-key {} --issuer-chain pki/intermediate.pem --ledger pki/ca.ledger", uri("ca"));
    // A responder with a key of its own on the token, and the authority that speaks for itself.
    run(&format!(
        "pki responder --subject 'CN=Responder,O=Harbour,C=US' --key {} --dir pki {issuer}",
        uri("responder")
    ))
    .succeeds();
    let own = format!("--responder-key {} --responder-cert pki/responder.pem", uri("responder"));
    let crossed = format!("--responder-key {} --responder-cert pki/responder.pem", uri("leaf"));
    let serve =
        |line: &str| service_of(hsm.command(&harbour, &format!("serve {line} --addr 127.0.0.1:0 {}", hsm.words())));
    run(&format!("serve ocsp {issuer} {crossed} --addr 127.0.0.1:0")).exits(2).says("expected the certificate");
    for (name, with) in [("alone", ""), ("delegated", &*own)] {
        let responder = serve(&format!("ocsp {issuer} {with}"));
        let urls = format!("--ocsp-url http://{}/ocsp", responder.address);
        run(&format!("pki issue --subject '{SIGNER}' --name {name} --config publisher {issuer} {urls}")).succeeds();
        harbour.run(&format!("sign {IMAGE} --key {name} --config publisher")).succeeds();
        verify(&harbour).admits();
        harbour.run(&format!("pki revoke --cert publisher/localkeys/{name}.crt --ledger pki/ca.ledger")).succeeds();
        verify(&harbour).blocks("certificate-revoked");
    }
    run(&format!("pki crl {issuer} --out ca.crl")).succeeds().says("revoked certificates so far: 2");
    // The request is signed by the key on the token, and the certificate by the authority's.
    run(&format!("pki request --subject 'CN=x,O=x,ST=x,C=US' --name leaf --key {}", uri("leaf"))).succeeds();
    assert!(!harbour.path("leaf.key").exists());
    run(&format!("pki sign-request leaf.csr --subject '{SIGNER}' --name leaf {issuer}")).succeeds();
    run(&format!("sign {IMAGE} --key {} --chain leaf.pem --config publisher", uri("leaf"))).succeeds();
    verify(&harbour).admits();
    // The same in one step: Notation's list has no place for such a key, so nothing is listed.
    let line = format!("pki issue --subject '{SIGNER}' --name held --key {} --config publisher {issuer}", uri("leaf"));
    run(&format!("{line} --default")).exits(2).says("--default");
    run(&line).succeeds().says("--chain");
    assert_eq!(harbour.json("key ls --config publisher").as_array().unwrap().len(), 2);
    let chain = "--chain publisher/localkeys/held.crt";
    run(&format!("sign {IMAGE} --key {} {chain} --config publisher", uri("leaf"))).succeeds();
    // A time-stamping authority.
    run(&format!("pki tsa --subject 'CN=Clock,O=Harbour,ST=WA,C=US' --key {} --dir pki {issuer}", uri("tsa")))
        .succeeds();
    let line = |key: &str| format!("tsa --key {} --chain pki/tsa.pem --tsa-policy 1.3.6.1.4.1.32473.1", uri(key));
    run(&format!("serve {} --addr 127.0.0.1:0", line("leaf"))).exits(2).says("expected the certificate of the key");
    let clock = serve(&line("tsa"));
    let stamp = format!("--timestamp-url http://{}/ --timestamp-root-cert pki/root.pem", clock.address);
    run(&format!("sign {IMAGE} --key {} {chain} --config publisher {stamp}", uri("leaf"))).succeeds();
    // And the service for jobs.
    let ci = ci::Ci::new();
    harbour.write("jwks.json", ci.jwks());
    harbour.write("issuing.yaml", ci::RULES);
    let names = format!("--token-issuer {}=jwks.json --audience ca.harbour.test --rules issuing.yaml", ci::ISSUER);
    let ca = serve(&format!("ca {issuer} {names}"));
    harbour.run("pki request --subject 'CN=whatever,O=x,ST=x,C=US' --name job").succeeds();
    let body =
        serde_json::json!({ "token": ci.token("harbour/pilot", "ca.harbour.test"), "csr": harbour.read("job.csr") });
    let head = "Content-Type: application/json\r\n";
    let (status, _, body) = http(&ca.address, "POST /v1/certificates", head, body.to_string().as_bytes());
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    harbour.write("job.pem", body);
    harbour.run("key add job --key job.key --chain job.pem --config job").succeeds();
}

/// Each certificate of a chain under an RSA key that was made elsewhere, each key in another kind of file.
#[test]
fn rsa_keys_of_any_file_make_root_authority_and_signer() {
    let harbour = scene();
    harbour.write("passphrase", "ballast\n");
    harbour.write("other", "correct horse\n");
    private(&harbour, "root.key", rsa_key(3072));
    private(&harbour, "ca.key", include_str!("../../../plimsoll-crypto/tests/keys/rsa-2048.pk1.pem"));
    private(&harbour, "leaf.key", include_str!("../../../plimsoll-host/tests/keys/rsa-2048.encrypted.pem"));
    private(&harbour, "legacy.key", include_str!("../../../plimsoll-crypto/tests/keys/rsa-2048.legacy-aes256.pem"));
    harbour.run("pki init --subject 'CN=Root,O=Harbour,ST=WA,C=US' --key root.key --dir pki").succeeds();
    trust_root(&harbour);
    let below = "--issuer-key root.key --issuer-chain pki/root.pem";
    let line = "pki intermediate --subject 'CN=CA,O=Harbour,ST=WA,C=US' --dir pki";
    harbour.run(&format!("{line} --key ca.key {below}")).succeeds();
    let issuer = "--issuer-key ca.key --issuer-chain pki/intermediate.pem";
    let issue = |name: &str, key: &str| {
        let line = format!("pki issue --subject '{SIGNER}' --name {name} --config publisher {issuer} --key {key}");
        harbour.run(&line).succeeds();
        harbour.run(&format!("sign {IMAGE} --key {name} --config publisher")).succeeds();
    };
    issue("encrypted", "leaf.key --key-passphrase-file passphrase");
    issue("legacy", "legacy.key --key-passphrase-file other");
    verify(&harbour).admits();
    // An authority whose key is encrypted, and one in PKCS#12, as many tools export them.
    let encrypted = "--issuer-key leaf.key --issuer-chain pki/second.pem --passphrase-file passphrase";
    harbour.run(&format!("{line} --name second --key leaf.key --key-passphrase-file passphrase {below}")).succeeds();
    harbour.run(&format!("pki issue --subject '{SIGNER}' --name below --config publisher {encrypted}")).succeeds();
    harbour.run(&format!("pki crl {encrypted} --out second.crl")).succeeds();
    let export = "pkcs12 -export -inkey root.key -in pki/root.pem -out root.p12 -passout pass:ballast";
    let made = Command::new("openssl").current_dir(harbour.path("")).args(export.split_whitespace()).output();
    let made = made.ok().or_else(|| left_out("openssl"));
    if made.is_some_and(|made| made.status.success()) {
        private_mode(&harbour, "root.p12");
        let exported =
            "--issuer-key root.p12 --issuer-chain pki/root.pem --ledger root.ledger --passphrase-file passphrase";
        harbour.run(&format!("{line} --name third --key ca.key {exported}")).succeeds();
        harbour.run(&format!("pki crl {exported} --out root.crl")).succeeds();
    }
    // The key in PKCS#12 of an EC signer, without any tool.
    harbour.write("p256.p12", include_bytes!("../../../plimsoll-crypto/tests/keys/p256.modern.p12"));
    private_mode(&harbour, "p256.p12");
    issue("p12", "p256.p12 --key-passphrase-file other");
    // An RSA key that is too short signs nothing.
    private(&harbour, "short.key", include_str!("../../../plimsoll-crypto/tests/keys/rsa-1024.pem"));
    harbour.run("pki init --subject 'CN=Short,O=Harbour,ST=WA,C=US' --key short.key --dir short").exits(3).says("2048");
    assert!(!harbour.path("short/root.pem").exists());
}

fn private_mode(harbour: &Harbour, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(harbour.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}
