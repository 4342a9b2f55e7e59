//! The Online Certificate Status Protocol ([RFC 6960]): requests and responses, read, checked, issued.
//!
//! An [`OcspResponse`] shows no status. [`OcspResponse::verify`] checks who signed it and that it speaks of the certificate in question, and
//! gives a [`VerifiedResponse`].
//!
//! [RFC 6960]: https://www.rfc-editor.org/rfc/rfc6960

mod draft;
mod error;
mod id;
mod issue;
mod limits;
mod request;
mod responder;
mod response;
mod single;
mod verified;

pub use draft::{ResponseDraft, SingleDraft};
pub use error::{OcspError, ResponderProblem, ResponseStatus};
pub use id::{CertId, IdHash};
pub use issue::{OcspIssueError, ResponseRequest, draft, issue};
pub use limits::OcspLimits;
pub use request::OcspRequest;
pub use responder::Responder;
pub use response::OcspResponse;
pub use verified::{NonceCheck, OcspStatus, VerifiedResponse};
