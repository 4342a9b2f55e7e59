//! The command as it is distributed: `cargo xtask dist`.
//!
//! A linker leaves each function beside those it was compiled with. What one verification runs then lies in all corners of fifteen
//! megabytes, and the kernel maps each corner in a window of 64 KiB or more: that is most of the memory of a short process, and a good
//! part of its time. So the command is built, callgrind says which functions run, and it is linked once more with these side by side.

use crate::{
    compare::signed,
    lab::{Folder, Options, Peers, Program, Server, build, openssl_pki, plimsoll_pki, trust},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Builds it, and prints where it lies.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--tools"], USAGE)?;
    let folder = Folder::new()?;
    let made = make(&Peers::new(&options, &folder)?, &folder)?;
    println!("{}", made.display());
    Ok(())
}

/// Builds it by the order that was written down here before, else by a new one.
pub(crate) fn made(peers: &Peers<'_>, folder: &Folder) -> Result<PathBuf, String> {
    let order = crate::lab::target().join(PROFILE).join(ORDER);
    if order.is_file() { ordered(&order) } else { make(peers, folder) }
}

fn make(peers: &Peers<'_>, folder: &Folder) -> Result<PathBuf, String> {
    let plain = build(PROFILE, &[])?;
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("not ordered: Rust brings the linker that takes an order (lld) on x86-64 Linux only");
        return Ok(plain);
    }
    let (Some(valgrind), Some(openssl)) = (peers.find("valgrind"), peers.find("openssl")) else {
        eprintln!("not ordered: that needs valgrind and openssl");
        return Ok(plain);
    };
    let functions = executed(&Program::new(&plain, folder), &valgrind, &openssl, folder)?;
    let order = plain.with_file_name(ORDER);
    fs::write(&order, functions.join("\n")).map_err(|error| format!("{}: {error}", order.display()))?;
    ordered(&order)
}

/// Functions that are not there any more are passed over.
fn ordered(order: &Path) -> Result<PathBuf, String> {
    let file = format!("link-arg=-Wl,--symbol-ordering-file={}", order.display());
    build(PROFILE, &["-C", &file, "-C", "link-arg=-Wl,--no-warn-symbol-ordering"])
}

/// The functions that run where images are verified, and after them those that run where one is signed.
fn executed(plimsoll: &Program, valgrind: &Program, openssl: &Program, folder: &Folder) -> Result<Vec<String>, String> {
    plimsoll_pki(plimsoll, folder)?;
    openssl_pki(openssl, plimsoll, folder)?;
    trust(folder)?;
    let server = Server::plimsoll(plimsoll, &folder.at("registry"), "127.0.0.1:0")?;
    let (config, program) = (folder.at("notation"), plimsoll.path().display().to_string());
    let (mut functions, mut known) = (Vec::new(), BTreeSet::new());
    let mut trace = |words: &[&str]| -> Result<(), String> {
        let out = format!("--callgrind-out-file={}", folder.at("trace"));
        let before = ["--tool=callgrind", "--demangle=no", &out, &program, "--config", &config];
        valgrind.must(&[&before, words].concat())?;
        let trace = folder.read("trace")?;
        functions.extend(names(&trace).filter(|name| known.insert((*name).to_owned())).map(ToOwned::to_owned));
        Ok(())
    };
    let mut references = Vec::new();
    for key in ["p256", "rsa"] {
        for format in ["jws", "cose"] {
            let reference = signed(plimsoll, folder, &server.address, key, format)?;
            trace(&["verify", &reference])?;
            references.push(reference);
        }
    }
    for reference in &references {
        trace(&["verify", reference, "-o", "json"])?;
        trace(&["sign", reference, "--key", "p256"])?;
    }
    Ok(functions)
}

/// The names in a file of callgrind's: each stands once behind its number, and a call within itself has `'2` behind the name.
fn names(trace: &str) -> impl Iterator<Item = &str> {
    trace.lines().filter_map(|line| {
        let line = line.strip_prefix('c').unwrap_or(line);
        let (_, name) = line.strip_prefix("fn=(")?.split_once(") ")?;
        name.split('\'').next()
    })
}

const PROFILE: &str = "dist";
const ORDER: &str = "order.txt";
const USAGE: &str = "usage: cargo xtask dist [--tools DIR]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_trace_are_read_once_each_way() {
        let trace = "events: Ir\nfn=(1) main\n0 5\ncfn=(2) _ZN4core3fmt5write17h00E'2\ncalls=1 0\n0 7\nfn=(2)\n";
        assert_eq!(names(trace).collect::<Vec<_>>(), ["main", "_ZN4core3fmt5write17h00E"]);
    }
}
