//! A real root file system, shipped and checked: `cargo xtask debian`.

mod packages;
mod rules;

use crate::lab::{Done, Folder, Options, Peers, Program, Server, Table, plimsoll_pki};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

/// Ships, checks, and compares the SBOM with what dpkg itself says.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--rootfs", "--tools", "--plimsoll"], USAGE)?;
    let folder = Folder::new()?;
    let peers = Peers::new(&options, &folder)?;
    let plimsoll = peers.plimsoll(&options, "release")?;
    let rootfs = match options.path("--rootfs")? {
        Some(rootfs) => rootfs,
        None => debootstrap(&peers, &folder)?,
    };
    plimsoll_pki(&plimsoll, &folder)?;
    let server = Server::plimsoll(&plimsoll, &folder.at("registry"), "127.0.0.1:0")?;
    rules::write(&folder, &server.address)?;
    let voyage = Voyage { folder: &folder, plimsoll: &plimsoll, server: &server };
    let mut table = Table::new(&[
        "root file system",
        "size",
        "ship: time",
        "ship: peak memory",
        "check: time",
        "check: peak memory",
        "verdict",
    ]);
    let shipped = voyage.ship("debian", &rootfs)?;
    table.row(shipped.row("Debian", &rootfs));
    let large = large(&folder)?;
    let heavy = voyage.ship("large", &large)?;
    table.row(heavy.row("one random file of 1 GiB", &large));
    table.print();
    let packages = packages::compare(&rootfs, &shipped.sbom)?;
    println!(
        "\n{packages} packages are installed by dpkg's own account, and the attested SBOM lists exactly these, each with its version"
    );
    let most = shipped.ship.peak.max(heavy.ship.peak);
    if most < MOST_MEMORY {
        return Ok(());
    }
    Err(format!("expected a peak memory of ship below {}, found {}", mib(MOST_MEMORY), mib(most)))
}

fn debootstrap(peers: &Peers<'_>, folder: &Folder) -> Result<PathBuf, String> {
    let program =
        peers.find("debootstrap").ok_or("debootstrap is absent: give a root file system with --rootfs DIR")?;
    let rootfs = folder.path().join("rootfs");
    program.must(&["--variant=minbase", "bookworm", &rootfs.display().to_string()])?;
    Ok(rootfs)
}

/// The left and the right half.
struct Voyage<'a> {
    folder: &'a Folder,
    plimsoll: &'a Program,
    server: &'a Server,
}

/// What both halves took.
struct Shipped {
    ship: Done,
    check: Done,
    /// The SBOM that was attested, as a reader of the registry gets it.
    sbom: String,
}

impl Voyage<'_> {
    fn ship(&self, name: &str, rootfs: &Path) -> Result<Shipped, String> {
        let reference = format!("{}/{name}:v1", self.server.address);
        let (config, rules) = (self.folder.at("notation"), self.folder.at("rules.yaml"));
        let source = rootfs.display().to_string();
        let words = ["--config", &config, "-o", "json", "ship", &source, "-t", &reference, "--key", "p256"];
        let ship = self.plimsoll.must(&[&words, &["--app-version", "1.0.0"][..]].concat())?;
        let words = ["--config", &config, "-o", "json", "check", &reference, "--policy", &rules];
        let check = self.plimsoll.must(&words)?;
        let verdict: serde_json::Value = serde_json::from_str(&check.stdout).map_err(|error| error.to_string())?;
        if verdict["decision"] != "ADMIT" {
            return Err(format!("expected an admission: {verdict}"));
        }
        Ok(Shipped { ship, check, sbom: self.attested(name, &reference)? })
    }
    /// The predicate of the CycloneDX attestation, out of a layout that is pulled.
    fn attested(&self, name: &str, reference: &str) -> Result<String, String> {
        let layout = format!("pulled-{name}");
        self.plimsoll.must(&["pull", reference, "--to", &self.folder.at(&layout)])?;
        packages::attested(&self.folder.path().join(layout))
    }
}

impl Shipped {
    fn row(&self, what: &str, rootfs: &Path) -> [String; 7] {
        let seconds = |done: &Done| format!("{:.1} s", done.took.as_secs_f64());
        let (ship, check) = (&self.ship, &self.check);
        let size = mib(Folder::size(rootfs));
        [what.to_owned(), size, seconds(ship), mib(ship.peak), seconds(check), mib(check.peak), "ADMIT".to_owned()]
    }
}

/// A layer that no memory should hold.
fn large(folder: &Folder) -> Result<PathBuf, String> {
    let rootfs = folder.path().join("large");
    let failed = |error: std::io::Error| format!("{}: {error}", rootfs.display());
    std::fs::create_dir_all(&rootfs).map_err(failed)?;
    let (mut random, mut file) =
        (File::open("/dev/urandom").map_err(failed)?, File::create(rootfs.join("random")).map_err(failed)?);
    let mut block = vec![0; 1 << 20];
    for _ in 0..1024 {
        random.read_exact(&mut block).map_err(failed)?;
        file.write_all(&block).map_err(failed)?;
    }
    Ok(rootfs)
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}

const MOST_MEMORY: u64 = 64 << 20;
const USAGE: &str = "usage: cargo xtask debian [--rootfs DIR] [--plimsoll FILE]";
