//! The list of critical members: RFC 7515, 4.1.11; RFC 9052, 3.1.

use crate::{EnvelopeError, Header, HeaderValue, Label};
use alloc::string::ToString;
use plimsoll_core::Escaped;

/// What the caller understands of the members that a header marks as critical.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Critical<'a> {
    /// These and no others. An empty list understands none.
    Only(&'a [&'a str]),
    /// The caller goes through [`Header::critical`] itself, and refuses what it does not understand.
    JudgedByCaller,
}

/// Checks the form of the list, and that nothing outside the signature claims to be critical.
pub(crate) fn check_form(protected: &Header<'_>, unprotected: &Header<'_>) -> Result<(), EnvelopeError> {
    let malformed = |what| EnvelopeError::MalformedCritical { what };
    if unprotected.find(&protected.names().critical).is_some() {
        return Err(malformed("it stands in the unprotected header"));
    }
    // RFC 7797, 6: `b64` must be critical, and it changes what the payload is. It is never understood here.
    if unprotected.get("b64").is_some() {
        return Err(malformed("`b64` stands in the unprotected header"));
    }
    let Some(list) = protected.find(&protected.names().critical) else {
        return if protected.get("b64").is_some() { Err(malformed("`b64` is not in it")) } else { Ok(()) };
    };
    let HeaderValue::List(items) = list else { return Err(malformed("it is no list")) };
    if items.is_empty() {
        return Err(malformed("it is empty"));
    }
    for (index, item) in items.iter().enumerate() {
        let label = item.as_label().ok_or_else(|| malformed("it holds something that is no name"))?;
        if items.iter().take(index).any(|earlier| earlier == item) {
            return Err(malformed("it names a member twice"));
        }
        if registered(&label) {
            return Err(malformed("it names a member that its specification registers"));
        }
        if protected.find(&label).is_none() {
            return Err(malformed("it names a member that is not in the protected header"));
        }
        if label == *"b64" {
            return Err(EnvelopeError::UnknownCritical { name: Escaped::new("b64") });
        }
    }
    Ok(())
}

/// Checks that the caller understands each critical member.
pub(crate) fn check_understood(protected: &Header<'_>, critical: Critical<'_>) -> Result<(), EnvelopeError> {
    let Critical::Only(known) = critical else { return Ok(()) };
    let understood = |label: &Label<'_>| match label {
        Label::Text(name) => known.contains(&name.as_ref()),
        // RFC 9052, 3.1: every reader understands the labels 0 to 7.
        Label::Int(label) => (0..=7).contains(label),
    };
    match protected.critical().find(|label| !understood(label)) {
        Some(label) => Err(EnvelopeError::UnknownCritical { name: Escaped::new(&label.to_string()) }),
        None => Ok(()),
    }
}

/// RFC 7515, 4.1.11 forbids the names of RFC 7515, 4.1 and RFC 7518. COSE only discourages its own (RFC 9052, 3.1), but
/// a list that names the algorithm or itself says nothing.
fn registered(label: &Label<'_>) -> bool {
    match label {
        Label::Text(name) => REGISTERED.contains(&name.as_ref()),
        Label::Int(label) => matches!(label, 1 | 2),
    }
}

const REGISTERED: [&str; 21] = [
    "alg", "apu", "apv", "crit", "cty", "enc", "epk", "iv", "jku", "jwk", "kid", "p2c", "p2s", "tag", "typ", "x5c",
    "x5t", "x5t#S256", "x5u", "zip", "",
];
