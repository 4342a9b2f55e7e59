//! The instructions of the hot path, as callgrind counts them, beside those that are kept: `cargo xtask instructions`.
//!
//! Time differs from machine to machine; instructions hardly do. Counted is what Plimsoll does itself: public-key operations and hashes
//! are left out, because libraries choose their code by the processor.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Counts, and compares; with `--keep`, writes the counts down instead.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let keep = match arguments {
        [] => false,
        [word] if word == "--keep" => true,
        _ => return Err(USAGE.to_owned()),
    };
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("nothing was counted: valgrind is not installed");
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask does not lie in a workspace")?;
    let program = build(root)?;
    let mut counts = BTreeMap::new();
    for name in NAMES {
        counts.insert(name.to_owned(), of_one(&program, name)?);
        counts.insert(format!("{name}, of many"), of_many(&program, name)?);
    }
    let file = root.join("benches/instructions.json");
    if keep {
        let text = serde_json::to_string_pretty(&counts).map_err(|error| error.to_string())?;
        return fs::write(&file, text + "\n").map_err(|error| format!("{}: {error}", file.display()));
    }
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let kept = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    compare(&counts, &kept)
}

/// Prints a line for each; an error where one takes more instructions than was kept, beyond the tolerance.
fn compare(counts: &BTreeMap<String, u64>, kept: &BTreeMap<String, u64>) -> Result<(), String> {
    let mut worse = Vec::new();
    for (name, count) in counts {
        let before = *kept.get(name).ok_or_else(|| format!("{name}: no count is kept"))?;
        let ratio = *count as f64 / before as f64;
        println!("{name:<22} {count:>8} instructions, {before:>8} kept: {ratio:.3}");
        if ratio > 1.0 + TOLERANCE {
            worse.push(name.as_str());
        }
        if ratio < 1.0 - TOLERANCE {
            println!("{name}: fewer than before; `cargo xtask instructions --keep` writes that down");
        }
    }
    if worse.is_empty() { Ok(()) } else { Err(format!("more instructions than before: {}", worse.join(", "))) }
}

/// The instructions of one verification without its hashes.
fn of_one(program: &Path, name: &str) -> Result<u64, String> {
    let own = each(program, "own", name)?;
    Ok(own.saturating_sub(each(program, "hashes", name)?))
}

/// The instructions of one verification of many of one signer. Every image is signed first, which takes long under valgrind.
fn of_many(program: &Path, name: &str) -> Result<u64, String> {
    let (few, many) = (count(program, "many", name, FEW)?, count(program, "many", name, FEW + FEW)?);
    Ok(many.saturating_sub(few) / u64::from(FEW))
}

/// What one more of many takes: the start of the program is the same in both runs.
fn each(program: &Path, what: &str, name: &str) -> Result<u64, String> {
    let (few, many) = (count(program, what, name, FEW)?, count(program, what, name, FEW + MORE)?);
    Ok(many.saturating_sub(few) / u64::from(MORE))
}

/// The instructions of one run, without making the fixture: signing is random.
fn count(program: &Path, what: &str, name: &str, times: u32) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*measured*")
        .arg(program)
        .args([what, name, &times.to_string()])
        .output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    collected(&output).ok_or_else(|| format!("valgrind: {}", String::from_utf8_lossy(&output.stderr)))
}

/// `==1== Collected : 12345`
fn collected(output: &Output) -> Option<u64> {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    output.status.success().then_some(())?;
    line.rsplit(' ').next()?.parse().ok()
}

fn build(root: &Path) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let words = ["build", "--profile", "bench", "--package", "plimsoll-benches", "--example", "hot_path"];
    let built = Command::new(cargo).args(words).current_dir(root).status();
    match built {
        Ok(status) if status.success() => {
            let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
            Ok(root.join(target).join("release/examples/hot_path"))
        }
        Ok(status) => Err(format!("cargo build: {status}")),
        Err(error) => Err(format!("cargo build: {error}")),
    }
}

const NAMES: [&str; 4] = ["RSA-4096 jws", "RSA-4096 cose", "P-256 jws", "P-256 cose"];
/// The first ones fill caches, and find out what the processor can do.
const FEW: u32 = 50;
const MORE: u32 = 500;
/// What is let pass: a DER signature of ECDSA is an octet or two longer or shorter by chance.
const TOLERANCE: f64 = 0.02;
const USAGE: &str = "usage: cargo xtask instructions [--keep]";
