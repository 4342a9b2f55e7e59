//! Files of this machine. Their parsers take a directory, so the input is written to one.

use plimsoll_host::{
    NetworkSettings, Platform, Settings,
    docker::Credentials,
    git,
    notation::{NotationConfig, NotationDirectory, SigningKeys},
    plugin::unpack_plugin,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    net::Ipv4Addr,
    path::Path,
    sync::LazyLock,
};
use tempfile::TempDir;

static HOME: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a directory for files"));

fn home_with(name: &str, input: &[u8]) -> &'static Path {
    let path = HOME.path().join(name);
    fs::create_dir_all(path.parent().expect("a directory above the file")).expect("a directory");
    fs::write(path, input).expect("a file");
    HOME.path()
}

pub fn notation_config(input: &[u8]) {
    let directory = NotationDirectory::at(home_with("config.json", input));
    let _ = NotationConfig::load(&directory);
}

pub fn signing_keys(input: &[u8]) {
    let directory = NotationDirectory::at(home_with("signingkeys.json", input));
    let Ok(keys) = SigningKeys::load(&directory) else { return };
    keys.value.save(&directory).expect("what was read can be written");
    assert_eq!(SigningKeys::load(&directory).expect("our own file").value, keys.value);
}

/// What is allowed names no address of a metadata service, whatever way it is written.
pub fn network_settings(input: &[u8]) {
    let Ok(settings) = NetworkSettings::parse(Path::new("network.yaml"), input) else { return };
    let _ = settings.responders();
    // A name may begin like an address; what it resolves to is judged when it is dialled.
    assert!(settings.hosts().all(|host| !host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_link_local())));
    assert!(settings.networks().all(|(address, length)| length <= if address.is_ipv4() { 32 } else { 128 }));
}

pub fn settings(input: &[u8]) {
    let Ok(settings) = Settings::parse(Path::new("plimsoll.yaml"), input) else { return };
    assert!(settings.plugins().all(|(name, _)| !name.is_empty()));
}

/// Whatever an archive says, it leaves files in the folder that it is unpacked into, each once, and nothing elsewhere.
pub fn plugin_archive(input: &[u8]) {
    let home = TempDir::new_in(HOME.path()).expect("a directory");
    let (source, into) = (home.path().join("notation-plugin"), home.path().join("into"));
    fs::write(&source, input).expect("a file");
    fs::create_dir(&into).expect("a directory");
    let unpacked = unpack_plugin(&source, &into);
    assert_eq!(fs::read_dir(home.path()).expect("a directory").count(), 2);
    let found: BTreeMap<_, _> = fs::read_dir(&into)
        .expect("a directory")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| (entry.file_name(), entry.metadata().expect("what it is")))
        .collect();
    assert!(
        found.values().all(fs::Metadata::is_file)
            && found.values().map(fs::Metadata::len).sum::<u64>() <= (256 << 20) + 1
    );
    if let Ok(names) = unpacked {
        let names: BTreeSet<_> = names.into_iter().map(OsString::from).collect();
        assert!(found.into_keys().eq(names));
    }
}

pub fn docker_config(input: &[u8]) {
    let home = home_with(".docker/config.json", input);
    let environment = move |name: &str| (name == "HOME").then(|| home.as_os_str().to_owned());
    let Ok(credentials) = Credentials::load(environment, Platform::Unix, None) else { return };
    // There is no PATH, so no helper is ever run.
    for scope in ["registry.test/team/app", "docker.io/library/app", "[::1]:5000/a"] {
        let _ = credentials.find(scope);
    }
}

pub fn git_head(input: &[u8]) {
    let _ = git::commit(home_with(".git/HEAD", input));
}
