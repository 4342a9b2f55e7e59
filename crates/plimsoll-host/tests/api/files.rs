//! Reading and writing files.

use super::Home;
use plimsoll_host::file::{
    Kind, Links, Overwrite, Permission, create_directory, list_directory, read_file, write_file,
};

#[test]
fn a_file_is_read_up_to_its_limit() {
    let home = Home::new();
    let path = home.write("a", "12345");
    assert_eq!(read_file(&path, Links::Refuse, 6).unwrap().bytes, b"12345");
    assert_eq!(read_file(&path, Links::Refuse, 5).unwrap().bytes, b"12345");
    let error = read_file(&path, Links::Refuse, 4).unwrap_err();
    home.says(&error, "limit-exceeded", "`HOME/a`: more than 4 bytes");
}

#[test]
fn what_is_missing_or_a_directory_is_said() {
    let home = Home::new();
    let error = read_file(&home.at("a"), Links::Follow, 4).unwrap_err();
    home.says(&error, "file-missing", "`HOME/a` is not there");
    assert!(error.is_missing());
    let error = read_file(home.path(), Links::Follow, 4).unwrap_err();
    home.says(&error, "unsafe-path", "`HOME`: expected a regular file, found a directory");
    home.write("a", "");
    let error = list_directory(&home.at("a"), Links::Refuse, 4).unwrap_err();
    home.says(&error, "unsafe-path", "`HOME/a`: expected a directory, found a regular file");
}

#[test]
fn an_error_of_the_system_is_passed_on() {
    let home = Home::new();
    home.write("a", "");
    let error = read_file(&home.at("a/b"), Links::Refuse, 4).unwrap_err();
    home.says(&error, "file-unreadable", "cannot read `HOME/a/b`: not a directory");
    let error = create_directory(&home.at("a/b")).unwrap_err();
    home.says(&error, "file-unreadable", "cannot create `HOME/a/b`: not a directory");
    let error = write_file(&home.at("a/b"), b"", Permission::Owner, Overwrite::Refuse).unwrap_err();
    home.says(&error, "file-unreadable", "cannot write `HOME/a/b`: not a directory");
}

#[test]
fn a_directory_is_listed_in_order_and_up_to_its_limit() {
    let home = Home::new();
    for name in ["d/b", "d/a", "d/c/x"] {
        home.write(name, "");
    }
    let found = list_directory(&home.at("d"), Links::Refuse, 3).unwrap();
    let found: Vec<_> = found.iter().map(|entry| (entry.name.to_str().unwrap(), entry.kind)).collect();
    assert_eq!(found, [("a", Kind::File), ("b", Kind::File), ("c", Kind::Directory)]);
    let error = list_directory(&home.at("d"), Links::Refuse, 2).unwrap_err();
    home.says(&error, "limit-exceeded", "`HOME/d`: more than 2 entries");
}

#[test]
fn nothing_is_overwritten_unasked() {
    let home = Home::new();
    let path = home.at("a");
    write_file(&path, b"1", Permission::Owner, Overwrite::Refuse).unwrap();
    let error = write_file(&path, b"2", Permission::Owner, Overwrite::Refuse).unwrap_err();
    home.says(&error, "already-there", "`HOME/a` is there already");
    assert_eq!(std::fs::read(&path).unwrap(), b"1");
    write_file(&path, b"2", Permission::Owner, Overwrite::Replace).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"2");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "no temporary file is left behind");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use plimsoll_host::file::Access;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    // attack: A-222
    #[test]
    fn a_222_links_fifos_and_devices_are_told_from_files() {
        let home = Home::new();
        home.write("a", "1");
        home.link("a", "link");
        home.link("nowhere", "broken");
        let fifo = home.fifo("fifo");
        for name in ["link", "broken"] {
            let error = read_file(&home.at(name), Links::Refuse, 4).unwrap_err();
            home.says(&error, "unsafe-path", &format!("`HOME/{name}`: expected a regular file, found a symbolic link"));
        }
        assert_eq!(read_file(&home.at("link"), Links::Follow, 4).unwrap().bytes, b"1");
        // It would wait for ever for somebody to write.
        let error = read_file(&fifo, Links::Follow, 4).unwrap_err();
        home.says(&error, "unsafe-path", "`HOME/fifo`: expected a regular file, found a FIFO, socket or device");
        let error = read_file("/dev/zero".as_ref(), Links::Follow, 4).unwrap_err();
        home.says(&error, "unsafe-path", "`/dev/zero`: expected a regular file, found a FIFO, socket or device");
        let socket = home.at("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let error = read_file(&socket, Links::Follow, 4).unwrap_err();
        home.says(&error, "unsafe-path", "`HOME/socket`: expected a regular file, found a FIFO, socket or device");
    }

    #[test]
    fn who_else_has_access_is_told() {
        let home = Home::new();
        let path = home.write("a", "");
        for (mode, access) in [
            (0o600, Access::Owner),
            (0o700, Access::Owner),
            (0o640, Access::OthersRead),
            (0o604, Access::OthersRead),
            (0o620, Access::OthersWrite),
            (0o602, Access::OthersWrite),
            (0o666, Access::OthersWrite),
        ] {
            home.mode("a", mode);
            assert_eq!(read_file(&path, Links::Refuse, 1).unwrap().access, access, "{mode:o}");
        }
    }

    // attack: A-358
    #[test]
    fn a_358_a_secret_is_for_its_owner_from_the_first_byte() {
        let home = Home::new();
        let mode = |name: &str| fs::metadata(home.at(name)).unwrap().permissions().mode() & 0o777;
        write_file(&home.at("key"), b"1", Permission::Owner, Overwrite::Refuse).unwrap();
        assert_eq!(mode("key"), 0o600);
        home.mode("key", 0o666);
        write_file(&home.at("key"), b"2", Permission::Owner, Overwrite::Replace).unwrap();
        assert_eq!(mode("key"), 0o600);
        create_directory(&home.at("b/c")).unwrap();
        assert_eq!((mode("b"), mode("b/c")), (0o700, 0o700));
        write_file(&home.at("certificate"), b"", Permission::Everybody, Overwrite::Refuse).unwrap();
        assert_eq!(mode("certificate") & 0o133, 0);
    }

    #[test]
    fn a_link_is_not_written_through() {
        let home = Home::new();
        home.write("a", "1");
        home.link("a", "link");
        let error = write_file(&home.at("link"), b"2", Permission::Owner, Overwrite::Replace).unwrap_err();
        home.says(&error, "unsafe-path", "`HOME/link`: expected a regular file, found a symbolic link");
        assert_eq!(fs::read(home.at("a")).unwrap(), b"1");
    }
}
