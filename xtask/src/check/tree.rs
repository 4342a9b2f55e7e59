//! What whoever only verifies has to build and to audit, and what stands in the public API of it.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

/// Packages of the verification path: Notary signatures, without reading private keys.
const PATH: &[&str] = &["--package", "plimsoll-notary", "--package", "plimsoll-crypto", "--no-default-features"];
/// By `ring`, and with what is on by default in the crate that verifies.
const BY_RING: &str = "plimsoll-crypto/ring,plimsoll-notary/std";
/// In Rust alone, and without a standard library.
const PURE: &str = "plimsoll-crypto/pure,plimsoll-crypto/ml-dsa";
/// As `docs/architecture.md` has it. Procedural macros run at build time and are not in the program, so they do not count.
const MOST: usize = 60;
/// Nothing that verifies waits.
const RUNTIMES: &[&str] = &["async-global-executor", "async-std", "futures-executor", "mio", "smol", "tokio"];
/// Features by which libraries take the standard library.
const STD: &[&str] = &["detect", "std"];

/// Crates below 1.0 whose types stand in a public API on purpose.
const ON_PURPOSE: &[(&str, &str)] = &[("const_oid", "`plimsoll_pki::ObjectIdentifier`, which is re-exported")];
/// Crates at 1.0 or later, and those of the language.
const SETTLED: &[&str] =
    &["alloc", "bytes", "core", "semver", "serde", "serde_core", "serde_json", "std", "thiserror", "zeroize"];

pub(crate) fn check(root: &Path) -> Result<Vec<String>, String> {
    let text = tree(root, BY_RING)?;
    // Name and version; what follows is a path, or features, or says that it stood above.
    let crates: BTreeSet<(&str, &str)> = text.lines().filter_map(package).collect();
    println!("tree: {} crates verify a Notary signature by `ring`", crates.len());
    let mut wrong = Vec::new();
    if crates.len() > MOST {
        wrong.push(format!("the verification path has {} crates, expected at most {MOST}", crates.len()));
    }
    let runtimes = crates.iter().filter(|(name, _)| RUNTIMES.contains(name));
    wrong.extend(runtimes.map(|(name, _)| format!("`{name}` is in the verification path, which waits for nothing")));
    wrong.extend(with_std(&tree(root, PURE)?).into_iter().map(|(name, feature)| {
        format!("`{name}` has its feature `{feature}` on where nothing asks for a standard library")
    }));
    for name in ["plimsoll-envelope", "plimsoll-notary", "plimsoll-pki"] {
        let file = root.join("docs/api").join(format!("{name}.txt"));
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        wrong.extend(foreign(&text).into_iter().map(|found| {
            format!("a type of `{found}` stands in the public API of {name}; see xtask/src/check/tree.rs")
        }));
    }
    Ok(wrong)
}

/// The tree without what is there for tests and at build time: a package a line, with its features.
fn tree(root: &Path, features: &str) -> Result<String, String> {
    let output = Command::new(env!("CARGO"))
        .arg("tree")
        .args(PATH)
        .args(["--features", features, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p};{f}"])
        .arg("--offline")
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Name and version of the package in a line of the tree.
fn package(line: &str) -> Option<(&str, &str)> {
    let (package, _) = line.split_once(';')?;
    let (name, rest) = package.split_once(' ')?;
    Some((name, rest.split(' ').next().unwrap_or(rest)))
}

/// The packages that have the standard library on, each with the feature.
fn with_std(tree: &str) -> BTreeSet<(&str, &str)> {
    let mut found = BTreeSet::new();
    for line in tree.lines() {
        let (Some((name, _)), Some((_, features))) = (package(line), line.split_once(';')) else { continue };
        let features = features.trim_end_matches(" (*)").split(',');
        found.extend(features.filter(|feature| STD.contains(feature)).map(|feature| (name, feature)));
    }
    found
}

/// The crates whose paths stand in a public API without a reason.
fn foreign(api: &str) -> BTreeSet<&str> {
    let identifier = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut found = BTreeSet::new();
    for line in api.lines() {
        for (at, _) in line.match_indices("::") {
            let before = line.get(..at).unwrap_or_default();
            let start = before.rfind(|character| !identifier(character)).map_or(0, |index| index + 1);
            let name = before.get(start..).unwrap_or_default();
            // The first word of a path: no other `::` stands before it, and it is no type.
            let first = !before.get(..start).unwrap_or_default().ends_with(':');
            let is_crate = name.starts_with(|character: char| character.is_ascii_lowercase());
            if first && is_crate && !name.starts_with("plimsoll_") && !known(name) {
                found.insert(name);
            }
        }
    }
    found
}

fn known(name: &str) -> bool {
    SETTLED.contains(&name) || ON_PURPOSE.iter().any(|(known, _)| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_path_is_its_crate() {
        let api = "pub fn plimsoll_pki::Name::of(&foo::Reader, Self::Item) -> core::option::Option<bar::Bar<T::X>>";
        assert_eq!(foreign(api), BTreeSet::from(["bar", "foo"]));
        assert!(foreign("impl core::fmt::Debug for plimsoll_pki::tokio::Thing").is_empty());
    }

    #[test]
    fn a_standard_library_that_is_on_is_seen() {
        let tree = "a v1.0.0;alloc,std\nb v2.0.0 (/some/where);alloc\nc v1.2.3;detect (*)\n\nd v1.0.0;\n";
        assert_eq!(with_std(tree), BTreeSet::from([("a", "std"), ("c", "detect")]));
        assert_eq!(tree.lines().filter_map(package).count(), 4);
    }
}
