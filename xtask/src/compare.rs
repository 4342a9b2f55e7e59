//! Whole commands in pairs, one registry, one configuration directory: `cargo xtask compare`.

use crate::{
    dist,
    lab::{Done, Folder, Options, Peers, Program, Server, Table, openssl_pki, plimsoll_pki, trust},
};
use std::time::Duration;

/// Times our command and its peer in turns; figures are ratios of medians.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--tools", "--plimsoll", "--runs"], USAGE)?;
    let runs = options.number("--runs", 40)?.max(20);
    let folder = Folder::new()?;
    let peers = Peers::new(&options, &folder)?;
    // As it is distributed.
    let path = options.path("--plimsoll")?.map_or_else(|| dist::made(&peers, &folder), Ok)?;
    let plimsoll = Program::new(&path, &folder);
    let absent = |name: &str| format!("{name} is absent: nothing to compare with");
    let interop = peers.find("interop").ok_or_else(|| absent("interop"))?;
    let openssl = peers.find("openssl").ok_or_else(|| absent("openssl"))?;
    plimsoll_pki(&plimsoll, &folder)?;
    openssl_pki(&openssl, &plimsoll, &folder)?;
    trust(&folder)?;
    let own = Server::plimsoll(&plimsoll, &folder.at("registry"), "127.0.0.1:0")?;
    let other = Server::interop(&interop)?;
    let mut table = Table::new(&[
        "registry",
        "chain",
        "format",
        "time, ratio",
        "processor time, ratio",
        "memory, ratio",
        "our peak memory",
    ]);
    for (name, server) in [("plimsoll", &own), ("interop", &other)] {
        for key in ["p256", "rsa"] {
            for format in ["jws", "cose"] {
                let reference = signed(&plimsoll, &folder, &server.address, key, format)?;
                let config = folder.at("notation");
                let ours = Pair { program: &plimsoll, words: vec!["--config", &config, "verify", &reference] };
                let theirs =
                    Pair { program: &interop, words: vec!["verify", "--ref", &reference, "--config", &config] };
                let (ours, theirs) = in_turns(&ours, &theirs, runs)?;
                table.row([
                    name.to_owned(),
                    key.to_owned(),
                    format.to_owned(),
                    format!("{:.2}", ours.time.as_secs_f64() / theirs.time.as_secs_f64()),
                    format!("{:.2}", ours.processor.as_secs_f64() / theirs.processor.as_secs_f64()),
                    format!("{:.2}", ours.peak / theirs.peak),
                    format!("{:.1} MiB", ours.peak / MIB),
                ]);
            }
        }
    }
    println!("`plimsoll verify` over `interop verify`: medians of {runs} runs each, in turns\n");
    table.print();
    Ok(())
}

/// A program and its words.
struct Pair<'a> {
    program: &'a Program,
    words: Vec<&'a str>,
}

/// Medians.
struct Figures {
    time: Duration,
    processor: Duration,
    peak: f64,
}

fn in_turns(ours: &Pair<'_>, theirs: &Pair<'_>, runs: u32) -> Result<(Figures, Figures), String> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    // The first runs warm the caches of both.
    for _ in 0..3 {
        ours.program.must(&ours.words)?;
        theirs.program.must(&theirs.words)?;
    }
    for _ in 0..runs {
        first.push(ours.program.must(&ours.words)?);
        second.push(theirs.program.must(&theirs.words)?);
    }
    Ok((figures(&first)?, figures(&second)?))
}

fn figures(runs: &[Done]) -> Result<Figures, String> {
    let processor = median(runs, |done| done.processor)?;
    Ok(Figures { time: median(runs, |done| done.took)?, processor, peak: median(runs, |done| done.peak)? as f64 })
}

fn median<T: Ord + Copy>(runs: &[Done], figure: impl Fn(&Done) -> T) -> Result<T, String> {
    let mut figures: Vec<T> = runs.iter().map(figure).collect();
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().ok_or_else(|| "nothing was run".into())
}

/// A small image, signed by us; the reference by digest.
pub(crate) fn signed(
    plimsoll: &Program,
    folder: &Folder,
    address: &str,
    key: &str,
    format: &str,
) -> Result<String, String> {
    let config = folder.at("notation");
    let repository = format!("{address}/compared/{key}-{format}");
    folder.write("rootfs/etc/issue", "compared\n")?;
    let tag = format!("{repository}:v1");
    plimsoll.must(&["build", &folder.at("rootfs"), "-t", &tag])?;
    let words = ["-o", "json", "--config", &config, "sign", &tag, "--key", key, "--signature-format", format];
    let done = plimsoll.must(&words)?;
    let report: serde_json::Value = serde_json::from_str(&done.stdout).map_err(|error| error.to_string())?;
    let digest = report["digest"].as_str().ok_or("sign reports no digest")?;
    Ok(format!("{repository}@{digest}"))
}

const MIB: f64 = 1_048_576.0;
const USAGE: &str = "usage: cargo xtask compare [--tools DIR] [--plimsoll FILE] [--runs N]";
