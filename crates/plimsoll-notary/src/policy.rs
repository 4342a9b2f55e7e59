//! Trust policies: which signatures a verifier accepts for which repositories.

mod document;
mod error;
mod identity;
mod level;
mod statement;
mod write;

pub use crate::json::JsonError;
pub use document::TrustPolicy;
pub use error::{Fault, PolicyError, PolicyWarning, PolicyWarningKind};
pub use identity::{IdentityError, TrustedIdentity};
pub use level::{Action, Check, Level, OverrideError, SignatureVerification, UnknownWord, VerifyTimestamp};
pub use plimsoll_pki::{StoreName, StoreNameError, StoreType};
pub use statement::{Scopes, Statement};
