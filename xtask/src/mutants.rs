//! Takes checks out, one at a time, in a copy of the sources, and sees the test that claims the attack row fail.
//!
//! `cargo xtask mutants [ROW|CRATE...]` needs a clean build of each touched crate, so it is no part of what every merge runs.

mod table;

use crate::check::sources;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use table::MUTANTS;

/// A check, how it looks, how it looks taken out, and the test that must then fail.
struct Mutant {
    attack: &'static str,
    what: &'static str,
    file: &'static str,
    check: &'static str,
    without: &'static str,
    package: &'static str,
    /// What of the package holds the test, as cargo is told.
    target: &'static str,
    test: &'static str,
}

/// Runs those of the attack rows or crates that are named, or all.
pub(crate) fn run(named: &[String]) -> Result<(), String> {
    let wanted =
        |mutant: &&Mutant| named.is_empty() || named.iter().any(|name| name == mutant.attack || name == mutant.package);
    let mutants: Vec<&Mutant> = MUTANTS.iter().filter(wanted).collect();
    let root = sources::root()?;
    let copy = root.join("target/mutants/source");
    copy_sources(&root, &copy)?;
    // All before the first check is taken out: so little is built again, and a text that does not stand there any more is told at once.
    for mutant in &mutants {
        changed(&copy, mutant)?;
    }
    for mutant in &mutants {
        if !tests_pass(&copy, mutant)? {
            return Err(format!("{}::{} fails with nothing taken out", mutant.package, mutant.test));
        }
    }
    let mut survived = 0;
    for mutant in &mutants {
        let (healthy, changed) = changed(&copy, mutant)?;
        write(&copy, mutant, &changed)?;
        let caught = tests_pass(&copy, mutant).map(|passed| !passed);
        write(&copy, mutant, &healthy)?;
        let caught = caught?;
        let word = if caught { "caught" } else { "SURVIVED" };
        println!("{:<6} {word:<8} {} ({}::{})", mutant.attack, mutant.what, mutant.package, mutant.test);
        survived += u32::from(!caught);
    }
    match survived {
        0 => Ok(()),
        count => Err(format!("{count} of {} mutants are not caught", mutants.len())),
    }
}

/// Copies what cargo needs. Files keep their times, so that what did not change is not built again.
fn copy_sources(root: &Path, copy: &Path) -> Result<(), String> {
    match fs::remove_dir_all(copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", copy.display()));
        }
        Ok(()) | Err(_) => {}
    }
    fs::create_dir_all(copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    let status = Command::new("cp")
        .args(["--recursive", "--preserve=timestamps", "--no-dereference"])
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

/// The text of a mutant's file, with its check and without.
fn changed(copy: &Path, mutant: &Mutant) -> Result<(String, String), String> {
    let path = copy.join(mutant.file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if text.matches(mutant.check).count() != 1 {
        return Err(format!("{}: the check of {} does not stand there exactly once", mutant.file, mutant.attack));
    }
    let changed = text.replace(mutant.check, mutant.without);
    Ok((text, changed))
}

fn write(copy: &Path, mutant: &Mutant, text: &str) -> Result<(), String> {
    let path = copy.join(mutant.file);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs one test. A build that fails is no test that fails.
fn tests_pass(copy: &Path, mutant: &Mutant) -> Result<bool, String> {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--offline", "--package", mutant.package, mutant.target, "--", mutant.test])
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
        let why = why.lines().find(|line| line.starts_with("error")).or(why.lines().last()).unwrap_or_default();
        return Err(format!("no test `{}` in {}: {why}", mutant.test, mutant.package));
    }
    Ok(output.status.success())
}
