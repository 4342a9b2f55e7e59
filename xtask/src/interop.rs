//! Our command beside those of others, both ways: `cargo xtask interop`.

mod layouts;
mod result;
mod scene;
mod signatures;

use crate::lab::{Folder, Options, Peers};
use result::Results;
use scene::Scene;

/// Runs everything for which the peers are here.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--tools", "--plimsoll"], USAGE)?;
    let folder = Folder::new()?;
    let peers = Peers::new(&options, &folder)?;
    let plimsoll = peers.plimsoll(&options, "release")?;
    let mut results = Results::default();
    let scene = Scene::make(&folder, &peers, plimsoll, &mut results)?;
    println!("\n## Signatures\n");
    signatures::run(&scene, &mut results)?;
    println!("\n## Encrypted keys\n");
    signatures::encrypted(&scene, &mut results)?;
    println!("\n## Copying tools\n");
    layouts::run(&scene, &mut results)?;
    results.finish()
}

const USAGE: &str = "usage: cargo xtask interop [--tools DIR] [--plimsoll FILE]";
