//! Layers from directories and archives.

use crate::support::now;
use plimsoll_core::{Classify as _, Fetch as _, UnixTime, next_chunk};
use plimsoll_oci::{Kept, LayerReader, NodeKind, RootFs, TarEntry, TarKind, TarWriter, media_type};
use plimsoll_store::{Layout, PackedLayer};
use std::{
    fs::{self, File, FileTimes},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    time::{Duration, SystemTime},
};

fn epoch() -> UnixTime {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// Makes the same tree, its files in one order or the other, and with times of their own.
fn tree(root: &Path, reverse: bool, seconds: u64) {
    let mut names = ["a-b", "a", "b/c/d", "b/c.d", "z"];
    if reverse {
        names.reverse();
    }
    fs::create_dir_all(root.join("b/c")).unwrap();
    for name in names {
        fs::write(root.join(name), format!("content of {name}")).unwrap();
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    for directory in ["b", "b/c"] {
        fs::set_permissions(root.join(directory), fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(root.join("z"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::hard_link(root.join("a"), root.join("b/hard")).unwrap();
    symlink("../../../etc/passwd", root.join("b/link")).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(epoch().as_secs() + seconds);
    for name in ["a", "b", "z", "b/c", "b/c.d"] {
        File::open(root.join(name)).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
    }
}

fn squash(layout: &Layout, packed: &PackedLayer) -> RootFs {
    let mut root = RootFs::new(|_, _| true);
    let mut reader = LayerReader::new(&packed.descriptor.media_type, root.layer()).unwrap();
    let mut body = now(layout.fetch(&packed.descriptor)).unwrap();
    while let Some(chunk) = now(next_chunk(&mut body)) {
        reader.push(&chunk.unwrap()).unwrap();
    }
    let (_, summary) = reader.finish().unwrap();
    assert_eq!(summary.diff_id, packed.layer.diff_id);
    assert_eq!(summary.unpacked, packed.layer.unpacked);
    root
}

#[test]
fn the_same_directory_gives_the_same_digest_whatever_its_order_and_times() {
    let keep = tempfile::tempdir().unwrap();
    let layout = Layout::create(keep.path().join("layout")).unwrap();
    let (one, two) = (keep.path().join("one"), keep.path().join("two"));
    tree(&one, false, 10);
    tree(&two, true, 100_000);
    let packed = layout.pack_directory(&one, epoch()).unwrap();
    assert_eq!(packed, layout.pack_directory(&two, epoch()).unwrap());
    assert_eq!(packed.entries, 9);
    let root = squash(&layout, &packed);
    assert_eq!(root.read(b"b/hard").unwrap().unwrap(), &b"content of a"[..]);
    assert_eq!(root.get(b"z").unwrap().unwrap().1.mode(), 0o4755);
    // The content is part of the digest, and so is a mode.
    fs::write(two.join("a"), "content of A").unwrap();
    assert_ne!(layout.pack_directory(&two, epoch()).unwrap().descriptor, packed.descriptor);
}

// attack: A-073
#[test]
fn a_073_devices_and_pipes_are_passed_over_and_reported() {
    let keep = tempfile::tempdir().unwrap();
    let layout = Layout::create(keep.path().join("layout")).unwrap();
    let root = keep.path().join("root");
    fs::create_dir(&root).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, root.join("pi\u{1b}pe"), fifo, 0o600.into(), 0).unwrap();
    fs::write(root.join("file"), "x").unwrap();
    let packed = layout.pack_directory(&root, epoch()).unwrap();
    assert_eq!(packed.entries, 1);
    assert_eq!(packed.skipped[0].as_str(), r"pi\u{1b}pe");
}

// attack: A-058
#[test]
fn a_058_a_link_in_a_directory_is_packed_as_a_link() {
    let keep = tempfile::tempdir().unwrap();
    let layout = Layout::create(keep.path().join("layout")).unwrap();
    let root = keep.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::create_dir(keep.path().join("outside")).unwrap();
    fs::write(keep.path().join("outside/secret"), "secret").unwrap();
    symlink(keep.path().join("outside"), root.join("link")).unwrap();
    let packed = layout.pack_directory(&root, epoch()).unwrap();
    let squashed = squash(&layout, &packed);
    let nodes: Vec<_> = squashed.nodes().collect();
    assert_eq!(nodes.len(), 1);
    assert!(matches!(nodes[0].1.kind(), NodeKind::Symlink(_)));
}

#[test]
fn an_archive_is_read_before_it_is_a_layer() {
    let keep = tempfile::tempdir().unwrap();
    let layout = Layout::create(keep.path().join("layout")).unwrap();
    let mut tar = TarWriter::new(Vec::new());
    tar.entry(&TarEntry { path: b"etc/motd", kind: TarKind::File(4), mode: 0o644, mtime: 0 }).unwrap();
    tar.content(b"ship").unwrap();
    let tar = tar.finish().unwrap();
    let path = keep.path().join("layer.tar");
    fs::write(&path, &tar).unwrap();
    let packed = layout.pack_archive(&path).unwrap();
    assert_eq!(&*packed.descriptor.media_type, media_type::LAYER_TAR_GZIP);
    assert_eq!(packed.layer.diff_id, plimsoll_core::Digest::sha256_of(&tar));
    let root = squash(&layout, &packed);
    assert!(matches!(root.get(b"etc/motd").unwrap().unwrap().1.kind(), NodeKind::File { content: Kept::Yes(_), .. }));

    // One under gzip is kept as it is.
    let packed_bytes = layout.read_checked(&packed.descriptor, 1 << 20).unwrap();
    fs::write(&path, packed_bytes.bytes()).unwrap();
    assert_eq!(layout.pack_archive(&path).unwrap().descriptor, packed.descriptor);

    fs::write(&path, &tar[..600]).unwrap();
    let error = layout.pack_archive(&path).unwrap_err();
    assert_eq!(error.code().name(), "malformed-layer");
    assert_eq!(
        error.to_string(),
        format!("`{}`: expected a whole tar archive, found its end after 600 bytes", path.display())
    );
    assert_eq!(fs::read_dir(keep.path().join("layout/.staging")).unwrap().count(), 0);
}

#[test]
fn a_directory_that_holds_the_layout_is_not_packed_into_it() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a"), "a").unwrap();
    let layout = Layout::create(root.path().join("out/layout")).unwrap();
    for path in [root.path().to_path_buf(), root.path().join("out"), root.path().join("out/layout")] {
        let error = layout.pack_directory(&path, epoch()).unwrap_err();
        assert!(error.to_string().contains("the layout that is written to lies in the directory"), "{error}");
    }
}
