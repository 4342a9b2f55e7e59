//! The harbour: a home directory, a registry, a publisher and a consumer.

use super::program::{self, RegistryProcess, Verdict};
use crate::{
    failure::{Failure, OfFile as _},
    scratch::{self, Scratch},
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The repository that is shipped to.
const REPOSITORY: &str = "demo/plimsoll";

/// Everything that the demonstration has.
pub(super) struct Harbour {
    /// Removed with this value, unless it is kept.
    temporary: Option<Scratch>,
    home: PathBuf,
    registry: RegistryProcess,
}

impl Harbour {
    pub(super) fn open(keep: Option<&Path>) -> Result<Self, Failure> {
        let (temporary, home) = match keep {
            Some(dir) => {
                fs::create_dir_all(dir).of_file(dir)?;
                if fs::read_dir(dir).of_file(dir)?.next().is_some() {
                    return Err(Failure::given(format!("{}: expected a new or empty directory", dir.display())));
                }
                (None, std::path::absolute(dir).of_file(dir)?)
            }
            None => {
                let made = scratch::named("plimsoll-demo")?;
                let home = made.path().to_path_buf();
                (Some(made), home)
            }
        };
        let registry = RegistryProcess::start(&home, &home.join("registry"))?;
        Ok(Self { temporary, home, registry })
    }
    /// A path below the home, as text for a command line.
    pub(super) fn path(&self, name: &str) -> String {
        self.home.join(name).display().to_string()
    }
    /// Runs a command of this program.
    pub(super) fn run(&self, words: &[&str]) -> Result<Value, Failure> {
        program::run(&self.home, words)
    }
    /// The repository under a tag.
    pub(super) fn at(&self, tag: &str) -> String {
        format!("{}/{REPOSITORY}:{tag}", self.registry.address)
    }
    /// Another repository of the registry under a tag.
    pub(super) fn elsewhere(&self, tag: &str) -> String {
        format!("{}/demo/other:{tag}", self.registry.address)
    }
    /// The repository's layout in the registry's storage.
    pub(super) fn storage(&self) -> PathBuf {
        self.home.join("registry").join(REPOSITORY).join("_layout")
    }

    /// Root, intermediate and signer, and a stranger with the same name under a root that nobody trusts.
    pub(super) fn make_pki(&self) -> Result<(), Failure> {
        for (authority, config) in [("pki", "publisher"), ("stranger-pki", "stranger")] {
            let (dir, config) = (self.path(authority), self.path(config));
            let file = |name: &str| format!("{dir}/{name}");
            self.run(&["pki", "init", "--subject", "CN=Demo Root,O=Harbour,ST=WA,C=US", "--dir", &dir])?;
            let (key, chain) = (file("root.key"), file("root.pem"));
            let issuer = ["--issuer-key", &key, "--issuer-chain", &chain];
            let subject = "CN=Demo Intermediate,O=Harbour,ST=WA,C=US";
            self.run(&[&["pki", "intermediate", "--subject", subject, "--dir", &dir], &issuer[..]].concat())?;
            let (key, chain) = (file("intermediate.key"), file("intermediate.pem"));
            let issuer = ["--issuer-key", &key, "--issuer-chain", &chain];
            let words = ["--config", &config, "pki", "issue", "--subject", SIGNER, "--name", "release", "--default"];
            self.run(&[&words, &issuer[..]].concat())?;
        }
        Ok(())
    }
    /// A consumer has the root and two policies, and no key.
    pub(super) fn make_consumer(&self) -> Result<(), Failure> {
        let (consumer, root) = (self.path("consumer"), self.path("pki/root.pem"));
        self.run(&["--config", &consumer, "cert", "add", "--type", "ca", "--store", "harbour", &root])?;
        let policy = self.path("trustpolicy.json");
        self.write("trustpolicy.json", &trust_policy(&self.registry.address).to_string())?;
        self.run(&["--config", &consumer, "trust-policy", "import", &policy])?;
        self.write("rules.yaml", RULES)?;
        let rules = self.path("rules.yaml");
        self.run(&["policy", "test", &rules]).map(|_| ())
    }
    /// Ships this very program.
    pub(super) fn ship_cargo(&self) -> Result<(), Failure> {
        let cargo = self.home.join("rootfs/usr/bin");
        fs::create_dir_all(&cargo).of_file(&cargo)?;
        let program = std::env::current_exe()
            .map_err(|error| Failure::unknown(format!("this program is not to be found: {error}")))?;
        fs::copy(&program, cargo.join("plimsoll")).of_file(&program)?;
        let lock = cargo_lock(&program)?;
        fs::copy(&lock, self.home.join("Cargo.lock")).of_file(&lock)?;
        self.ship(&self.at("v2"), "2.0.0", "as shipped")
    }
    /// Ships the program again, as another image.
    pub(super) fn ship(&self, reference: &str, version: &str, label: &str) -> Result<(), Failure> {
        self.ship_with(reference, version, label, &self.path("Cargo.lock"), "publisher")
    }
    pub(super) fn ship_with(
        &self,
        reference: &str,
        version: &str,
        label: &str,
        lock: &str,
        config: &str,
    ) -> Result<(), Failure> {
        let (config, source, label) = (self.path(config), self.path("rootfs"), format!("case={label}"));
        let words = [
            "--config",
            &config,
            "ship",
            &source,
            "-t",
            reference,
            "--key",
            "release",
            "--app-version",
            version,
            "--sbom-from",
            lock,
            "--entrypoint",
            "/usr/bin/plimsoll",
            "--label",
            &label,
        ];
        self.run(&words).map(|_| ())
    }
    /// Builds and pushes the program, without evidence.
    pub(super) fn build(&self, tag: &str, label: &str) -> Result<(), Failure> {
        let (source, reference, label) = (self.path("rootfs"), self.at(tag), format!("case={label}"));
        self.run(&["build", &source, "-t", &reference, "--label", &label]).map(|_| ())
    }
    /// Judges as a consumer who has the trust store and the policies alone.
    pub(super) fn check(&self, tag: &str) -> Result<Verdict, Failure> {
        let (config, rules, reference) = (self.path("consumer"), self.path("rules.yaml"), self.at(tag));
        program::check(&self.home, &["check", &reference, "--policy", &rules, "--config", &config])
    }
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.home.join(name);
        fs::write(&path, text).of_file(&path)
    }
    /// How to go on by hand.
    pub(super) fn farewell(&self, keep: Option<&Path>) -> String {
        if keep.is_none() {
            return "run it with `--keep DIR` to keep the keys, the registry and the rules for a look".into();
        }
        format!(
            "everything is in {home}; to go on by hand, start the registry again and ask it:\n\
             \x20 plimsoll serve registry --addr {address} --store {home}/registry\n\
             \x20 plimsoll discover {image}\n\
             \x20 plimsoll check {image} --policy {home}/rules.yaml --config {home}/consumer",
            home = self.home.display(),
            address = self.registry.address,
            image = self.at("v2"),
        )
    }
    pub(super) fn close(self, _: Option<&Path>) -> Result<(), Failure> {
        drop(self.registry);
        match self.temporary {
            Some(temporary) => temporary.close(),
            None => Ok(()),
        }
    }
}

/// The publisher's name; the stranger takes the same.
const SIGNER: &str = "CN=release,O=Harbour,ST=WA,C=US";

/// Trusts one root for one repository.
fn trust_policy(registry: &str) -> Value {
    json!({
        "version": "1.0",
        "trustPolicies": [{
            "name": "harbour",
            "registryScopes": [format!("{registry}/{REPOSITORY}")],
            "signatureVerification": { "level": "strict" },
            "trustStores": ["ca:harbour"],
            "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour, CN=release"],
        }],
    })
}

/// What a consumer demands.
const RULES: &str = include_str!("rules.yaml");

/// The lock file of the workspace: of the working directory, else of the directory that this program was built in.
fn cargo_lock(program: &Path) -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::unknown(format!("the working directory: {error}")))?;
    let found =
        here.ancestors().chain(program.ancestors()).map(|dir| dir.join("Cargo.lock")).find(|path| path.is_file());
    found.ok_or_else(|| {
        Failure::given("the demonstration reads the project's own Cargo.lock, and there is none above here")
            .hint("run it in a clone of the project: cargo run --release -- demo")
    })
}
