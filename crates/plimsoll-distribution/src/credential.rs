//! Credentials, and where they come from.

use plimsoll_core::{Failure, Repository};
use std::{collections::BTreeMap, fmt, future::Future, pin::Pin};
use zeroize::Zeroizing;

/// A source of credentials: Docker's configuration and helpers, a secret of a cluster, a fixed value.
///
/// # Contract
/// Asked by a registry's host and port as a reference's normal form writes it (`docker.io` for Docker Hub). A source that
/// knows none says [`Credential::Anonymous`]; one that failed says so, and never falls through to another registry's
/// (docker/cli CVE-2021-41092). The answer is used for this registry only.
pub trait Credentials: Send + Sync {
    /// The credential for a registry.
    fn credential<'a>(
        &'a self,
        registry: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Credential, Failure>> + Send + 'a>>;
    /// The credential for one repository, for sources that tell the repositories of a registry apart. Default: the registry's.
    fn credential_for<'a>(
        &'a self,
        repository: &'a Repository,
    ) -> Pin<Box<dyn Future<Output = Result<Credential, Failure>> + Send + 'a>> {
        self.credential(repository.registry())
    }
}

/// How to log in. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// Not at all.
    Anonymous,
    /// With a user name and a password.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// With a refresh token of OAuth2 (`identitytoken` in Docker's configuration).
    IdentityToken(Secret),
    /// With a bearer token as it is (`registrytoken` in Docker's configuration).
    RegistryToken(Secret),
}

impl Credential {
    /// A user name and a password.
    #[must_use]
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Basic { username: username.into(), password: Secret::new(password) }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Basic { .. } => "Basic(…)",
            Self::IdentityToken(_) => "IdentityToken(…)",
            Self::RegistryToken(_) => "RegistryToken(…)",
        })
    }
}

/// A secret text: wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
    /// The secret. Whoever calls this must not show it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// No credential for anyone.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoCredentials;

impl Credentials for NoCredentials {
    fn credential<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Result<Credential, Failure>> + Send + 'a>> {
        Box::pin(std::future::ready(Ok(Credential::Anonymous)))
    }
}

/// Credentials by registry, known beforehand.
#[derive(Clone, Default, Debug)]
pub struct FixedCredentials(BTreeMap<String, Credential>);

impl FixedCredentials {
    /// Adds the credential of one registry, `host[:port]`.
    #[must_use]
    pub fn with(mut self, registry: impl Into<String>, credential: Credential) -> Self {
        self.0.insert(registry.into(), credential);
        self
    }
}

impl Credentials for FixedCredentials {
    fn credential<'a>(
        &'a self,
        registry: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Credential, Failure>> + Send + 'a>> {
        let found = self.0.get(registry).cloned().unwrap_or(Credential::Anonymous);
        Box::pin(std::future::ready(Ok(found)))
    }
}
