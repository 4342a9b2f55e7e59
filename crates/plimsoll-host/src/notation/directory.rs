//! Where Notation's files are.

use super::KeyName;
#[cfg(unix)]
use crate::file::Action;
use crate::{Environment, Platform, code, file::FileError};
use plimsoll_core::{Classify, Code};
use plimsoll_pki::StoreName;
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// Notation's configuration directory.
///
/// It is the one that the user names, else the one of `NOTATION_CONFIG`, else `notation` in the directory where the system keeps a
/// user's configuration: `$XDG_CONFIG_HOME` or `~/.config`, `~/Library/Application Support`, `%AppData%`
/// ([directory structure for system configuration][spec]).
///
/// ```
/// use plimsoll_host::{Platform, notation::NotationDirectory};
/// let environment = |name: &str| (name == "HOME").then(|| "/home/ada".into());
/// let directory = NotationDirectory::find(None, environment, Platform::Unix)?;
/// assert_eq!(directory.path(), std::path::Path::new("/home/ada/.config/notation"));
///
/// let refused = NotationDirectory::find(None, |_: &str| None, Platform::Unix).unwrap_err();
/// assert!(refused.to_string().starts_with("expected NOTATION_CONFIG, XDG_CONFIG_HOME or HOME"));
/// # Ok::<(), plimsoll_host::notation::NoHome>(())
/// ```
/// [spec]: https://notaryproject.dev/docs/user-guides/how-to/directory-structure/
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotationDirectory {
    path: PathBuf,
}

impl NotationDirectory {
    /// Takes this directory. It need not be there.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
    /// Looks where Notation looks.
    ///
    /// # Errors
    /// [`NoHome`] when the environment does not say.
    pub fn find(explicit: Option<&Path>, environment: impl Environment, platform: Platform) -> Result<Self, NoHome> {
        if let Some(path) = explicit {
            return Ok(Self::at(path));
        }
        if let Some(path) = environment.set("NOTATION_CONFIG") {
            return Ok(Self::at(PathBuf::from(path)));
        }
        platform.configuration(&environment).map(|path| Self::at(path.join("notation"))).ok_or(NoHome { platform })
    }
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// `config.json`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path.join("config.json")
    }
    /// `signingkeys.json`.
    #[must_use]
    pub fn signing_keys(&self) -> PathBuf {
        self.path.join("signingkeys.json")
    }
    /// `localkeys/NAME.key`.
    #[must_use]
    pub fn local_key(&self, name: &KeyName) -> PathBuf {
        self.path.join("localkeys").join(format!("{name}.key"))
    }
    /// `localkeys/NAME.crt`.
    #[must_use]
    pub fn local_certificates(&self, name: &KeyName) -> PathBuf {
        self.path.join("localkeys").join(format!("{name}.crt"))
    }
    /// `truststore/x509`. The specification draws `trust-store`; Notation and its documentation say `truststore`.
    #[must_use]
    pub fn trust_stores(&self) -> PathBuf {
        self.path.join("truststore").join("x509")
    }
    /// `truststore/x509/KIND/NAME`.
    #[must_use]
    pub fn trust_store(&self, store: &StoreName) -> PathBuf {
        self.trust_stores().join(store.store_type().as_str()).join(store.name())
    }
    /// `trustpolicy.oci.json`.
    #[must_use]
    pub fn trust_policy(&self) -> PathBuf {
        self.path.join("trustpolicy.oci.json")
    }
    /// `trustpolicy.json`: what Notation up to 1.3 reads, and what is read where the other one is absent.
    #[must_use]
    pub fn legacy_trust_policy(&self) -> PathBuf {
        self.path.join("trustpolicy.json")
    }
    /// `trustpolicy.blob.json`.
    #[must_use]
    pub fn blob_trust_policy(&self) -> PathBuf {
        self.path.join("trustpolicy.blob.json")
    }
    /// `plimsoll.yaml`: what Notation has no place for.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.path.join("plimsoll.yaml")
    }
    /// `network.yaml`: which inner hosts and networks may be contacted.
    #[must_use]
    pub fn network(&self) -> PathBuf {
        self.path.join("network.yaml")
    }
    /// `distrust.json`: whom not to trust, whatever a trust store says.
    #[must_use]
    pub fn distrust(&self) -> PathBuf {
        self.path.join("distrust.json")
    }
    /// `crl`: certificate revocation lists that the operator put there.
    #[must_use]
    pub fn revocation_lists(&self) -> PathBuf {
        self.path.join("crl")
    }
    /// `spiffe`: the bundles of SPIFFE trust domains whose workloads may attest.
    #[must_use]
    pub fn spiffe_bundles(&self) -> PathBuf {
        self.path.join("spiffe")
    }
    /// Waits until no other Plimsoll changes files here, and keeps it so until what is returned is dropped. Elsewhere than on Unix
    /// nobody is kept off.
    pub(crate) fn alone(&self) -> Result<Option<File>, FileError> {
        #[cfg(unix)]
        {
            let failed = |error| FileError::io(Action::Write, &self.path, &error);
            let handle = File::open(&self.path).map_err(failed)?;
            let locked = rustix::fs::flock(&handle, rustix::fs::FlockOperation::LockExclusive);
            locked.map_err(|error| failed(error.into()))?;
            Ok(Some(handle))
        }
        #[cfg(not(unix))]
        Ok(None)
    }
}

/// The environment does not say where configuration is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {} to name an absolute directory in the environment, found none", wanted(*.platform))]
pub struct NoHome {
    /// The operating system, on which it depends where one looks.
    pub platform: Platform,
}

fn wanted(platform: Platform) -> &'static str {
    match platform {
        Platform::MacOs => "NOTATION_CONFIG or HOME",
        Platform::Unix => "NOTATION_CONFIG, XDG_CONFIG_HOME or HOME",
        Platform::Windows => "NOTATION_CONFIG or APPDATA",
    }
}

impl Classify for NoHome {
    fn code(&self) -> Code {
        code::NO_HOME
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn find(variables: &[(&str, &str)], platform: Platform) -> Result<PathBuf, NoHome> {
        let environment =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        NotationDirectory::find(None, environment, platform).map(|directory| directory.path)
    }

    #[test]
    fn the_first_that_is_set_counts() {
        let home = ("HOME", "/home/ada");
        assert_eq!(find(&[home], Platform::Unix), Ok("/home/ada/.config/notation".into()));
        assert_eq!(find(&[home], Platform::MacOs), Ok("/home/ada/Library/Application Support/notation".into()));
        assert_eq!(find(&[("APPDATA", "/ada/AppData")], Platform::Windows), Ok("/ada/AppData/notation".into()));
        assert_eq!(find(&[home, ("XDG_CONFIG_HOME", "/etc/ada")], Platform::Unix), Ok("/etc/ada/notation".into()));
        assert_eq!(find(&[home, ("NOTATION_CONFIG", "here")], Platform::Unix), Ok("here".into()));
        let explicit = NotationDirectory::find(Some(Path::new("there")), |_: &str| Some("x".into()), Platform::Unix);
        assert_eq!(explicit, Ok(NotationDirectory::at("there")));
    }

    #[test]
    fn an_empty_or_relative_variable_is_none() {
        let home = ("HOME", "/home/ada");
        assert_eq!(find(&[home, ("NOTATION_CONFIG", "")], Platform::Unix), Ok("/home/ada/.config/notation".into()));
        assert_eq!(find(&[home, ("XDG_CONFIG_HOME", "a")], Platform::Unix), Ok("/home/ada/.config/notation".into()));
        assert_eq!(find(&[], Platform::Unix).unwrap_err().code().name(), "no-home");
        let errors = [Platform::Unix, Platform::MacOs, Platform::Windows]
            .map(|platform| find(&[("HOME", "ada")], platform).unwrap_err().to_string());
        assert_eq!(
            errors,
            [
                "expected NOTATION_CONFIG, XDG_CONFIG_HOME or HOME to name an absolute directory in the environment, found none",
                "expected NOTATION_CONFIG or HOME to name an absolute directory in the environment, found none",
                "expected NOTATION_CONFIG or APPDATA to name an absolute directory in the environment, found none",
            ]
        );
    }
}
