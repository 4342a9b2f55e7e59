//! A PKCS#11 module: the library of a token's maker.

use crate::Pkcs11Error;
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
};
use plimsoll_core::Escaped;
use std::path::Path;

/// A PKCS#11 module that was loaded and started. It stays loaded as long as the process runs.
#[derive(Clone, Debug)]
pub struct Module {
    context: Pkcs11,
}

impl Module {
    /// Loads a shared library and starts it. One that is started already, by whomever in this process, is used as it is.
    ///
    /// # Errors
    /// [`Pkcs11Error::Module`].
    ///
    /// # Security
    /// Its code runs in this process, with all that this process may do. The path must come from whoever runs the program: never
    /// from an image, a repository, or a URI that somebody else wrote.
    pub fn load(path: &Path) -> Result<Self, Pkcs11Error> {
        let refuse = |error: Error| Pkcs11Error::Module {
            path: Escaped::new(&path.display().to_string()),
            what: Escaped::new(&error.to_string()),
        };
        let context = Pkcs11::new(path).map_err(refuse)?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(Self { context }),
            Err(error) => Err(refuse(error)),
        }
    }
    pub(crate) const fn context(&self) -> &Pkcs11 {
        &self.context
    }
}
