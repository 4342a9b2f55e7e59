//! Whole commands in turns with those of others: `cargo xtask compare`.

mod image;
mod transfer;
mod turns;
mod verify;

pub(crate) use verify::signed;

use crate::{
    dist,
    lab::{Folder, Options, Peers, Program},
};

/// Everything, or one part.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--tools", "--plimsoll", "--runs", "--part"], USAGE)?;
    let folder = Folder::new()?;
    let peers = Peers::new(&options, &folder)?;
    // As it is distributed.
    let path = options.path("--plimsoll")?.map_or_else(|| dist::made(&peers, &folder), Ok)?;
    let scene = Scene {
        plimsoll: Program::new(&path, &folder),
        runs: options.find("--runs").map(|_| options.number("--runs", 0)).transpose()?,
        folder: &folder,
        peers: &peers,
    };
    let wanted = options.find("--part");
    if !PARTS.iter().any(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)) {
        return Err(USAGE.to_owned());
    }
    PARTS.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)).try_for_each(|(_, part)| part(&scene))
}

/// What all parts have.
struct Scene<'a> {
    folder: &'a Folder,
    peers: &'a Peers<'a>,
    plimsoll: Program,
    runs: Option<u32>,
}

impl Scene<'_> {
    fn runs(&self, default: u32) -> u32 {
        self.runs.unwrap_or(default).max(5)
    }
    /// Another program, without which there is nothing to compare with.
    fn peer(&self, name: &str) -> Result<Program, String> {
        self.peers.find(name).ok_or_else(|| format!("{name} is absent: nothing to compare with"))
    }
}

type Part = fn(&Scene<'_>) -> Result<(), String>;

const PARTS: &[(&str, Part)] = &[("verify", verify::run), ("transfer", transfer::run)];
const USAGE: &str = "usage: cargo xtask compare [--tools DIR] [--plimsoll FILE] [--runs N] [--part verify|transfer]";
