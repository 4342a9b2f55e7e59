//! Images, layers, inventories and what is said of them.

use crate::round_trip;
use plimsoll_catalog::{Catalog, OsRelease, is_evidence};
use plimsoll_core::UnixTime;
use plimsoll_oci::{
    Content, Entry, LayerError, LayerLimits, LayerReader, LayerSummary, LayerVisitor, Limits, Manifest, RootFs,
    RootFsLimits, media_type, parse_referrers, referrers_index,
};
use plimsoll_provenance::{PredicateType, slsa};
use plimsoll_sbom::{Document, Inventory, Writing, cyclonedx, spdx};

pub fn manifest(input: &[u8]) {
    for declared in [
        media_type::IMAGE_MANIFEST,
        media_type::IMAGE_INDEX,
        media_type::DOCKER_MANIFEST,
        media_type::DOCKER_MANIFEST_LIST,
    ] {
        let write = |manifest: &Manifest| match manifest {
            Manifest::Image(image) => image.to_blob().to_bytes(),
            Manifest::Index(index) => index.to_blob().to_bytes(),
        };
        round_trip(input, |input: &[u8]| Manifest::parse_bytes(declared, input), write);
    }
}

pub fn referrers(input: &[u8]) {
    let read = |input: &[u8]| parse_referrers(media_type::IMAGE_INDEX, input, &Limits::list());
    round_trip(input, read, |list| referrers_index(list).to_bytes());
}

/// What comes out must not depend on how the input is cut. Of two faults, either may be the first that shows.
pub fn layer(input: &[u8], media_type: &str) {
    let whole = read(input, media_type, input.len().max(1));
    assert_eq!(read(input, media_type, 7).ok(), whole.ok());
}

fn read(input: &[u8], media_type: &str, chunk: usize) -> Result<(Vec<(Entry, u64)>, LayerSummary), LayerError> {
    let limits = LayerLimits { unpacked: 1 << 20, free: 1 << 16, ..LayerLimits::default() };
    let mut reader = LayerReader::within(media_type, Entries::default(), limits)?;
    input.chunks(chunk).try_for_each(|chunk| reader.push(chunk))?;
    reader.finish().map(|(entries, summary)| (entries.0, summary))
}

/// Each entry, with the bytes that came.
#[derive(Default)]
struct Entries(Vec<(Entry, u64)>);

impl LayerVisitor for Entries {
    fn entry(&mut self, entry: &Entry) -> Result<Content, LayerError> {
        self.0.push((entry.clone(), 0));
        Ok(Content::Wanted)
    }
    fn content(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        self.0.last_mut().expect("an entry before its content").1 += chunk.len() as u64;
        Ok(())
    }
    fn end(&mut self) -> Result<(), LayerError> {
        let (entry, came) = self.0.last().expect("an entry before its end");
        assert_eq!(entry.size, *came);
        Ok(())
    }
}

/// The halves of the input are two layers, one on top of the other.
pub fn root_fs(input: &[u8]) {
    let middle = (input.len() / 1024) * 512;
    let (lower, upper) = input.split_at(middle);
    let limits = RootFsLimits::default();
    let mut root = RootFs::within(limits, |path, _| is_evidence(path) || path.len() < 8);
    for layer in [lower, upper] {
        let reader = LayerReader::new(media_type::LAYER_TAR, root.layer());
        let done = reader.and_then(|mut reader| reader.push(layer).and_then(|()| reader.finish().map(drop)));
        if done.is_err() {
            return;
        }
    }
    let paths: Vec<_> = root.nodes().map(|(path, _)| path.to_vec()).collect();
    for path in &paths {
        let _ = root.read(path);
        let is_inside = |part: &[u8]| !matches!(part, b"" | b"." | b"..");
        assert!(path.split(|byte| *byte == b'/').all(is_inside), "{path:?}");
    }
    let _ = Catalog::read_root(&root, &Default::default());
}

/// Both formats are written of whatever was read.
pub fn sbom(input: &[u8]) {
    let limits = Default::default();
    let Ok(document) = Document::read(input, &limits) else { return };
    let writing = Writing::new(UnixTime::MIN, "fuzz", "0");
    for write in [cyclonedx::write, spdx::write] {
        let written = write(&document.inventory, &writing);
        let again = Document::read(&written, &limits).expect("our own document").inventory;
        assert_eq!(packages(&again), packages(&document.inventory));
    }
}

fn packages(inventory: &Inventory) -> Vec<[Option<&str>; 3]> {
    inventory.all().map(|one| [Some(&*one.name), one.version.as_deref(), one.purl.as_deref()]).collect()
}

pub fn slsa(input: &[u8]) {
    round_trip(input, slsa::Provenance::read, slsa::Provenance::to_json);
    for name in ["slsaprovenance1", "slsaprovenance02"] {
        let kind = PredicateType::parse(name).expect("a short name");
        let _ = slsa::Summary::read(&kind, input);
    }
}

/// The distribution that packages belong to.
pub fn debian() -> OsRelease {
    OsRelease::read(b"ID=debian\nVERSION_ID=12\n").expect("a release")
}
