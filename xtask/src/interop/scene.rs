//! The programs, the keys and the registries.

use super::result::Results;
use crate::lab::{Done, Folder, Peers, Program, Server, openssl_pki, plimsoll_pki, trust};
use serde_json::Value;

/// Everything that the cases need.
pub(super) struct Scene<'a> {
    pub(super) folder: &'a Folder,
    pub(super) plimsoll: Program,
    pub(super) interop: Option<Program>,
    /// The Notary Project's libraries as a judge: built here, of the folder `interop`.
    pub(super) judge: Option<Program>,
    pub(super) openssl: Option<Program>,
    pub(super) oras: Option<Program>,
    pub(super) crane: Option<Program>,
    pub(super) skopeo: Option<Program>,
    /// The embedded registry comes first and is always there.
    pub(super) registries: Vec<(&'static str, Server)>,
    pub(super) keys: Vec<SigningKey>,
}

/// A key that both we and Notation's library sign with.
pub(super) struct SigningKey {
    pub(super) name: &'static str,
    pub(super) key: String,
    pub(super) chain: String,
}

impl<'a> Scene<'a> {
    pub(super) fn make(
        folder: &'a Folder,
        peers: &Peers<'_>,
        plimsoll: Program,
        results: &mut Results,
    ) -> Result<Self, String> {
        let mut find = |name: &str, what: &str| {
            let found = peers.find(name);
            if found.is_none() {
                results.absent(name, what);
            }
            found
        };
        let interop = find("interop", "signatures both ways with notation-go, and its registry");
        let (oras, crane, skopeo) =
            (find("oras", "its cases"), find("crane", "its cases"), find("skopeo", "its cases"));
        let openssl = find("openssl", "the RSA-4096 chain, and the cases of trust");
        let distribution = find("registry", "distribution v3 as a registry");
        let judge = match peers.find("judge") {
            Some(judge) => Some(judge),
            None => find("go", "the judge, and the cases of trust")
                .map(|go| super::judge::build(&go, folder))
                .transpose()?,
        };
        plimsoll_pki(&plimsoll, folder)?;
        let mut keys = vec![SigningKey {
            name: "p256",
            key: folder.at("notation/localkeys/p256.key"),
            chain: folder.at("notation/localkeys/p256.crt"),
        }];
        if let Some(openssl) = &openssl {
            openssl_pki(openssl, &plimsoll, folder)?;
            let (key, chain) = (folder.at("openssl/leaf.clear.key"), folder.at("openssl/chain.pem"));
            keys.push(SigningKey { name: "rsa", key, chain });
        }
        trust(folder)?;
        let mut registries = vec![("plimsoll", Server::plimsoll(&plimsoll, &folder.at("registry"), "127.0.0.1:0")?)];
        if let Some(interop) = &interop {
            registries.push(("interop (go-containerregistry)", Server::interop(interop)?));
        }
        if let Some(distribution) = &distribution {
            registries.push(("distribution v3 (fallback tag)", Server::distribution(distribution, folder)?));
        }
        Ok(Self { folder, plimsoll, interop, judge, openssl, oras, crane, skopeo, registries, keys })
    }
    /// The embedded registry.
    pub(super) fn ours(&self) -> &str {
        self.registries.first().map_or("", |(_, server)| server.address.as_str())
    }
    /// Runs our command with the shared configuration directory; its report is JSON.
    pub(super) fn ours_run(&self, words: &[&str]) -> Result<Done, String> {
        self.plimsoll.run(&[&["--config", &self.folder.at("notation"), "-o", "json"], words].concat())
    }
    /// Runs our command, which must succeed, and gives a text of its report.
    pub(super) fn ours_must(&self, words: &[&str], member: &str) -> Result<String, String> {
        let done = self.plimsoll.must(&[&["--config", &self.folder.at("notation"), "-o", "json"], words].concat())?;
        let report: Value =
            serde_json::from_str(&done.stdout).map_err(|error| format!("{}: {error}", words.join(" ")))?;
        let found = report[member].as_str().map(str::to_owned);
        found.ok_or_else(|| format!("{}: no `{member}` in {report}", words.join(" ")))
    }
    /// Builds and pushes an image of one small file that nobody else has; its digest.
    pub(super) fn image(&self, target: &str) -> Result<String, String> {
        let name = format!("rootfs-{}", target.replace(['/', ':'], "-"));
        self.folder.write(&format!("{name}/etc/issue"), format!("this is {target}\n"))?;
        self.ours_must(&["build", &self.folder.at(&name), "-t", target], "digest")
    }
    /// `interop verify` with the shared configuration directory.
    pub(super) fn theirs_verify(&self, interop: &Program, reference: &str) -> Result<Done, String> {
        interop.run(&["verify", "--ref", reference, "--config", &self.folder.at("notation")])
    }
}
