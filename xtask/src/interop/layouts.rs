//! The tools that people copy images with, on our registry and our layouts, and we on theirs.

use super::{
    result::{Results, accepted},
    scene::Scene,
};
use crate::lab::{Program, Server, Table};
use serde_json::Value;

/// Every tool that is here.
pub(super) fn run(scene: &Scene<'_>, results: &mut Results) -> Result<(), String> {
    let repository = format!("{}/copied/app", scene.ours());
    let digest = scene.image(&format!("{repository}:v1"))?;
    let ship = Shipped { scene, reference: format!("{repository}:v1"), digest };
    for format in ["jws", "cose"] {
        let words = ["sign", &ship.reference, "--key", "p256", "--signature-format", format];
        scene.ours_must(&words, "signature")?;
    }
    scene.ours_must(&["pull", &ship.reference, "--to", &scene.folder.at("pulled")], "digest")?;
    let built = format!("oci:{}:v1", scene.folder.at("built"));
    let built = scene.image(&built)?;
    let mut table = Table::new(&["case", "outcome", "note"]);
    let mut rows = Vec::new();
    if let Some(oras) = &scene.oras {
        rows.extend(ship.oras(oras));
    }
    if let Some(crane) = &scene.crane {
        rows.extend(ship.crane(crane, &built));
    }
    if let Some(skopeo) = &scene.skopeo {
        rows.extend(ship.skopeo(skopeo, &built));
    }
    for (case, found) in rows {
        results.row(&mut table, case, found);
    }
    table.print();
    Ok(())
}

/// An image with two signatures on our registry.
struct Shipped<'a> {
    scene: &'a Scene<'a>,
    reference: String,
    digest: String,
}

/// What a case came to.
type Row = (&'static str, Result<String, String>);

impl Shipped<'_> {
    fn oras(&self, oras: &Program) -> Vec<Row> {
        let at = |name: &str| self.scene.folder.at(name);
        let layout = format!("{}:v1", at("oras"));
        let elsewhere = format!("{}/copied/by-oras:v1", self.scene.ours());
        let plain = ["--from-plain-http", "--to-plain-http"];
        let copy = [&["copy", "-r", &self.reference, &elsewhere], &plain[..]].concat();
        let down = ["copy", "-r", "--from-plain-http", &self.reference, "--to-oci-layout", &layout];
        let back = format!("{}/copied/from-oras-layout:v1", self.scene.ours());
        let up = ["copy", "-r", "--from-oci-layout", &layout, "--to-plain-http", &back];
        let pulled = format!("{}:v1", at("pulled"));
        vec![
            ("oras discover, our registry", self.discovers(oras, &["--plain-http", &self.reference])),
            ("oras discover, a layout by plimsoll pull", self.discovers(oras, &["--oci-layout", &pulled])),
            ("oras copy -r, our registry to itself", self.copied(oras.run(&copy), &elsewhere)),
            ("oras attach to our registry, plimsoll discover", self.attached(oras, &elsewhere)),
            ("oras copy -r, our registry to a layout", self.copied(oras.run(&down), &format!("oci:{layout}"))),
            ("oras copy -r, that layout to our registry", self.copied(oras.run(&up), &back)),
            ("oras copy -r, our registry to each other one", self.onwards(oras)),
        ]
    }
    /// An artifact that oras attaches is seen beside the signatures.
    fn attached(&self, oras: &Program, target: &str) -> Result<String, String> {
        self.scene.folder.write("notes.txt", "cargo manifest\n")?;
        oras.must(&["attach", "--plain-http", "--artifact-type", "text/vnd.notes", target, "notes.txt:text/plain"])?;
        self.referrers_of(target, 3)
    }
    fn crane(&self, crane: &Program, built: &str) -> Vec<Row> {
        let at = |name: &str| self.scene.folder.at(name);
        let (tar, layout) = (at("crane.tar"), at("crane"));
        let pulled = crane.must(&["pull", &self.reference, &tar]);
        let pulled = pulled.and_then(|_| crane.must(&["validate", "--tarball", &tar]));
        let down = crane.must(&["pull", "--format", "oci", &self.reference, &layout]);
        let read = down.and_then(|_| self.reads(&format!("oci:{layout}@{}", self.digest)));
        let up = format!("{}/copied/by-crane:v1", self.scene.ours());
        let pushed = crane.must(&["push", &at("built"), &up]).and_then(|_| self.digest_of(&up, built));
        let elsewhere = format!("{}/copied/crane-copy:v1", self.scene.ours());
        let copied =
            crane.must(&["copy", &self.reference, &elsewhere]).and_then(|_| self.digest_of(&elsewhere, &self.digest));
        let repository = self.reference.rsplit_once(':').map_or("", |(repository, _)| repository);
        vec![
            ("crane digest, our registry", said(crane.run(&["digest", &self.reference]), &self.digest)),
            ("crane validate, our registry", said(crane.run(&["validate", "--remote", &self.reference]), "PASS")),
            ("crane pull, our registry to a tarball, crane validate", pulled.and_then(|done| said(Ok(done), "PASS"))),
            ("crane pull --format oci, plimsoll reads the layout", read),
            ("crane push, a layout by plimsoll build", pushed),
            ("crane copy, our registry to itself", copied),
            ("crane ls, our registry", said(crane.run(&["ls", repository]), "v1")),
        ]
    }
    fn skopeo(&self, skopeo: &Program, built: &str) -> Vec<Row> {
        let at = |name: &str| self.scene.folder.at(name);
        let copy = |from: &str, to: &str| {
            let fixed = ["copy", "--insecure-policy", "--preserve-digests", "--src-tls-verify=false"];
            skopeo.must(&[&fixed, &["--dest-tls-verify=false", from, to][..]].concat())
        };
        let (remote, layout) = (format!("docker://{}", self.reference), format!("oci:{}:v1", at("skopeo")));
        let down = copy(&remote, &layout).and_then(|_| self.reads(&layout));
        let up = format!("{}/copied/by-skopeo:v1", self.scene.ours());
        let back = copy(&layout, &format!("docker://{up}")).and_then(|_| self.digest_of(&up, &self.digest));
        let ours = format!("{}/copied/built:v1", self.scene.ours());
        let pushed = copy(&format!("oci:{}:v1", at("built")), &format!("docker://{ours}"));
        let archive = format!("oci-archive:{}:v1", at("skopeo.tar"));
        let inspect = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &remote];
        vec![
            ("skopeo inspect, our registry", said(skopeo.run(&inspect), &self.digest)),
            ("skopeo copy, our registry to a layout, plimsoll reads it", down),
            ("skopeo copy, that layout to our registry", back),
            (
                "skopeo copy, a layout by plimsoll build to our registry",
                pushed.and_then(|_| self.digest_of(&ours, built)),
            ),
            (
                "skopeo copy, a layout by plimsoll pull to an archive",
                copy(&format!("oci:{}:v1", at("pulled")), &archive).map(|_| String::new()),
            ),
        ]
    }
    /// Both signatures are shown.
    fn discovers(&self, oras: &Program, words: &[&str]) -> Result<String, String> {
        let done = oras.must(&[&["discover", "--format", "json"], words].concat())?;
        let report: Value = serde_json::from_str(&done.stdout).map_err(|error| error.to_string())?;
        let list = report["referrers"].as_array().or(report["manifests"].as_array()).cloned().unwrap_or_default();
        let signatures =
            list.iter().filter(|one| one["artifactType"] == "application/vnd.cncf.notary.signature").count();
        if signatures == 2 { Ok("2 signatures".into()) } else { Err(format!("expected 2 signatures, found {report}")) }
    }
    /// The copy has the digest, and its signatures verify.
    fn copied(&self, done: Result<crate::lab::Done, String>, target: &str) -> Result<String, String> {
        accepted(done)?;
        self.digest_of(target, &self.digest)?;
        accepted(self.scene.ours_run(&["verify", target, "--scope", SCOPE]))?;
        self.referrers_of(target, 2)
    }
    fn referrers_of(&self, target: &str, least: usize) -> Result<String, String> {
        let done = self.scene.ours_run(&["discover", target])?;
        let count = done.stdout.matches("\"artifactType\"").count();
        if done.succeeded() && count >= least { Ok(format!("{count} referrers")) } else { Err(done.said()) }
    }
    fn digest_of(&self, target: &str, expected: &str) -> Result<String, String> {
        let name = format!("read-{}", target.replace(['/', ':', '@'], "-"));
        let found = self.scene.ours_must(&["pull", target, "--to", &self.scene.folder.at(&name)], "digest")?;
        if found == expected { Ok("same digest".into()) } else { Err(format!("expected {expected}, found {found}")) }
    }
    /// A layout of somebody else's: it has the digest, and its layers can be read.
    fn reads(&self, layout: &str) -> Result<String, String> {
        self.digest_of(layout, &self.digest)?;
        let target = format!("{}/copied/read-{}:v1", self.scene.ours(), layout.len());
        self.scene.ours_must(&["copy", layout, &target], "digest")?;
        self.digest_of(&target, &self.digest)
    }
    /// To the registries of others, and back to where we verify it.
    fn onwards(&self, oras: &Program) -> Result<String, String> {
        let mut names = Vec::new();
        let copy = |server: &Server| -> Result<(), String> {
            let target = format!("{}/copied/onwards:v1", server.address);
            let words = ["copy", "-r", "--from-plain-http", "--to-plain-http", &self.reference, &target];
            self.copied(oras.run(&words), &target).map(|_| ())
        };
        for (name, server) in self.scene.registries.iter().skip(1) {
            copy(server).map_err(|why| format!("{name}: {why}"))?;
            names.push(*name);
        }
        Ok(names.join(", "))
    }
}

/// It succeeded and said this.
fn said(done: Result<crate::lab::Done, String>, expected: &str) -> Result<String, String> {
    let done = done?;
    let all = format!("{}{}", done.stdout, done.stderr);
    if done.succeeded() && all.contains(expected) {
        Ok(String::new())
    } else {
        Err(format!("expected {expected}: {}", done.said()))
    }
}

/// What a layout stands for, for the trust policy.
const SCOPE: &str = "registry.example.com/copied/app";
