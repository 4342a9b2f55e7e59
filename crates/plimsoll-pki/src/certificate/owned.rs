//! Certificates that are kept.

use crate::{Certificate, CertificateError, Limits};
use alloc::{string::String, sync::Arc};
use core::fmt;
use plimsoll_core::Digest;

/// The bytes of a certificate that was read without error, kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedCertificate {
    der: Arc<[u8]>,
}

impl OwnedCertificate {
    /// Reads a DER-encoded certificate and keeps it.
    ///
    /// # Errors
    /// [`CertificateError`]: over the limits, or malformed.
    pub fn from_der(der: impl Into<Arc<[u8]>>, limits: &Limits) -> Result<Self, CertificateError> {
        let der = der.into();
        Certificate::from_der(&der, limits)?;
        Ok(Self { der })
    }
    pub(super) fn of(certificate: &Certificate<'_>) -> Self {
        Self { der: certificate.der().into() }
    }
    /// The bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// The certificate as a PEM block ([RFC 7468, section 5.1](https://www.rfc-editor.org/rfc/rfc7468#section-5.1)).
    #[must_use]
    pub fn to_pem(&self) -> String {
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in self.der.chunks(48) {
            // 48 octets are one line of 64 characters.
            data_encoding::BASE64.encode_append(line, &mut pem);
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }
    /// Reads the certificate.
    ///
    /// # Errors
    /// None in practice: the bytes were read before, perhaps under other limits.
    pub fn view(&self, limits: &Limits) -> Result<Certificate<'_>, CertificateError> {
        Certificate::from_der(&self.der, limits)
    }
}

impl fmt::Debug for OwnedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnedCertificate({})", Digest::sha256_of(&self.der))
    }
}
