//! Name constraints (RFC 5280, 4.2.1.10): which names may stand in the certificates below an authority.
//!
//! A name whose form is constrained and cannot be evaluated is refused, never let pass: `otherName`, `x400Address`,
//! `ediPartyName`, `registeredID`, a URI without a host, a mailbox in quotes, an address that hides another in it.

mod directory;
mod dns;
mod email;
mod ip;
mod uri;

pub(crate) use dns::{host_name, presented_name};

use crate::{
    CertificateError, GeneralName, Name,
    asn1::{Walk, sequence, tag},
    oid,
};
use alloc::{string::String, vec::Vec};
use plimsoll_core::{Budget, LimitExceeded};

const FIELD: &str = "nameConstraints";

/// `NameConstraints`, read and well formed.
///
/// ```text
/// NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }
/// GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameConstraints<'a> {
    permitted: Vec<GeneralName<'a>>,
    excluded: Vec<GeneralName<'a>>,
}

/// How a name breaks a constraint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Breach {
    /// It is in a subtree that is excluded.
    Excluded,
    /// There are permitted subtrees of its form, and it is in none.
    NotPermitted,
    /// Its form is constrained, and it cannot be evaluated.
    NotEvaluated,
}

impl<'a> NameConstraints<'a> {
    /// Reads what is in the extension.
    ///
    /// # Errors
    /// [`CertificateError::Der`]: broken, without any subtree, with a `minimum` or `maximum` (RFC 5280 allows neither), or with a base that is not
    /// what a constraint of its form must be.
    pub fn read(value: &'a [u8]) -> Result<Self, CertificateError> {
        let mut walk = sequence(value, FIELD)?;
        let permitted = walk.optional(tag::constructed(0))?.map(subtrees).transpose()?;
        let excluded = walk.optional(tag::constructed(1))?.map(subtrees).transpose()?;
        walk.finish()?;
        if permitted.is_none() && excluded.is_none() {
            return Err(CertificateError::Der { field: FIELD, at: 0 });
        }
        Ok(Self { permitted: permitted.unwrap_or_default(), excluded: excluded.unwrap_or_default() })
    }
    /// The subtrees in which names must be, if there are any of their form.
    #[must_use]
    pub fn permitted(&self) -> &[GeneralName<'a>] {
        &self.permitted
    }
    /// The subtrees in which names must not be.
    #[must_use]
    pub fn excluded(&self) -> &[GeneralName<'a>] {
        &self.excluded
    }
    /// Checks one name. Each comparison takes one unit from the budget, and one more for every 256 octets of what is compared (A-160: a
    /// thousand names under a thousand constraints, or one name of 60 000 octets under as many).
    ///
    /// # Errors
    /// [`LimitExceeded`], when the budget is spent. What is wrong with the name is in the `Ok`.
    pub fn check(&self, name: &GeneralName<'_>, budget: &mut Budget) -> Result<Option<Breach>, LimitExceeded> {
        for base in self.excluded.iter().filter(|base| same_form(base, name)) {
            budget.spend(cost(base, name))?;
            match compare(base, name, Side::Excluded) {
                Ok(false) => {}
                Ok(true) => return Ok(Some(Breach::Excluded)),
                Err(NotEvaluated) => return Ok(Some(Breach::NotEvaluated)),
            }
        }
        let mut constrained = false;
        for base in self.permitted.iter().filter(|base| same_form(base, name)) {
            budget.spend(cost(base, name))?;
            constrained = true;
            match compare(base, name, Side::Permitted) {
                Ok(false) => {}
                Ok(true) => return Ok(None),
                Err(NotEvaluated) => return Ok(Some(Breach::NotEvaluated)),
            }
        }
        Ok(constrained.then_some(Breach::NotPermitted))
    }
}

/// The mailboxes in `emailAddress` attributes of a subject. RFC 5280, 4.2.1.10: constraints of the form `rfc822Name` hold for them where
/// no `subjectAltName` is.
pub(crate) fn mailboxes_of(subject: Name<'_>) -> impl Iterator<Item = String> {
    subject.attributes().filter(|one| one.oid == oid::EMAIL_ADDRESS).map(|one| one.text().into_owned())
}

/// On which side a comparison is made: where a name is only partly in a subtree, neither side lets it pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Excluded,
    Permitted,
}

/// The name cannot be evaluated.
#[derive(Debug)]
struct NotEvaluated;

fn subtrees(value: &[u8]) -> Result<Vec<GeneralName<'_>>, CertificateError> {
    let mut walk = Walk::new(value, FIELD);
    let mut found = Vec::new();
    loop {
        let mut subtree = Walk::new(walk.expect(tag::SEQUENCE)?, FIELD); // SIZE (1..MAX)
        let base = GeneralName::read(subtree.any()?, FIELD)?;
        // RFC 5280, 4.2.1.10: minimum must be zero, which DER leaves out, and maximum absent.
        subtree.finish()?;
        let sound = match base {
            GeneralName::Dns(text) => dns::is_constraint(text),
            GeneralName::Email(text) => email::is_constraint(text),
            GeneralName::Ip(octets) => ip::is_constraint(octets),
            GeneralName::Uri(text) => uri::is_constraint(text),
            GeneralName::Directory(_) | GeneralName::Other(_) | GeneralName::Unsupported(_) => true,
        };
        if !sound {
            return Err(CertificateError::Der { field: FIELD, at: 0 });
        }
        found.push(base);
        if walk.is_done() {
            return Ok(found);
        }
    }
}

/// What a comparison costs: it goes through both names.
fn cost(base: &GeneralName<'_>, name: &GeneralName<'_>) -> u64 {
    let octets = [base, name].map(|one| match one {
        GeneralName::Directory(name) => name.der().len(),
        GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text) => text.len(),
        GeneralName::Ip(_) | GeneralName::Other(_) | GeneralName::Unsupported(_) => 0,
    });
    let octets = octets.into_iter().fold(0, usize::saturating_add);
    u64::try_from(octets >> 8).unwrap_or(u64::MAX).saturating_add(1)
}

fn same_form(base: &GeneralName<'_>, name: &GeneralName<'_>) -> bool {
    match (base, name) {
        // RFC 9598, 6: mailboxes in other alphabets are constrained as others are.
        (GeneralName::Email(_), GeneralName::Other(kind)) => *kind == oid::SMTP_UTF8_MAILBOX,
        (GeneralName::Unsupported(one), GeneralName::Unsupported(other)) => one == other,
        _ => core::mem::discriminant(base) == core::mem::discriminant(name),
    }
}

fn compare(base: &GeneralName<'_>, name: &GeneralName<'_>, side: Side) -> Result<bool, NotEvaluated> {
    match (base, name) {
        (GeneralName::Directory(base), GeneralName::Directory(name)) => Ok(directory::is_within(*name, *base)),
        (GeneralName::Dns(base), GeneralName::Dns(name)) => dns::is_within(name, base, side),
        (GeneralName::Email(base), GeneralName::Email(name)) => email::is_within(name, base),
        (GeneralName::Ip(base), GeneralName::Ip(name)) => ip::is_within(name, base),
        (GeneralName::Uri(base), GeneralName::Uri(name)) => uri::is_within(name, base),
        _ => Err(NotEvaluated),
    }
}
