use super::*;
use crate::code;
use plimsoll_core::{Class, code::LIMIT_EXCEEDED};
use plimsoll_oci::{LayerReader, RootFsLimits, TarEntry, TarKind, TarWriter, media_type};

const STATUS: &str = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 8.0\n";
const LOCK: &str = "version = 4\n[[package]]\nname = \"ship\"\nversion = \"0.1.0\"\n";

/// What an entry of a layer is: a file with text, or a link.
enum Kind {
    File(&'static str),
    Link(&'static str),
}
use Kind::{File, Link};

fn layer(entries: &[(&str, Kind)]) -> Vec<u8> {
    let mut tar = TarWriter::new(Vec::new());
    for (path, kind) in entries {
        let path = path.as_bytes();
        match kind {
            File(text) => {
                let kind = TarKind::File(text.len() as u64);
                tar.entry(&TarEntry { path, kind, mode: 0o644, mtime: 0 }).unwrap();
                tar.content(text.as_bytes()).unwrap();
            }
            Link(target) => {
                let kind = TarKind::Symlink(target.as_bytes());
                tar.entry(&TarEntry { path, kind, mode: 0o777, mtime: 0 }).unwrap();
            }
        }
    }
    tar.finish().unwrap()
}

fn squash(mut root: RootFs, layers: &[Vec<u8>]) -> Catalog {
    for layer in layers {
        let mut reader = LayerReader::new(media_type::LAYER_TAR, root.layer()).unwrap();
        reader.push(layer).unwrap();
        reader.finish().unwrap();
    }
    Catalog::read_root(&root, &Limits::default())
}

fn catalog(layers: &[Vec<u8>]) -> Catalog {
    squash(RootFs::new(|path, _| is_evidence(path)), layers)
}

fn names(catalog: &Catalog) -> Vec<&str> {
    catalog.inventory.all().map(|component| &*component.name).collect()
}

#[test]
fn an_image_with_everything_lists_everything_once() {
    let found = catalog(&[layer(&[
        ("usr/lib/os-release", File("ID=debian\nVERSION_ID=12\n")),
        ("etc/os-release", Link("../usr/lib/os-release")),
        ("lib", Link("usr/lib")),
        ("usr/lib/apk/db/installed", File("P:musl\nV:1\n")),
        ("var/lib/dpkg/status", File(STATUS)),
        ("var/lib/dpkg/status.d/base", File("Package: base\nVersion: 1\n")),
        ("var/lib/dpkg/status.d/base.md5sums", File("0123  etc/x\n")),
        ("app/Cargo.lock", File(LOCK)),
        ("app/vendor/ship/Cargo.lock", File(LOCK)),
        ("app/NotCargo.lock", File("rubbish")),
    ])]);
    assert!(found.is_complete(), "{:?}", found.failures);
    assert_eq!(names(&found), ["debian", "musl", "ship", "base", "curl"].map(|name| name));
    assert_eq!(found.release.distro().as_deref(), Some("debian-12"));
}

// attack: A-312
#[test]
fn a_312_what_an_upper_layer_deletes_or_replaces_is_not_listed() {
    let base = layer(&[
        ("etc/os-release", File("ID=debian\nVERSION_ID=11\n")),
        ("var/lib/dpkg/status", File("Package: old\nVersion: 1\n")),
        ("app/Cargo.lock", File(LOCK)),
        ("opt/Cargo.lock", File(LOCK)),
    ]);
    assert_eq!(names(&catalog(std::slice::from_ref(&base))), ["debian", "ship", "old"]);
    let upper = layer(&[
        ("etc/os-release", File("ID=debian\nVERSION_ID=12\n")),
        ("var/lib/dpkg/status", File(STATUS)),
        ("app/.wh.Cargo.lock", File("")),
        ("opt/.wh..wh..opq", File("")),
    ]);
    let found = catalog(&[base, upper]);
    assert_eq!(names(&found), ["debian", "curl"]);
    let purl = found.inventory.components[1].purl.as_deref();
    assert_eq!(purl, Some("pkg:deb/debian/curl@8.0?arch=amd64&distro=debian-12"));
}

#[test]
fn a_database_that_cannot_be_read_is_no_empty_one() {
    let files = [("var/lib/dpkg/status", File("rubbish")), ("lib/apk/db/installed", File("P:musl\nV:1\n"))];
    let found = catalog(&[layer(&files)]);
    assert_eq!(names(&found), ["musl"], "the others are read all the same");
    let [unread] = found.failures.as_slice() else { panic!("{:?}", found.failures) };
    assert_eq!(unread.to_string(), "var/lib/dpkg/status: line 1: expected a field as `name: value`, found `rubbish`");
    assert_eq!((unread.code(), unread.class()), (code::MALFORMED_PACKAGE_DATABASE, Class::Malformed));
    // Not kept, too large, or behind links that go round: there, and not known.
    let status = || [layer(&[("var/lib/dpkg/status", File(STATUS))])];
    let not_kept = squash(RootFs::new(|_, _| false), &status());
    assert!(!not_kept.is_complete() && not_kept.inventory.components.is_empty());
    let small = RootFsLimits { file: 10, ..RootFsLimits::default() };
    let large = squash(RootFs::within(small, |path, _| is_evidence(path)), &status());
    assert_eq!(large.failures[0].code(), LIMIT_EXCEEDED);
    let round = catalog(&[layer(&[("var/lib/dpkg/status", Link("status"))])]);
    assert!(!round.is_complete());
}

#[test]
fn links_are_followed_inside_the_image() {
    let found = catalog(&[layer(&[
        ("etc/os-release", File("ID=debian\nVERSION_ID=12\n")),
        ("usr/lib/dpkg", Link("/data")),
        ("data/status", File(STATUS)),
        ("var/lib/dpkg", Link("../../../../usr/lib/dpkg")),
    ])]);
    // The file lies under a name that nobody was told to keep: it is known that something is not known.
    assert!(!found.is_complete());
    assert_eq!(names(&found), ["debian"]);
}

#[test]
fn files_are_limited_at_the_number() {
    let one = (b"a/Cargo.lock".as_slice(), LOCK.as_bytes());
    let two = (b"b/Cargo.lock".as_slice(), LOCK.as_bytes());
    let within = |files| Catalog::read([one, two], &Limits { files, ..Limits::default() }).is_complete();
    assert!(within(2) && !within(1));
}

#[test]
fn only_the_databases_are_wanted() {
    for (path, wanted) in [
        ("var/lib/dpkg/status", true),
        ("chroot/var/lib/dpkg/status", false),
        ("var/lib/dpkg/status-old", false),
        ("var/lib/dpkg/status.d/base", true),
        ("var/lib/dpkg/status.d/base.md5sums", false),
        ("var/lib/dpkg/status.d/a/b", false),
        ("Cargo.lock", true),
        ("a/Cargo.lock", true),
        ("a/Cargo.lock/x", false),
    ] {
        assert_eq!(is_evidence(path.as_bytes()), wanted, "{path}");
    }
}
