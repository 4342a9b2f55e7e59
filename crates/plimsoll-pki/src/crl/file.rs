//! Files of revocation lists: PEM (RFC 7468, 6) or DER.

use super::{CertificateList, CrlError, CrlLimits};
use crate::pem::{self, CertificateFileError};
use alloc::{vec, vec::Vec};
use plimsoll_core::{Bytes, LimitExceeded};

/// Reads the lists of a file, in order: one or more PEM blocks `X509 CRL`, or one DER list.
///
/// # Errors
/// [`CrlError`].
pub fn read_lists(bytes: impl Into<Bytes>, limits: &CrlLimits) -> Result<Vec<CertificateList>, CrlError> {
    let bytes = bytes.into();
    if bytes.first() == Some(&0x30) {
        return Ok(vec![CertificateList::from_der(bytes, limits)?]);
    }
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    // Base64 makes four octets of three, and lines end.
    let most = limits.bytes.saturating_mul(3).checked_div(2).unwrap_or(u64::MAX);
    LimitExceeded::check("bytes in one file of revocation lists", most, size)?;
    let blocks = pem::pem_blocks(&bytes, |label| label == b"X509 CRL").map_err(|error| match error {
        CertificateFileError::Malformed { line } | CertificateFileError::Unexpected { line, .. } => {
            CrlError::Pem { line }
        }
        _ => CrlError::Empty,
    })?;
    if blocks.is_empty() {
        return Err(CrlError::Empty);
    }
    blocks.into_iter().map(|block| CertificateList::from_der(block, limits)).collect()
}
