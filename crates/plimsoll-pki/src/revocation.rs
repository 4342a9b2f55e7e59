//! Whether the certificates of a chain are revoked: OCSP, then revocation lists ([RFC 5280, 6.3], [RFC 6960], and the signature
//! specification of the Notary Project, [Certificate Revocation Evaluation]).
//!
//! [`check_chain`] asks for what it needs through [`StatusAnswers`]; it opens no connection itself. It takes a
//! [`VerifiedChain`](crate::VerifiedChain), so no address out of a certificate is asked before every signature of the chain held; that its root is trusted
//! is for the caller to have checked ([`VerifiedChain::anchored_in`](crate::VerifiedChain::anchored_in)).
//!
//! [RFC 5280, 6.3]: https://www.rfc-editor.org/rfc/rfc5280#section-6.3
//! [RFC 6960]: https://www.rfc-editor.org/rfc/rfc6960
//! [Certificate Revocation Evaluation]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#certificate-revocation-evaluation

mod answers;
mod check;
mod error;
mod lists;
mod report;
mod responders;
mod sources;

pub use answers::{NoAnswers, StatusAnswers};
pub use check::check_chain;
pub use error::{Cause, RevocationError};
pub use report::{Attempt, CertificateReport, RevocationReport, Source, Status};
pub use sources::{Requirement, RevocationLimits, RevocationSources};
