//! What can be wrong with a trust policy, and where.

use super::{IdentityError, OverrideError, StoreNameError};
use crate::{code, json::JsonError};
use alloc::{borrow::ToOwned, boxed::Box, format};
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, ReferenceError, Repository};

/// Why a trust policy cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It is JSON, and not a trust policy.
    #[error("trust policy: {path}: {fault}")]
    Invalid {
        /// The place, such as `trustPolicies[0].registryScopes[1]`.
        path: Box<str>,
        /// What is wrong there.
        fault: Fault,
    },
    /// It is too large.
    #[error("trust policy: {0}")]
    Limit(#[from] LimitExceeded),
    /// No statement is about this blob: nothing is trusted.
    #[error("expected a trust policy statement for blobs {}, found none", name.as_ref().map_or_else(|| "with `globalPolicy`".to_owned(), |name| format!("named `{name}`")))]
    NoApplicableBlobStatement {
        /// The name that was asked for; without it, the global statement.
        name: Option<Escaped>,
    },
    /// No statement is about this repository: nothing is trusted.
    #[error("expected a trust policy statement for `{repository}`, found none")]
    NoApplicableStatement {
        /// The repository.
        repository: Repository,
    },
    /// It is not JSON.
    #[error("trust policy: {0}")]
    Syntax(JsonError),
}

impl PolicyError {
    pub(super) fn invalid(path: &str, fault: impl Into<Fault>) -> Self {
        Self::Invalid { path: path.into(), fault: fault.into() }
    }
    /// The same error, below `prefix`.
    pub(super) fn below(self, prefix: &str) -> Self {
        match self {
            Self::Invalid { path, fault } => Self::Invalid { path: format!("{prefix}.{path}").into(), fault },
            other => other,
        }
    }
}

impl Classify for PolicyError {
    fn code(&self) -> Code {
        match self {
            Self::NoApplicableBlobStatement { .. } | Self::NoApplicableStatement { .. } => {
                code::NO_APPLICABLE_TRUST_POLICY
            }
            Self::Limit(limit) => limit.code(),
            Self::Invalid { .. } | Self::Syntax(_) => code::MALFORMED_TRUST_POLICY,
        }
    }
}

/// What is wrong at one place of a trust policy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// `*` beside other identities.
    #[error("expected `*` to stand alone, found it among other identities")]
    AnyAmongOthers,
    /// A scope, or a name, in two places.
    #[error("expected `{value}` once, found it also in {other}")]
    Duplicate {
        /// The value.
        value: Escaped,
        /// The other place.
        other: Box<str>,
    },
    /// Nothing is there, and something must be.
    #[error("expected a value, found it empty")]
    Empty,
    /// The global statement for blobs skips.
    #[error("expected another level than `skip` in the statement with `globalPolicy`")]
    GlobalSkip,
    /// An identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A member is missing.
    #[error("expected the member `{name}`, found {}", twin.as_ref().map_or_else(|| "none".to_owned(), |twin| format!("`{twin}`, which is another name")))]
    Missing {
        /// Its name.
        name: &'static str,
        /// A member whose name differs by case alone.
        twin: Option<Escaped>,
    },
    /// An override that is not allowed.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// Two identities of which one covers the other.
    #[error("expected identities apart from one another, found `{one}` and `{other}`, of which one covers the other")]
    Overlap {
        /// One.
        one: Escaped,
        /// The other.
        other: Escaped,
    },
    /// The name of a plugin.
    #[error(transparent)]
    Plugin(#[from] crate::plugin::PluginNameError),
    /// Revocation is required by one member and skipped by another.
    #[error("expected `revocation` to be overridden with `enforce` or `log`, or not at all, where it is required")]
    RequiredAndSkipped,
    /// A scope that is no repository.
    #[error("expected `*` or a repository as in `registry.example.com/team/app`: {0}")]
    Scope(ReferenceError),
    /// A statement about repositories among those about blobs.
    #[error("expected no registry scopes in a trust policy for blobs")]
    ScopesOfBlobs,
    /// The name of a trust store.
    #[error(transparent)]
    Store(#[from] StoreNameError),
    /// Trust stores or identities in a statement that skips verification.
    #[error("expected none in a statement with the level `skip`")]
    TrustInSkip,
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The type.
        expected: &'static str,
        /// The type that is there.
        found: &'static str,
    },
    /// A word that is none of those that may stand here.
    #[error("expected {expected}, found `{found}`")]
    Word {
        /// The words.
        expected: &'static str,
        /// The one that is there.
        found: Escaped,
    },
}

/// Something in a trust policy that does not make it invalid, and that its author should know.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PolicyWarning {
    /// The place.
    pub path: Box<str>,
    /// What is there.
    pub kind: PolicyWarningKind,
}

impl core::fmt::Display for PolicyWarning {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.path, self.kind)
    }
}

/// What a [`PolicyWarning`] says.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyWarningKind {
    /// `*` as identity.
    #[error("`*` accepts every signer below the trust stores")]
    AnyIdentity,
    /// A member whose name differs from a known one by case alone.
    #[error("the member `{found}` is ignored: did you mean `{meant}`?")]
    CaseTwin {
        /// The name that is there.
        found: Escaped,
        /// The known name.
        meant: &'static str,
    },
    /// An identity that needs a plugin.
    #[error("the identity `{found}` needs a plugin: it matches no signer")]
    ForeignIdentity {
        /// The identity.
        found: Escaped,
    },
    /// A scope that only Plimsoll knows.
    #[error("the scope `{scope}` is an extension: Notation refuses a trust policy that has it")]
    PathScope {
        /// The scope.
        scope: Escaped,
    },
    /// `skip` for every repository.
    #[error("a statement for `*` with the level `skip` checks no repository that has no statement of its own")]
    SkipForAll,
    /// An attribute type that no subject can be compared by.
    #[error("the attribute type `{found}` is not known: the identity matches no signer")]
    UnknownAttributeType {
        /// The type.
        found: Escaped,
    },
    /// A member that the specification does not have.
    #[error("the member `{found}` is not known, and is ignored")]
    UnknownMember {
        /// Its name.
        found: Escaped,
    },
}
