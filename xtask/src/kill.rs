//! The embedded registry, killed in the middle of a hundred pushes: `cargo xtask kill`.
//!
//! Some pushers are `plimsoll build` processes; the others speak HTTP themselves, so that every single acknowledgement is known.

mod client;
mod crew;
mod image;
mod ledger;
mod storage;

use crate::lab::{Folder, Options, Peers, Program, Server, Table};
use crew::Crew;
use ledger::Ledger;
use std::time::{Duration, Instant};

/// Pushes, kills, looks, restarts, and at last reads everything back.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--plimsoll", "--rounds"], USAGE)?;
    let rounds = options.number("--rounds", 12)?;
    let folder = Folder::new()?;
    let plimsoll = Peers::new(&options, &folder)?.plimsoll(&options, "release")?;
    let store = folder.at("registry");
    let server = Server::plimsoll(&plimsoll, &store, "127.0.0.1:0")?;
    let address = server.address.clone();
    let ledger = Ledger::default();
    let crew = Crew { folder: &folder, plimsoll: &plimsoll, address: &address, ledger: &ledger };
    let harbour = Harbour { plimsoll: &plimsoll, store: &store, address: &address, ledger: &ledger };
    let last = std::thread::scope(|scope| {
        let pushers = crew.start(scope);
        let last = harbour.rounds(server, rounds).inspect_err(|_| ledger.stop())?;
        for pusher in pushers {
            pusher.join().map_err(|_| "a pusher panicked")??;
        }
        Ok::<Server, String>(last)
    })?;
    let known = ledger.known();
    let read = client::read_back(&last.address, &known)?;
    let found = storage::check(&store, &known)?;
    let (images, all) = (ledger.images(), known.count());
    println!("\n{images} images pushed through {rounds} kills: {all} acknowledgements, all of them there;");
    println!("{read} bytes read back over HTTP, every digest right; {} tags, none on half an image;", found.tags);
    println!("{} unfinished files left", found.unfinished);
    Ok(())
}

/// Where the registry runs.
struct Harbour<'a> {
    plimsoll: &'a Program,
    store: &'a str,
    address: &'a str,
    ledger: &'a Ledger,
}

impl Harbour<'_> {
    /// Kills it, looks at what lies there, and starts it again; the last one that was started.
    fn rounds(&self, mut server: Server, rounds: u32) -> Result<Server, String> {
        let head =
            ["kill", "images acknowledged", "acknowledgements", "cut short", "tags in storage", "unfinished files"];
        let mut table = Table::new(&head);
        for round in (1..=rounds).map(u64::from) {
            wait(self.ledger, IMAGES * round / (u64::from(rounds) + 1))?;
            // Not always at the same point of a push.
            std::thread::sleep(Duration::from_micros(round * 1_300 % 9_000));
            server.kill();
            let (known, cut) = (self.ledger.known(), self.ledger.cut());
            let found = storage::check(self.store, &known).map_err(|why| format!("after kill {round}: {why}"))?;
            let row = [round, self.ledger.images(), known.count(), cut, found.tags, found.unfinished];
            table.row(row.map(|number| number.to_string()));
            server = Server::plimsoll(self.plimsoll, self.store, self.address)?;
        }
        table.print();
        Ok(server)
    }
}

/// Waits until so many images were acknowledged.
fn wait(ledger: &Ledger, images: u64) -> Result<(), String> {
    let began = Instant::now();
    while ledger.images() < images {
        if began.elapsed() > PATIENCE {
            return Err(format!("pushes do not go on: {} of {images} images after {PATIENCE:?}", ledger.images()));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

/// How many images are pushed.
const IMAGES: u64 = 100;
/// How long nothing may happen.
const PATIENCE: Duration = Duration::from_secs(90);
const USAGE: &str = "usage: cargo xtask kill [--plimsoll FILE] [--rounds N]";
