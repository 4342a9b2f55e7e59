//! `plugin`: programs that Notation's contract speaks of.

use super::super::Scene;
use crate::{
    arguments::Plugin,
    failure::{Blame as _, Failure},
    machine::heeded,
    outside::plugins,
    report::Report,
};
use plimsoll::{
    core::{Digest, Escaped},
    host::{
        file::Overwrite,
        plugin::{Expected, install, installed, uninstall},
    },
    notary::plugin::{PluginMetadata, PluginName},
};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

pub(crate) async fn run(words: Plugin, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Plugin::Install { source, sha256sum, unchecked, force } => {
            let expected = match (sha256sum, unchecked) {
                (Some(text), _) => Expected::Sha256(sha256(&text)?),
                (None, true) => Expected::Unchecked,
                (None, false) => Expected::Nothing,
            };
            let overwrite = if force { Overwrite::Replace } else { Overwrite::Refuse };
            add(&source, expected, overwrite, scene).await
        }
        Plugin::Ls => list(scene).await,
        Plugin::Rm { name } => {
            let name: PluginName = name.parse().given("")?;
            uninstall(&plugins(scene)?, &name).given("")?;
            Ok(Report::done(format!("removed the plugin {name}"), json!({ "removed": name.as_str() })))
        }
    }
}

fn sha256(text: &str) -> Result<Digest, Failure> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    format!("sha256:{hex}").parse().given("--sha256sum")
}

async fn add(source: &Path, expected: Expected, overwrite: Overwrite, scene: &Scene<'_>) -> Result<Report, Failure> {
    let installed =
        install(&plugins(scene)?, source, expected, overwrite).await.given("").map_err(|failure| match expected {
            Expected::Nothing => failure.hint("give --sha256sum, or --unchecked if you made it yourself"),
            _ => failure,
        })?;
    let metadata = &installed.metadata;
    let mut text = format!("installed the plugin {} {}", metadata.name, metadata.version);
    if let Some(replaced) = &installed.replaced {
        let _ = write!(text, " in place of {replaced}");
    }
    let mut json = described(metadata);
    if let Value::Object(members) = &mut json {
        members.insert("replaced".into(), installed.replaced.as_ref().map(ToString::to_string).into());
    }
    Ok(Report::done(text, json))
}

async fn list(scene: &Scene<'_>) -> Result<Report, Failure> {
    let mut text = String::new();
    let mut listed = Vec::new();
    for (name, metadata) in heeded(installed(&plugins(scene)?).await.given("")?) {
        match metadata {
            Ok(metadata) => {
                let _ = writeln!(text, "{name} {} {}", metadata.version, metadata.description);
                let _ = writeln!(text, "  {}", capabilities(&metadata).join(", "));
                listed.push(described(&metadata));
            }
            Err(error) => {
                let _ = writeln!(text, "{name} does not say what it is: {}", Escaped::whole(&error.to_string()));
                listed.push(json!({ "name": name.as_str(), "error": error.to_string() }));
            }
        }
    }
    if listed.is_empty() {
        text.push_str("no plugins\n");
    }
    Ok(Report::done(text, json!(listed)))
}

fn described(metadata: &PluginMetadata) -> Value {
    json!({
        "name": metadata.name.as_str(),
        "version": metadata.version.to_string(),
        "description": metadata.description.to_string(),
        "url": metadata.url.to_string(),
        "capabilities": capabilities(metadata),
    })
}

fn capabilities(metadata: &PluginMetadata) -> Vec<&'static str> {
    metadata.capabilities.iter().map(|capability| capability.as_str()).collect()
}
