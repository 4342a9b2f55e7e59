//! Each kind of key, each format, each option: one side signs, both accept.

use super::{Trust, Wanted, stamps::Stamping};
use crate::{
    interop::result::Results,
    lab::{Authority, Issued, KeyKind, SIGNER, Table},
};
use serde_json::{Value, json};

pub(super) fn run(trust: &Trust<'_>, results: &mut Results) -> Result<(), String> {
    let root = Authority::root(trust.openssl, trust.scene.folder, "stamping", KeyKind::P384)?;
    trust.store("tsa:keys", &root)?;
    let stampings = [super::stamps::openssl(&root)?, super::stamps::own(trust, "tsa:keys")?];
    let stores: Vec<String> = trust.signers.iter().map(|signer| format!("ca:{}", signer.kind.name())).collect();
    let mut stores: Vec<&str> = stores.iter().map(String::as_str).collect();
    let strict = json!({"level": "strict"});
    let plain = trust.repository("keys", strict.clone(), &stores, Value::Null)?;
    stores.push("tsa:keys");
    let stamped = trust.repository("keys-stamped", strict, &stores, Value::Null)?;
    let mut head = vec!["key", "format", "who signs", "plain", "expiry", "metadata"];
    head.extend(stampings.iter().map(|stamping| stamping.name));
    let mut table = Table::new(&head);
    for signer in &trust.signers {
        for format in ["jws", "cose"] {
            for by in [By::Us, By::Them] {
                let case = Case { trust, signer, format, by, repository: &plain };
                let stamped = Case { repository: &stamped, ..case };
                let mut found = vec![("plain", case.plain()), ("expiry", case.expiry()), ("metadata", case.metadata())];
                found.extend(stampings.iter().map(|stamping| (stamping.name, stamped.stamped(stamping))));
                let name = format!("{}, {format}, {}", signer.kind.name(), by.name());
                let mut row = vec![signer.kind.name().to_owned(), format.to_owned(), by.name().to_owned()];
                row.extend(found.into_iter().map(|(what, found)| results.cell(&format!("{name}: {what}"), found)));
                table.row(row);
            }
        }
    }
    table.print();
    Ok(())
}

/// A leaf of one kind under a root of the same kind, in the trust store of that name.
pub(super) struct Signer {
    pub(super) kind: KeyKind,
    pub(super) issued: Issued,
    /// The file of its root.
    pub(super) root: String,
}

impl Signer {
    pub(super) fn make(trust: &Trust<'_>, kind: KeyKind) -> Result<Self, String> {
        let name = kind.name();
        let root = Authority::root(trust.openssl, trust.scene.folder, &format!("root-{name}"), kind)?;
        trust.store(&format!("ca:{name}"), &root)?;
        let issued = root.issue(&crate::lab::Wanted { kind, name, extensions: SIGNER, valid: None })?;
        trust.key(name, &issued)?;
        Ok(Self { kind, issued, root: root.certificate() })
    }
}

#[derive(Clone, Copy)]
enum By {
    Them,
    Us,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Them => "they",
            Self::Us => "we",
        }
    }
}

#[derive(Clone, Copy)]
struct Case<'a> {
    trust: &'a Trust<'a>,
    signer: &'a Signer,
    format: &'static str,
    by: By,
    repository: &'a str,
}

impl Case<'_> {
    fn plain(self) -> Result<(), String> {
        self.accepted(&[], &[]).map(|_| ())
    }
    fn expiry(self) -> Result<(), String> {
        self.accepted(&["--expiry", "24h"], &["--expiry", "24h"]).map(|_| ())
    }
    /// The value that was signed is found, and no other.
    fn metadata(self) -> Result<(), String> {
        let reference = self.accepted(&["--user-metadata", "team=deck"], &["--meta", "team=deck"])?;
        let ask = |value: &str, wanted| {
            let (ours, theirs) = (["--user-metadata", value], ["--meta", value]);
            self.trust.both_with(&reference, wanted, &ours, &theirs).map(|_| ())
        };
        ask("team=deck", Wanted::Accepted)?;
        ask("team=engine", Wanted::Refused("signed-metadata-mismatch", "unable to find specified metadata"))
    }
    /// Where a timestamp is always demanded.
    fn stamped(self, stamping: &Stamping) -> Result<(), String> {
        let Stamping { url, root, .. } = stamping;
        let (ours, theirs) =
            (["--timestamp-url", url, "--timestamp-root-cert", root], ["--tsa", url, "--tsa-root", root]);
        self.accepted(&ours, &theirs).map(|_| ())
    }
    fn accepted(self, ours: &[&str], theirs: &[&str]) -> Result<String, String> {
        let reference = self.trust.image(self.repository)?;
        match self.by {
            By::Them => self.trust.they_sign(&reference, &self.signer.issued, self.format, theirs)?,
            By::Us => self.trust.we_sign(&reference, self.signer.kind.name(), self.format, ours).map(|_| ())?,
        }
        self.trust.both(&reference, Wanted::Accepted)?;
        Ok(reference)
    }
}
