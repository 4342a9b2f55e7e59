//! Signatures: by whom, for which name, of which version.

use crate::{
    code,
    document::{Binding, Distinct, Signature},
    release::{REPOSITORY, VERSION},
    scope::{Scope, text},
    truth::Finding,
    version::{compare, version},
    witness::{Shortfall, Wanted, find, is_named, several, shown, who},
};
use plimsoll_core::{Escaped, Row, Value, VerifiedIdentity};

pub(crate) fn judge(rule: &Signature, scope: &Scope<'_>) -> Finding {
    let words = match rule.count.get() {
        1 => format!("a signature by {}", who(Some(&rule.by))),
        count => format!("signatures with {}", several(count, rule.distinct, Some(&rule.by))),
    };
    let check = |row: &Row, identity: &VerifiedIdentity| check(rule, scope, row, identity);
    let wanted = Wanted {
        kind: "signature",
        instead: None,
        count: rule.count.get(),
        roles: (rule.distinct == Distinct::Identities).then_some(rule.by.as_slice()),
        words,
        none: code::NO_SIGNATURE,
        check: &check,
    };
    find(scope, &wanted)
}

fn check(rule: &Signature, scope: &Scope<'_>, row: &Row, identity: &VerifiedIdentity) -> Result<(), Shortfall> {
    if !is_named(Some(&rule.by), identity) {
        let found = format!("one by {}", shown(identity));
        return Err(Shortfall::new(2, code::SIGNER_NOT_ALLOWED, found));
    }
    let format = text(row, "format").unwrap_or_default();
    if rule.formats.as_ref().is_some_and(|formats| !formats.contains(&format)) {
        let found = format!("one in the format `{}`", Escaped::new(&format));
        return Err(Shortfall::new(3, code::SIGNATURE_FORMAT_NOT_ALLOWED, found));
    }
    for (key, wanted) in &rule.metadata.0 {
        if !metadata(row, key).is_some_and(|found| wanted.matches(found)) {
            let found = format!("one whose metadata `{}` {}", Escaped::new(key), said(metadata(row, key)));
            let hint = format!("sign with the metadata `{}` = {wanted}", Escaped::new(key));
            return Err(Shortfall::new(4, code::METADATA_MISMATCH, found).hinting(hint));
        }
    }
    if rule.name == Some(Binding::Bound) {
        bound(scope, row)?;
    }
    match &rule.minimum_version {
        Some(minimum) => recent(&minimum.0, row),
        None => Ok(()),
    }
}

/// A signature vouches for a digest, not for a name: the name must be among what was signed.
fn bound(scope: &Scope<'_>, row: &Row) -> Result<(), Shortfall> {
    let wanted = scope.view.target().repository().as_str();
    let found = metadata(row, REPOSITORY);
    if found == Some(wanted) {
        return Ok(());
    }
    let found = match found {
        Some(other) => format!("one that was made for `{}`", Escaped::new(other)),
        None => "one that names no repository".into(),
    };
    let hint = format!("sign it for `{wanted}`: the metadata {REPOSITORY} must be exactly that");
    Err(Shortfall::new(5, code::NAME_NOT_BOUND, found).hinting(hint))
}

fn recent(minimum: &semver::Version, row: &Row) -> Result<(), Shortfall> {
    let stated = metadata(row, VERSION);
    let hint = format!("sign it with the metadata {VERSION} of at least {minimum}");
    match stated.and_then(version) {
        Some(found) if compare(&found, minimum).is_ge() => Ok(()),
        Some(found) => {
            let message = format!("one of version {found}, older than {minimum}");
            Err(Shortfall::new(7, code::ROLLBACK, message).hinting(hint))
        }
        None => {
            let message = format!("one whose {VERSION} {}", said(stated));
            Err(Shortfall::new(6, code::VERSION_NOT_SIGNED, message).hinting(hint))
        }
    }
}

fn metadata<'r>(row: &'r Row, key: &str) -> Option<&'r str> {
    match row.record().field("metadata") {
        Value::Map(map) => map.get(key).map(String::as_str),
        _ => None,
    }
}

fn said(found: Option<&str>) -> String {
    found.map_or_else(|| "is not there".into(), |found| format!("is `{}`", Escaped::new(found)))
}
