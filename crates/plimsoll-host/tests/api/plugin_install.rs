//! Installing plugins from programs, archives and folders.

use super::{
    Home,
    plugin::{metadata, runner, stub},
};
use flate2::{Compression, write::GzEncoder};
use plimsoll_core::{Classify as _, Digest};
use plimsoll_host::{
    file::Overwrite,
    plugin::{Expected, InstallError, Installed, install, installed, uninstall, unpack_plugin},
};
use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
};

fn script(name: &str, version: &str) -> Vec<u8> {
    format!("#!/bin/sh\necho '{}'\n", metadata(name, version)).into_bytes()
}
fn tar_gz(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        // Names as an attacker writes them, which the writer would refuse.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
async fn put(home: &Home, source: &Path, expected: Expected) -> Result<Installed, InstallError> {
    install(&runner(home), source, expected, Overwrite::Refuse).await
}
fn plugins(home: &Home) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(home.at("plugins"))
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

#[test]
fn an_archive_is_unpacked_without_running_anything() {
    let files: &[(&str, &[u8])] = &[("LICENSE", b"free"), ("notation-kms", b"no program"), ("docs/x", b"y")];
    for bytes in [zip(files), tar_gz(files)] {
        let home = Home::new();
        let (source, into) = (home.write("archive", bytes), home.at("into"));
        fs::create_dir(&into).unwrap();
        assert_eq!(unpack_plugin(&source, &into).unwrap(), ["LICENSE", "notation-kms"]);
        assert_eq!(fs::read(into.join("LICENSE")).unwrap(), b"free");
        assert_eq!(fs::read_dir(&into).unwrap().count(), 2);
        let bad = home.write("bad", zip(&[("../notation-kms", b"x")]));
        assert!(matches!(unpack_plugin(&bad, &into), Err(InstallError::Entry { .. })));
        assert!(!home.at("notation-kms").exists());
    }
}

// spec: NP-011
#[tokio::test]
async fn a_program_archive_or_folder_becomes_a_plugin() {
    let program = script("kms", "1.0.0");
    let files: &[(&str, &[u8])] = &[("./LICENSE", b"free"), ("notation-kms", &program), ("docs/x", b"y")];
    for (name, bytes) in [
        ("notation-kms", program.clone()),
        ("kms.tar.gz", tar_gz(files)),
        ("kms.zip", zip(&[("LICENSE", b"free"), ("notation-kms", &program), ("docs/x", b"y")])),
    ] {
        let home = Home::new();
        let source = home.write(name, &bytes);
        let expected = Expected::Sha256(Digest::sha256_of(&bytes));
        let done = put(&home, &source, expected).await.unwrap();
        assert_eq!((done.metadata.version.to_string(), done.replaced), ("1.0.0".into(), None), "{name}");
        assert_eq!(plugins(&home), ["kms"]);
        let found = installed(&runner(&home)).await.unwrap().value;
        assert_eq!(found[0].1.as_ref().unwrap().name.as_str(), "kms");
        assert!(!home.at("plugins/kms/docs").exists());
        assert_eq!(home.at("plugins/kms/LICENSE").exists(), name != "notation-kms");
    }
    let home = Home::new();
    home.write("source/notation-kms", &program);
    put(&home, &home.at("source"), Expected::Unchecked).await.unwrap();
    uninstall(&runner(&home), &"kms".parse().unwrap()).unwrap();
    assert_eq!(plugins(&home), [""; 0]);
    let error = uninstall(&runner(&home), &"kms".parse().unwrap()).unwrap_err();
    home.says(&error, "plugin-not-installed", "expected the plugin `kms` in `HOME/plugins/kms`, found nothing there");
}

// attack: A-353
#[tokio::test]
async fn a_353_a_plugin_is_checked_or_the_user_says_that_it_is_not() {
    let home = Home::new();
    let source = home.write("notation-kms", script("kms", "1.0.0"));
    let error = put(&home, &source, Expected::Nothing).await.unwrap_err();
    let message = "`HOME/notation-kms`: expected the SHA-256 digest that the plugin's makers publish, found none";
    home.says(&error, "plugin-unchecked", message);
    let (expected, found) = (Digest::sha256_of(b"other"), Digest::sha256_of(&script("kms", "1.0.0")));
    let error = put(&home, &source, Expected::Sha256(expected)).await.unwrap_err();
    home.says(&error, "digest-mismatch", &format!("`HOME/notation-kms`: expected {expected}, found {found}"));
    home.write("folder/notation-kms", script("kms", "1.0.0"));
    let error = put(&home, &home.at("folder"), Expected::Sha256(expected)).await.unwrap_err();
    home.says(&error, "unsafe-path", "`HOME/folder`: expected a regular file, found a directory");
    assert_eq!(plugins(&home), [""; 0]);
}

// attack: A-353
#[tokio::test]
async fn a_353_no_entry_of_an_archive_leaves_its_folder() {
    let program = script("kms", "1.0.0");
    for bad in ["../notation-kms", "/tmp/notation-kms", "a/../../b", "..\\b", "a/../b"] {
        let files: &[(&str, &[u8])] = &[("notation-kms", &program), (bad, b"x")];
        let mut sources = vec![("kms.tar.gz", tar_gz(files))];
        sources.push(("kms.zip", zip(files)));
        for (name, bytes) in sources {
            let home = Home::new();
            let source = home.write(name, bytes);
            let error = put(&home, &source, Expected::Unchecked).await.unwrap_err();

            let message = format!("`HOME/{name}`: expected files in the archive itself, found the entry `{bad}`");
            home.says(&error, "unsafe-path", &message);
            assert_eq!(plugins(&home), [""; 0]);
        }
    }
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, "notation-kms", "/bin/sh").unwrap();
    let home = Home::new();
    let source = home.write("kms.tgz", tar.into_inner().unwrap().finish().unwrap());
    let error = put(&home, &source, Expected::Unchecked).await.unwrap_err();
    let message = "`HOME/kms.tgz`: expected files in the archive itself, found the entry `notation-kms`";
    home.says(&error, "unsafe-path", message);
    home.link("notation-kms", "folder/notation-kms");
    let error = put(&home, &home.at("folder"), Expected::Unchecked).await.unwrap_err();
    home.says(&error, "unsafe-path", "`HOME/folder/notation-kms`: expected a regular file, found a symbolic link");
}

// attack: A-353
// spec: NP-012
#[tokio::test]
async fn a_353_one_program_and_no_other_is_the_plugin() {
    let home = Home::new();
    let program = script("kms", "1.0.0");
    let two = home.write("two.zip", zip(&[("notation-a", &program), ("notation-b", &program)]));
    let error = put(&home, &two, Expected::Unchecked).await.unwrap_err();
    let message = "`HOME/two.zip`: expected one program `notation-NAME`, found `notation-a`, `notation-b`";
    home.says(&error, "malformed-plugin-archive", message);
    let none = home.write("none.zip", zip(&[("README", b"x"), ("notation-", &program), ("notation-.x", &program)]));
    let error = put(&home, &none, Expected::Unchecked).await.unwrap_err();
    let message = "`HOME/none.zip`: expected one program `notation-NAME`, found none";
    home.says(&error, "malformed-plugin-archive", message);
    let broken = home.write("broken.zip", b"PK\x03\x04broken");
    let error = put(&home, &broken, Expected::Unchecked).await.unwrap_err();
    let message = "`HOME/broken.zip`: expected a zip archive, a gzipped tar archive or a program, found something else";
    home.says(&error, "malformed-plugin-archive", message);
    // The name of the file is not that which the plugin says.
    let other = home.write("notation-other", &program);
    assert_eq!(put(&home, &other, Expected::Unchecked).await.unwrap_err().code().name(), "plugin-protocol");
    assert_eq!(plugins(&home), [""; 0]);
}

// attack: A-353
// spec: NP-015
#[tokio::test]
async fn a_353_what_is_larger_than_256_mib_is_not_unpacked() {
    let home = Home::new();
    let large = home.at("notation-large");
    fs::File::create(&large).unwrap().set_len((256 << 20) + 1).unwrap();
    let error = put(&home, &large, Expected::Unchecked).await.unwrap_err();
    home.says(&error, "limit-exceeded", "`HOME/notation-large`: more than 268435456 bytes");
    // A bomb: a quarter of a megabyte that says that it is 300.
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(300 << 20);
    header.set_cksum();
    tar.append_data(&mut header, "notation-bomb", std::io::Read::take(std::io::repeat(0), 300 << 20)).unwrap();
    let bomb = home.write("bomb.tar.gz", tar.into_inner().unwrap().finish().unwrap());
    let error = put(&home, &bomb, Expected::Unchecked).await.unwrap_err();
    home.says(&error, "limit-exceeded", "`HOME/bomb.tar.gz`: more than 268435456 bytes");
    assert_eq!(plugins(&home), [""; 0]);
}

/// A gzipped tar archive of headers as they are given, each with its type, its name and its content.
fn headers(entries: &[(tar::EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, name, content) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(*kind);
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}
fn record(key: &str, value: &str) -> Vec<u8> {
    // LENGTH SP KEY=VALUE LF, with the length of all of it.
    let rest = format!(" {key}={value}\n");
    let length = (1..).find(|length: &usize| length.to_string().len().saturating_add(rest.len()) == *length).unwrap();
    format!("{length}{rest}").into_bytes()
}

// attack: A-353
#[tokio::test]
async fn a_353_a_header_before_an_entry_is_bounded_and_names_it_as_everybody_reads_it() {
    use tar::EntryType;
    let (pax, gnu, file) = (EntryType::XHeader, EntryType::GNULongName, EntryType::Regular);
    let program = script("kms", "1.0.0");
    let path = record("path", "notation-kms");
    for (kind, name) in [(pax, &path[..]), (gnu, b"notation-kms\0")] {
        let home = Home::new();
        let global = (EntryType::XGlobalHeader, "g", &record("comment", "x")[..]);
        let bytes = headers(&[global, (kind, "h", name), (file, "other", &program), (file, "LICENSE", b"free")]);
        put(&home, &home.write("kms.tgz", bytes), Expected::Unchecked).await.unwrap();
        assert!(home.at("plugins/kms/LICENSE").exists() && !home.at("plugins/kms/other").exists());
    }
    let malformed = "malformed-plugin-archive";
    let (long, out) = (vec![b'x'; 20 << 20], record("path", "../notation-kms"));
    let size = record("size", "3");
    let huge = [record("path", "notation-kms"), record("comment", &"x".repeat(20_000))].concat();
    for (kind, content, code) in [
        (pax, &long[..], malformed),
        (gnu, &long, malformed),
        (pax, &huge, malformed),
        (pax, &size, malformed),
        (pax, b"no record\n", malformed),
        (pax, &out, "unsafe-path"),
        (gnu, b"../notation-kms\0", "unsafe-path"),
        (gnu, &[b'x'; 5000], "unsafe-path"),
    ] {
        let home = Home::new();
        let source = home.write("kms.tgz", headers(&[(kind, "h", content), (file, "notation-kms", &program)]));
        let error = put(&home, &source, Expected::Unchecked).await.unwrap_err();
        assert_eq!(error.code().name(), code, "{error}");
        assert_eq!(plugins(&home), [""; 0]);
    }
    // What is no file and no directory, whatever a header says before it.
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char, EntryType::GNUSparse] {
        let home = Home::new();
        let source = home.write("kms.tgz", headers(&[(pax, "h", &path), (kind, "notation-kms", b"")]));
        assert_eq!(
            put(&home, &source, Expected::Unchecked).await.unwrap_err().code().name(),
            "unsafe-path",
            "{kind:?}"
        );
    }
}

// attack: A-353
#[tokio::test]
async fn a_353_the_directory_of_a_zip_archive_is_bounded() {
    let program = script("kms", "1.0.0");
    let with = |count: usize, length: usize| {
        let names: Vec<_> = (0..count).map(|number| format!("{number:0>length$}")).collect();
        let empty = names.iter().map(|name| (name.as_str(), &b""[..]));
        zip(&empty.chain([("notation-kms", &program[..])]).collect::<Vec<_>>())
    };
    for (count, length, expected) in
        [(1000, 30, None), (1024, 30, Some("limit-exceeded")), (6000, 300, Some("malformed-plugin-archive"))]
    {
        let home = Home::new();
        let source = home.write("kms.zip", with(count, length));
        let done = put(&home, &source, Expected::Unchecked).await;
        assert_eq!(done.err().map(|error| error.code().name()), expected, "{count}");
    }
}

// attack: A-353
#[tokio::test]
async fn a_353_a_version_that_is_not_later_is_installed_only_by_force() {
    let home = Home::new();
    let source = |version: &str| home.write("notation-kms", script("kms", version));
    put(&home, &source("1.1.0"), Expected::Unchecked).await.unwrap();
    for version in ["1.1.0", "1.0.9", "1.1.0-rc.1"] {
        let error = put(&home, &source(version), Expected::Unchecked).await.unwrap_err();
        let message =
            format!("expected a later version of the plugin `kms` than 1.1.0, which is installed, found {version}");
        home.says(&error, "already-there", &message);
    }
    let done = put(&home, &source("1.2.0"), Expected::Unchecked).await.unwrap();
    assert_eq!(done.replaced.unwrap().as_str(), "1.1.0");
    let done = install(&runner(&home), &source("1.0.0"), Expected::Unchecked, Overwrite::Replace).await.unwrap();
    assert_eq!(done.replaced.unwrap().as_str(), "1.2.0");
    // One that cannot say what it is stays too.
    stub(&home, "kms", "exit 3");
    assert_eq!(put(&home, &source("9.0.0"), Expected::Unchecked).await.unwrap_err().code().name(), "plugin-failed");
    install(&runner(&home), &source("9.0.0"), Expected::Unchecked, Overwrite::Replace).await.unwrap();
    assert_eq!(plugins(&home), ["kms"]);
}
