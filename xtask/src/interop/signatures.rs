//! Who signs, and who accepts: each format, each chain, each registry, both ways; and what both must refuse.

use super::{
    result::{Results, accepted, refused},
    scene::{Scene, SigningKey},
};
use crate::lab::{Program, Table};
use serde_json::Value;

/// The matrix.
pub(super) fn run(scene: &Scene<'_>, results: &mut Results) -> Result<(), String> {
    let Some(interop) = &scene.interop else { return Ok(()) };
    let mut table = Table::new(&[
        "registry",
        "format",
        "chain",
        "we sign",
        "they sign",
        "unsigned",
        "another image's signature",
        "changed signature",
    ]);
    for (registry, server) in &scene.registries {
        for format in ["jws", "cose"] {
            for key in &scene.keys {
                let repository = format!("{}/signed/{format}-{}", server.address, key.name);
                let case = Case { scene, interop, repository, format, key };
                let name = format!("{registry}, {format}, {}", key.name);
                let mut cells = vec![(*registry).to_owned(), format.to_owned(), key.name.to_owned()];
                for (what, found) in case.all() {
                    cells.push(results.cell(&format!("{name}: {what}"), found));
                }
                table.row(cells);
            }
        }
    }
    table.print();
    Ok(())
}

/// One format, one chain, one registry.
struct Case<'a> {
    scene: &'a Scene<'a>,
    interop: &'a Program,
    repository: String,
    format: &'static str,
    key: &'a SigningKey,
}

impl Case<'_> {
    fn all(&self) -> [(&'static str, Result<(), String>); 5] {
        [
            ("we sign", self.we_sign()),
            ("they sign", self.they_sign()),
            ("unsigned", self.unsigned()),
            ("another image's signature", self.another()),
            ("changed signature", self.changed()),
        ]
    }
    fn we_sign(&self) -> Result<(), String> {
        let reference = self.image("ours")?;
        self.sign(&reference)?;
        self.accepted(&reference)
    }
    fn they_sign(&self) -> Result<(), String> {
        let reference = self.image("theirs")?;
        let words =
            ["sign", "--ref", &reference, "--key", &self.key.key, "--chain", &self.key.chain, "--format", self.format];
        self.interop.must(&[&words, &["--expiry", "24h", "--meta", "team=deck"][..]].concat())?;
        self.accepted(&reference)?;
        let demanded = ["verify", &reference, "--user-metadata", "team=deck"];
        accepted(self.scene.ours_run(&demanded))?;
        let demanded = ["verify", &reference, "--user-metadata", "team=engine"];
        refused(self.scene.ours_run(&demanded), "signed-metadata-mismatch")
    }
    fn unsigned(&self) -> Result<(), String> {
        self.refused(&self.image("unsigned")?, "no-signature", "no signature is associated")
    }
    /// The signature of one image, attached to another.
    fn another(&self) -> Result<(), String> {
        let reference = self.image("stranger")?;
        let envelope = self.envelope("donor")?;
        self.attach(&reference, &envelope)?;
        self.refused(&reference, "target-mismatch", "content descriptor mismatch")
    }
    /// The image's own signature with one bit changed, and no other signature beside it.
    fn changed(&self) -> Result<(), String> {
        let reference = self.image("changed")?;
        let elsewhere = format!("{}-elsewhere", self.repository);
        let words = ["copy", &reference, &format!("{elsewhere}:changed")];
        self.scene.ours_must(&words, "digest")?;
        let digest = reference.split_once('@').map_or("", |(_, digest)| digest);
        let copy = format!("{elsewhere}@{digest}");
        let signature = self.sign(&copy)?;
        self.accepted(&copy)?;
        let mut envelope = self.blob(&copy, &signature)?;
        match self.format {
            "jws" => change_jws(&mut envelope)?,
            _ => *envelope.last_mut().ok_or("the envelope is empty")? ^= 1,
        }
        self.attach(&reference, &envelope)?;
        self.refused(&reference, "signature-invalid", "verification error")
    }
    /// Pushes an image of its own; the reference by digest.
    fn image(&self, tag: &str) -> Result<String, String> {
        let digest = self.scene.image(&format!("{}:{tag}", self.repository))?;
        Ok(format!("{}@{digest}", self.repository))
    }
    /// Signs with our command; the digest of the signature's manifest.
    fn sign(&self, reference: &str) -> Result<String, String> {
        let words = ["sign", reference, "--key", self.key.name, "--signature-format", self.format];
        self.scene.ours_must(&[&words, &["--expiry", "24h", "--user-metadata", "team=deck"][..]].concat(), "signature")
    }
    /// Both accept.
    fn accepted(&self, reference: &str) -> Result<(), String> {
        accepted(self.scene.ours_run(&["verify", reference])).map_err(|why| format!("we: {why}"))?;
        accepted(self.scene.theirs_verify(self.interop, reference)).map_err(|why| format!("they: {why}"))
    }
    /// Both refuse, and for this reason: our code, their words.
    fn refused(&self, reference: &str, code: &str, words: &str) -> Result<(), String> {
        let ours = self.scene.ours_run(&["verify", reference]);
        refused(ours, &format!("\"code\": \"{code}\"")).map_err(|why| format!("we: {why}"))?;
        refused(self.scene.theirs_verify(self.interop, reference), words).map_err(|why| format!("they: {why}"))
    }
    /// The envelope of a signature on an image of its own.
    fn envelope(&self, tag: &str) -> Result<Vec<u8>, String> {
        let reference = self.image(tag)?;
        let signature = self.sign(&reference)?;
        self.blob(&reference, &signature)
    }
    /// The first layer of a manifest, out of a layout that is pulled.
    fn blob(&self, reference: &str, manifest: &str) -> Result<Vec<u8>, String> {
        let layout = format!("pulled-{}", reference.replace(['/', ':', '@'], "-"));
        self.scene.ours_must(&["pull", reference, "--to", &self.scene.folder.at(&layout)], "digest")?;
        let file = |digest: &str| self.scene.folder.path().join(&layout).join("blobs").join(digest.replace(':', "/"));
        let read = |digest: &str| std::fs::read(file(digest)).map_err(|error| format!("{digest} of {layout}: {error}"));
        let manifest: Value =
            serde_json::from_slice(&read(manifest)?).map_err(|error| format!("{manifest}: {error}"))?;
        read(manifest["layers"][0]["digest"].as_str().unwrap_or_default())
    }
    fn attach(&self, reference: &str, envelope: &[u8]) -> Result<(), String> {
        let media_type = if self.format == "jws" { "application/jose+json" } else { "application/cose" };
        let file = self.scene.folder.write("envelope", envelope)?;
        let kind = "application/vnd.cncf.notary.signature";
        let words = ["attach", reference, &file, "--artifact-type", kind, "--media-type", media_type];
        accepted(self.scene.ours_run(&words))
    }
}

/// Changes the first character of the signature.
fn change_jws(envelope: &mut [u8]) -> Result<(), String> {
    let name = br#""signature":""#;
    let at = envelope.windows(name.len()).position(|window| window == name).ok_or("no signature in the JWS")?;
    let first = envelope.get_mut(at + name.len()).ok_or("the JWS ends early")?;
    *first = if *first == b'A' { b'B' } else { b'A' };
    Ok(())
}

/// Keys that Notation's own signer does not take: it signs with the same key in clear, we with the encrypted ones.
pub(super) fn encrypted(scene: &Scene<'_>, results: &mut Results) -> Result<(), String> {
    if !scene.keys.iter().any(|key| key.name == "rsa") {
        return Ok(());
    }
    let mut table = Table::new(&["case", "outcome", "note"]);
    let secret = scene.folder.at("passphrase");
    let wrong = scene.folder.write("wrong-passphrase", "open sesame\n")?;
    for name in ["rsa-pkcs8", "rsa-traditional"] {
        let repository = format!("{}/signed/{name}", scene.ours());
        let reference = format!("{repository}@{}", scene.image(&format!("{repository}:v1"))?);
        let sign = |more: &[&str]| scene.ours_run(&[&["sign", &reference, "--key", name], more].concat());
        let locked = |done: Result<crate::lab::Done, String>| {
            let done = done?;
            let is_locked = done.code == Some(3) && done.stdout.contains(LOCKED);
            if is_locked { Ok(LOCKED.to_owned()) } else { Err(done.said()) }
        };
        results.row(&mut table, &format!("{name}: no passphrase"), locked(sign(&[])));
        results.row(&mut table, &format!("{name}: wrong passphrase"), locked(sign(&["--passphrase-file", &wrong])));
        let signed = accepted(sign(&["--passphrase-file", &secret])).map(|()| String::new());
        results.row(&mut table, &format!("{name}: we sign"), signed);
        let verified = accepted(scene.ours_run(&["verify", &reference])).map(|()| String::new());
        results.row(&mut table, &format!("{name}: we verify"), verified);
        if let Some(interop) = &scene.interop {
            let verified = accepted(scene.theirs_verify(interop, &reference)).map(|()| String::new());
            results.row(&mut table, &format!("{name}: they verify"), verified);
        }
    }
    table.print();
    Ok(())
}

/// The code of a key that is encrypted where no passphrase opens it.
const LOCKED: &str = "private-key-locked";
