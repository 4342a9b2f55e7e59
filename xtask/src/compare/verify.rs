//! `verify` beside that of notation-go, one registry, one configuration directory.

use super::{
    Scene,
    turns::{MIB, Words, in_turns},
};
use crate::lab::{Folder, Program, Server, Table, openssl_pki, plimsoll_pki, trust};

/// Times our command and its peer in turns; figures are ratios of medians.
pub(super) fn run(scene: &Scene<'_>) -> Result<(), String> {
    let (folder, plimsoll, runs) = (scene.folder, &scene.plimsoll, scene.runs(40));
    let interop = scene.peer("interop")?;
    let openssl = scene.peer("openssl")?;
    plimsoll_pki(plimsoll, folder)?;
    openssl_pki(&openssl, plimsoll, folder)?;
    trust(folder)?;
    let own = Server::plimsoll(plimsoll, &folder.at("registry"), "127.0.0.1:0")?;
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
                let reference = signed(plimsoll, folder, &server.address, key, format)?;
                let config = folder.at("notation");
                let ours = Words::new(plimsoll, &["--config", &config, "verify", &reference]);
                let theirs = Words::new(&interop, &["verify", "--ref", &reference, "--config", &config]);
                let [ours, theirs] = in_turns([&ours, &theirs], runs)?;
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
