//! Certificate revocation lists ([RFC 5280, 5]): read, checked, issued.
//!
//! A [`CertificateList`] shows nothing of who is revoked. [`CertificateList::verify`] checks the signature under the certificate of the
//! issuer and gives a [`VerifiedList`], which can be asked.
//!
//! [RFC 5280, 5]: https://www.rfc-editor.org/rfc/rfc5280#section-5

mod draft;
mod entry;
mod error;
mod extensions;
mod file;
mod issue;
mod limits;
mod list;
mod point;
pub(crate) mod remembered;
mod scope;
mod verified;

pub use draft::{CrlDraft, DraftEntry};
pub use entry::{RevokedEntry, RevokedReason};
pub use error::{CrlError, DeltaMismatch, Number, OutOfScope};
pub use file::read_lists;
pub use issue::{CrlIssueError, CrlRequest, ListScope, draft, issue};
pub use limits::CrlLimits;
pub use list::CertificateList;
pub use point::freshest_urls;
pub use verified::VerifiedList;

pub(crate) use entry::{entry_extensions, reason};
pub(crate) use issue::invalidity_date;
pub(crate) use point::{DistributionPoint, distribution_points, freshest};
