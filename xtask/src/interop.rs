//! Our command beside those of others, both ways: `cargo xtask interop`.

mod judge;
mod layouts;
mod result;
mod scene;
mod signatures;
mod trust;

use crate::lab::{Folder, Options, Peers};
use result::Results;
use scene::Scene;

/// Runs everything for which the peers are here.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--tools", "--plimsoll", "--part"], USAGE)?;
    let folder = Folder::new()?;
    let peers = Peers::new(&options, &folder)?;
    let plimsoll = peers.plimsoll(&options, "release")?;
    let mut results = Results::default();
    let scene = Scene::make(&folder, &peers, plimsoll, &mut results)?;
    let wanted = options.find("--part");
    for (name, title, part) in PARTS {
        if wanted.is_none_or(|wanted| wanted == *name) {
            println!("\n## {title}\n");
            part(&scene, &mut results)?;
        }
    }
    results.finish()
}

type Part = fn(&Scene<'_>, &mut Results) -> Result<(), String>;

const PARTS: &[(&str, &str, Part)] = &[
    ("signatures", "Signatures", signatures::run),
    ("encrypted-keys", "Encrypted keys", signatures::encrypted),
    ("layouts", "Copying tools", layouts::run),
    ("trust", "Trust", trust::run),
];
const USAGE: &str =
    "usage: cargo xtask interop [--tools DIR] [--plimsoll FILE] [--part signatures|encrypted-keys|layouts|trust]";
