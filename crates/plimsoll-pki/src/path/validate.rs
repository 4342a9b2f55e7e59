//! What can be judged only of a whole path: names under constraints, and policies.

use super::{PathError, PathProfile, graph, policy::Policies};
use crate::{
    Certificate, CertificateError, GeneralName, Which,
    constraint::{NameConstraints, mailboxes_of},
    general_name::address,
    oid,
};
use alloc::{
    collections::BTreeSet,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Budget, Escaped};
use spki::ObjectIdentifier;

/// Checks that every name is where the authorities above allow it (RFC 5280, 6.1.3 b and c). Those of self-issued authorities are free.
///
/// RFC 5280 starts with the constraints that come with an anchor (6.1.1 h and i); they are those of its certificate.
pub(super) fn names(path: &[Certificate<'_>], budget: &mut Budget) -> Result<(), PathError> {
    let mut cached: Vec<Vec<String>> = Vec::new();
    for (above, authority) in path.iter().enumerate().skip(1) {
        let extension = authority.extensions().iter().find(|one| one.oid == oid::NAME_CONSTRAINTS);
        let Some(extension) = extension else { continue };
        let constraints = NameConstraints::read(extension.value).map_err(of(above, authority))?;
        if cached.is_empty() {
            cached = path.iter().map(|one| mailboxes_of(one.subject()).collect()).collect();
        }
        for ((index, certificate), mailboxes) in path.iter().enumerate().take(above).zip(&cached) {
            if index > 0 && certificate.is_self_issued() {
                continue;
            }
            for name in names_of(index, certificate, mailboxes)? {
                if let Some(breach) = constraints.check(&name, budget)? {
                    let name = Escaped::new(&name.to_string());
                    let (which, by) = (Which::new(index, certificate), Which::new(above, authority));
                    return Err(PathError::NameConstraint { which, name, breach, by });
                }
            }
        }
    }
    Ok(())
}

/// Every name of a certificate that a constraint can reach (4.2.1.10): those of `subjectAltName`, the subject itself unless it is empty, and
/// without `subjectAltName` the mailboxes in the subject.
fn names_of<'n>(
    index: usize,
    certificate: &Certificate<'n>,
    mailboxes: &'n [String],
) -> Result<Vec<GeneralName<'n>>, PathError> {
    let mut names = certificate.subject_alt_names().map_err(of(index, certificate))?;
    if names.is_empty() {
        names.extend(mailboxes.iter().map(|one| GeneralName::Email(one)));
    }
    if !certificate.subject().is_empty() {
        names.push(GeneralName::Directory(certificate.subject()));
    }
    Ok(names)
}

/// The names of the leaf, well formed as far as their forms have a length.
pub(super) fn names_of_leaf<'a>(leaf: &Certificate<'a>) -> Result<Vec<GeneralName<'a>>, PathError> {
    let names = leaf.subject_alt_names().map_err(of(0, leaf))?;
    let broken = |name: &GeneralName<'_>| matches!(name, GeneralName::Ip(octets) if address(octets).is_none());
    if names.iter().any(broken) {
        return Err(of(0, leaf)(CertificateError::Der { field: "subjectAltName", at: 0 }));
    }
    Ok(names)
}

/// Processes the policies, and returns those that hold.
pub(super) fn policies(
    path: &[Certificate<'_>],
    profile: &PathProfile,
    budget: &mut Budget,
) -> Result<BTreeSet<ObjectIdentifier>, PathError> {
    let (Some(leaf), Some((anchor, below))) = (path.first(), path.split_last()) else { return Ok(BTreeSet::new()) };
    let anchor = Policies::of(anchor).map_err(of(below.len(), anchor))?;
    let mut read = Vec::with_capacity(below.len());
    for (index, one) in below.iter().enumerate().rev() {
        read.push((Policies::of(one).map_err(of(index, one))?, one.is_self_issued()));
    }
    let held = graph::process(&anchor, &read, &profile.policies, budget)?;
    held.map_err(|graph::NoPolicy| PathError::Policy { which: Which::new(0, leaf) })
}

fn of<'c>(index: usize, certificate: &'c Certificate<'_>) -> impl Fn(CertificateError) -> PathError + use<'c> {
    let subject = Which::new(index, certificate);
    move |error| PathError::Certificate { which: subject.clone(), error }
}
