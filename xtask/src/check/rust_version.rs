//! The oldest Rust that a crate says it builds with: none of its dependencies says that it needs a newer one.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

/// `1.88` and `1.88.0` alike.
type Version = [u64; 3];

pub(crate) fn check(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = Packages::of(&metadata);
    let mut wrong = Vec::new();
    for member in items(&metadata["workspace_members"]).filter_map(Value::as_str) {
        let Some((name, Some(own))) = packages.about.get(member) else {
            wrong.push(format!("`{member}` does not say which Rust it needs"));
            continue;
        };
        wrong.extend(packages.newer(member, *own).into_iter().map(|(used, needs)| {
            format!("`{name}` says Rust {}, and its dependency `{used}` needs {}", shown(*own), shown(needs))
        }));
        let readme = root.join("crates").join(name).join("README.md");
        let says = format!("{}.{}", own[0], own[1]);
        if fs::read_to_string(&readme).is_ok_and(|text| !text.contains(&says)) {
            wrong.push(format!("{} does not say that the crate needs Rust {says}", readme.display()));
        }
    }
    Ok(wrong)
}

/// What cargo knows of all packages.
struct Packages<'m> {
    /// Name and oldest Rust, by the package's id.
    about: BTreeMap<&'m str, (&'m str, Option<Version>)>,
    /// What each needs to be built: not what its tests need.
    needs: BTreeMap<&'m str, Vec<&'m str>>,
}

impl<'m> Packages<'m> {
    fn of(metadata: &'m Value) -> Self {
        let about = items(&metadata["packages"]).filter_map(|package| {
            let version = package["rust_version"].as_str().and_then(version);
            Some((package["id"].as_str()?, (package["name"].as_str()?, version)))
        });
        let needs = items(&metadata["resolve"]["nodes"]).filter_map(|node| {
            let built = |dependency: &&Value| items(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev");
            let needed = items(&node["deps"]).filter(built).filter_map(|dependency| dependency["pkg"].as_str());
            Some((node["id"].as_str()?, needed.collect()))
        });
        Self { about: about.collect(), needs: needs.collect() }
    }
    /// Everything under a package that needs a newer Rust than this.
    fn newer(&self, package: &'m str, than: Version) -> BTreeSet<(&'m str, Version)> {
        let (mut seen, mut open) = (BTreeSet::from([package]), vec![package]);
        let mut newer = BTreeSet::new();
        while let Some(one) = open.pop() {
            if let Some((name, Some(needs))) = self.about.get(one)
                && *needs > than
            {
                newer.insert((*name, *needs));
            }
            open.extend(self.needs.get(one).into_iter().flatten().filter(|needed| seen.insert(needed)));
        }
        newer
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn version(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(str::parse);
    let mut next = || parts.next().unwrap_or(Ok(0)).ok();
    Some([next()?, next()?, next()?])
}

fn shown([major, minor, patch]: Version) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dependency_that_needs_a_newer_rust_is_found_unless_only_tests_use_it() {
        let of = |name: &str, needs: Option<&str>| json!({"id": name, "name": name, "rust_version": needs});
        let uses = |name: &str, kind: Option<&str>| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [of("a", Some("1.88")), of("b", Some("1.88.0")), of("c", Some("1.89")), of("d", None), of("e", Some("2"))],
            "resolve": {"nodes": [
                {"id": "a", "deps": [uses("b", None), uses("e", Some("dev"))]},
                {"id": "b", "deps": [uses("d", None), uses("c", Some("build")), uses("a", None)]},
            ]},
        });
        let packages = Packages::of(&metadata);
        assert_eq!(packages.newer("a", [1, 88, 0]), BTreeSet::from([("c", [1, 89, 0])]));
        assert_eq!(packages.newer("a", [1, 90, 0]), BTreeSet::new());
    }
}
