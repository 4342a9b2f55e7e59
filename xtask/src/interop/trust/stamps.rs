//! Timestamps: what both demand of one, at signing and at verifying.

use super::{Trust, Wanted};
use crate::{
    interop::result::Results,
    lab::{Authority, Issued, KeyKind, SIGNER, Server, Stamps, Table},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};
use std::any::Any;

/// A time-stamping authority that is asked over HTTP.
pub(super) struct Stamping {
    pub(super) name: &'static str,
    pub(super) url: String,
    /// The file of its root.
    pub(super) root: String,
    /// What runs as long as this value.
    _server: Box<dyn Any>,
}

/// `openssl ts`, which has to be told to write the attribute that the Notary Project wants.
pub(super) fn openssl(root: &Authority) -> Result<Stamping, String> {
    let server = root.stamps("stamper", V2)?.serve()?;
    let (url, root) = (server.url(""), root.certificate());
    Ok(Stamping { name: "timestamp of openssl ts", url, root, _server: Box::new(server) })
}

/// `plimsoll serve tsa`, with certificates of `plimsoll pki`; its root comes into a trust store.
pub(super) fn own(trust: &Trust<'_>, store: &str) -> Result<Stamping, String> {
    let dir = trust.scene.folder.at("own-tsa");
    let file = |name: &str| format!("{dir}/{name}");
    let (key, root) = (file("root.key"), file("root.pem"));
    let must = |words: &[&str]| trust.scene.plimsoll.must(words).map(|_| ());
    must(&["pki", "init", "--subject", "CN=Stamp Root,O=Notary,ST=WA,C=US", "--dir", &dir])?;
    let issuer = ["--issuer-key", &key, "--issuer-chain", &root];
    must(&[&["pki", "tsa", "--subject", "CN=Stamps,O=Notary,ST=WA,C=US", "--dir", &dir], &issuer[..]].concat())?;
    let (key, chain) = (file("tsa.key"), file("tsa.pem"));
    let policy = "1.3.6.1.4.1.32473.1";
    let words = ["serve", "tsa", "--addr", "127.0.0.1:0", "--key", &key, "--chain", &chain, "--tsa-policy", policy];
    let server = Server::ours(&trust.scene.plimsoll, &words)?;
    let file = format!("{}/truststore/x509/{}/own.pem", super::CONFIG, store.replace(':', "/"));
    trust.scene.folder.write(&file, trust.scene.folder.read("own-tsa/root.pem")?)?;
    let url = format!("http://{}/", server.address);
    Ok(Stamping { name: "timestamp of plimsoll serve tsa", url, root, _server: Box::new(server) })
}

pub(super) fn run(trust: &Trust<'_>, results: &mut Results) -> Result<(), String> {
    let folder = trust.scene.folder;
    let root = Authority::root(trust.openssl, folder, "stamped", KeyKind::P256)?;
    trust.store("ca:stamped", &root)?;
    trust.store("tsa:stamped", &root)?;
    let other = Authority::root(trust.openssl, folder, "other-stamps", KeyKind::P256)?;
    let wanted = crate::lab::Wanted { kind: KeyKind::P256, name: "stamped-signer", extensions: SIGNER, valid: None };
    let signer = root.issue(&wanted)?;
    trust.key("stamped", &signer)?;
    let repository =
        trust.repository("stamped", json!({"level": "strict"}), &["ca:stamped", "tsa:stamped"], Value::Null)?;
    // Without a word about it, OpenSSL 3.0 names its certificate by SHA-1.
    let (good, weak) = (root.stamps("good", V2)?, root.stamps("weak", "")?);
    let cases = Cases { trust, repository, signer, root };
    let mut table = Table::new(&["case", "outcome", "note"]);
    for (what, found) in [
        ("at signing, openssl ts with its defaults", cases.at_signing(&weak)),
        ("at signing, an authority under another root", cases.at_signing(&other.stamps("other", V2)?)),
        ("none, and one is always demanded", cases.none()),
        ("a token put into our envelope", cases.token(&good, Over::Signature, Wanted::Accepted)),
        (
            "a token that names its certificate by SHA-1",
            cases.token(&weak, Over::Signature, Wanted::Refused("malformed-timestamp", "timestamp")),
        ),
        (
            "a token under another root",
            cases.token(
                &other.stamps("another", V2)?,
                Over::Signature,
                Wanted::Refused("untrusted-chain", "timestamp"),
            ),
        ),
        (
            "a token over another message",
            cases.token(&good, Over::Another, Wanted::Refused("timestamp-mismatch", "timestamp")),
        ),
    ] {
        results.row(&mut table, &format!("timestamp: {what}"), found);
    }
    table.print();
    Ok(())
}

struct Cases<'a> {
    trust: &'a Trust<'a>,
    repository: String,
    signer: Issued,
    root: Authority,
}

#[derive(Clone, Copy)]
enum Over {
    Another,
    Signature,
}

impl Cases<'_> {
    /// Neither side signs with such an authority, and nothing is pushed.
    fn at_signing(&self, stamps: &Stamps) -> Result<String, String> {
        let server = stamps.serve()?;
        let (url, root) = (server.url(""), self.root.certificate());
        let reference = self.trust.image(&self.repository)?;
        let with = ["--timestamp-url", &url, "--timestamp-root-cert", &root];
        let words = [&["sign", &reference, "--key", "stamped"][..], &with].concat();
        let we = self.trust.ours(&words)?;
        if we.succeeded() {
            return Err(format!("we sign: {}", we.said()));
        }
        if let Ok(()) = self.trust.they_sign(&reference, &self.signer, "jws", &["--tsa", &url, "--tsa-root", &root]) {
            return Err("they sign".into());
        }
        self.trust.both(&reference, Wanted::Refused("no-signature", "no signature is associated"))?;
        Ok("neither signs".into())
    }
    fn none(&self) -> Result<String, String> {
        let reference = self.trust.image(&self.repository)?;
        self.trust.we_sign(&reference, "stamped", "jws", &[])?;
        self.trust.both(&reference, Wanted::Refused("timestamp-missing", "no timestamp countersignature was found"))
    }
    fn token(&self, stamps: &Stamps, over: Over, wanted: Wanted) -> Result<String, String> {
        // Signed elsewhere, so that no other signature is on the image.
        let reference = self.trust.image(&self.repository)?;
        let envelope = unstamped(self.trust, &reference, "stamped", &[])?;
        let message = match over {
            Over::Another => b"another message".to_vec(),
            Over::Signature => signature(&envelope)?,
        };
        self.trust.attach(&reference, &with_token(&envelope, &stamps.token(&message, "-sha256")?)?)?;
        self.trust.both(&reference, wanted)
    }
}

/// Our JWS signature on an image, made on a copy of it in another repository: the envelope.
pub(super) fn unstamped(trust: &Trust<'_>, reference: &str, key: &str, more: &[&str]) -> Result<Vec<u8>, String> {
    let (repository, digest) = reference.split_once('@').ok_or("a reference without a digest")?;
    let elsewhere = format!("{repository}-elsewhere");
    trust.scene.ours_must(&["copy", reference, &format!("{elsewhere}:copy")], "digest")?;
    let copy = format!("{elsewhere}@{digest}");
    let manifest = trust.we_sign(&copy, key, "jws", more)?;
    trust.envelope(&copy, &manifest)
}

/// The signature value of a JWS.
pub(super) fn signature(envelope: &[u8]) -> Result<Vec<u8>, String> {
    let jws: Value = serde_json::from_slice(envelope).map_err(|error| error.to_string())?;
    let text = jws["signature"].as_str().unwrap_or_default();
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|error| error.to_string())
}

/// The JWS with a token in its unprotected header.
pub(super) fn with_token(envelope: &[u8], token: &[u8]) -> Result<Vec<u8>, String> {
    let mut jws: Value = serde_json::from_slice(envelope).map_err(|error| error.to_string())?;
    jws["header"]["io.cncf.notary.timestampSignature"] = json!(BASE64.encode(token));
    Ok(jws.to_string().into_bytes())
}

/// The attribute of RFC 5816.
pub(super) const V2: &str = "ess_cert_id_alg = sha256";
