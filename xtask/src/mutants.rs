//! Takes checks out, one at a time, in a copy of the sources, and sees the test that claims the attack row fail.
//!
//! `cargo xtask mutants` needs a clean build of each touched crate, so it is no part of what every merge runs.

use crate::check::sources;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// A check, how it looks, how it looks taken out, and the test that must then fail.
struct Mutant {
    attack: &'static str,
    what: &'static str,
    file: &'static str,
    check: &'static str,
    without: &'static str,
    package: &'static str,
    test: &'static str,
}

pub(crate) fn run() -> Result<(), String> {
    let root = sources::root()?;
    let copy = root.join("target/mutants/source");
    let mut survived = 0;
    for mutant in MUTANTS {
        copy_sources(&root, &copy)?;
        let healthy = tests_pass(&copy, mutant)?;
        mutate(&copy, mutant)?;
        let caught = !tests_pass(&copy, mutant)?;
        // It is newer than the source now: the next copy must not keep it.
        let _ = fs::remove_file(copy.join(mutant.file));
        let word = match (healthy, caught) {
            (true, true) => "caught",
            (true, false) => "SURVIVED",
            (false, _) => "FAILS WITHOUT MUTATION",
        };
        println!("{:<6} {word:<9} {} ({}::{})", mutant.attack, mutant.what, mutant.package, mutant.test);
        survived += u32::from(word != "caught");
    }
    match survived {
        0 => Ok(()),
        count => Err(format!("{count} of {} mutants are not caught", MUTANTS.len())),
    }
}

/// Copies what cargo needs. Files that did not change keep their times, so that little is built again.
fn copy_sources(root: &Path, copy: &Path) -> Result<(), String> {
    fs::create_dir_all(copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    let status = Command::new("cp")
        .args(["--recursive", "--update", "--preserve=timestamps", "--no-dereference"])
        .args(
            ["Cargo.toml", "Cargo.lock", "clippy.toml", "crates", "benches", "xtask", "docs"]
                .map(|name| root.join(name)),
        )
        .arg(copy)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cp: {status}")),
        Err(error) => Err(format!("cp: {error}")),
    }
}

fn mutate(copy: &Path, mutant: &Mutant) -> Result<(), String> {
    let path = copy.join(mutant.file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if text.matches(mutant.check).count() != 1 {
        return Err(format!("{}: the check of {} does not stand there exactly once", mutant.file, mutant.attack));
    }
    fs::write(&path, text.replace(mutant.check, mutant.without)).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs one test.
fn tests_pass(copy: &Path, mutant: &Mutant) -> Result<bool, String> {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--offline", "--package", mutant.package, "--", mutant.test])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.with_file_name("build"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo test: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let ran =
        said.lines().filter(|line| line.starts_with("test result")).any(|line| !line.contains(" 0 passed; 0 failed"));
    if !ran {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "no test `{}` in {}: {}",
            mutant.test,
            mutant.package,
            why.lines().last().unwrap_or_default()
        ));
    }
    Ok(output.status.success())
}

static MUTANTS: &[Mutant] = &[
    Mutant {
        attack: "A-009",
        what: "a reference is resolved once: the first answer stands",
        file: "crates/plimsoll-core/src/evidence.rs",
        check: "self.0.entry(want).or_insert(answer);",
        without: "self.0.insert(want, answer);",
        package: "plimsoll-core",
        test: "the_first_answer_stands",
    },
    Mutant {
        attack: "A-012",
        what: "a manifest asked for by digest has that digest",
        file: "crates/plimsoll-core/src/evidence.rs",
        check: "Pointer::Digest(expected) if found.digest != expected =>",
        without: "Pointer::Digest(expected) if found.digest != expected && found.size == 0 =>",
        package: "plimsoll-core",
        test: "content_that_does_not_match_never_gets_in",
    },
    Mutant {
        attack: "A-039",
        what: "no document is an image manifest and an index",
        file: "crates/plimsoll-oci/src/manifest.rs",
        check: "    unambiguous(root)?;\n",
        without: "    let _ = unambiguous(root);\n",
        package: "plimsoll-oci",
        test: "manifests::",
    },
    Mutant {
        attack: "A-045",
        what: "a referrer is about the subject that the list was asked for",
        file: "crates/plimsoll-notary/src/manifest.rs",
        check: "if found != Some(*subject) {",
        without: "if found.is_none() {",
        package: "plimsoll-notary",
        test: "a_manifest_about_something_else",
    },
    Mutant {
        attack: "A-068",
        what: "a layer may not unpack to more than 200 times its size",
        file: "crates/plimsoll-oci/src/layer.rs",
        check: "self.packed.saturating_mul(self.limits.ratio)",
        without: "self.packed.saturating_mul(self.limits.ratio).saturating_add(u64::MAX)",
        package: "plimsoll-oci",
        test: "layers::",
    },
    Mutant {
        attack: "A-106",
        what: "a critical header that nobody understands is refused",
        file: "crates/plimsoll-envelope/src/critical.rs",
        check: "let Critical::Only(known) = critical else { return Ok(()) };",
        without: "let Critical::Only(known) = critical else { return Ok(()) };\n    if known.len() < 99 { return Ok(()) }",
        package: "plimsoll-envelope",
        test: "an_unknown_critical_member_is_refused",
    },
    Mutant {
        attack: "A-136",
        what: "who may attest one type may not attest another",
        file: "crates/plimsoll-provenance/src/authority.rs",
        check: "self.types.iter().any(|known| known.covers(kind))",
        without: "self.types.iter().any(|known| known.covers(kind) || true)",
        package: "plimsoll-provenance",
        test: "a_136",
    },
    Mutant {
        attack: "A-368",
        what: "a signature for another repository does not count where the name is bound",
        file: "crates/plimsoll-policy/src/require/signature.rs",
        check: "Err(Shortfall::new(5, code::NAME_NOT_BOUND, found).hinting(hint))",
        without: "if hint.is_empty() { Err(Shortfall::new(5, code::NAME_NOT_BOUND, found).hinting(hint)) } else { Ok(()) }",
        package: "plimsoll-policy",
        test: "a_368",
    },
    Mutant {
        attack: "A-369",
        what: "an older version is a rollback",
        file: "crates/plimsoll-policy/src/require/signature.rs",
        check: "compare(&found, minimum).is_ge()",
        without: "(compare(&found, minimum).is_ge() || true)",
        package: "plimsoll-policy",
        test: "a_369",
    },
    Mutant {
        attack: "A-382",
        what: "foreign text cannot drive a terminal",
        file: "crates/plimsoll-core/src/escape.rs",
        check: "character.is_control()\n        ||",
        without: "",
        package: "plimsoll-core",
        test: "foreign_text_cannot_drive_a_terminal",
    },
    Mutant {
        attack: "A-385",
        what: "a signature whose check was only logged is not a signed fact",
        file: "crates/plimsoll-core/src/facts.rs",
        check: "(Backing::Signed(_), Outcome::Held)",
        without: "(_, Outcome::Held)",
        package: "plimsoll-core",
        test: "only_signed_rows_whose_checks_held_count",
    },
    Mutant {
        attack: "A-013",
        what: "credentials stay at home when a redirect leaves it",
        file: "crates/plimsoll-distribution/src/exchange.rs",
        check: "at_home = at_home && next.origin() == self.url().origin();",
        without: "at_home = at_home && (next.origin() == self.url().origin() || true);",
        package: "plimsoll-distribution",
        test: "a_013",
    },
];
