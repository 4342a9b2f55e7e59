//! What is inside: an authenticated inventory, and components and licenses that are denied.

use crate::{
    code,
    document::{Denied, Inventory, UnknownLicenses},
    license::{Licenses, mentions},
    purl::Purl,
    require::attestation::vouched,
    scope::{Scope, text},
    truth::{Finding, Truth},
    version::version,
    witness::{Shortfall, Wanted, find, who},
};
use plimsoll_core::{Backing, Budget, Code, Escaped, Outcome, Reason, Record, Row, Value, VerifiedIdentity};

pub(crate) fn judge(rule: &Inventory, scope: &Scope<'_>) -> Finding {
    let check = |row: &Row, identity: &VerifiedIdentity| {
        vouched(rule.by.as_deref(), rule.how.as_deref(), row, identity)?;
        let format = text(row, "format").unwrap_or_default();
        if rule.formats.as_ref().is_none_or(|formats| formats.contains(&format)) {
            return Ok(());
        }
        let found = format!("one in the format `{}`", Escaped::new(&format));
        Err(Shortfall::new(4, code::NO_INVENTORY, found))
    };
    let wanted = Wanted {
        kind: "inventory",
        instead: Some(|found| found.contains("cyclonedx") || found.contains("spdx")),
        count: 1,
        roles: None,
        words: format!("an inventory by {}", who(rule.by.as_deref())),
        none: code::NO_INVENTORY,
        check: &check,
    };
    // What is denied is denied in any authenticated inventory, whoever vouches for it: a second, cleaner one does not help.
    let found = components(rule, scope);
    find(scope, &wanted).and(complete(scope)).and(scope.noting(found, &["inventory"]))
}

/// "None of these is inside" may only be said of a complete list of inventories.
fn complete(scope: &Scope<'_>) -> Finding {
    match scope.gap("inventory") {
        None => Finding::yes(),
        Some((cause, text)) => {
            let message = format!("expected every inventory, and not all could be read: {text} ({cause})");
            Finding::unknown(scope.reason(code::INVENTORY_INCOMPLETE, &message))
        }
    }
}

fn components(rule: &Inventory, scope: &Scope<'_>) -> Finding {
    let licenses = Licenses::new(rule.allow_licenses.as_deref(), &rule.deny_licenses);
    if rule.deny.is_empty() && licenses.is_empty() {
        return Finding::yes();
    }
    let mut budget = Budget::new("components", scope.limits.components);
    let mut tally = Tally { finding: Finding::yes(), denied: 0, unclear: 0 };
    for row in scope.rows("inventory").filter(|row| matches!(row.backing, Backing::Signed(_))) {
        if let Outcome::Failed(code, text) = &row.outcome {
            // Somebody vouches for it, and what it lists is not known.
            let reason =
                scope.reason(code::INVENTORY_INCOMPLETE, &format!("an inventory could not be read: {text} ({code})"));
            tally.finding = tally.finding.and(Finding::unknown(reason.on(row.evidence.iter().copied())));
            continue;
        }
        let Value::List(list) = row.record().field("components") else {
            let reason =
                scope.reason(code::INVENTORY_INCOMPLETE, "expected the components of an inventory, found none");
            tally.finding = tally.finding.and(Finding::unknown(reason.on(row.evidence.iter().copied())));
            continue;
        };
        for at in 0..list.len() {
            if let Err(limit) = budget.spend(1) {
                let reason = scope.reason(code::INVENTORY_INCOMPLETE, &limit.to_string());
                return tally.finish(scope).and(Finding::unknown(reason));
            }
            let mut say = |truth: Truth, code: Code, message: &str| {
                tally.add(truth, || scope.reason(code, message).on(row.evidence.iter().copied()));
            };
            match list.at(at) {
                Value::Record(component) => Component::new(component).judge(rule, &licenses, &mut say),
                _ => say(Truth::Unknown, code::COMPONENT_UNCLEAR, "a component could not be read"),
            }
        }
    }
    tally.finish(scope)
}

/// The reasons so far: the first few are listed, the rest are counted.
struct Tally {
    finding: Finding,
    denied: usize,
    unclear: usize,
}

impl Tally {
    fn add(&mut self, truth: Truth, reason: impl FnOnce() -> Reason) {
        let count = if truth == Truth::No { &mut self.denied } else { &mut self.unclear };
        *count = count.saturating_add(1);
        self.finding.truth = self.finding.truth.and(truth);
        if *count <= MOST_LISTED {
            self.finding.reasons.push(reason().with_hint("ship a build without it, or change the policy"));
        }
    }
    fn finish(mut self, scope: &Scope<'_>) -> Finding {
        for (count, code) in [(self.denied, code::COMPONENT_DENIED), (self.unclear, code::COMPONENT_UNCLEAR)] {
            if let Some(more) = count.checked_sub(MOST_LISTED).filter(|more| *more > 0) {
                self.finding.reasons.push(scope.reason(code, &format!("{more} more components like these")));
            }
        }
        self.finding
    }
}

/// One component, read once.
struct Component<'c> {
    record: &'c dyn Record,
    name: String,
    version: Option<String>,
    purl_text: Option<String>,
    purl: Option<Purl>,
}

impl<'c> Component<'c> {
    fn new(record: &'c dyn Record) -> Self {
        let text = |field: &str| match record.field(field) {
            Value::Text(text) if !text.is_empty() => Some(text.into_owned()),
            _ => None,
        };
        let purl_text = text("purl");
        let purl = purl_text.as_deref().and_then(Purl::parse);
        let version = text("version").or_else(|| purl.as_ref().and_then(|purl| purl.version.clone()));
        Self { record, name: text("name").unwrap_or_default(), version, purl_text, purl }
    }
    fn shown(&self) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        let name = match &self.purl_text {
            Some(purl) => purl.clone(),
            None if version.is_empty() => self.name.clone(),
            None => format!("{} {version}", self.name),
        };
        format!("`{}`", Escaped::new(&name))
    }
    fn licenses(&self) -> Vec<String> {
        match self.record.field("licenses") {
            // One too many, or one that is no text, is an expression that nobody can read: unknown, not skipped.
            Value::List(list) => (0..list.len().min(MOST_LICENSES.saturating_add(1)))
                .map(|at| match list.at(at) {
                    Value::Text(text) if at < MOST_LICENSES => text.into_owned(),
                    _ => String::new(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }
    fn judge(&self, rule: &Inventory, licenses: &Licenses, say: &mut dyn FnMut(Truth, Code, &str)) {
        for denied in &rule.deny {
            match self.is(denied, rule.unknown_licenses) {
                Truth::No => {}
                Truth::Yes => {
                    let why = denied.because.as_ref().map_or_else(String::new, |b| format!(": {}", Escaped::new(b)));
                    let message = format!("expected no {denied}, found {}{why}", self.shown());
                    say(Truth::No, code::COMPONENT_DENIED, &message);
                }
                Truth::Unknown => {
                    let message = format!("cannot tell whether {} is {denied}", self.shown());
                    say(Truth::Unknown, code::COMPONENT_UNCLEAR, &message);
                }
            }
        }
        if licenses.is_empty() {
            return;
        }
        let stated = self.licenses();
        let listed = stated.join("`, `");
        match licenses.judge(stated.iter().map(String::as_str)) {
            Truth::Yes => {}
            Truth::No => {
                let message = format!("{} has the license `{}`", self.shown(), Escaped::new(&listed));
                say(Truth::No, code::LICENSE_DENIED, &message);
            }
            Truth::Unknown if rule.unknown_licenses == UnknownLicenses::Allow => {}
            Truth::Unknown => {
                let message =
                    format!("{} states no license that can be read: `{}`", self.shown(), Escaped::new(&listed));
                say(Truth::Unknown, code::LICENSE_UNKNOWN, &message);
            }
        }
    }
    /// Whether this is a denied component. Where a purl is wanted and there is none to compare, the name decides
    /// whether it could be.
    fn is(&self, denied: &Denied, unknown: UnknownLicenses) -> Truth {
        let by_purl = match (&denied.purl, &self.purl) {
            (None, _) => Truth::Yes,
            (Some(wanted), Some(found)) => wanted.covers(found, self.version.as_deref()),
            (Some(wanted), None) if wanted.may_be_called(&self.name) => Truth::Unknown,
            (Some(_), None) => Truth::No,
        };
        let by_name = truth(denied.name.as_ref().is_none_or(|name| name.matches(&self.name)));
        let by_license = match &denied.license {
            None => Truth::Yes,
            Some(license) => self.is_under(license, unknown),
        };
        by_purl.and(by_name).and(by_license).and(self.in_range(denied))
    }
    fn is_under(&self, license: &str, unknown: UnknownLicenses) -> Truth {
        let stated = self.licenses();
        if stated.iter().any(|stated| mentions(stated, license)) {
            return Truth::Yes;
        }
        // Without lists, an expression is a yes if it can be read.
        match (Licenses::default().judge(stated.iter().map(String::as_str)), unknown) {
            (Truth::Unknown, UnknownLicenses::Deny) => Truth::Unknown,
            _ => Truth::No,
        }
    }
    /// Only types whose versions semver orders can be compared; for others it is unknown.
    fn in_range(&self, denied: &Denied) -> Truth {
        let Some(range) = &denied.versions else { return Truth::Yes };
        let comparable = self.purl.as_ref().is_none_or(Purl::has_semver);
        match self.version.as_deref().and_then(version).filter(|_| comparable) {
            Some(version) => truth(range.contains(&version)),
            None => Truth::Unknown,
        }
    }
}

fn truth(yes: bool) -> Truth {
    if yes { Truth::Yes } else { Truth::No }
}

impl std::fmt::Display for Denied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.purl, &self.name) {
            (Some(purl), _) => write!(f, "{purl}")?,
            (None, Some(name)) => write!(f, "{name}")?,
            (None, None) => f.write_str("component")?,
        }
        if let Some(range) = &self.versions {
            write!(f, " {range}")?;
        }
        match &self.license {
            Some(license) => write!(f, " under `{}`", Escaped::new(license)),
            None => Ok(()),
        }
    }
}

/// Most components that are listed by name for one image and answer.
const MOST_LISTED: usize = 8;
/// Most licenses of one component that are read.
const MOST_LICENSES: usize = 256;
