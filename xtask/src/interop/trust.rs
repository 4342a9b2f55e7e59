//! Keys, time-stamping authorities, plugins, blobs, revocation and trust policies, beside the libraries of the Notary Project.

mod blobs;
mod keys;
mod plugins;
mod policies;
mod revocation;
mod stamps;

use super::{result::Results, scene::Scene};
use crate::lab::{Authority, Done, Issued, KeyKind, Program};
use keys::Signer;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};

/// Everything of it for which the judge and OpenSSL are here.
pub(super) fn run(scene: &Scene<'_>, results: &mut Results) -> Result<(), String> {
    let (Some(judge), Some(openssl)) = (&scene.judge, &scene.openssl) else { return Ok(()) };
    let trust = Trust::make(scene, judge, openssl)?;
    for (title, part) in PARTS {
        println!("\n### {title}\n");
        // What cannot be set up leaves the other parts alone.
        if let Err(why) = part(&trust, results) {
            results.cell(title, Err(why));
        }
    }
    Ok(())
}

type Part = fn(&Trust<'_>, &mut Results) -> Result<(), String>;

/// One configuration directory and one registry for both.
struct Trust<'a> {
    scene: &'a Scene<'a>,
    judge: &'a Program,
    openssl: &'a Program,
    statements: RefCell<Vec<Value>>,
    images: Cell<u32>,
    /// One of each kind of key.
    signers: Vec<Signer>,
}

/// What both must say of a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Accepted,
    /// Our code and a part of their words.
    Refused(&'static str, &'static str),
}

impl<'a> Trust<'a> {
    fn make(scene: &'a Scene<'a>, judge: &'a Program, openssl: &'a Program) -> Result<Self, String> {
        // What the certificates here name is on loopback, where nothing that a certificate names is asked otherwise.
        scene.folder.write(&format!("{CONFIG}/network.yaml"), "allow: [{network: 127.0.0.0/8}]\n")?;
        let mut made = Self {
            scene,
            judge,
            openssl,
            statements: RefCell::default(),
            images: Cell::default(),
            signers: Vec::new(),
        };
        let signers = KeyKind::ALL.map(|kind| Signer::make(&made, kind));
        made.signers = signers.into_iter().collect::<Result<_, _>>()?;
        Ok(made)
    }
    fn config(&self) -> String {
        self.scene.folder.at(CONFIG)
    }
    /// Puts a root into a trust store, such as `tsa:own`.
    fn store(&self, store: &str, authority: &Authority) -> Result<(), String> {
        let pem = std::fs::read(authority.certificate()).map_err(|error| format!("{store}: {error}"))?;
        let file = format!("{CONFIG}/truststore/x509/{}/root.pem", store.replace(':', "/"));
        self.scene.folder.write(&file, pem).map(|_| ())
    }
    /// Adds a signing key.
    fn key(&self, name: &str, issued: &Issued) -> Result<(), String> {
        let words = ["key", "add", name, "--key", &issued.key, "--chain", &issued.chain];
        self.ours(&words)?.ok(&format!("key add {name}"))
    }
    /// A repository of its own with a statement of the trust policy: its `signatureVerification`, its stores, and the member that
    /// Notation ignores.
    fn repository(&self, name: &str, verification: Value, stores: &[&str], own: Value) -> Result<String, String> {
        // A repository stands in one statement.
        let repository = format!("{}/trust/{name}", self.scene.ours());
        let mut statement = json!({
            "name": name, "registryScopes": [repository], "signatureVerification": verification,
        });
        if verification_is_on(&statement) {
            statement["trustStores"] = json!(stores);
            statement["trustedIdentities"] = json!([SIGNERS]);
        }
        if !own.is_null() {
            statement["plimsoll"] = own;
        }
        self.statements.borrow_mut().push(statement);
        let document = json!({ "version": "1.0", "trustPolicies": *self.statements.borrow() });
        self.scene.folder.write(&format!("{CONFIG}/trustpolicy.json"), document.to_string())?;
        Ok(repository)
    }
    /// An image that nobody else has; its reference by digest.
    fn image(&self, repository: &str) -> Result<String, String> {
        self.images.set(self.images.get().saturating_add(1));
        let digest = self.scene.image(&format!("{repository}:v{}", self.images.get()))?;
        Ok(format!("{repository}@{digest}"))
    }
    /// The image with its signatures, in another repository.
    fn copied(&self, reference: &str, repository: &str) -> Result<String, String> {
        let digest = self.scene.ours_must(&["copy", reference, &format!("{repository}:copy")], "digest")?;
        Ok(format!("{repository}@{digest}"))
    }
    fn ours(&self, words: &[&str]) -> Result<Done, String> {
        self.scene.plimsoll.run(&[&["--config", &self.config(), "-o", "json"], words].concat())
    }
    /// Signs with our command; the digest of the signature's manifest.
    fn we_sign(&self, reference: &str, key: &str, format: &str, more: &[&str]) -> Result<String, String> {
        let words = [&["sign", reference, "--key", key, "--signature-format", format], more].concat();
        let done = self.ours(&words)?;
        done.ok("we do not sign")?;
        let report: Value = serde_json::from_str(&done.stdout).map_err(|error| format!("sign: {error}"))?;
        report["signature"].as_str().map(str::to_owned).ok_or_else(|| format!("no `signature` in {report}"))
    }
    fn they_sign(&self, reference: &str, with: &Issued, format: &str, more: &[&str]) -> Result<(), String> {
        let words = ["sign", "--ref", reference, "--key", &with.key, "--chain", &with.chain, "--format", format];
        self.judge.run(&[&words, more].concat())?.ok("they do not sign")
    }
    /// Asks both about a signed image.
    fn both(&self, reference: &str, wanted: Wanted) -> Result<String, String> {
        self.both_with(reference, wanted, &[], &[])
    }
    fn both_with(&self, reference: &str, wanted: Wanted, ours: &[&str], theirs: &[&str]) -> Result<String, String> {
        let we = self.ours(&[&["verify", reference], ours].concat())?;
        let they = self.judge.run(&[&["verify", "--ref", reference, "--config", &self.config()], theirs].concat())?;
        judged(&we, &they, wanted)
    }
    /// The envelope of a signature, out of a layout that is pulled.
    fn envelope(&self, reference: &str, manifest: &str) -> Result<Vec<u8>, String> {
        let layout = format!("pulled-{}", reference.replace(['/', ':', '@'], "-"));
        self.scene.ours_must(&["pull", reference, "--to", &self.scene.folder.at(&layout)], "digest")?;
        let file = |digest: &str| self.scene.folder.path().join(&layout).join("blobs").join(digest.replace(':', "/"));
        let read = |digest: &str| std::fs::read(file(digest)).map_err(|error| format!("{digest} of {layout}: {error}"));
        let manifest: Value =
            serde_json::from_slice(&read(manifest)?).map_err(|error| format!("{manifest}: {error}"))?;
        read(manifest["layers"][0]["digest"].as_str().unwrap_or_default())
    }
    /// Attaches a JWS envelope as a signature.
    fn attach(&self, reference: &str, envelope: &[u8]) -> Result<(), String> {
        let file = self.scene.folder.write("trust-envelope", envelope)?;
        let kind = "application/vnd.cncf.notary.signature";
        let words = ["attach", reference, &file, "--artifact-type", kind, "--media-type", "application/jose+json"];
        self.ours(&words)?.ok("attach")
    }
}

/// Both verdicts beside the wanted one; a note of what was said.
fn judged(we: &Done, they: &Done, wanted: Wanted) -> Result<String, String> {
    match wanted {
        Wanted::Accepted => {
            we.ok("we refuse")?;
            they.ok("they refuse")?;
            Ok(String::new())
        }
        Wanted::Refused(code, words) => {
            we_refuse(we, code)?;
            if they.code != Some(1) || !they.says(words) {
                return Err(format!("they: expected `{words}`: {}", they.said()));
            }
            Ok(code.to_owned())
        }
    }
}

/// By this code.
fn we_refuse(we: &Done, code: &str) -> Result<String, String> {
    // 3: what could not be found out is no yes either.
    let refused = matches!(we.code, Some(1 | 3)) && we.says(&format!("\"{code}\""));
    if refused { Ok(code.to_owned()) } else { Err(format!("we: expected {code}: {}", we.said())) }
}

fn verification_is_on(statement: &Value) -> bool {
    statement["signatureVerification"]["level"] != "skip"
}

/// Every signer here, and nobody else's.
const SIGNERS: &str = "x509.subject: C=US, ST=WA, O=Notary";
/// The configuration directory of both.
const CONFIG: &str = "trust";

const PARTS: [(&str, Part); 6] = [
    ("Six kinds of keys", keys::run),
    ("Timestamps", stamps::run),
    ("Trust policies", policies::run),
    ("Revocation", revocation::run),
    ("Plugins", plugins::run),
    ("Blobs", blobs::run),
];
