//! Trust policies: which signatures a verifier accepts for which repositories.

mod blob;
mod document;
mod error;
mod extension;
mod identity;
mod level;
mod lint;
mod read;
mod scope;
mod statement;
mod write;

pub use crate::json::JsonError;
pub use blob::BlobTrustPolicy;
pub use document::TrustPolicy;
pub use error::{Fault, PolicyError, PolicyWarning, PolicyWarningKind};
pub use extension::{Extension, RevocationDemand};
pub use identity::{IdentityError, TrustedIdentity};
pub use level::{Action, Check, Level, OverrideError, SignatureVerification, UnknownWord, VerifyTimestamp};
pub use lint::{Lint, LintKind, LintOptions, lint, lint_blob};
pub use plimsoll_pki::{StoreName, StoreNameError, StoreType};
pub use scope::Scope;
pub use statement::{Scopes, Statement};
