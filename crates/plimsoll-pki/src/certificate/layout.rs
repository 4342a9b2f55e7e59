//! Where the parts of a certificate lie, so that the same bytes need not be read again.

use super::{Certificate, known::Known};
use crate::{Extensions, Name};
use alloc::{boxed::Box, vec::Vec};
use core::ops::Range;

/// The bytes of a certificate that was read, and where each part of it lies in them.
pub(crate) struct Layout {
    der: Box<[u8]>,
    /// In the order of [`Certificate::moved`].
    parts: Vec<Range<usize>>,
    /// All that is no part of the bytes.
    rest: Certificate<'static>,
}

impl Layout {
    pub(crate) fn of(certificate: &Certificate<'_>) -> Option<Self> {
        let der = certificate.der;
        let mut parts = Vec::with_capacity(PARTS);
        let rest = certificate.moved(&[], |part| {
            parts.push(place(der, part)?);
            Some(&[])
        })?;
        Some(Self { der: der.into(), parts, rest })
    }
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }
    /// What reading `der` would give, if these are the same bytes.
    pub(crate) fn over<'a>(&self, der: &'a [u8]) -> Option<Certificate<'a>> {
        if *der != *self.der {
            return None;
        }
        let mut parts = self.parts.iter();
        self.rest.moved(der, |_| der.get(parts.next()?.clone()))
    }
}

/// Where a part of `whole` lies in it. Parts are found by their address: the same octets may stand in several places.
fn place(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    if part.is_empty() {
        return Some(0..0);
    }
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let place = start..start.checked_add(part.len())?;
    (whole.get(place.clone())? == part).then_some(place)
}

impl Certificate<'_> {
    /// The same certificate with every part of its bytes replaced by what `to` gives for it.
    fn moved<'b>(&self, der: &'b [u8], mut to: impl FnMut(&[u8]) -> Option<&'b [u8]>) -> Option<Certificate<'b>> {
        let Self { tbs, signature, serial, issuer, subject, spki, extensions, known, .. } = *self;
        // Every field is named, so that none which is added keeps pointing to other bytes.
        Some(Certificate {
            der,
            tbs: to(tbs)?,
            signature: to(signature)?,
            method: self.method,
            version: self.version,
            serial: to(serial)?,
            issuer: Name::known(to(issuer.der())?),
            subject: Name::known(to(subject.der())?),
            validity: self.validity,
            spki: to(spki)?,
            key: self.key,
            extensions: Extensions(to(extensions.0)?),
            known: known.moved(&mut to)?,
        })
    }
}

impl Known<'_> {
    fn moved<'b>(&self, mut to: impl FnMut(&[u8]) -> Option<&'b [u8]>) -> Option<Known<'b>> {
        let mut each = |part: Option<&[u8]>| match part {
            Some(part) => Some(Some(to(part)?)),
            None => Some(None),
        };
        Some(Known {
            basic_constraints: self.basic_constraints,
            key_usage: self.key_usage,
            authority_key: each(self.authority_key)?,
            subject_key: each(self.subject_key)?,
            ocsp: each(self.ocsp)?,
            crl: each(self.crl)?,
            revocable: self.revocable,
            extended_key_usage: match self.extended_key_usage {
                Some(usage) => Some(usage.moved(to)?),
                None => None,
            },
        })
    }
}

/// As many as [`Certificate::moved`] moves at most.
const PARTS: usize = 12;
