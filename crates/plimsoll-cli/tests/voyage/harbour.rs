//! A home directory, a publisher, a consumer and a registry.

use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// The publisher's name.
pub(crate) const SIGNER: &str = "CN=release,O=Harbour,ST=WA,C=US";

/// A temporary home, the working directory of every command. All relative paths are below it.
pub(crate) struct Harbour {
    registry: Option<Registry>,
    home: TempDir,
}

impl Harbour {
    /// Nothing but an empty directory.
    pub(crate) fn empty() -> Self {
        Self { home: tempfile::tempdir().unwrap(), registry: None }
    }
    /// A publisher with a key, a consumer who trusts its root and has rules, and a running registry.
    pub(crate) fn open() -> Self {
        let mut harbour = Self::empty().with_trust();
        harbour.registry = Some(harbour.serve(""));
        harbour
    }
    /// The same over a layout, without a registry.
    pub(crate) fn with_trust(self) -> Self {
        self.authority("pki", "publisher");
        self.run("cert add --type ca --store harbour pki/root.pem --config consumer").succeeds();
        self.write("trustpolicy.json", trust_policy("strict", "*").to_string());
        self.run("trust-policy import trustpolicy.json --config consumer").succeeds();
        self.write("rules.yaml", RULES);
        self.write("rootfs/etc/motd", "welcome aboard\n");
        self
    }
    /// Root, intermediate and a signer named `release` in a configuration directory.
    pub(crate) fn authority(&self, pki: &str, config: &str) {
        self.run(&format!("pki init --subject 'CN=Root,O=Harbour,ST=WA,C=US' --dir {pki}")).succeeds();
        self.run(&format!(
            "pki intermediate --subject 'CN=Intermediate,O=Harbour,ST=WA,C=US' --dir {pki} \
             --issuer-key {pki}/root.key --issuer-chain {pki}/root.pem"
        ))
        .succeeds();
        self.issue(pki, config, "release", "");
    }
    /// One more signer with the publisher's subject.
    pub(crate) fn issue(&self, pki: &str, config: &str, name: &str, more: &str) {
        self.run(&format!(
            "pki issue --subject '{SIGNER}' --name {name} --config {config} \
             --issuer-key {pki}/intermediate.key --issuer-chain {pki}/intermediate.pem {more}"
        ))
        .succeeds();
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
    /// Writes a file that its owner alone may write.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
    /// The registry, which must be there.
    pub(crate) fn registry(&self) -> &Registry {
        self.registry.as_ref().unwrap()
    }
    /// Ends the registry.
    pub(crate) fn close_registry(&mut self) {
        self.registry = None;
    }
    /// The repository under a tag.
    pub(crate) fn at(&self, tag: &str) -> String {
        format!("{}/team/app:{tag}", self.registry().address)
    }
    /// Another repository of the registry.
    pub(crate) fn elsewhere(&self, tag: &str) -> String {
        format!("{}/team/other:{tag}", self.registry().address)
    }
    /// The layout of a repository in the registry's storage.
    pub(crate) fn storage(&self, repository: &str) -> PathBuf {
        self.path("registry").join(repository).join("_layout")
    }
    /// The file of a blob there.
    pub(crate) fn blob(&self, repository: &str, digest: &str) -> PathBuf {
        self.storage(repository).join("blobs").join(digest.replace(':', "/"))
    }
    /// A blob there, as JSON.
    pub(crate) fn document(&self, repository: &str, digest: &Value) -> Value {
        serde_json::from_slice(&fs::read(self.blob(repository, digest.as_str().unwrap())).unwrap()).unwrap()
    }
    /// Starts a registry that serves what lies in its storage as it is, as most do.
    pub(crate) fn serve(&self, more: &str) -> Registry {
        let line = format!("serve registry --unchecked --addr 127.0.0.1:0 --store registry {more}");
        Registry::start(self.command(&line))
    }
    /// The program with nothing of the user's own environment. Words are split at blanks, except inside single quotes.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.env_clear().env("HOME", self.home.path()).env("DOCKER_CONFIG", self.home.path().join("docker"));
        command.current_dir(self.home.path()).stdin(Stdio::null()).args(words(line));
        command
    }
    /// Runs a command to its end.
    pub(crate) fn run(&self, line: &str) -> Done {
        Done::of(line, self.command(line))
    }
    /// Runs a command that reports as JSON.
    pub(crate) fn json(&self, line: &str) -> Value {
        self.run(&format!("{line} -o json")).json()
    }
    /// Runs a command with these variables.
    pub(crate) fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> Done {
        let mut command = self.command(line);
        command.envs(variables.iter().copied());
        Done::of(line, command)
    }
    /// Ships `rootfs` as the publisher.
    pub(crate) fn ship(&self, target: &str, version: &str, more: &str) -> Value {
        let done = self.run(&format!(
            "ship rootfs -t {target} --key release --app-version {version} --config publisher -o json {more}"
        ));
        done.succeeds().json()
    }
    /// Judges as the consumer, and gives the JSON of the verdict.
    pub(crate) fn check(&self, reference: &str, more: &str) -> Verdict {
        Verdict::of(self.run(&format!("check {reference} --policy rules.yaml --config consumer -o json {more}")))
    }
}

/// A command that ended.
#[derive(Debug)]
pub(crate) struct Done {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    fn of(line: &str, mut command: Command) -> Self {
        let output = command.output().unwrap();
        Self {
            line: line.into(),
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("output in UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("messages in UTF-8"),
        }
    }
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits(0)
    }
    /// Asserts the exit code, and that nothing panicked.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "`{}`\n{}{}", self.line, self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "`{}`\n{}", self.line, self.stderr);
        self
    }
    /// Asserts what is said, on either stream.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(said, "`{}`\nexpected `{text}` in\n{}{}", self.line, self.stdout, self.stderr);
        self
    }
    #[track_caller]
    pub(crate) fn does_not_say(self, text: &str) -> Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(!said, "`{}`\nexpected no `{text}` in\n{}{}", self.line, self.stdout, self.stderr);
        self
    }
    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("`{}`: {error}\n{}\n{}", self.line, self.stdout, self.stderr))
    }
}

/// What `check` or `verify` said.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) exit: i32,
    pub(crate) json: Value,
    pub(crate) stderr: String,
}

impl Verdict {
    #[track_caller]
    pub(crate) fn of(done: Done) -> Self {
        Self { exit: done.code.unwrap(), json: done.json(), stderr: done.stderr }
    }
    /// The codes of the reasons, each once, in order.
    pub(crate) fn codes(&self) -> Vec<&str> {
        codes(&self.json["reasons"])
    }
    pub(crate) fn warnings(&self) -> Vec<&str> {
        codes(&self.json["warnings"])
    }
    #[track_caller]
    pub(crate) fn admits(self) -> Self {
        let seen = (self.exit, self.json["decision"].as_str(), self.codes());
        assert_eq!(seen, (0, Some("ADMIT"), vec![]), "{:#}\n{}", self.json, self.stderr);
        self
    }
    /// Blocked as untrusted or malformed, with this code among the reasons.
    #[track_caller]
    pub(crate) fn blocks(self, code: &str) -> Self {
        assert_eq!((self.exit, self.json["decision"].as_str()), (1, Some("BLOCK")), "{:#}\n{}", self.json, self.stderr);
        assert!(self.codes().contains(&code), "expected {code}, found {:?}\n{:#}", self.codes(), self.json["reasons"]);
        self
    }
    /// Blocked for want of knowledge, with this code among the reasons.
    #[track_caller]
    pub(crate) fn does_not_know(self, code: &str) -> Self {
        assert_eq!((self.exit, self.json["decision"].as_str()), (3, Some("BLOCK")), "{:#}\n{}", self.json, self.stderr);
        assert!(self.codes().contains(&code), "expected {code}, found {:?}\n{:#}", self.codes(), self.json["reasons"]);
        self
    }
    /// Blocked with this code among the reasons, whatever else is wrong.
    #[track_caller]
    pub(crate) fn denies(self, code: &str) -> Self {
        if self.exit == 3 { self.does_not_know(code) } else { self.blocks(code) }
    }
    /// The facts of one kind about the first target.
    pub(crate) fn facts(&self, kind: &str) -> Vec<&Value> {
        let facts = self.json["facts"][0]["facts"].as_array().unwrap();
        facts.iter().filter(|fact| fact["kind"] == kind).collect()
    }
}

fn codes(reasons: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    for reason in reasons.as_array().into_iter().flatten() {
        let code = reason["code"].as_str().unwrap();
        if !found.contains(&code) {
            found.push(code);
        }
    }
    found
}

/// A registry process. It ends with this value.
pub(crate) struct Registry {
    child: Child,
    pub(crate) address: String,
}

impl Registry {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        // Warnings may come first.
        let mut said = Vec::new();
        let address = lines.find_map(|line| {
            said.push(line.clone());
            line.strip_prefix("listening on ").map(str::to_owned)
        });
        Self { child, address: address.unwrap_or_else(|| panic!("{said:?}")) }
    }
    /// Asks the process to end, as an init system does, and gives its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Splits a command line at blanks, except inside single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The files below a directory, with their bytes.
pub(crate) fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}

/// Trusts the harbour's root and signer at a level.
pub(crate) fn trust_policy(level: &str, scope: &str) -> Value {
    let mut statement = serde_json::json!({
        "name": "harbour",
        "registryScopes": [scope],
        "signatureVerification": { "level": level },
        "trustStores": ["ca:harbour"],
        "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Harbour, CN=release"],
    });
    if level == "skip" {
        let statement = statement.as_object_mut().unwrap();
        statement.remove("trustStores");
        statement.remove("trustedIdentities");
    }
    serde_json::json!({ "version": "1.0", "trustPolicies": [statement] })
}

/// What the consumer demands: signed for this name, no older than 2, attested, with nothing forbidden inside.
pub(crate) const RULES: &str = r#"
version: 1
name: harbour
attestations:
  - predicateTypes: [slsaprovenance1, cyclonedx]
    certificates:
      trustStores: ["ca:harbour"]
      trustedIdentities: ["x509.subject: C=US, ST=WA, O=Harbour, CN=release"]
rules:
  - name: signed-for-this-name
    require:
      signature:
        by: [{subject: "CN=release,O=Harbour,ST=WA,C=US", store: "ca:harbour"}]
        name: bound
        minimumVersion: "2.0.0"
  - name: built-by-plimsoll
    require:
      provenance:
        by: [{subject: "CN=release,O=Harbour,ST=WA,C=US"}]
        builders: ["https://github.com/plimsoll-rs/plimsoll/blob/main/docs/provenance.md#builder-v1"]
  - name: nothing-forbidden-inside
    require:
      inventory:
        by: [{subject: "CN=release,O=Harbour,ST=WA,C=US"}]
        deny:
          - purl: pkg:cargo/stowaway
            because: it was not invited
  - name: intact
    require:
      image: {}
"#;

/// Says why a test does not do what its name says.
pub(crate) fn left_out<T>(what: &str) -> Option<T> {
    #[expect(clippy::print_stderr, reason = "whoever runs the tests has to know which of them did nothing")]
    {
        eprintln!("left out: {what} is not there");
    }
    None
}
