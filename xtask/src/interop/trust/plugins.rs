//! Plugins of the contract 1.0, written with the Notary Project's own framework: each side runs the same ones.

use super::{Trust, Wanted, keys::Signer};
use crate::{interop::result::Results, lab::Table};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn run(trust: &Trust<'_>, results: &mut Results) -> Result<(), String> {
    let plugins = Plugins::install(trust)?;
    let mut table =
        Table::new(&["plugin", "key", "format", "we sign by it", "they sign by it", "signs something else"]);
    for plugin in ["files", "envelope"] {
        for signer in &trust.signers {
            for format in ["jws", "cose"] {
                let case = Case { plugins: &plugins, plugin, signer, format };
                let mut row = vec![plugin.to_owned(), signer.kind.name().to_owned(), format.to_owned()];
                for (what, found) in [("we sign", case.by_us()), ("they sign", case.by_them())] {
                    row.push(results.cell(&format!("{plugin}, {}, {format}: {what}", signer.kind.name()), found));
                }
                row.push(match plugin {
                    "envelope" => results.cell(&format!("{plugin}, {format}: something else"), case.another()),
                    _ => String::new(),
                });
                table.row(row);
            }
        }
    }
    table.print();
    println!("\n### Verification\n");
    let mut table = Table::new(&["case", "outcome", "note"]);
    for by in ["us", "them"] {
        for format in ["jws", "cose"] {
            for (what, found) in plugins.verification(by, format)? {
                results.row(&mut table, &format!("signed by {by}, {format}: {what}"), found);
            }
        }
    }
    table.print();
    Ok(())
}

struct Plugins<'a> {
    trust: &'a Trust<'a>,
    repository: String,
}

type Row = (&'static str, Result<String, String>);

impl<'a> Plugins<'a> {
    fn install(trust: &'a Trust<'a>) -> Result<Self, String> {
        for name in ["files", "envelope"] {
            let place = trust.scene.folder.write(&format!("{}/plugins/{name}/notation-{name}", super::CONFIG), "")?;
            std::fs::copy(trust.judge.path(), &place).map_err(|error| format!("{place}: {error}"))?;
        }
        let stores: Vec<String> = trust.signers.iter().map(|signer| format!("ca:{}", signer.kind.name())).collect();
        let stores: Vec<&str> = stores.iter().map(String::as_str).collect();
        let listed = json!({"plugins": ["files"]});
        let repository = trust.repository("plugins", json!({"level": "strict"}), &stores, listed)?;
        trust.repository("plugins-unlisted", json!({"level": "strict"}), &stores, Value::Null)?;
        Ok(Self { trust, repository })
    }
    /// Signs by a plugin, with its configuration.
    fn sign(&self, by: &str, plugin: &str, signer: &Signer, format: &str, more: &[&str]) -> Result<String, String> {
        let reference = self.trust.image(&self.repository)?;
        let issued = &signer.issued;
        let (key, chain) = (format!("key={}", issued.key), format!("chain={}", issued.chain));
        let mut config = vec!["--plugin-config", &key, "--plugin-config", &chain];
        more.iter().for_each(|pair| config.extend(["--plugin-config", pair]));
        let common = ["--expiry", "24h", "--id", "key-1"];
        if by == "us" {
            let words = ["sign", &reference, "--plugin", plugin, "--signature-format", format];
            self.trust.ours(&[&words[..], &common, &config].concat())?.ok("we do not sign")?;
        } else {
            let file = format!("{}/plugins/{plugin}/notation-{plugin}", self.trust.config());
            let words = ["sign-plugin", "--ref", &reference, "--plugin", &file, "--format", format];
            self.trust.judge.run(&[&words[..], &common, &config].concat())?.ok("they do not sign")?;
        }
        Ok(reference)
    }
    /// Signatures that demand the verification plugin `files`.
    fn verification(&self, by: &str, format: &str) -> Result<Vec<Row>, String> {
        let signer = self.trust.signers.last().ok_or("no signer")?;
        let signed = self.sign(by, "envelope", signer, format, &["verifier=files"]);
        let reference = match signed {
            Ok(reference) => reference,
            Err(why) => return Ok(vec![("an envelope that names a verification plugin", Err(why))]),
        };
        let denied = |capability: &str| {
            let deny = format!("deny=SIGNATURE_VERIFIER.{capability}");
            let told = ["--plugin-config", &deny];
            self.trust.both_with(
                &reference,
                Wanted::Refused("plugin-refused", "the configuration says so"),
                &told,
                &told,
            )
        };
        Ok(vec![
            ("the plugin says yes", self.trust.both(&reference, Wanted::Accepted)),
            ("it is asked the same", self.asked(&reference)),
            ("it says no to the identity", denied("TRUSTED_IDENTITY")),
            ("it says no to revocation", denied("REVOCATION_CHECK")),
            ("the policy does not list it: we refuse, they run it", self.unlisted(&reference)),
        ])
    }
    /// What each side asks of the plugin, member by member.
    fn asked(&self, reference: &str) -> Result<String, String> {
        let ask = |name: &str, words: &[&str]| -> Result<Value, String> {
            let log = format!("log={}", self.trust.scene.folder.at(name));
            let told = [words, &["--plugin-config", &log]].concat();
            let done = if words.first() == Some(&"--ref") {
                self.trust.judge.run(&[&["verify"], &told[..]].concat())?
            } else {
                self.trust.ours(&[&["verify"], &told[..]].concat())?
            };
            done.ok(name)?;
            let text = self.trust.scene.folder.read(name)?;
            let mut asked: Value = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
            asked["pluginConfig"] = Value::Null;
            as_sets(&mut asked);
            Ok(asked)
        };
        let config = self.trust.config();
        let ours = ask("asked-by-us.json", &[reference])?;
        let theirs = ask("asked-by-them.json", &["--ref", reference, "--config", &config])?;
        let differences = differences("", &ours, &theirs);
        if differences.is_empty() { Ok(String::new()) } else { Err(differences.join("; ")) }
    }
    fn unlisted(&self, reference: &str) -> Result<String, String> {
        let repository = self.repository.replace("/plugins", "/plugins-unlisted");
        let copy = self.trust.copied(reference, &repository)?;
        let we = self.trust.ours(&["verify", &copy])?;
        let they = self.trust.judge.run(&["verify", "--ref", &copy, "--config", &self.trust.config()])?;
        they.ok("they refuse")?;
        super::we_refuse(&we, "plugin-not-allowed")
    }
}

/// Lists that stand for sets, in order: capabilities and attributes (none is null in Go). Identities are compared letter by letter.
fn as_sets(asked: &mut Value) {
    for at in ["/signature/unprocessedAttributes", "/trustPolicy/signatureVerification"] {
        let Some(list) = asked.pointer_mut(at) else { continue };
        let members = list.as_array().into_iter().flatten().map(|one| one.as_str().unwrap_or_default().to_owned());
        let members: BTreeSet<String> = members.collect();
        *list = json!(members);
    }
}

/// The members in which two documents differ.
fn differences(at: &str, ours: &Value, theirs: &Value) -> Vec<String> {
    match (ours, theirs) {
        (Value::Object(our), Value::Object(their)) => {
            let names: BTreeSet<&String> = our.keys().chain(their.keys()).collect();
            names.iter().flat_map(|name| differences(&format!("{at}/{name}"), &ours[*name], &theirs[*name])).collect()
        }
        _ if ours == theirs => Vec::new(),
        _ => vec![format!("{at}: we ask {ours}, they ask {theirs}")],
    }
}

struct Case<'a> {
    plugins: &'a Plugins<'a>,
    plugin: &'static str,
    signer: &'a Signer,
    format: &'static str,
}

impl Case<'_> {
    fn by_us(&self) -> Result<(), String> {
        self.accepted("us")
    }
    fn by_them(&self) -> Result<(), String> {
        self.accepted("them")
    }
    fn accepted(&self, by: &str) -> Result<(), String> {
        let reference = self.plugins.sign(by, self.plugin, self.signer, self.format, &[])?;
        self.plugins.trust.both(&reference, Wanted::Accepted).map(|_| ())
    }
    /// A plugin that signs something else than it was given: neither side takes it.
    fn another(&self) -> Result<(), String> {
        for by in ["us", "them"] {
            if self.plugins.sign(by, self.plugin, self.signer, self.format, &["mode=another"]).is_ok() {
                return Err(format!("taken by {by}"));
            }
        }
        Ok(())
    }
}
