//! The policy: read, checked, and asked.

use crate::{
    Example, ExampleResult, Limits, Lint, PolicyError, Severity, Syntax, Truth, Vocabulary, code,
    document::RuleEntry,
    rule::{Checker, Rule},
    scope::Scope,
    syntax,
    truth::Finding,
};
use plimsoll_core::{
    Digest, Escaped, Evaluate, Facts, Horizon, LimitExceeded, Outcome, Reads, Reason, Subject, Verdict,
};
use std::{collections::BTreeSet, sync::Arc};

/// A rule set that was read from a file and checked.
///
/// ```
/// use plimsoll_policy::Policy;
/// let text = br#"{"version": 1, "name": "release", "rules": [{"name": "signed", "require":
///     {"signature": {"by": [{"subject": "CN=release,O=Example"}], "name": "bound"}}}]}"#;
/// assert_eq!(Policy::parse(text, None).unwrap().name(), "release");
/// let error = Policy::parse(br#"{"version": 1, "name": "empty", "rules": []}"#, None).unwrap_err();
/// assert_eq!(error.to_string(), "rules: expected at least one rule that can deny, found none");
/// ```
#[derive(Debug)]
pub struct Policy {
    name: Box<str>,
    digest: Digest,
    limits: Limits,
    attestations: Option<serde_json::Value>,
    rules: Vec<Rule>,
    examples: Vec<Example>,
}

/// How one rule came out for one target.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RuleResult {
    /// The rule.
    pub rule: Arc<str>,
    /// What it does where it does not hold.
    pub severity: Severity,
    /// The target.
    pub subject: Digest,
    /// The platform of the target, when an index lists it.
    pub platform: Option<Arc<str>>,
    /// Whether it holds.
    pub truth: Truth,
    /// Why it does not, with what would make it.
    pub reasons: Vec<Reason>,
    /// Digests of the evidence that it read.
    pub evidence: Vec<Digest>,
    /// While it comes out the same.
    pub horizon: Horizon,
    /// Whether it can deny, and demands what this policy demands at least: something signed, if any rule does.
    guards: bool,
}

impl Policy {
    /// Reads a policy, with the kinds of fact that Plimsoll's rules know.
    ///
    /// Without a `syntax`, a text that begins with `{` is JSON and any other YAML.
    ///
    /// # Errors
    /// [`PolicyError`] says what is wrong, and where.
    pub fn parse(bytes: &[u8], syntax: Option<Syntax>) -> Result<Self, PolicyError> {
        Self::parse_with(bytes, syntax, &Vocabulary::default(), &Limits::default())
    }
    /// Reads a policy, with the kinds of fact and the codes of a build.
    ///
    /// # Errors
    /// [`PolicyError`] says what is wrong, and where.
    pub fn parse_with(
        bytes: &[u8],
        syntax: Option<Syntax>,
        vocabulary: &Vocabulary<'_>,
        limits: &Limits,
    ) -> Result<Self, PolicyError> {
        let document = syntax::read(bytes, syntax, limits)?;
        if document.version != 1 {
            return Err(PolicyError::Version { found: document.version });
        }
        most("rules", limits.rules, document.rules.len())?;
        most("examples", limits.examples, document.examples.len())?;
        let rules = rules(document.rules, &Checker { vocabulary, limits })?;
        let mut names = BTreeSet::new();
        let mut examples = Vec::new();
        for (index, entry) in document.examples.into_iter().enumerate() {
            let at = format!("examples[{index}]");
            named(&entry.name, &at, &mut names)?;
            examples.push(Example::check(entry, &at, vocabulary)?);
        }
        // The answer depends on the file, on the limits and on this version of the rules.
        let mut all = format!("plimsoll-policy {}\n{limits:?}\n", env!("CARGO_PKG_VERSION")).into_bytes();
        all.extend_from_slice(bytes);
        Ok(Self {
            name: document.name.into(),
            digest: Digest::sha256_of(&all),
            limits: limits.clone(),
            attestations: document.attestations.map(|tree| tree.0),
            rules,
            examples,
        })
    }
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The section `attestations`, whose meaning belongs to whoever gathers them.
    #[must_use]
    pub fn attestations(&self) -> Option<&serde_json::Value> {
        self.attestations.as_ref()
    }
    /// The names of the rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| &*rule.name)
    }
    /// What may be judged by, but is probably not meant.
    #[must_use]
    pub fn lints(&self) -> Vec<Lint> {
        Lint::of(&self.rules)
    }
    /// Runs the examples that stand beside the rules.
    #[must_use]
    pub fn test(&self) -> Vec<ExampleResult> {
        self.examples.iter().map(|example| example.run(self)).collect()
    }
    /// Says of each rule and target how it came out, and what was read.
    #[must_use]
    pub fn explain(&self, facts: &Facts) -> Vec<RuleResult> {
        facts.targets().iter().flat_map(|target| self.results(facts, target)).collect()
    }
    fn results<'p>(&'p self, facts: &'p Facts, target: &'p Subject) -> impl Iterator<Item = RuleResult> + 'p {
        let denying = |rule: &Rule| rule.severity == Severity::Deny;
        let signed = self.rules.iter().any(|rule| denying(rule) && rule.demand.needs_signed());
        let lists_children = lists_children(facts, target);
        self.rules.iter().filter_map(move |rule| {
            let view = facts.about(target);
            let scope = Scope { rule: &rule.name, view, at: facts.at(), limits: &self.limits, lists_children };
            let Finding { truth, reasons, read, horizon } = rule.judge(&scope)?;
            Some(RuleResult {
                rule: Arc::clone(&rule.name),
                severity: rule.severity,
                subject: target.descriptor.digest,
                platform: target.platform.clone(),
                truth,
                reasons,
                evidence: read.into_iter().collect(),
                horizon,
                guards: denying(rule) && (!signed || rule.demand.needs_signed()),
            })
        })
    }
}

impl Evaluate for Policy {
    fn digest(&self) -> Digest {
        self.digest
    }
    fn reads(&self) -> Reads {
        let mut kinds = BTreeSet::new();
        for rule in &self.rules {
            rule.demand.reads(&mut kinds);
            if !rule.is_for_all() {
                kinds.insert("image".into());
            }
        }
        Reads::kinds(kinds.iter().map(String::as_str))
    }
    fn evaluate(&self, facts: &Facts) -> Verdict {
        let subject = facts.targets().first().map(|target| target.descriptor.digest);
        let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
        let mut horizon = Horizon::ALWAYS;
        for target in facts.targets() {
            // A platform is what a pusher says it is: where something signed is demanded of any, it is of every one.
            let mut guarded = lists_children(facts, target);
            for result in self.results(facts, target) {
                guarded |= result.guards;
                horizon = horizon.and(result.horizon);
                let list = if result.severity == Severity::Deny { &mut reasons } else { &mut warnings };
                list.extend(denies(result));
            }
            if !guarded {
                reasons.push(nothing_applies(Some(target)));
            }
        }
        if facts.targets().is_empty() {
            reasons.push(nothing_applies(None));
        }
        let unseen = unvouched(facts, &self.reads(), &reasons);
        warnings.extend(unseen);
        Verdict::of(subject, self.digest, reasons, warnings, horizon)
    }
}

/// The reasons of what does not hold. What is not a yes never passes without one.
fn denies(result: RuleResult) -> Vec<Reason> {
    match result.truth {
        Truth::Yes => Vec::new(),
        _ if result.reasons.is_empty() => {
            vec![Reason::new(code::CONDITION_UNAVAILABLE, result.rule, result.subject, "the rule gave no answer")]
        }
        _ => result.reasons,
    }
}

fn nothing_applies(target: Option<&Subject>) -> Reason {
    let platform = target.and_then(|target| target.platform.as_deref());
    let platform = platform.map_or_else(String::new, |name| format!("{}: ", Escaped::new(name)));
    let message = format!("{platform}expected a rule that applies to this image, found none");
    Reason::new(code::NO_RULE_APPLIES, "policy", target.map(|target| target.descriptor.digest), message)
        .with_hint("add a rule without `when` and `platforms`")
}

/// Rows that do not count, shown once each.
fn unvouched(facts: &Facts, reads: &Reads, reasons: &[Reason]) -> Vec<Reason> {
    let mut out: Vec<Reason> = Vec::new();
    for row in facts.rows() {
        let kind = row.record().schema().kind;
        let (code, message) = match &row.outcome {
            Outcome::Failed(code, text) => (*code, format!("a fact of kind `{kind}` does not count: {text}")),
            Outcome::Held if row.backing == plimsoll_core::Backing::Attached => {
                (code::UNSIGNED_EVIDENCE, format!("a fact of kind `{kind}` does not count: nobody vouches for it"))
            }
            Outcome::Held => continue,
        };
        let told = reasons.iter().any(|reason| reason.code == code && reason.subject == Some(row.subject));
        if told || !reads.kinds.contains(kind) {
            continue;
        }
        let warning = Reason::new(code, "facts", row.subject, message).on(row.evidence.iter().copied());
        if !out.contains(&warning) && out.len() < MOST_WARNINGS {
            out.push(warning);
        }
    }
    out
}

fn lists_children(facts: &Facts, target: &Subject) -> bool {
    facts.targets().iter().any(|other| other.index == Some(target.descriptor.digest))
}

fn rules(entries: Vec<RuleEntry>, checker: &Checker<'_>) -> Result<Vec<Rule>, PolicyError> {
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("rules[{index}]");
        named(&entry.name, &at, &mut names)?;
        rules.push(Rule::check(entry, &at, checker)?);
    }
    if rules.iter().any(|rule| rule.severity == Severity::Deny) { Ok(rules) } else { Err(PolicyError::NothingDemanded) }
}

fn named(name: &str, at: &str, names: &mut BTreeSet<String>) -> Result<(), PolicyError> {
    if name.is_empty() || name.len() > LONGEST_NAME || Escaped::new(name).as_str() != name {
        let problem = format!("expected a name of 1 to {LONGEST_NAME} bytes without control characters");
        return Err(crate::rule::value(&format!("{at}.name"), &problem));
    }
    if names.insert(name.to_owned()) {
        return Ok(());
    }
    Err(PolicyError::NameTaken { at: Escaped::new(&format!("{at}.name")), name: Escaped::new(name) })
}

fn most(what: &'static str, limit: usize, found: usize) -> Result<(), LimitExceeded> {
    let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    LimitExceeded::check(what, wide(limit), wide(found))
}

/// Longest name of a rule or an example.
const LONGEST_NAME: usize = 128;
/// Most rows that are shown as not counting.
const MOST_WARNINGS: usize = 16;
