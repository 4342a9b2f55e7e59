//! Files of certificates: PEM ([RFC 7468]) or DER.
//!
//! [RFC 7468]: https://www.rfc-editor.org/rfc/rfc7468

use crate::{CertificateError, Limits, OwnedCertificate, asn1::Walk, code};
use alloc::vec::Vec;
use data_encoding::BASE64;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded};

/// Reads the certificates of a file, in order: one or more PEM blocks, or DER certificates one after the other.
///
/// Text outside PEM blocks is skipped ([RFC 7468, 2]), so what `openssl x509 -text` writes can be read. A block of
/// another kind is an error that names its label and repeats nothing of its content: it may be a private key.
///
/// # Errors
/// [`CertificateFileError`].
///
/// [RFC 7468, 2]: https://www.rfc-editor.org/rfc/rfc7468#section-2
pub fn read_certificates(bytes: &[u8], limits: &Limits) -> Result<Vec<OwnedCertificate>, CertificateFileError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    LimitExceeded::check("bytes in one file of certificates", limits.pem_bytes, size)?;
    let blocks = if bytes.first() == Some(&0x30) { der_blocks(bytes)? } else { pem_blocks(bytes, is_certificate)? };
    if blocks.is_empty() {
        return Err(CertificateFileError::Empty);
    }
    let mut certificates = Vec::new();
    for (index, der) in blocks.into_iter().enumerate() {
        let count = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
        LimitExceeded::check("certificates in one file", limits.store_certificates, count)?;
        let certificate = OwnedCertificate::from_der(der, limits);
        certificates.push(certificate.map_err(|error| CertificateFileError::Certificate { index, error })?);
    }
    Ok(certificates)
}

fn der_blocks(bytes: &[u8]) -> Result<Vec<Vec<u8>>, CertificateFileError> {
    let mut blocks = Vec::new();
    let malformed = |index| move |error| CertificateFileError::Certificate { index, error };
    let mut walk = Walk::new(bytes, "Certificate");
    while !walk.is_done() {
        blocks.push(walk.whole().map_err(malformed(blocks.len()))?.to_vec());
    }
    Ok(blocks)
}

/// One pass over the lines: each is looked at once, whatever is nested in what.
pub(crate) fn pem_blocks(bytes: &[u8], expected: impl Fn(&[u8]) -> bool) -> Result<Vec<Vec<u8>>, CertificateFileError> {
    let mut blocks = Vec::new();
    let mut open: Option<Vec<u8>> = None;
    let mut number = 0_u64;
    for line in bytes.split(|byte| *byte == b'\n') {
        number = number.saturating_add(1);
        let line = line.trim_ascii();
        let malformed = CertificateFileError::Malformed { line: number };
        match (&mut open, boundary(line)) {
            (None, Boundary::Begin(label)) if expected(label) => open = Some(Vec::new()),
            (None, Boundary::Begin(label)) => {
                return Err(CertificateFileError::Unexpected { line: number, label: Escaped::bytes(label) });
            }
            (None, Boundary::None) => {}
            (Some(base64), Boundary::None) => base64.extend_from_slice(line),
            (Some(base64), Boundary::End(label)) if expected(label) => {
                blocks.push(BASE64.decode(base64).map_err(|_| malformed)?);
                open = None;
            }
            _ => return Err(malformed),
        }
    }
    if open.is_some() { Err(CertificateFileError::Malformed { line: number }) } else { Ok(blocks) }
}

enum Boundary<'a> {
    Begin(&'a [u8]),
    Broken,
    End(&'a [u8]),
    None,
}

fn boundary(line: &[u8]) -> Boundary<'_> {
    let label = |prefix: &[u8]| line.strip_prefix(prefix)?.strip_suffix(b"-----");
    if let Some(label) = label(b"-----BEGIN ") {
        Boundary::Begin(label)
    } else if let Some(label) = label(b"-----END ") {
        Boundary::End(label)
    } else if line.starts_with(b"-----BEGIN") || line.starts_with(b"-----END") {
        Boundary::Broken
    } else {
        Boundary::None
    }
}

/// RFC 7468, 5.1, and the older label that it says parsers may treat as the same.
fn is_certificate(label: &[u8]) -> bool {
    label == b"CERTIFICATE" || label == b"X509 CERTIFICATE"
}

/// Why a file does not hold certificates.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFileError {
    /// One of them is no certificate.
    #[error("certificate {index} of the file: {error}")]
    Certificate {
        /// Its place, from 0.
        index: usize,
        /// What is wrong.
        error: CertificateError,
    },
    /// There is none.
    #[error("expected certificates in PEM or DER, found none")]
    Empty,
    /// Too large.
    #[error("the file is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// The PEM is broken.
    #[error("line {line}: expected PEM as RFC 7468 has it, found a broken or unfinished block")]
    Malformed {
        /// The line, from 1.
        line: u64,
    },
    /// A block of another kind.
    #[error("line {line}: expected a block `CERTIFICATE`, found `{label}`")]
    Unexpected {
        /// The line, from 1.
        line: u64,
        /// What it says it is.
        label: Escaped,
    },
}

impl Classify for CertificateFileError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate { error, .. } => error.code(),
            Self::Empty | Self::Malformed { .. } => code::MALFORMED_PEM,
            Self::Limit(limit) => limit.code(),
            Self::Unexpected { .. } => code::UNEXPECTED_PEM,
        }
    }
}
