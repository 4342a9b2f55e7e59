//! Files of this machine. Their parsers take a directory, so the input is written to one.

use plimsoll_host::{
    NetworkSettings, Platform, Settings,
    docker::Credentials,
    git,
    notation::{NotationConfig, NotationDirectory, SigningKeys},
};
use std::{fs, path::Path, sync::LazyLock};
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
    assert!(settings.hosts().all(|host| !host.starts_with("169.254.169.254")));
    assert!(settings.networks().all(|(address, length)| length <= if address.is_ipv4() { 32 } else { 128 }));
}

pub fn settings(input: &[u8]) {
    let Ok(settings) = Settings::parse(Path::new("plimsoll.yaml"), input) else { return };
    assert!(settings.plugins().all(|(name, _)| !name.is_empty()));
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
