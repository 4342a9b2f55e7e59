//! The same input gives the same image, and what is built is read again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use plimsoll_core::{Blob, Digest, UnixTime};
use plimsoll_image::{ArchivePacker, Image, ImageBuilder, LayerBuilder};
use plimsoll_oci::{
    ContainerConfig, ImageConfig, LayerReader, Manifest, Platform, RootFs, TarEntry, TarKind, TarWriter, annotation,
    media_type,
};
use proptest::prelude::*;

type Files = Vec<(String, Vec<u8>)>;

fn build(files: &Files, created: UnixTime) -> (Blob, Image) {
    let mut layer = LayerBuilder::new(Vec::new());
    for (path, content) in files {
        let kind = TarKind::File(content.len() as u64);
        layer.entry(&TarEntry { path: path.as_bytes(), kind, mode: 0o644, mtime: created.as_secs() }).unwrap();
        layer.content(content).unwrap();
    }
    let (bytes, built) = layer.finish().unwrap();
    let layer = Blob::of(media_type::LAYER_TAR_GZIP, bytes);
    let mut container = ContainerConfig::default();
    container.entrypoint = vec!["/app".into()];
    let image = ImageBuilder::new(Platform::new("linux", "arm64"), created)
        .label("z", "1")
        .container(container)
        .label("a", "2")
        .author("harbour")
        .annotate(annotation::SOURCE, "https://example.com")
        .layer(layer.descriptor().clone(), built, "example")
        .build();
    (layer, image)
}

proptest! {
    #[test]
    fn the_same_input_gives_the_same_image_and_is_read_again(
        files in prop::collection::btree_map("[a-z]{1,120}", prop::collection::vec(any::<u8>(), 0..2000), 0..6)
    ) {
        let files: Files = files.into_iter().collect();
        let created = UnixTime::saturating_from_secs(1_800_000_000);
        let (layer, image) = build(&files, created);
        prop_assert_eq!(&(layer.clone(), image.clone()), &build(&files, created));

        let Ok(Manifest::Image(manifest)) = Manifest::parse(&image.manifest) else { panic!() };
        let config = ImageConfig::parse(&image.config).unwrap();
        prop_assert!(config.fits(&manifest).is_ok());
        prop_assert_eq!(&manifest.layers[0].descriptor, layer.descriptor());
        let mut root = RootFs::new(|_, _| true);
        let mut reader = LayerReader::new(&layer.descriptor().media_type, root.layer()).unwrap();
        reader.push(layer.bytes()).unwrap();
        let (_, summary) = reader.finish().unwrap();
        prop_assert_eq!(summary.diff_id, config.diff_ids[0]);
        for (path, content) in &files {
            prop_assert_eq!(&root.read(path.as_bytes()).unwrap().unwrap()[..], content.as_slice());
        }
    }
}

#[test]
fn the_time_and_every_byte_are_part_of_the_digest() {
    let files = vec![("a".to_owned(), b"1".to_vec())];
    let (_, one) = build(&files, UnixTime::MIN);
    let (_, later) = build(&files, UnixTime::saturating_from_secs(1));
    let (_, other) = build(&vec![("a".to_owned(), b"2".to_vec())], UnixTime::MIN);
    assert_ne!(one.manifest, later.manifest);
    assert_ne!(one.manifest, other.manifest);
}

#[test]
fn a_build_says_what_it_was_told_and_nothing_else() {
    let (_, image) = build(&vec![], UnixTime::MIN);
    let config = std::str::from_utf8(image.config.bytes()).unwrap();
    let empty = Digest::sha256_of(&[0; 1024]);
    assert_eq!(
        config,
        format!(
            r#"{{"created":"1970-01-01T00:00:00Z","author":"harbour","architecture":"arm64","os":"linux","config":{{"Entrypoint":["/app"],"Labels":{{"a":"2","z":"1"}}}},"rootfs":{{"type":"layers","diff_ids":["{empty}"]}},"history":[{{"created":"1970-01-01T00:00:00Z","created_by":"example"}}]}}"#
        )
    );
    let manifest = std::str::from_utf8(image.manifest.bytes()).unwrap();
    assert!(manifest.ends_with(r#""annotations":{"org.opencontainers.image.created":"1970-01-01T00:00:00Z","org.opencontainers.image.source":"https://example.com"}}"#));
}

#[test]
fn the_gzip_header_has_no_time_and_no_name() {
    let (bytes, _) = LayerBuilder::new(Vec::new()).finish().unwrap();
    assert_eq!(bytes.get(..10).unwrap(), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
}

#[test]
fn an_archive_that_is_there_is_packed_as_it_is() {
    let mut tar = TarWriter::new(Vec::new());
    tar.entry(&TarEntry { path: b"a", kind: TarKind::Directory, mode: 0o755, mtime: 7 }).unwrap();
    let tar = tar.finish().unwrap();
    let mut packer = ArchivePacker::new(Vec::new());
    tar.chunks(100).for_each(|chunk| packer.push(chunk).unwrap());
    let (bytes, built) = packer.finish().unwrap();
    assert_eq!((built.diff_id, built.unpacked), (Digest::sha256_of(&tar), tar.len() as u64));
    let mut root = RootFs::new(|_, _| true);
    let mut reader = LayerReader::new(media_type::LAYER_TAR_GZIP, root.layer()).unwrap();
    reader.push(&bytes).unwrap();
    assert_eq!(reader.finish().unwrap().1.diff_id, built.diff_id);
    assert_eq!(root.nodes().count(), 1);
}
