//! What a registry is given.

use crate::{Environment, Secret};
use std::fmt;

/// A credential for one registry.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A refresh token, to be exchanged at the registry's token service (`identitytoken`).
    IdentityToken(Secret),
    /// User name and password.
    Password {
        /// The user.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token, to be sent as it is (`registrytoken`).
    RegistryToken(Secret),
}

impl Credential {
    /// Makes a credential of user and secret, as a helper or a flag gives them: the user `<token>`, or none, says that the secret is an
    /// identity token. `None` without a secret.
    #[must_use]
    pub fn of(username: String, secret: Secret) -> Option<Self> {
        match username.as_str() {
            _ if secret.is_empty() => None,
            // docker-credential-helpers writes `<token>`, Notation leaves the user empty.
            "" | "<token>" => Some(Self::IdentityToken(secret)),
            _ => Some(Self::Password { username, password: secret }),
        }
    }
    /// Reads `NOTATION_USERNAME` and `NOTATION_PASSWORD`. They are for the registry of the command at hand, whichever it is.
    #[must_use]
    pub fn of_environment(environment: impl Environment) -> Option<Self> {
        let secret = Secret::new(environment.text("NOTATION_PASSWORD")?);
        Self::of(environment.text("NOTATION_USERNAME").unwrap_or_default(), secret)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdentityToken(_) => "IdentityToken(redacted)",
            Self::Password { .. } => "Password(redacted)",
            Self::RegistryToken(_) => "RegistryToken(redacted)",
        })
    }
}
