//! SoftHSM, where it is installed: a token `release` with keys of the test's own.

use crate::{
    harbour::{Done, Harbour, left_out},
    notary::private,
};
use plimsoll::crypto::PrivateKey;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) struct SoftHsm {
    pub(crate) module: &'static str,
    settings: PathBuf,
}

impl SoftHsm {
    /// Makes the token, and a file `pin` with its PIN. None where SoftHSM is not installed.
    pub(crate) fn new(harbour: &Harbour) -> Option<Self> {
        let modules = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
        let Some(module) = modules.into_iter().find(|module| Path::new(module).exists()) else {
            return left_out("the module of SoftHSM");
        };
        std::fs::create_dir(harbour.path("tokens")).unwrap();
        let settings = format!("directories.tokendir = {}\n", harbour.path("tokens").display());
        let made = Self { module, settings: harbour.write("softhsm.conf", settings) };
        match made.util("--init-token --free --label release --pin 123456 --so-pin 12345678") {
            Some(made) => assert!(made, "softhsm2-util makes no token"),
            None => return left_out("softhsm2-util"),
        }
        private(harbour, "pin", "123456\n");
        Some(made)
    }
    /// Brings a key to the token.
    pub(crate) fn import(&self, harbour: &Harbour, label: &str, id: &str, key: &PrivateKey) {
        private(harbour, "imported.pem", &key.to_pkcs8_pem());
        let file = harbour.path("imported.pem");
        let line = format!("--import {} --token release --label {label} --id {id} --pin 123456", file.display());
        assert!(self.util(&line).unwrap(), "{line}");
        std::fs::remove_file(file).unwrap();
    }
    /// The URI of a key.
    pub(crate) fn uri(&self, label: &str) -> String {
        format!("pkcs11:token=release;object={label}")
    }
    /// Where the token is.
    pub(crate) fn words(&self) -> String {
        format!("--pkcs11-module {} --pin-file pin", self.module)
    }
    pub(crate) fn command(&self, harbour: &Harbour, line: &str) -> Command {
        let mut command = harbour.command(line);
        command.env("SOFTHSM2_CONF", &self.settings);
        command
    }
    pub(crate) fn run(&self, harbour: &Harbour, line: &str) -> Done {
        harbour.run_with(line, &[("SOFTHSM2_CONF", self.settings.to_str().unwrap())])
    }
    fn util(&self, line: &str) -> Option<bool> {
        let mut command = Command::new("softhsm2-util");
        command.env("SOFTHSM2_CONF", &self.settings).args(line.split_whitespace());
        command.output().ok().map(|output| output.status.success())
    }
}
