use super::*;
use crate::code;
use plimsoll_core::{Classify, code::NOT_SUPPORTED};
use proptest::prelude::*;

fn lock(packages: &[&str]) -> String {
    packages.iter().fold("# This file is generated\nversion = 4\n".to_owned(), |text, package| {
        format!("{text}\n[[package]]\n{package}\n")
    })
}

fn inventory(packages: &[&str]) -> Inventory {
    read(lock(packages).as_bytes(), &Limits::default()).unwrap()
}

fn refusal(text: &str) -> String {
    read(text.as_bytes(), &Limits::default()).expect_err(text).to_string()
}

const INDEX: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

#[test]
fn registries_repositories_and_checksums_are_kept() {
    let sum = "a".repeat(64);
    let found = inventory(&[
        &format!("name = \"itoa\"\nversion = \"1.0.15\"\n{INDEX}\nchecksum = \"{sum}\""),
        "name = \"own\"\nversion = \"0.1.0\"\nsource = \"sparse+https://pirate:secret@crates.example.com/index/\"",
        "name = \"forked\"\nversion = \"2.0.0+x\"\nsource = \"git+https://token@example.com/forked?branch=main#c0ffee\"",
    ]);
    let purls: Vec<_> = found.components.iter().map(|component| component.purl.as_deref().unwrap()).collect();
    assert_eq!(
        purls,
        [
            "pkg:cargo/itoa@1.0.15",
            "pkg:cargo/own@0.1.0?repository_url=https:%2F%2Fcrates.example.com%2Findex%2F",
            "pkg:cargo/forked@2.0.0%2Bx?vcs_url=git%2Bhttps:%2F%2Fexample.com%2Fforked%40c0ffee",
        ]
    );
    assert_eq!(found.components[0].hashes, [Hash::new("SHA-256", &sum)]);
    assert_eq!(found.root, None);
}

#[test]
fn dependencies_are_found_by_name_version_and_source() {
    let git = "source = \"git+https://example.com/a#c0ffee\"";
    let found = inventory(&[
        "name = \"ship\"\nversion = \"0.1.0\"\ndependencies = [\n \"a 1.0.0\",\n \"a 2.0.0 (git+https://example.com/a#c0ffee)\",\n \"b\",\n]",
        &format!("name = \"a\"\nversion = \"1.0.0\"\n{INDEX}"),
        &format!("name = \"a\"\nversion = \"2.0.0\"\n{INDEX}"),
        &format!("name = \"a\"\nversion = \"2.0.0\"\n{git}"),
        "name = \"b\"\nversion = \"0.1.0\"",
    ]);
    let root = found.root.unwrap();
    assert_eq!((root.purl.as_deref(), root.kind.clone()), (Some("pkg:cargo/ship@0.1.0"), Some(Kind::application())));
    let needs: Vec<_> = found.dependencies[root.id.as_ref().unwrap()].iter().map(AsRef::as_ref).collect();
    assert_eq!(
        needs,
        [
            "pkg:cargo/a@1.0.0",
            "pkg:cargo/a@2.0.0?vcs_url=git%2Bhttps:%2F%2Fexample.com%2Fa%40c0ffee",
            "pkg:cargo/b@0.1.0"
        ]
    );
    assert_eq!(found.dependencies.len(), 5);
    assert_eq!(found.components.len(), 4);
}

#[test]
fn of_several_packages_on_top_none_is_the_root() {
    let found = inventory(&["name = \"a\"\nversion = \"1.0.0\"", "name = \"b\"\nversion = \"1.0.0\""]);
    assert_eq!((found.root, found.components.len()), (None, 2));
    let same =
        inventory(&["name = \"a\"\nversion = \"1.0.0\"", &format!("name = \"a\"\nversion = \"1.0.0\"\n{INDEX}")]);
    let ids: Vec<_> = same.all().map(|component| component.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["pkg:cargo/a@1.0.0", "pkg:cargo/a@1.0.0#"]);
}

// attack: A-309
#[test]
fn a_309_broken_lock_files_are_refused_with_the_line() {
    let package = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
    assert_eq!(
        refusal(&format!("version = 4\n{package}dependencies = [\n \"b\",\n]\n")),
        "line 6: expected a dependency on one package of this file, found `b`"
    );
    let twins = format!(
        "version = 4\n{package}dependencies = [\"b\"]\n[[package]]\nname = \"b\"\nversion = \"1\"\n[[package]]\nname = \"b\"\nversion = \"2\"\n"
    );
    assert_eq!(refusal(&twins), "line 5: expected a dependency on one package of this file, found `b`");
    assert!(refusal(&format!("version = 4\n{package}name = \"b\"\n")).starts_with("line 5: "));
    assert!(refusal("version = 4\n[[package]]\nname = \"a\"\n").starts_with("line 2: missing field"));
    assert!(refusal("version = \"4\"\n").starts_with("line 1: "));
    assert!(refusal("[[package\n").starts_with("line 1: "));
    assert!(
        refusal("[[package]]\nname = \"a/b\\u0000\"\nversion = \"1\"\n").starts_with("line 2: expected a package URL")
    );
    let later = read(b"version = 5\n", &Limits::default()).unwrap_err();
    assert_eq!(
        (later.to_string().as_str(), later.code()),
        ("expected a Cargo.lock of version 1 to 4, found version 5", NOT_SUPPORTED)
    );
    let encoding = read(b"version = 4\n# \xff\n", &Limits::default()).unwrap_err();
    assert_eq!(
        (encoding.to_string().as_str(), encoding.code()),
        (
            "line 2: expected TOML, which is UTF-8, found `\u{fffd}\n`".replace('\n', "\\u{a}").as_str(),
            code::MALFORMED_PACKAGE_DATABASE
        )
    );
    let limits = Limits { packages: 1, ..Limits::default() };
    let two = lock(&["name = \"a\"\nversion = \"1\"", "name = \"b\"\nversion = \"1\""]);
    assert_eq!(read(two.as_bytes(), &limits).unwrap_err().to_string(), "more than 1 packages in a package database");
    assert!(read(format!("x = {}", "[".repeat(100_000)).as_bytes(), &Limits::default()).is_err());
}

proptest! {
    #[test]
    fn every_package_is_listed(names in prop::collection::btree_set("[a-z][a-z0-9_-]{0,10}", 0..12)) {
        let packages: Vec<_> = names.iter().map(|name| format!("name = \"{name}\"\nversion = \"1.0.0\"\n{INDEX}")).collect();
        let packages: Vec<_> = packages.iter().map(String::as_str).collect();
        let found = inventory(&packages);
        let found: Vec<_> = found.components.iter().map(|component| component.name.to_string()).collect();
        prop_assert_eq!(found, names.into_iter().collect::<Vec<_>>());
    }
}
