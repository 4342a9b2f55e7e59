//! `key`: `signingkeys.json`.

use super::super::Scene;
use crate::{
    arguments::{Key, KeyAdd},
    failure::{Blame as _, Failure, OfFile as _},
    machine::{heeded, passphrase_source},
    report::Report,
};
use plimsoll::{
    core::Escaped,
    crypto::provider,
    host::notation::{KeyEntry, KeyName, KeySource, NotationDirectory, SigningKeys, SigningKeysError, load_key_files},
    notary::plugin::{PluginConfig, PluginName},
    pki::{ChainOptions, Profile},
};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

pub(crate) async fn run(words: Key, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Key::Ls => list(scene),
        Key::Add(words) => add(words, scene).await,
        Key::Update { name, default: _ } => {
            changed(&scene.machine.notation(scene.global)?, |keys| keys.set_default(Some(&name)))?;
            Ok(Report::done(format!("`{name}` is the default key"), json!({ "default": name })))
        }
        Key::Rm { names } => {
            let removed = |keys: &mut SigningKeys| names.iter().try_for_each(|name| keys.remove(name).map(drop));
            changed(&scene.machine.notation(scene.global)?, removed)?;
            Ok(Report::done(
                format!("removed {}; the files of keys stay", names.join(", ")),
                json!({ "removed": names }),
            ))
        }
    }
}

async fn add(words: KeyAdd, scene: &Scene<'_>) -> Result<Report, Failure> {
    let directory = scene.machine.notation(scene.global)?;
    let name: KeyName = words.name.parse().given("")?;
    let (entry, text, json) = match (&words.key, &words.chain, &words.plugin, &words.id) {
        (Some(key), Some(chain), None, None) => in_files(&name, key, chain, &words)?,
        (None, None, Some(plugin), Some(id)) => behind_plugin(&name, plugin, id, &words, scene).await?,
        _ => return Err(Failure::given("expected --key and --chain, or --plugin and --id")),
    };
    changed(&directory, |keys| {
        keys.add(entry)?;
        if words.default || keys.keys().len() == 1 {
            keys.set_default(Some(name.as_str()))?;
        }
        Ok(())
    })?;
    Ok(Report::done(text, json))
}

fn in_files(name: &KeyName, key: &Path, chain: &Path, words: &KeyAdd) -> Result<(KeyEntry, String, Value), Failure> {
    // Notation takes a relative path from wherever it is run: write where the file is.
    let key = std::path::absolute(key).of_file(key)?;
    let chain = std::path::absolute(chain).of_file(chain)?;
    let source = passphrase_source(&words.passphrase);
    let options = ChainOptions::new(Profile::NotarySigning);
    heeded(load_key_files(name.as_str().into(), &key, &chain, &source, &options, provider()).given("")?);
    let mut entry = KeyEntry::files(name.clone(), &key, &chain);
    let file = words.passphrase.passphrase_file.as_ref().filter(|_| words.remember_passphrase_file);
    if let Some(file) = file {
        entry = entry.with_passphrase_file(std::path::absolute(file).of_file(file)?);
    }
    let text =
        format!("added `{}`\n  key          {}\n  certificates {}", name.as_str(), key.display(), chain.display());
    let json = json!({
        "name": name.as_str(), "key": key, "certificates": chain, "passphraseFile": entry.passphrase_file(),
    });
    Ok((entry, text, json))
}

/// The plugin must be there, and say what it is; whether it has the key shows when it signs.
async fn behind_plugin(
    name: &KeyName,
    plugin: &str,
    id: &str,
    words: &KeyAdd,
    scene: &Scene<'_>,
) -> Result<(KeyEntry, String, Value), Failure> {
    let plugin: PluginName = plugin.parse().given("--plugin")?;
    crate::outside::plugins(scene)?.metadata(&plugin).await.given("")?;
    let configuration: PluginConfig = words.plugin_config.iter().cloned().collect();
    let entry = KeyEntry::plugin(name.clone(), &plugin, id, configuration);
    let text = format!("added `{}`\n  plugin {plugin}\n  id     {}", name.as_str(), Escaped::new(id));
    Ok((entry, text, json!({ "name": name.as_str(), "pluginName": plugin.as_str(), "id": id })))
}

/// Changes the list, while no other Plimsoll does.
fn changed(
    directory: &NotationDirectory,
    change: impl FnOnce(&mut SigningKeys) -> Result<(), SigningKeysError>,
) -> Result<(), Failure> {
    SigningKeys::update(directory, change).given("").map(heeded)
}

fn list(scene: &Scene<'_>) -> Result<Report, Failure> {
    let keys = heeded(SigningKeys::load(&scene.machine.notation(scene.global)?).given("")?);
    let mut text = String::new();
    let mut listed = Vec::new();
    for entry in keys.keys() {
        let default = keys.default_name() == Some(entry.name());
        let mark = if default { "*" } else { " " };
        let name = Escaped::new(entry.name());
        match entry.source() {
            KeySource::Files { key, certificates } => {
                let _ = writeln!(text, "{mark} {name} {} {}", key.display(), certificates.display());
                listed.push(json!({
                    "name": entry.name(), "default": default, "keyPath": key, "certPath": certificates,
                    "passphraseFile": entry.passphrase_file(),
                }));
            }
            KeySource::Plugin { id, plugin, .. } => {
                let _ = writeln!(text, "{mark} {name} plugin {} {}", Escaped::new(plugin), Escaped::new(id));
                listed.push(json!({ "name": entry.name(), "default": default, "pluginName": plugin, "id": id }));
            }
            _ => listed.push(json!({ "name": entry.name(), "default": default })),
        }
    }
    if listed.is_empty() {
        text.push_str("no signing keys\n");
    }
    Ok(Report::done(text, json!(listed)))
}
