//! Revocation: lists and responders by OpenSSL and by us, on loopback; both look them up, and say the same.

use super::{Trust, Wanted};
use crate::{
    interop::result::Results,
    lab::{Asked, Authority, Issued, KeyKind, Loopback, SIGNER, STAMPING, Server, Table, Told, free},
};
use serde_json::{Value, json};

pub(super) fn run(trust: &Trust<'_>, results: &mut Results) -> Result<(), String> {
    let mut table = Table::new(&["case", "outcome", "note"]);
    let strict = trust.repository("revocation", json!({"level": "strict"}), STORES, Value::Null)?;
    let lenient = trust.repository("revocation-lenient", json!({"level": "permissive"}), STORES, Value::Null)?;
    let skipped = json!({"level": "strict", "override": {"revocation": "skip"}});
    let skipped = trust.repository("revocation-skipped", skipped, STORES, Value::Null)?;
    let openssl = OpenSsl::make(trust)?;
    for (name, urls, standing, wanted) in openssl.cases() {
        let found = openssl.signer(name, &urls, standing).and_then(|signer| {
            let reference = trust.image(&strict)?;
            trust.they_sign(&reference, &signer, "jws", &[])?;
            let said = trust.both(&reference, wanted)?;
            // Whatever is found out, this level only logs it.
            trust
                .both(&trust.copied(&reference, &lenient)?, Wanted::Accepted)
                .map_err(|why| format!("permissive: {why}"))?;
            trust.both(&trust.copied(&reference, &skipped)?, Wanted::Accepted).map_err(|why| format!("skip: {why}"))?;
            Ok(said)
        });
        results.row(&mut table, &format!("OpenSSL: {name}"), found);
    }
    results.row(&mut table, "OpenSSL: intermediate on a list", openssl.intermediate(trust, &strict));
    results.row(&mut table, "OpenSSL: time-stamping authority revoked", openssl.stamping(trust));
    let ours = Ours::make(trust)?;
    for (name, wanted) in OWN {
        let found = ours.judge(trust, &strict, name, *wanted);
        results.row(&mut table, &format!("plimsoll serve ocsp: {name}"), found);
    }
    table.print();
    Ok(())
}

/// Whether a certificate is revoked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Good,
    Revoked,
    /// Not in the database of the responder.
    Unheard,
}

/// Where a certificate says that its standing is to be had.
struct Urls {
    ocsp: Option<String>,
    lists: Option<String>,
}

impl Urls {
    fn extensions(&self) -> String {
        let ocsp = self.ocsp.iter().map(|url| format!("authorityInfoAccess = OCSP;URI:{url}\n"));
        let lists = self.lists.iter().map(|url| format!("crlDistributionPoints = URI:{url}\n"));
        ocsp.chain(lists).collect()
    }
}

struct OpenSsl {
    root: Authority,
    responder: Loopback,
    /// Each path a list of its own, so that none is found in a cache.
    lists: Loopback,
    nobody: String,
}

impl OpenSsl {
    fn make(trust: &Trust<'_>) -> Result<Self, String> {
        let root = Authority::root(trust.openssl, trust.scene.folder, "revoking", KeyKind::P256)?;
        let other = Authority::root(trust.openssl, trust.scene.folder, "revoking-not", KeyKind::P256)?;
        trust.store("ca:revocation", &root)?;
        trust.store("tsa:revocation", &root)?;
        let (responder, source) = (root.responder()?, root.clone());
        let lists = Loopback::serve(move |asked: &Asked| -> Told {
            let list = match asked.path.as_str() {
                path if path.starts_with("/stale") => source.stale_list(),
                path if path.starts_with("/other") => other.list(),
                path if path.starts_with("/none") => return None,
                _ => source.list(),
            };
            Some(("application/pkix-crl", list.ok()?))
        })?;
        Ok(Self { root, responder, lists, nobody: format!("http://{}/", free()?) })
    }
    fn cases(&self) -> Vec<(&'static str, Urls, Standing, Wanted)> {
        let ocsp = || Some(self.responder.url("ocsp"));
        let nobody = || Some(self.nobody.clone());
        let list = |path: &str| Some(self.lists.url(path));
        let urls = |ocsp, lists| Urls { ocsp, lists };
        vec![
            ("no address", urls(None, None), Standing::Good, Wanted::Accepted),
            ("ocsp good", urls(ocsp(), None), Standing::Good, Wanted::Accepted),
            ("ocsp revoked", urls(ocsp(), None), Standing::Revoked, REVOKED),
            ("ocsp unheard of", urls(ocsp(), None), Standing::Unheard, UNKNOWN),
            ("ocsp nobody there", urls(nobody(), None), Standing::Good, UNKNOWN),
            ("list good", urls(None, list("a.crl")), Standing::Good, Wanted::Accepted),
            ("list revoked", urls(None, list("b.crl")), Standing::Revoked, REVOKED),
            ("list out of date", urls(None, list("stale.crl")), Standing::Good, UNKNOWN),
            ("list of another issuer", urls(None, list("other.crl")), Standing::Good, UNKNOWN),
            ("list not found", urls(None, list("none.crl")), Standing::Good, UNKNOWN),
            ("ocsp and list good", urls(ocsp(), list("c.crl")), Standing::Good, Wanted::Accepted),
            ("ocsp and list revoked", urls(ocsp(), list("d.crl")), Standing::Revoked, REVOKED),
            ("ocsp nobody there, list good", urls(nobody(), list("e.crl")), Standing::Good, Wanted::Accepted),
            ("ocsp nobody there, list revoked", urls(nobody(), list("f.crl")), Standing::Revoked, REVOKED),
            ("ocsp good, list not found", urls(ocsp(), list("none-g.crl")), Standing::Good, Wanted::Accepted),
        ]
    }
    fn signer(&self, name: &str, urls: &Urls, standing: Standing) -> Result<Issued, String> {
        let name = name.replace([' ', ','], "-");
        let extensions = format!("{SIGNER}{}", urls.extensions());
        let wanted = crate::lab::Wanted { kind: KeyKind::P256, name: &name, extensions: &extensions, valid: None };
        let issued = self.root.issue(&wanted)?;
        match standing {
            Standing::Good => {}
            Standing::Revoked => self.root.revoke(&issued.certificate)?,
            Standing::Unheard => self.root.forget()?,
        }
        Ok(issued)
    }
    fn intermediate(&self, trust: &Trust<'_>, strict: &str) -> Result<String, String> {
        let mut said = String::new();
        for (name, wanted) in [("between-good", Wanted::Accepted), ("between-revoked", REVOKED)] {
            let urls = Urls { ocsp: None, lists: Some(self.lists.url(&format!("{name}.crl"))) };
            let between = self.root.below(trust.scene.folder, name, &urls.extensions())?;
            if wanted != Wanted::Accepted {
                self.root.revoke(&between.certificate())?;
            }
            let leaf = format!("below-{name}");
            let leaf = crate::lab::Wanted { kind: KeyKind::P256, name: &leaf, extensions: SIGNER, valid: None };
            let reference = trust.image(strict)?;
            trust.they_sign(&reference, &between.issue(&leaf)?, "cose", &[])?;
            said = trust.both(&reference, wanted)?;
        }
        Ok(said)
    }
    /// First good, for nobody signs with a revoked one; then revoked.
    fn stamping(&self, trust: &Trust<'_>) -> Result<String, String> {
        let stores = ["ca:revocation", "tsa:revocation"];
        let repository = trust.repository("revocation-stamped", json!({"level": "strict"}), &stores, Value::Null)?;
        let urls = Urls { ocsp: Some(self.responder.url("ocsp")), lists: None };
        let stamps =
            self.root.stamps_with("revoking-stamps", super::stamps::V2, &format!("{STAMPING}{}", urls.extensions()))?;
        let server = stamps.serve()?;
        let (url, root) = (server.url(""), self.root.certificate());
        let none = Urls { ocsp: None, lists: None };
        let signer = self.signer("stamped-by-revoked", &none, Standing::Good)?;
        trust.key("stamped-by-revoked", &signer)?;
        let reference = trust.image(&repository)?;
        let with = ["--timestamp-url", &url, "--timestamp-root-cert", &root];
        trust.we_sign(&reference, "stamped-by-revoked", "jws", &with)?;
        trust.both(&reference, Wanted::Accepted)?;
        self.root.revoke(&stamps.issued.certificate)?;
        trust.both(&reference, Wanted::Refused("certificate-revoked", "is revoked"))?;
        let again = trust.image(&repository)?;
        let words = [&["sign", &again, "--key", "stamped-by-revoked"][..], &with].concat();
        if trust.ours(&words)?.succeeded() {
            return Err("we sign with the revoked one".into());
        }
        match trust.they_sign(&again, &signer, "jws", &["--tsa", &url, "--tsa-root", &root]) {
            Ok(()) => Ok("we do not sign with it, they do".into()),
            Err(_) => Ok("neither signs with it".into()),
        }
    }
}

/// An authority by `plimsoll pki`, with `plimsoll serve ocsp`.
struct Ours {
    _server: Server,
}

impl Ours {
    fn make(trust: &Trust<'_>) -> Result<Self, String> {
        let scene = trust.scene;
        let dir = scene.folder.at("own-authority");
        let file = |name: &str| format!("{dir}/{name}");
        let (config, key, root) = (trust.config(), file("root.key"), file("root.pem"));
        let must = |words: &[&str]| scene.plimsoll.must(words).map(|_| ());
        must(&["pki", "init", "--subject", "CN=Revoking Root,O=Notary,ST=WA,C=US", "--dir", &dir])?;
        trust.scene.folder.write(
            &format!("{}/truststore/x509/ca/revocation/own.pem", super::CONFIG),
            scene.folder.read("own-authority/root.pem")?,
        )?;
        let address = free()?;
        let (ocsp, list) = (format!("http://{address}/ocsp"), format!("http://{address}/ca.crl"));
        let issuer = ["--issuer-key", &key, "--issuer-chain", &root];
        for (name, _) in OWN {
            let subject = format!("CN={name},O=Notary,ST=WA,C=US");
            let words = ["--config", &config, "pki", "issue", "--subject", &subject, "--name", name];
            let url = if name.contains("ocsp") { ["--ocsp-url", &ocsp] } else { ["--crl-url", &list] };
            must(&[&words[..], &url, &issuer].concat())?;
            if name.contains("revoked") {
                let certificate = format!("{config}/localkeys/{name}.crt");
                let ledger = file("root.ledger");
                must(&["pki", "revoke", "--cert", &certificate, "--reason", "keyCompromise", "--ledger", &ledger])?;
            }
        }
        let words = ["serve", "ocsp", "--addr", &address];
        Ok(Self { _server: Server::ours(&scene.plimsoll, &[&words[..], &issuer].concat())? })
    }
    fn judge(&self, trust: &Trust<'_>, repository: &str, name: &str, wanted: Wanted) -> Result<String, String> {
        let reference = trust.image(repository)?;
        trust.we_sign(&reference, name, "cose", &[])?;
        trust.both(&reference, wanted)
    }
}

const STORES: &[&str] = &["ca:revocation"];
const REVOKED: Wanted = Wanted::Refused("certificate-revoked", "is revoked");
const UNKNOWN: Wanted = Wanted::Refused("revocation-unknown", "revocation status is unknown");
const OWN: &[(&str, Wanted)] = &[
    ("ocsp-good", Wanted::Accepted),
    ("ocsp-revoked", REVOKED),
    ("list-good", Wanted::Accepted),
    ("list-revoked", REVOKED),
];
