//! Each denial code of the crate, by its exact message.

use plimsoll_core::{Class, Classify as _};
use plimsoll_store::{Access, Layout, code};
use std::fs;

#[test]
fn every_code_is_said_in_these_words() {
    let keep = tempfile::tempdir().unwrap();
    let path = keep.path().join("layout");
    Layout::create(&path).unwrap();
    let read_only = Layout::open(&path, Access::Read).unwrap().stage().unwrap_err();
    assert_eq!(read_only.code(), code::READ_ONLY);
    assert_eq!(read_only.to_string(), format!("`{}` is open for reading alone", path.display()));

    let file = keep.path().join("file");
    fs::write(&file, "").unwrap();
    let failed = Layout::open(&file, Access::Read).unwrap_err();
    assert_eq!(failed.code(), code::STORAGE_FAILED);
    assert_eq!(failed.to_string(), format!("cannot open `{}`: Not a directory (os error 20)", file.display()));
    assert_eq!(code::ALL, [code::READ_ONLY, code::STORAGE_FAILED]);
    assert!(code::ALL.iter().all(|code| code.class() == Class::Unavailable));
}
