//! Trust policies: which signatures a verifier accepts for which repositories.

mod document;
mod error;
mod identity;
mod level;
mod statement;
mod store_name;
mod write;

pub use crate::json::JsonError;
pub use document::TrustPolicy;
pub use error::{Fault, PolicyError, PolicyWarning, PolicyWarningKind};
pub(crate) use identity::attribute_oid;
pub use identity::{IdentityError, SubjectPattern, TrustedIdentity};
pub use level::{Action, Check, Level, OverrideError, SignatureVerification, UnknownWord, VerifyTimestamp};
pub use statement::{Scopes, Statement};
pub use store_name::{StoreKind, StoreName, StoreNameError};
