//! One rule: for which targets it is there, and what it demands of them.

use crate::{
    ConditionError, Limits, PolicyError, Vocabulary,
    condition::Condition,
    document::{Distinct, Identity, Inventory, Provenance, Require, RuleEntry, Severity, When},
    license::is_license,
    pattern::Pattern,
    require::Demand,
    scope::Scope,
    truth::Finding,
};
use plimsoll_core::{Escaped, LimitExceeded};
use std::{num::NonZeroU32, sync::Arc};

/// One rule, checked.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    pub(crate) severity: Severity,
    platforms: Option<Vec<Pattern>>,
    when: Option<When>,
    pub(crate) demand: Demand,
}

impl Rule {
    pub(crate) fn check(entry: RuleEntry, at: &str, checker: &Checker<'_>) -> Result<Self, PolicyError> {
        some(entry.platforms.as_deref(), || format!("{at}.platforms"))?;
        if let Some(when) = &entry.when {
            some(when.repositories.as_deref(), || format!("{at}.when.repositories"))?;
            some(when.tags.as_deref(), || format!("{at}.when.tags"))?;
        }
        let demand = checker.demand(entry.require, entry.severity, &format!("{at}.require"))?;
        Ok(Self {
            name: entry.name.into(),
            severity: entry.severity,
            platforms: entry.platforms,
            when: entry.when,
            demand,
        })
    }
    /// Judges a target; `None` where the rule is not there for it.
    pub(crate) fn judge(&self, scope: &Scope<'_>) -> Option<Finding> {
        if self.is_for(scope) { self.demand.judge(scope) } else { None }
    }
    fn is_for(&self, scope: &Scope<'_>) -> bool {
        let target = scope.view.target();
        let any = |list: &Option<Vec<Pattern>>, text: Option<&str>| {
            list.as_ref().is_none_or(|list| text.is_some_and(|text| list.iter().any(|pattern| pattern.matches(text))))
        };
        let asked = self.when.as_ref().is_none_or(|when| {
            any(&when.repositories, Some(target.repository().as_str())) && any(&when.tags, scope.tag().as_deref())
        });
        // What is for no known platform is judged by every rule: nobody may switch one off by saying nothing.
        let platform = self.platforms.as_ref().is_none_or(|platforms| {
            scope.platform().is_none_or(|found| platforms.iter().any(|wanted| wanted.matches_platform(&found)))
        });
        asked && platform
    }
    /// Whether it is there for every platform and request.
    pub(crate) fn is_for_all(&self) -> bool {
        self.platforms.is_none() && self.when.is_none()
    }
}

/// Checks what serde cannot: emptiness, kinds, fields, conditions.
pub(crate) struct Checker<'c> {
    pub(crate) vocabulary: &'c Vocabulary<'c>,
    pub(crate) limits: &'c Limits,
}

impl Checker<'_> {
    fn demand(&self, require: Require, severity: Severity, at: &str) -> Result<Demand, PolicyError> {
        let parts = |list: Vec<Require>, word: &str| {
            let at = format!("{at}.{word}");
            some(Some(&list), || at.clone())?;
            list.into_iter()
                .enumerate()
                .map(|(index, part)| self.demand(part, severity, &format!("{at}[{index}]")))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match require {
            Require::All(list) => Demand::All(parts(list, "all")?),
            Require::Any(list) => Demand::Any(parts(list, "any")?),
            Require::Attestation(rule) => {
                self.vouched(rule.by.as_deref(), rule.how.as_deref(), &format!("{at}.attestation"))?;
                some(Some(&rule.types), || format!("{at}.attestation.types"))?;
                reachable(rule.count, rule.distinct, rule.by.as_deref(), &format!("{at}.attestation"))?;
                self.fields("attestation", ["predicate_type", "how"], at)?;
                Demand::Attestation(rule)
            }
            Require::Condition(source) => Demand::Condition(self.condition(&source, severity, at)?),
            Require::Fact(rule) => {
                let at = format!("{at}.fact");
                self.vouched(rule.by.as_deref(), None, &at)?;
                self.fields(&rule.kind, rule.values.0.keys().map(String::as_str), &at)?;
                let inherited = self.vocabulary.kind(&rule.kind).is_some_and(|schema| schema.inherited);
                Demand::Fact(rule, inherited)
            }
            Require::Image(rule) => {
                some(rule.platforms.as_deref(), || format!("{at}.image.platforms"))?;
                self.fields("image", ["os", "architecture", "variant", "labels"], at)?;
                Demand::Image(rule)
            }
            Require::Inventory(rule) => {
                self.inventory(&rule, &format!("{at}.inventory"))?;
                Demand::Inventory(rule)
            }
            Require::Not(part) => {
                let part = self.demand(*part, severity, &format!("{at}.not"))?;
                // A registry can hide a referrer, and "there is no such" would then hold.
                if severity == Severity::Deny && part.is_hideable() {
                    return Err(PolicyError::OverHideable { at: Escaped::new(at) });
                }
                Demand::Not(Box::new(part))
            }
            Require::Provenance(rule) => {
                self.provenance(&rule, &format!("{at}.provenance"))?;
                Demand::Provenance(rule)
            }
            Require::Signature(rule) => {
                self.vouched(Some(&rule.by), None, &format!("{at}.signature"))?;
                reachable(rule.count, rule.distinct, Some(&rule.by), &format!("{at}.signature"))?;
                one_of(rule.formats.as_deref(), &["jws", "cose"], || format!("{at}.signature.formats"))?;
                self.fields("signature", ["format", "metadata"], at)?;
                Demand::Signature(rule)
            }
        })
    }
    fn provenance(&self, rule: &Provenance, at: &str) -> Result<(), PolicyError> {
        self.vouched(rule.by.as_deref(), rule.how.as_deref(), at)?;
        for list in [&rule.builders, &rule.build_types, &rule.sources] {
            some(list.as_deref(), || at.to_owned())?;
        }
        self.fields("provenance", ["builder_id", "build_type", "source_uri", "source_digest", "how"], at)
    }
    fn inventory(&self, rule: &Inventory, at: &str) -> Result<(), PolicyError> {
        self.vouched(rule.by.as_deref(), rule.how.as_deref(), at)?;
        one_of(rule.formats.as_deref(), &["cyclonedx", "spdx"], || format!("{at}.formats"))?;
        some(rule.allow_licenses.as_deref(), || format!("{at}.allowLicenses"))?;
        let empty = |denied: &crate::document::Denied| {
            denied.purl.is_none() && denied.name.is_none() && denied.license.is_none()
        };
        if let Some(index) = rule.deny.iter().position(empty) {
            return Err(value(&format!("{at}.deny[{index}]"), "expected `purl`, `name` or `license`, found none"));
        }
        let listed = rule.allow_licenses.iter().flatten().chain(&rule.deny_licenses);
        let denied = rule.deny.iter().filter_map(|denied| denied.license.as_ref());
        if let Some(text) = listed.chain(denied).find(|text| !is_license(text)) {
            let problem = format!("expected one license such as `GPL-2.0-only`, found `{}`", Escaped::new(text));
            return Err(value(at, &problem));
        }
        self.fields("inventory", ["format", "how", "components"], at)
    }
    fn vouched(
        &self,
        by: Option<&[Identity]>,
        how: Option<&[crate::document::How]>,
        at: &str,
    ) -> Result<(), PolicyError> {
        some(by, || format!("{at}.by"))?;
        some(how, || format!("{at}.how"))?;
        match by.unwrap_or_default().iter().position(|identity| !identity.is_specific()) {
            None => Ok(()),
            Some(index) => {
                let problem = "expected `subject`, `spiffe`, `leaf` or `key`, found none: write `subject: {glob: \"**\"}` for anybody";
                Err(value(&format!("{at}.by[{index}]"), problem))
            }
        }
    }
    fn condition(&self, source: &str, severity: Severity, at: &str) -> Result<Condition, PolicyError> {
        Condition::parse(source, severity, self.vocabulary, self.limits).map_err(|problem| match problem {
            ConditionError::Limit(limit) => LimitExceeded::into(limit),
            problem => PolicyError::Condition { at: Escaped::new(&format!("{at}.condition")), problem },
        })
    }
    /// Whether a kind has the fields that a rule reads.
    fn fields<'f>(&self, kind: &str, fields: impl IntoIterator<Item = &'f str>, at: &str) -> Result<(), PolicyError> {
        let list = |names: Vec<&str>| Escaped::new(&names.join(", "));
        let Some(schema) = self.vocabulary.kind(kind) else {
            let known = list(self.vocabulary.all().map(|schema| schema.kind).collect());
            return Err(PolicyError::UnknownKind { at: Escaped::new(at), kind: Escaped::new(kind), known });
        };
        match fields.into_iter().find(|field| schema.field(field).is_none()) {
            None => Ok(()),
            Some(field) => Err(PolicyError::UnknownField {
                at: Escaped::new(at),
                kind: Escaped::new(kind),
                field: Escaped::new(field),
                known: list(schema.fields.iter().map(|(name, ..)| *name).collect()),
            }),
        }
    }
}

/// More signers than are named can never sign: the rule would deny for ever, and not say why.
fn reachable(count: NonZeroU32, distinct: Distinct, by: Option<&[Identity]>, at: &str) -> Result<(), PolicyError> {
    let by = match (by, distinct) {
        (Some(by), _) => by,
        (None, Distinct::Keys) => return Ok(()),
        (None, Distinct::Identities) => {
            return Err(value(&format!("{at}.distinct"), "expected `by` beside it, which names the identities"));
        }
    };
    // A pattern may stand for many keys, a digest for one.
    let bounded = distinct == Distinct::Identities || by.iter().all(Identity::is_one_key);
    let named = u32::try_from(by.len()).unwrap_or(u32::MAX);
    if bounded && count.get() > named {
        let problem = format!("expected at most {named}, as many as `by` names, found {count}");
        return Err(value(&format!("{at}.count"), &problem));
    }
    Ok(())
}

/// A list that is given must hold something: an empty one would mean nothing, or everything.
fn some<T>(list: Option<&[T]>, at: impl FnOnce() -> String) -> Result<(), PolicyError> {
    match list {
        Some([]) => Err(value(&at(), "expected at least one item, found an empty list")),
        _ => Ok(()),
    }
}

fn one_of(list: Option<&[String]>, known: &[&str], at: impl Fn() -> String) -> Result<(), PolicyError> {
    some(list, &at)?;
    match list.unwrap_or_default().iter().find(|found| !known.contains(&found.as_str())) {
        None => Ok(()),
        Some(found) => {
            let problem = format!("expected {}, found `{}`", known.join(" or "), Escaped::new(found));
            Err(value(&at(), &problem))
        }
    }
}

pub(crate) fn value(at: &str, problem: &str) -> PolicyError {
    PolicyError::Value { at: Escaped::new(at), problem: Escaped::new(problem) }
}
