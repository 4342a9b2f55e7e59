//! Squashing layers.

use crate::support::{Put, archive};
use plimsoll_core::Classify as _;
use plimsoll_oci::{Kept, LayerError, LayerReader, NodeKind, RootFs, RootFsLimits, media_type};

fn onto(root: &mut RootFs, bytes: &[u8]) -> Result<(), LayerError> {
    let mut reader = LayerReader::new(media_type::LAYER_TAR, root.layer())?;
    reader.push(bytes)?;
    reader.finish().map(|_| ())
}

fn squash(layers: &[&[Put<'_>]]) -> RootFs {
    let mut root = RootFs::new(|_, _| true);
    for layer in layers {
        onto(&mut root, &archive(layer)).unwrap();
    }
    root
}

fn paths(root: &RootFs) -> Vec<String> {
    root.nodes().map(|(path, _)| String::from_utf8_lossy(path).into_owned()).collect()
}

fn content(root: &RootFs, path: &str) -> Option<String> {
    root.read(path.as_bytes()).unwrap().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

use Put::{Dir, File, Hard, Link};

#[test]
fn upper_layers_replace_and_hide_lower_ones() {
    let root = squash(&[
        &[Dir("etc"), File("etc/a", "1"), File("etc/b", "1"), Dir("var"), File("var/c/d", "1"), File("var/c/e", "1")],
        &[File("etc/a", "2"), File("etc/.wh.b", ""), File("var/c/.wh..wh..opq", ""), File("var/c/f", "2")],
    ]);
    assert_eq!(paths(&root), ["etc", "etc/a", "var", "var/c/f"]);
    assert_eq!(content(&root, "/etc/a").as_deref(), Some("2"));
    assert_eq!(root.get(b"etc/a").unwrap().unwrap().1.layer(), 2);
    assert_eq!(root.below(b"var").count(), 1);
}

#[test]
fn a_whiteout_hides_lower_layers_only_whatever_the_order() {
    for layer in [&[File("a", "2"), File(".wh.a", "")][..], &[File(".wh.a", ""), File("a", "2")]] {
        assert_eq!(content(&squash(&[&[File("a", "1")], layer]), "a").as_deref(), Some("2"));
    }
    for layer in [&[File("d/x", "2"), File("d/.wh..wh..opq", "")][..], &[File("d/.wh..wh..opq", ""), File("d/x", "2")]]
    {
        assert_eq!(paths(&squash(&[&[File("d/y", "1")], layer])), ["d/x"]);
    }
    assert_eq!(paths(&squash(&[&[Dir("d"), File("d/e/f", "1")], &[File(".wh.d", "")]])), Vec::<String>::new());
    assert_eq!(paths(&squash(&[&[File("a", "1")], &[File(".wh..wh..opq", "")]])), Vec::<String>::new());
    // A name that another begins with is another name.
    assert_eq!(
        paths(&squash(&[&[File("ab/x", ""), File("a-b", ""), File("a/x", "")], &[File(".wh.a", "")]])),
        ["a-b", "ab/x"]
    );
}

#[test]
fn one_kind_replaces_another() {
    assert_eq!(paths(&squash(&[&[Dir("a"), File("a/b", "1")], &[File("a", "2")]])), ["a"]);
    let root = squash(&[&[File("a", "1")], &[Dir("a"), File("a/b", "2")]]);
    assert_eq!(paths(&root), ["a", "a/b"]);
    let root = squash(&[&[Dir("a"), File("a/b", "1")], &[Dir("a")]]);
    assert_eq!(paths(&root), ["a", "a/b"], "a directory over a directory keeps what is in it");
}

// attack: A-058
#[test]
fn a_058_a_write_through_a_link_stays_inside_the_image() {
    let root = squash(&[&[
        Link("out", "../../../../etc"),
        File("out/passwd", "x"),
        Link("run", "/var/run"),
        File("run/pid", "1"),
    ]]);
    assert_eq!(paths(&root), ["etc/passwd", "out", "run", "var/run/pid"]);
    assert_eq!(content(&root, "out/passwd").as_deref(), Some("x"));
    assert_eq!(content(&root, "/../../run/../run/pid").as_deref(), Some("1"));
}

// attack: A-059
#[test]
fn a_059_chains_of_links_end_inside_or_are_refused() {
    let root = squash(&[&[Dir("a"), Link("a/up", "../.."), Link("b", "a/up/.."), File("b/etc/x", "1")]]);
    assert_eq!(content(&root, "etc/x").as_deref(), Some("1"));
    for hops in [2_usize, 39, 40, 41] {
        let names: Vec<_> = (0..=hops).map(|n| format!("l{n}")).collect();
        let mut entries = vec![File("l0", "end")];
        entries.extend(names.windows(2).map(|pair| Link(&pair[1], &pair[0])));
        let root = squash(&[&entries]);
        let found = root.read(names[hops].as_bytes());
        if hops <= 40 {
            assert_eq!(found.unwrap().unwrap(), &b"end"[..]);
        } else {
            assert_eq!(found.unwrap_err().to_string(), "more than 40 symbolic links in one path");
        }
    }
    let round = squash(&[&[Link("x", "y"), Link("y", "x")]]);
    assert_eq!(round.read(b"x").unwrap_err().code().name(), "limit-exceeded");
    let mut root = RootFs::new(|_, _| true);
    assert!(onto(&mut root, &archive(&[Link("x", "x"), File("x/a", "")])).is_err());
}

// attack: A-060
#[test]
fn a_060_a_hard_link_names_an_entry_of_the_image() {
    let root = squash(&[&[File("d/a", "1"), Hard("b", "d/a")], &[Hard("c", "/b")]]);
    assert_eq!(content(&root, "c").as_deref(), Some("1"));
    for target in ["none", "d", "/etc/passwd"] {
        let mut root = RootFs::new(|_, _| true);
        let error = onto(&mut root, &archive(&[Dir("d"), Hard("b", target)])).unwrap_err();
        assert_eq!(error.code().name(), "path-escape", "{target}");
    }
}

// attack: A-061
#[test]
fn a_061_a_hard_link_to_a_link_is_that_link() {
    let root = squash(&[&[Dir("d"), Link("d/l", "../x"), Hard("h", "d/l"), File("x", "1")]]);
    assert_eq!(root.nodes().find(|(path, _)| *path == b"h").unwrap().1.kind(), &NodeKind::Symlink(b"../x".to_vec()));
}

// attack: A-062
#[test]
fn a_062_a_directory_replaces_a_link() {
    let root = squash(&[&[Dir("t"), File("t/old", "1"), Link("l", "t")], &[Dir("l"), File("l/new", "2")]]);
    assert_eq!(paths(&root), ["l", "l/new", "t", "t/old"]);
    assert_eq!(root.get(b"l").unwrap().unwrap().1.kind(), &NodeKind::Directory);
}

#[test]
fn below_a_file_there_is_nothing() {
    let mut root = RootFs::new(|_, _| true);
    let error = onto(&mut root, &archive(&[File("a", "1"), File("a/b", "2")])).unwrap_err();
    assert_eq!(error.to_string(), "entry 2: expected a path whose parents are directories");
    let root = squash(&[&[File("a", "1")]]);
    assert_eq!(root.get(b"a/b"), Ok(None));
}

#[test]
fn content_that_was_not_kept_does_not_look_like_no_file() {
    let mut root =
        RootFs::within(RootFsLimits { file: 3, kept: 5, ..RootFsLimits::default() }, |path, _| path != b"other");
    onto(&mut root, &archive(&[File("large", "1234"), File("other", "1"), File("a", "123"), File("b", "123")]))
        .unwrap();
    assert_eq!(root.read(b"large").unwrap_err().to_string(), "more than 3 bytes of a kept file");
    let error = root.read(b"other").unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.code().name()),
        ("the content of `other` was not kept", "not-supported")
    );
    assert!(root.read(b"a").unwrap().is_some() && root.read(b"b").is_err(), "all of them together have a limit too");
    assert_eq!(root.read(b"none"), Ok(None));
    assert!(matches!(root.get(b"b").unwrap().unwrap().1.kind(), NodeKind::File { size: 3, content: Kept::TooLarge }));
}

#[test]
fn squashing_has_a_budget() {
    let mut root = RootFs::within(RootFsLimits { paths: 3, ..RootFsLimits::default() }, |_, _| false);
    let error = onto(&mut root, &archive(&[File("a", ""), File("b", ""), File("c", ""), File("d", "")])).unwrap_err();
    assert_eq!(error.to_string(), "more than 3 paths in an image");
    let mut root = RootFs::within(RootFsLimits { steps: 10, ..RootFsLimits::default() }, |_, _| false);
    let mut entries = vec![File("d/a", ""), File("d/b", "")];
    entries.extend([File("d/.wh..wh..opq", ""); 4]);
    assert_eq!(onto(&mut root, &archive(&entries)).unwrap_err().to_string(), "more than 10 steps of squashing layers");
}
