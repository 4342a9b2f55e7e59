//! Pulling and pushing beside crane, oras, skopeo and curl.

use super::{
    Scene,
    image::Image,
    turns::{Figures, MIB, Words, in_turns},
};
use crate::lab::{Program, Server, Table};
use std::fs;

/// Times pulls from each registry to a layout, and pushes from a layout to each registry, in turns.
pub(super) fn run(scene: &Scene<'_>) -> Result<(), String> {
    let tools = Tools { crane: scene.peer("crane")?, oras: scene.peer("oras")?, curl: scene.peer("curl")? };
    let two = Image::write(scene.folder, "two-layers", 2, SIZE)?;
    let sixty = Image::write(scene.folder, "sixty-layers", 60, SIZE)?;
    let own = Server::plimsoll(&scene.plimsoll, &scene.folder.at("transfers"), "127.0.0.1:0")?;
    let distribution = Server::distribution(&scene.peer("registry")?, scene.folder)?;
    let memory = Server::interop(&scene.peer("interop")?)?;
    let mut table = Table::new(&[
        "what",
        "registry",
        "processor time over crane",
        "over oras",
        "time over crane",
        "over oras",
        "over curl",
        "our peak memory",
        "crane's",
        "oras'",
    ]);
    for (name, server) in [("plimsoll", &own), ("distribution", &distribution), ("go-containerregistry", &memory)] {
        for (what, image) in [("2 layers", &two), ("60 layers", &sixty)] {
            let part = Transfer { scene, tools: &tools, image, address: &server.address };
            table.row(part.pull(what, name)?);
            table.row(part.push(what, name)?);
        }
    }
    println!("115 MB: medians of {} runs each, in turns\n", scene.runs(RUNS));
    table.print();
    Ok(())
}

struct Tools {
    crane: Program,
    oras: Program,
    curl: Program,
}

struct Transfer<'a> {
    scene: &'a Scene<'a>,
    tools: &'a Tools,
    image: &'a Image,
    address: &'a str,
}

impl Transfer<'_> {
    fn pull(&self, what: &str, registry: &str) -> Result<[String; 10], String> {
        let (scene, tools) = (self.scene, self.tools);
        let repository = format!("{}/pulled/image", self.address);
        let reference = format!("{repository}:v1");
        scene.plimsoll.must(&["copy", &format!("oci:{}:v1", self.image.path), &reference])?;
        let target = scene.folder.at("target");
        let to_layout = format!("{target}:v1");
        let fresh = || match fs::remove_dir_all(&target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{target}: {error}")),
            _ => Ok(()),
        };
        let ours = Words::new(&scene.plimsoll, &["pull", &reference, "--to", &target]).before(fresh);
        let crane = Words::new(&tools.crane, &["pull", "--format", "oci", &reference, &target]).before(fresh);
        let words = ["copy", "--from-plain-http", &reference, "--to-oci-layout", &to_layout];
        let oras = Words::new(&tools.oras, &words).before(fresh);
        let urls = self.image.layers.iter().enumerate().flat_map(|(number, digest)| {
            let url = format!("http://{}/v2/pulled/image/blobs/{digest}", self.address);
            ["-o".to_owned(), format!("{target}/{number}"), url]
        });
        let words: Vec<String> =
            ["-sS", "--fail", "--create-dirs"].map(str::to_owned).into_iter().chain(urls).collect();
        let curl = Words::each(&tools.curl, |_| words.clone()).before(fresh);
        let [ours, crane, oras, curl] = in_turns([&ours, &crane, &oras, &curl], scene.runs(RUNS))?;
        Ok(row(&format!("pull, {what}"), registry, ours, crane, oras, Some(curl)))
    }
    fn push(&self, what: &str, registry: &str) -> Result<[String; 10], String> {
        let (scene, tools, image) = (self.scene, self.tools, self.image);
        let to = |tool: &str, number: u32| format!("{}/pushed/{tool}-{}-{number}:v1", self.address, image.layers.len());
        let from = format!("{}:v1", image.path);
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let ours = Words::each(&scene.plimsoll, |number| words(&["copy", &format!("oci:{from}"), &to("ours", number)]));
        let crane = Words::each(&tools.crane, |number| words(&["push", &image.path, &to("crane", number)]));
        let oras = Words::each(&tools.oras, |number| {
            words(&["copy", "--from-oci-layout", &from, "--to-plain-http", &to("oras", number)])
        });
        let [ours, crane, oras] = in_turns([&ours, &crane, &oras], scene.runs(RUNS))?;
        Ok(row(&format!("push, {what}"), registry, ours, crane, oras, None))
    }
}

fn row(
    what: &str,
    registry: &str,
    ours: Figures,
    crane: Figures,
    oras: Figures,
    curl: Option<Figures>,
) -> [String; 10] {
    let processor = |other: Figures| format!("{:.2}", ours.processor.as_secs_f64() / other.processor.as_secs_f64());
    let time = |other: Figures| format!("{:.2}", ours.time.as_secs_f64() / other.time.as_secs_f64());
    let memory = |figures: Figures| format!("{:.1} MiB", figures.peak / MIB);
    [
        what.to_owned(),
        registry.to_owned(),
        processor(crane),
        processor(oras),
        time(crane),
        time(oras),
        curl.map(time).unwrap_or_default(),
        memory(ours),
        memory(crane),
        memory(oras),
    ]
}

const SIZE: u64 = 115_000_000;
const RUNS: u32 = 11;
