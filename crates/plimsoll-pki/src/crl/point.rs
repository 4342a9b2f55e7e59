//! `CRLDistributionPoints` (RFC 5280, 4.2.1.13), which `FreshestCRL` shares (4.2.1.15 and 5.2.6).

use super::{CrlError, CrlLimits};
use crate::{
    Certificate,
    asn1::{Walk, bits, sequence, tag},
    oid,
};
use alloc::vec::Vec;
use plimsoll_core::{Escaped, LimitExceeded};

/// One `DistributionPoint`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct DistributionPoint<'a> {
    /// Each `GeneralName` of `fullName`, whole.
    pub(crate) names: Vec<&'a [u8]>,
    /// The URLs among them: foreign text.
    pub(crate) urls: Vec<&'a [u8]>,
    /// Whether its list is complete and of the certificate's own issuer: without `reasons` and without `cRLIssuer`.
    pub(crate) is_whole: bool,
}

/// The distribution points of a certificate.
pub(crate) fn distribution_points<'a>(
    certificate: &Certificate<'a>,
    limit: u64,
) -> Result<Vec<DistributionPoint<'a>>, CrlError> {
    of_certificate(certificate, oid::CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints", limit)
}

/// Where a certificate says that delta lists are.
pub(crate) fn freshest<'a>(certificate: &Certificate<'a>, limit: u64) -> Result<Vec<DistributionPoint<'a>>, CrlError> {
    of_certificate(certificate, oid::FRESHEST_CRL, "freshestCRL", limit)
}

/// The URLs at which a certificate says that delta lists are (`FreshestCRL`): foreign text, which is safe to show.
///
/// # Errors
/// [`CrlError::Der`] or [`CrlError::Limit`].
pub fn freshest_urls(certificate: &Certificate<'_>, limits: &CrlLimits) -> Result<Vec<Escaped>, CrlError> {
    let points = freshest(certificate, limits.points)?;
    Ok(points.iter().flat_map(|point| &point.urls).map(|url| Escaped::bytes(url)).collect())
}

fn of_certificate<'a>(
    certificate: &Certificate<'a>,
    oid: spki::ObjectIdentifier,
    field: &'static str,
    limit: u64,
) -> Result<Vec<DistributionPoint<'a>>, CrlError> {
    let found = certificate.extensions().iter().find(|one| one.oid == oid);
    found.map_or(Ok(Vec::new()), |one| points(one.value, field, limit))
}

/// `CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint`
pub(super) fn points<'a>(
    value: &'a [u8],
    field: &'static str,
    limit: u64,
) -> Result<Vec<DistributionPoint<'a>>, CrlError> {
    let mut list = sequence(value, field)?;
    let mut found = Vec::new();
    loop {
        LimitExceeded::check("distribution points", limit, count(found.len()).saturating_add(1))?;
        found.push(point(list.expect(tag::SEQUENCE)?, field, limit)?);
        if list.is_done() {
            return Ok(found);
        }
    }
}

/// ```text
/// DistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL,
///   reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] GeneralNames OPTIONAL }
/// ```
fn point<'a>(value: &'a [u8], field: &'static str, limit: u64) -> Result<DistributionPoint<'a>, CrlError> {
    let mut walk = Walk::new(value, field);
    let name = walk.optional(tag::constructed(0))?;
    let names = name.map_or(Ok(Vec::new()), |name| full_name(name, field, limit))?;
    let reasons = walk.optional(tag::primitive(1))?;
    let issuer = walk.optional(tag::constructed(2))?;
    walk.finish()?;
    reasons.map(|value| bits(value, field)).transpose()?;
    // RFC 5280, 4.2.1.13: never reasons alone, and never nothing.
    if name.is_none() && issuer.is_none() {
        return Err(CrlError::Der { field, at: 0 });
    }
    let is_whole = reasons.is_none() && issuer.is_none();
    let urls = names.iter().filter_map(|name| uri(name)).collect();
    Ok(DistributionPoint { names, urls, is_whole })
}

/// `DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName }`: the
/// names of the first; a relative name is none that can be asked or compared.
pub(super) fn full_name<'a>(value: &'a [u8], field: &'static str, limit: u64) -> Result<Vec<&'a [u8]>, CrlError> {
    let mut walk = Walk::new(value, field);
    let Some(full) = walk.optional(tag::constructed(0))? else {
        walk.expect(tag::constructed(1))?;
        walk.finish()?;
        return Ok(Vec::new());
    };
    walk.finish()?;
    let mut names = Walk::new(full, field);
    let mut found = Vec::new();
    loop {
        LimitExceeded::check("names of one distribution point", limit, count(found.len()).saturating_add(1))?;
        found.push(names.whole()?); // GeneralNames ::= SEQUENCE SIZE (1..MAX)
        if names.is_done() {
            return Ok(found);
        }
    }
}

/// `GeneralName.uniformResourceIdentifier`.
fn uri(name: &[u8]) -> Option<&[u8]> {
    Walk::new(name, "GeneralName").optional(tag::primitive(6)).ok()?
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full name of URIs that are empty.
    #[test]
    fn the_names_of_a_point_are_bounded() {
        let of = |count: u8| [&[0xa0, count.saturating_mul(2)][..], &[0x86, 0].repeat(usize::from(count))].concat();
        assert_eq!(full_name(&of(3), "x", 3).map(|names| names.len()), Ok(3));
        assert!(matches!(full_name(&of(4), "x", 3), Err(CrlError::Limit(_))));
        assert!(full_name(&of(0), "x", 3).is_err(), "one at least");
    }
}
