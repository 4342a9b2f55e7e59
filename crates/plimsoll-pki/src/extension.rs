//! Extensions (RFC 5280, 4.1.2.9 and 4.2).

use crate::{
    CertificateError,
    asn1::{Walk, bits, boolean, sequence, tag, unsigned},
    oid,
};
use spki::ObjectIdentifier;

/// One extension, as it stands in the certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extension<'a> {
    /// `extnID`.
    pub oid: ObjectIdentifier,
    /// `critical`.
    pub critical: bool,
    /// What is in `extnValue`.
    pub value: &'a [u8],
}

/// The extensions of a certificate, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Extensions<'a>(pub(crate) &'a [u8]);

impl<'a> Extensions<'a> {
    /// Goes through the extensions.
    pub fn iter(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        // INVARIANT: every extension was read once when the certificate was, so that none fails here.
        let mut walk = Walk::new(self.0, "extensions");
        core::iter::from_fn(move || if walk.is_done() { None } else { extension(&mut walk).ok() })
    }
}

/// `Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }`
pub(crate) fn extension<'a>(list: &mut Walk<'a>) -> Result<Extension<'a>, CertificateError> {
    let mut walk = Walk::new(list.expect(tag::SEQUENCE)?, "extensions");
    let oid = walk.oid()?;
    let critical = walk.optional(tag::BOOLEAN)?.map_or(Ok(false), |value| boolean(value, "critical"))?;
    let value = walk.expect(tag::OCTET_STRING)?;
    walk.finish()?;
    Ok(Extension { oid, critical, value })
}

/// `BasicConstraints` (RFC 5280, 4.2.1.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BasicConstraints {
    /// Whether the extension is critical.
    pub critical: bool,
    /// Whether the certificate is one of a certificate authority.
    pub ca: bool,
    /// How many further authorities may stand below it; `None` for any number.
    pub path_length: Option<u32>,
}

impl BasicConstraints {
    pub(crate) fn read(extension: Extension<'_>) -> Result<Self, CertificateError> {
        const FIELD: &str = "basicConstraints";
        let mut walk = sequence(extension.value, FIELD)?;
        let ca = walk.optional(tag::BOOLEAN)?.map_or(Ok(false), |value| boolean(value, FIELD))?;
        let path_length = walk.optional(tag::INTEGER)?.map(|value| small(value, FIELD)).transpose()?;
        walk.finish()?;
        Ok(Self { critical: extension.critical, ca, path_length })
    }
}

fn small(value: &[u8], field: &'static str) -> Result<u32, CertificateError> {
    let number = unsigned(value, field)?;
    if number.len() > 4 {
        return Err(CertificateError::Der { field, at: 0 });
    }
    Ok(number.iter().fold(0, |n, octet| n << 8 | u32::from(*octet)))
}

/// `KeyUsage` (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyUsage {
    /// Whether the extension is critical.
    pub critical: bool,
    bits: u16,
}

/// The bits of `KeyUsage`, in the order of RFC 5280, 4.2.1.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are those of RFC 5280, which says what they mean")]
pub enum Usage {
    DigitalSignature,
    ContentCommitment,
    KeyEncipherment,
    DataEncipherment,
    KeyAgreement,
    KeyCertSign,
    CrlSign,
    EncipherOnly,
    DecipherOnly,
}

impl Usage {
    pub(crate) const ALL: [(Self, &'static str); 9] = [
        (Self::DigitalSignature, "digitalSignature"),
        (Self::ContentCommitment, "contentCommitment"),
        (Self::KeyEncipherment, "keyEncipherment"),
        (Self::DataEncipherment, "dataEncipherment"),
        (Self::KeyAgreement, "keyAgreement"),
        (Self::KeyCertSign, "keyCertSign"),
        (Self::CrlSign, "cRLSign"),
        (Self::EncipherOnly, "encipherOnly"),
        (Self::DecipherOnly, "decipherOnly"),
    ];
    /// The name in RFC 5280.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }
}

impl KeyUsage {
    /// Says whether the bit is set.
    #[must_use]
    pub fn allows(&self, usage: Usage) -> bool {
        self.bits & (1 << usage as u16) != 0
    }
    pub(crate) fn read(extension: Extension<'_>) -> Result<Self, CertificateError> {
        const FIELD: &str = "keyUsage";
        let mut walk = Walk::new(extension.value, FIELD);
        let (_, octets) = bits(walk.expect(tag::BIT_STRING)?, FIELD)?;
        walk.finish()?;
        if octets.len() > 2 {
            return Err(CertificateError::Der { field: FIELD, at: 0 });
        }
        let (first, second) = (octets.first().copied().unwrap_or(0), octets.get(1).copied().unwrap_or(0));
        // Bit 0 of a BIT STRING is the highest bit of its first octet.
        let bits = u16::from(first.reverse_bits()) | u16::from(second.reverse_bits()) << 8;
        Ok(Self { critical: extension.critical, bits })
    }
}

/// `ExtKeyUsageSyntax` (RFC 5280, 4.2.1.12).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExtendedKeyUsage<'a> {
    /// Whether the extension is critical.
    pub critical: bool,
    purposes: &'a [u8],
}

impl<'a> ExtendedKeyUsage<'a> {
    /// The same with its bytes replaced by what `to` gives for them.
    pub(crate) fn moved<'b>(&self, to: impl FnOnce(&[u8]) -> Option<&'b [u8]>) -> Option<ExtendedKeyUsage<'b>> {
        Some(ExtendedKeyUsage { critical: self.critical, purposes: to(self.purposes)? })
    }
    /// Goes through the purposes.
    pub fn purposes(&self) -> impl Iterator<Item = ObjectIdentifier> + use<'a> {
        // INVARIANT: every purpose was read once when the certificate was.
        let mut walk = Walk::new(self.purposes, "extKeyUsage");
        core::iter::from_fn(move || if walk.is_done() { None } else { walk.oid().ok() })
    }
    pub(crate) fn read(extension: Extension<'a>) -> Result<Self, CertificateError> {
        const FIELD: &str = "extKeyUsage";
        let mut outer = Walk::new(extension.value, FIELD);
        let purposes = outer.expect(tag::SEQUENCE)?;
        outer.finish()?;
        let mut walk = Walk::new(purposes, FIELD);
        loop {
            walk.oid()?; // SIZE (1..MAX)
            if walk.is_done() {
                return Ok(Self { critical: extension.critical, purposes });
            }
        }
    }
}

/// `AuthorityKeyIdentifier` (RFC 5280, 4.2.1.1): its key identifier. A hint, never a proof.
pub(crate) fn authority_key_identifier(value: &[u8]) -> Result<Option<&[u8]>, CertificateError> {
    sequence(value, "authorityKeyIdentifier")?.optional(tag::primitive(0))
}

/// `SubjectKeyIdentifier` (RFC 5280, 4.2.1.2). A hint, never a proof.
pub(crate) fn subject_key_identifier(value: &[u8]) -> Result<&[u8], CertificateError> {
    let mut walk = Walk::new(value, "subjectKeyIdentifier");
    let found = walk.expect(tag::OCTET_STRING)?;
    walk.finish()?;
    Ok(found)
}

/// A SEQUENCE whose elements are tagged `[n]`: `GeneralNames`, `NameConstraints`. Well formed is all that is asked of them.
pub(crate) fn tagged_elements(value: &[u8], field: &'static str) -> Result<(), CertificateError> {
    let mut walk = sequence(value, field)?;
    loop {
        let any = walk.any()?; // SIZE (1..MAX)
        if any.tag & 0xc0 != 0x80 {
            return Err(CertificateError::Der { field, at: 0 });
        }
        if walk.is_done() {
            return Ok(());
        }
    }
}

/// The URLs of OCSP responders in `AuthorityInfoAccessSyntax` (RFC 5280, 4.2.2.1). Fetching them is nobody's job here.
pub(crate) fn ocsp<'a>(value: &'a [u8], mut found: impl FnMut(&'a [u8])) -> Result<(), CertificateError> {
    const FIELD: &str = "authorityInfoAccess";
    let mut list = sequence(value, FIELD)?;
    while !list.is_done() {
        let mut one = Walk::new(list.expect(tag::SEQUENCE)?, FIELD);
        let method = one.oid()?;
        let location = one.any()?;
        one.finish()?;
        if method == oid::OCSP && location.tag == URI {
            found(location.value);
        }
    }
    Ok(())
}

/// The URLs in `CRLDistributionPoints` (RFC 5280, 4.2.1.13).
pub(crate) fn crl<'a>(value: &'a [u8], mut found: impl FnMut(&'a [u8])) -> Result<(), CertificateError> {
    const FIELD: &str = "cRLDistributionPoints";
    let mut list = sequence(value, FIELD)?;
    while !list.is_done() {
        let mut point = Walk::new(list.expect(tag::SEQUENCE)?, FIELD);
        let Some(name) = point.optional(tag::constructed(0))? else { continue };
        let Some(full) = Walk::new(name, FIELD).optional(tag::constructed(0))? else { continue };
        let mut names = Walk::new(full, FIELD);
        while !names.is_done() {
            let name = names.any()?;
            if name.tag == URI {
                found(name.value);
            }
        }
    }
    Ok(())
}

/// `GeneralName.uniformResourceIdentifier`.
const URI: u8 = tag::primitive(6);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_number_has_four_octets_at_most() {
        for (value, number) in [
            (&[0][..], 0),
            (&[0x7f], 127),
            (&[0, 0x80], 128),
            (&[1, 2], 258),
            (&[0x7f, 0xff, 0xff, 0xff], 0x7fff_ffff),
            (&[0, 0xff, 0xff, 0xff, 0xff], u32::MAX),
        ] {
            assert_eq!(small(value, "x"), Ok(number), "{value:?}");
        }
        for value in [&[][..], &[0xff], &[0, 1], &[1, 0, 0, 0, 0]] {
            assert!(small(value, "x").is_err(), "{value:?}");
        }
    }
}
