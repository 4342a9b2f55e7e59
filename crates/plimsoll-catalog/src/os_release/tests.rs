use super::*;
use crate::code;
use plimsoll_core::Classify;
use proptest::prelude::*;

#[test]
fn values_are_read_as_a_shell_reads_them() {
    let text = "# a comment\n\nNAME=\"Debian GNU/Linux\"\nID=Debian\nVERSION_ID='12'\nPRETTY_NAME=\"a \\\"b\\\" \\$c\"\r\nHOME_URL=x=y\n";
    let release = OsRelease::read(text.as_bytes()).unwrap();
    assert_eq!(release.id.as_deref(), Some("debian"));
    assert_eq!(release.pretty_name.as_deref(), Some("a \"b\" $c"));
    assert_eq!(release.distro().as_deref(), Some("debian-12"));
    assert_eq!(OsRelease::read(b"ID=arch\nVERSION_ID=\n").unwrap().distro().as_deref(), Some("arch"));
    assert_eq!(OsRelease::read(b"VERSION_ID=1\n").unwrap().distro(), None);
    assert_eq!(OsRelease::read(b"ID=a\nID=b\n").unwrap().id.as_deref(), Some("b"));
}

#[test]
fn broken_lines_are_refused_with_their_number() {
    for (text, message) in [
        ("ID=a\nrubbish\n", "line 2: expected an assignment as `NAME=value`, found `rubbish`"),
        ("ID=\"a\n", "line 1: expected a value with its quotes closed, found `ID=\"a`"),
        ("ID='a\n", "line 1: expected a value with its quotes closed, found `ID='a`"),
        ("ID=\"a\"b\n", "line 1: expected a value with its quotes closed, found `ID=\"a\"b`"),
    ] {
        let error = OsRelease::read(text.as_bytes()).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.code()), (message, code::MALFORMED_PACKAGE_DATABASE));
    }
    assert!(OsRelease::read(b"ID=\xff\n").is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = OsRelease::read(&bytes);
    }
}
