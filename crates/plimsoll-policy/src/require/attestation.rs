//! Attestations: of which type, by whom, vouched for how.

use crate::{
    code,
    document::{Attestation, Distinct, Provenance},
    pattern::Pattern,
    scope::{Scope, text},
    truth::Finding,
    witness::{Shortfall, Wanted, find, is_how, is_named, several, shown, who},
};
use plimsoll_core::{Escaped, Row, VerifiedIdentity};

pub(crate) fn judge(rule: &Attestation, scope: &Scope<'_>) -> Finding {
    let types = either(&rule.types);
    let words = match rule.count.get() {
        1 => format!("an attestation of type {types} by {}", who(rule.by.as_deref())),
        count => {
            format!("attestations of type {types} with {}", several(count, rule.distinct, rule.by.as_deref()))
        }
    };
    let check = |row: &Row, identity: &VerifiedIdentity| {
        let found = text(row, "predicate_type").unwrap_or_default();
        if !rule.types.iter().any(|wanted| wanted.matches(&found)) {
            let message = format!("one of type `{}`", Escaped::new(&found));
            return Err(Shortfall::new(0, code::NO_ATTESTATION, message));
        }
        vouched(rule.by.as_deref(), rule.how.as_deref(), row, identity)
    };
    let count = rule.count.get();
    let roles = rule.by.as_deref().filter(|_| rule.distinct == Distinct::Identities);
    let none = code::NO_ATTESTATION;
    let wanted = Wanted { kind: "attestation", instead: None, count, roles, words, none, check: &check };
    find(scope, &wanted)
}

/// Whether an attestation comes from whom, and as, the rule wants it.
pub(crate) fn vouched(
    by: Option<&[crate::document::Identity]>,
    how: Option<&[crate::document::How]>,
    row: &Row,
    identity: &VerifiedIdentity,
) -> Result<(), Shortfall> {
    if !is_named(by, identity) {
        return Err(Shortfall::new(2, code::ATTESTER_NOT_ALLOWED, format!("one by {}", shown(identity))));
    }
    if is_how(how, row) {
        return Ok(());
    }
    let found = text(row, "how").unwrap_or_default();
    Err(Shortfall::new(3, code::ATTESTER_NOT_ALLOWED, format!("one vouched for by `{}`", Escaped::new(&found))))
}

pub(crate) fn judge_provenance(rule: &Provenance, scope: &Scope<'_>) -> Finding {
    let wanted_fields = [
        ("builder_id", "builder", rule.builders.as_deref()),
        ("build_type", "build type", rule.build_types.as_deref()),
        ("source_uri", "source", rule.sources.as_deref()),
        ("source_digest", "source digest", rule.source_digest.as_ref().map(std::slice::from_ref)),
    ];
    let check = |row: &Row, identity: &VerifiedIdentity| {
        vouched(rule.by.as_deref(), rule.how.as_deref(), row, identity)?;
        for (rank, (field, word, wanted)) in (4_u8..).zip(wanted_fields) {
            let (found, Some(wanted)) = (text(row, field), wanted) else { continue };
            if !found.as_ref().is_some_and(|found| wanted.iter().any(|wanted| wanted.matches(found))) {
                let found = Escaped::new(found.as_deref().unwrap_or_default());
                let message = format!("one whose {word} is `{found}`");
                let hint = format!("the {word} must be {}", either(wanted));
                return Err(Shortfall::new(rank, code::PROVENANCE_MISMATCH, message).hinting(hint));
            }
        }
        Ok(())
    };
    let wanted = Wanted {
        kind: "provenance",
        instead: Some(|found| found.starts_with("https://slsa.dev/provenance/")),
        count: 1,
        roles: None,
        words: format!("provenance by {}", who(rule.by.as_deref())),
        none: code::NO_PROVENANCE,
        check: &check,
    };
    find(scope, &wanted)
}

/// Patterns in words.
pub(crate) fn either(patterns: &[Pattern]) -> String {
    patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
