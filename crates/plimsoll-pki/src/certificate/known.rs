//! The extensions of a certificate that are read.

use crate::{
    BasicConstraints, CertificateError, ExtendedKeyUsage, Extensions, KeyUsage, Limits,
    asn1::Walk,
    extension::{self, Extension},
    oid,
};
use plimsoll_core::LimitExceeded;
use spki::ObjectIdentifier;

/// The extensions that are read.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Known<'a> {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<ExtendedKeyUsage<'a>>,
    pub(super) authority_key: Option<&'a [u8]>,
    pub(super) subject_key: Option<&'a [u8]>,
    pub(super) ocsp: Option<&'a [u8]>,
    pub(super) crl: Option<&'a [u8]>,
    pub(super) revocable: bool,
}

/// Reads the list of extensions.
pub(super) fn extensions<'a>(list: &'a [u8], limits: &Limits) -> Result<Known<'a>, CertificateError> {
    let mut walk = Walk::new(list, "extensions");
    let mut known = Known::default();
    let (mut count, mut seen) = (0_usize, 0_u16);
    loop {
        let one = extension::extension(&mut walk)?; // SIZE (1..MAX)
        // RFC 5280, 4.2: not more than one of each. Those that are read have a bit; others are compared with all before, whose
        // number is limited.
        let twice = match READ.iter().position(|oid| *oid == one.oid) {
            Some(bit) => {
                let before = seen;
                seen |= 1 << bit;
                before == seen
            }
            None => Extensions(list).iter().take(count).any(|other| other.oid == one.oid),
        };
        if twice {
            return Err(CertificateError::DuplicateExtension { oid: one.oid });
        }
        count = count.saturating_add(1);
        let found = u64::try_from(count).unwrap_or(u64::MAX);
        LimitExceeded::check("extensions in one certificate", limits.extensions, found)?;
        known.read(one)?;
        if walk.is_done() {
            return Ok(known);
        }
    }
}

/// The extensions that [`Known::read`] reads.
const READ: [ObjectIdentifier; 9] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_INFO_ACCESS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::SUBJECT_ALT_NAME,
    oid::NAME_CONSTRAINTS,
];

impl<'a> Known<'a> {
    fn read(&mut self, one: Extension<'a>) -> Result<(), CertificateError> {
        match one.oid {
            oid::BASIC_CONSTRAINTS => self.basic_constraints = Some(BasicConstraints::read(one)?),
            oid::KEY_USAGE => self.key_usage = Some(KeyUsage::read(one)?),
            oid::EXTENDED_KEY_USAGE => self.extended_key_usage = Some(ExtendedKeyUsage::read(one)?),
            oid::AUTHORITY_KEY_IDENTIFIER => self.authority_key = extension::authority_key_identifier(one.value)?,
            oid::SUBJECT_KEY_IDENTIFIER => self.subject_key = Some(extension::subject_key_identifier(one.value)?),
            oid::AUTHORITY_INFO_ACCESS => {
                extension::ocsp(one.value, |_| self.revocable = true)?;
                self.ocsp = Some(one.value);
            }
            oid::CRL_DISTRIBUTION_POINTS => {
                extension::crl(one.value, |_| self.revocable = true)?;
                self.crl = Some(one.value);
            }
            oid::SUBJECT_ALT_NAME => extension::tagged_elements(one.value, "subjectAltName")?,
            oid::NAME_CONSTRAINTS => extension::tagged_elements(one.value, "nameConstraints")?,
            _ => {}
        }
        Ok(())
    }
}
