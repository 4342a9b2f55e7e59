//! The extensions of a list that are read (RFC 5280, 5.2).

use super::{CrlError, error::Number, point, scope::Scope};
use crate::{
    asn1::{Walk, tag, unsigned},
    extension::{self, Extension},
    oid,
};
use alloc::vec::Vec;
use plimsoll_core::{Bytes, LimitExceeded};
use spki::ObjectIdentifier;

/// The extensions that are read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct ListExtensions {
    pub(super) number: Option<Number>,
    /// `BaseCRLNumber` of a delta list.
    pub(super) builds_on: Option<Number>,
    pub(super) scope: Option<Scope>,
    /// `FreshestCRL`, still encoded.
    pub(super) freshest: Option<Bytes>,
    /// A critical one that is not understood.
    pub(super) critical: Option<ObjectIdentifier>,
}

/// Reads `crlExtensions`; `whole` is what `list` lies in.
pub(super) fn read(whole: &Bytes, list: &[u8], limits: &super::CrlLimits) -> Result<ListExtensions, CrlError> {
    let mut walk = Walk::new(list, "crlExtensions");
    let mut known = ListExtensions::default();
    let mut seen: Vec<ObjectIdentifier> = Vec::new();
    loop {
        let one = extension::extension(&mut walk)?; // SIZE (1..MAX)
        let count = u64::try_from(seen.len()).unwrap_or(u64::MAX).saturating_add(1);
        LimitExceeded::check("extensions in one revocation list", limits.extensions, count)?;
        if seen.contains(&one.oid) {
            return Err(CrlError::DuplicateExtension { oid: one.oid });
        }
        seen.push(one.oid);
        known.take(whole, one, limits)?;
        if walk.is_done() {
            return Ok(known);
        }
    }
}

impl ListExtensions {
    fn take(&mut self, whole: &Bytes, one: Extension<'_>, limits: &super::CrlLimits) -> Result<(), CrlError> {
        match one.oid {
            oid::CRL_NUMBER => self.number = Some(number(one.value, "cRLNumber")?),
            oid::DELTA_CRL_INDICATOR => self.builds_on = Some(number(one.value, "deltaCRLIndicator")?),
            oid::ISSUING_DISTRIBUTION_POINT => {
                self.scope = Some(Scope::read(whole.slice_ref(one.value), limits.points)?);
            }
            oid::FRESHEST_CRL => {
                point::points(one.value, "freshestCRL", limits.points)?;
                self.freshest = Some(whole.slice_ref(one.value));
            }
            oid::AUTHORITY_KEY_IDENTIFIER => {
                extension::authority_key_identifier(one.value)?;
            }
            other => self.critical = self.critical.or(one.critical.then_some(other)),
        }
        Ok(())
    }
}

/// `CRLNumber ::= INTEGER (0..MAX)`, of up to 20 octets.
fn number(value: &[u8], field: &'static str) -> Result<Number, CrlError> {
    let mut walk = Walk::new(value, field);
    let number = unsigned(walk.expect(tag::INTEGER)?, field)?;
    walk.finish()?;
    if number.len() > 20 {
        return Err(CrlError::Der { field, at: 0 });
    }
    Ok(Number::new(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// RFC 5280, 5.2.3: "CRL verifiers MUST be able to handle CRLNumber values up to 20 octets"; nobody may issue longer ones.
    #[test]
    fn a_list_number_has_at_most_twenty_octets() {
        let of = |octets: u8| {
            let content: Vec<u8> = (1..=octets).collect();
            number(&[&[tag::INTEGER, octets][..], &content].concat(), "cRLNumber")
        };
        assert_eq!(of(20).map(|number| number.as_bytes().len()), Ok(20));
        assert!(of(21).is_err());
        assert_eq!(of(2).map(|number| number.as_bytes().to_vec()), Ok([1, 2].to_vec()));
    }
}
