use crate::KeyError;
use plimsoll_core::Escaped;

/// How much work a key file may ask for before it opens. All key derivations of one file share it.
///
/// A file names its own cost, so that one without limits could keep the reader busy for years.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyLimits {
    /// Iterations of PBKDF2 and of PKCS#12's own derivation. Default: ten million, some seconds; OWASP asks for 600 000 with SHA-256.
    pub iterations: u64,
    /// Octets that scrypt fills (RFC 7914, 2: 128 N r p). Default: 256 MiB; cosign's files ask for 64.
    pub scrypt: u64,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self { iterations: 10_000_000, scrypt: 256 * 1024 * 1024 }
    }
}

impl KeyLimits {
    pub(super) fn spend_iterations(&mut self, iterations: u64) -> Result<(), KeyError> {
        let asked = "a key derivation of more iterations than are allowed";
        self.iterations = self.iterations.checked_sub(iterations).ok_or_else(|| too_costly(asked))?;
        Ok(())
    }
    /// `n`, `r` and `p` as in RFC 7914, 2.
    pub(super) fn spend_scrypt(&mut self, n: u64, r: u64, p: u64) -> Result<(), KeyError> {
        let filled = n.saturating_mul(128).saturating_mul(r).saturating_mul(p);
        let asked = "scrypt with more memory or rounds than are allowed";
        self.scrypt = self.scrypt.checked_sub(filled).ok_or_else(|| too_costly(asked))?;
        Ok(())
    }
}

fn too_costly(what: &str) -> KeyError {
    KeyError::UnsupportedCipher { cipher: Escaped::new(what) }
}
