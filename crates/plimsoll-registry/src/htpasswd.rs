//! A password file with bcrypt hashes.

use crate::code;
use data_encoding::BASE64;
use http::HeaderValue;
use plimsoll_core::{Classify, Code, Digest};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// The users of a registry: the lines of a file that `htpasswd -B` writes.
///
/// ```
/// use plimsoll_registry::Htpasswd;
/// assert!(Htpasswd::parse("alice:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n").is_ok());
/// assert!(Htpasswd::parse("alice:secret\n").is_err());
/// ```
#[derive(Clone)]
pub struct Htpasswd(Arc<Inner>);

struct Inner {
    users: BTreeMap<String, String>,
    /// Headers that were right, hashed: bcrypt is slow on purpose, and a client sends the same one with each request.
    admitted: Mutex<BTreeSet<Digest>>,
    /// Wrong passwords cost as much as right ones, and anybody may send them.
    judging: tokio::sync::Semaphore,
}

impl Htpasswd {
    /// Reads the file. Empty lines and lines that begin with `#` are left out.
    ///
    /// # Errors
    /// [`HtpasswdError`] for a line that is no user with a bcrypt hash, for a user who stands twice, and for a file without users.
    pub fn parse(text: &str) -> Result<Self, HtpasswdError> {
        let mut users = BTreeMap::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim_end();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (user, hash) = text.split_once(':').ok_or(HtpasswdError::Malformed { line })?;
            let is_bcrypt = hash.parse::<bcrypt::HashParts>().is_ok();
            if user.is_empty() || !is_bcrypt {
                return Err(HtpasswdError::Malformed { line });
            }
            if users.insert(user.to_owned(), hash.to_owned()).is_some() {
                return Err(HtpasswdError::Duplicate { line });
            }
        }
        if users.is_empty() {
            return Err(HtpasswdError::Empty);
        }
        Ok(Self(Arc::new(Inner {
            users,
            admitted: Mutex::default(),
            judging: tokio::sync::Semaphore::new(MOST_JUDGED),
        })))
    }
    /// Judges an `Authorization` header.
    pub(crate) async fn admits(&self, header: Option<&HeaderValue>) -> bool {
        let Some(header) = header else { return false };
        let key = Digest::sha256_of(header.as_bytes());
        if self.admitted().contains(&key) {
            return true;
        }
        let _permit = self.0.judging.acquire().await;
        let (this, header) = (self.clone(), header.clone());
        let right = tokio::task::spawn_blocking(move || this.is_right(&header)).await.unwrap_or(false);
        if right {
            let mut admitted = self.admitted();
            if admitted.len() >= MOST_ADMITTED {
                admitted.clear();
            }
            admitted.insert(key);
        }
        right
    }
    fn is_right(&self, header: &HeaderValue) -> bool {
        let Some((user, password)) = header.to_str().ok().and_then(read) else { return false };
        match self.0.users.get(&user) {
            Some(hash) => bcrypt::verify(&password, hash).unwrap_or(false),
            None => {
                // An unknown user takes as long as a known one.
                let _ = self.0.users.values().next().map(|hash| bcrypt::verify(&password, hash));
                false
            }
        }
    }
    fn admitted(&self) -> std::sync::MutexGuard<'_, BTreeSet<Digest>> {
        self.0.admitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Htpasswd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Htpasswd").field("users", &self.0.users.len()).finish_non_exhaustive()
    }
}

/// RFC 7617: `Basic` and base64 of `user:password`.
fn read(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(text.trim().as_bytes()).ok()?).ok()?;
    decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Why a password file is not used. No message shows its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HtpasswdError {
    /// A user stands twice.
    #[error("line {line}: expected each user once")]
    Duplicate {
        /// The line, from 1.
        line: usize,
    },
    /// Nobody.
    #[error("expected at least one line of the form USER:BCRYPT-HASH, found none")]
    Empty,
    /// Not the form.
    #[error("line {line}: expected USER:BCRYPT-HASH, as `htpasswd -B` writes it")]
    Malformed {
        /// The line, from 1.
        line: usize,
    },
}

impl Classify for HtpasswdError {
    fn code(&self) -> Code {
        code::MALFORMED_HTPASSWD
    }
}

const MOST_ADMITTED: usize = 1024;
/// Passwords that are judged at once.
const MOST_JUDGED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn header(user: &str, password: &str) -> HeaderValue {
        HeaderValue::try_from(format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_is_admitted() {
        let file = format!("# users\n\nalice:{}\n", bcrypt::hash("s3:cret", 4).unwrap());
        let users = Htpasswd::parse(&file).unwrap();
        for _ in 0..2 {
            assert!(users.admits(Some(&header("alice", "s3:cret"))).await);
        }
        assert!(!users.admits(Some(&header("alice", "wrong"))).await);
        assert!(!users.admits(Some(&header("bob", "s3:cret"))).await);
        assert!(!users.admits(Some(&HeaderValue::from_static("Bearer x"))).await);
        assert!(!users.admits(None).await);
    }

    #[test]
    fn a_broken_file_is_refused() {
        let hash = bcrypt::hash("x", 4).unwrap();
        assert_eq!(Htpasswd::parse("").unwrap_err(), HtpasswdError::Empty);
        assert_eq!(Htpasswd::parse("\na:{SHA}x").unwrap_err(), HtpasswdError::Malformed { line: 2 });
        assert_eq!(Htpasswd::parse(&format!(":{hash}")).unwrap_err(), HtpasswdError::Malformed { line: 1 });
        assert_eq!(Htpasswd::parse(&format!("a:{hash}\na:{hash}")).unwrap_err(), HtpasswdError::Duplicate { line: 2 });
    }
}
