//! Small conditions in CEL.
//!
//! A condition sees what is signed and held; what anybody can write stands under `claimed`, and only a rule that warns
//! may read it. Its cost, types and fields are checked when the policy is loaded; what goes wrong when it runs is
//! unknown, and unknown denies.

use crate::{
    ConditionError, Limits, Vocabulary, code,
    document::Severity,
    schema,
    scope::{Scope, computed},
    truth::Finding,
};
use cel::{Context, Env, Program, Value};
use plimsoll_core::{Backing, Class, Escaped, Horizon, Outcome, Row};
use reading::{Lists, Reading};
use shape::Growth;
use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

mod guard;
mod reading;
mod shape;
mod value;

/// A condition that may be run.
pub(crate) struct Condition {
    source: String,
    program: Program,
    env: Arc<Env>,
    lists: Lists,
    reading: Reading,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.source)
    }
}

impl Condition {
    pub(crate) fn parse(
        source: &str,
        severity: Severity,
        vocabulary: &Vocabulary<'_>,
        limits: &Limits,
    ) -> Result<Self, ConditionError> {
        guard::check(source, limits)?;
        let lists = lists(vocabulary);
        // Without macros the calls stay as they were written, which is what can be reasoned about.
        let plain = Env::default().with_optional_support(false);
        let parsed = plain.parser().parse(source).map_err(|error| syntax(&error))?;
        let reading = reading::read(&parsed, &lists, limits)?;
        if severity == Severity::Deny {
            refuse_hideable(&reading, &lists)?;
        }
        let env = Env::stdlib();
        let program = env.compile(source).map_err(|error| syntax(&error))?;
        Ok(Self { source: source.into(), program, env: Arc::new(env), lists, reading })
    }
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        let image = self.reading.image.then_some("image");
        self.reading.lists.iter().chain(&self.reading.claimed).copied().chain(image)
    }
    /// Whether it asks what is inside an image.
    pub(crate) fn is_of_content(&self) -> bool {
        let inherited = |kind: &str| self.lists.iter().any(|(_, schema)| schema.kind == kind && schema.inherited);
        self.reading.image || self.kinds().any(|kind| !inherited(kind))
    }
    pub(crate) fn is_hideable(&self) -> bool {
        self.reading.growth != Growth::Fixed || !self.reading.lists.is_empty() || !self.reading.claimed.is_empty()
    }
    pub(crate) fn judge(&self, scope: &Scope<'_>) -> Finding {
        let kinds: Vec<&'static str> = self.kinds().collect();
        let mut finding = scope.noting(self.outcome(scope), &kinds);
        if self.reading.now {
            finding.horizon = finding.horizon.and(Horizon::new(scope.at, scope.at.saturating_add(1)));
        }
        finding
    }
    fn outcome(&self, scope: &Scope<'_>) -> Finding {
        let unavailable = |text: &str| {
            let message = format!("cannot work out `{}`: {text}", Escaped::new(&self.source));
            Finding::unknown(scope.reason(code::CONDITION_UNAVAILABLE, &message))
        };
        let context = match self.context(scope) {
            Ok(context) => context,
            Err(finding) => return *finding,
        };
        // The engine is not ours: a panic in it is an answer that we do not have, and the next image is still judged.
        let run = std::panic::catch_unwind(AssertUnwindSafe(|| self.program.execute(&context)));
        match run {
            // More evidence could not take it back.
            Ok(Ok(Value::Bool(true))) if matches!(self.reading.growth, Growth::Fixed | Growth::Rises) => Finding::yes(),
            Ok(Ok(Value::Bool(holds))) => match self.open_question(scope) {
                Some(finding) => finding,
                None if holds => Finding::yes(),
                None => {
                    let message = format!("expected `{}`, found that it is false", Escaped::new(&self.source));
                    Finding::no(scope.reason(code::CONDITION_FALSE, &message))
                }
            },
            Ok(Ok(_)) => unavailable("it is neither true nor false"),
            Ok(Err(error)) => self.open_question(scope).unwrap_or_else(|| unavailable(&error.to_string())),
            Err(_) => unavailable("the engine failed"),
        }
    }
    /// Evidence that is not known and could change a false answer.
    fn open_question(&self, scope: &Scope<'_>) -> Option<Finding> {
        let source = Escaped::new(&self.source);
        for kind in &self.reading.lists {
            let failed = |row: &Row| match &row.outcome {
                Outcome::Failed(code, text) if code.class() == Class::Unavailable => Some((*code, Arc::clone(text))),
                _ => None,
            };
            if let Some((code, text)) = scope.gap(kind).or_else(|| scope.rows(kind).find_map(failed)) {
                let message = format!("cannot tell whether `{source}`, for not all could be looked at: {text}");
                return Some(Finding::unknown(scope.reason(code, &message)));
            }
        }
        None
    }
    fn context(&self, scope: &Scope<'_>) -> Result<Context<'static, 'static>, Box<Finding>> {
        let mut context = Context::with_env(Arc::clone(&self.env));
        let fail = |problem: value::Problem| Box::new(self.unreadable(scope, &problem));
        let maker = value::Maker { fields: &self.reading.fields, limits: scope.limits };
        let mut claimed = Vec::new();
        for (name, schema) in &self.lists {
            if self.reading.lists.contains(schema.kind) {
                let rows = scope.rows(schema.kind).filter(|row| is_vouched(schema.kind, row));
                context.add_variable_from_value(name.as_str(), maker.rows(schema, rows).map_err(fail)?);
            }
            if self.reading.claimed.contains(schema.kind) {
                let rows = scope.rows(schema.kind).filter(|row| !is_vouched(schema.kind, row));
                claimed.push((name.as_str(), maker.rows(schema, rows).map_err(fail)?));
            }
        }
        context.add_variable_from_value("claimed", value::map(claimed));
        if self.reading.image {
            let image = scope.rows("image").find(|row| computed(row));
            let gap = || value::Problem::Unknown(scope.gap("image").map_or(code::IMAGE_UNAVAILABLE, |(code, _)| code));
            let image = image.ok_or_else(gap).and_then(|row| maker.record(&schema::IMAGE, row.record()));
            context.add_variable_from_value("image", image.map_err(fail)?);
        }
        if self.reading.request {
            context.add_variable_from_value("request", request(scope));
        }
        context.add_variable_from_value("now", scope.at.to_string());
        Ok(context)
    }
    fn unreadable(&self, scope: &Scope<'_>, problem: &value::Problem) -> Finding {
        let source = Escaped::new(&self.source);
        let (code, text) = match problem {
            value::Problem::TooLarge(limit) => (code::CONDITION_UNAVAILABLE, limit.to_string()),
            value::Problem::Unknown(code) => (*code, "a value that it reads could not be found out".into()),
        };
        Finding::unknown(scope.reason(code, &format!("cannot work out `{source}`: {text}")))
    }
}

/// The request comes from the reference that was asked for, which no pusher writes.
fn request(scope: &Scope<'_>) -> Value {
    let target = scope.view.target();
    let repository = target.repository();
    let mut fields = vec![
        ("repository", Value::from(repository.as_str())),
        ("registry", Value::from(repository.registry())),
        ("digest", Value::from(target.descriptor.digest.to_string())),
    ];
    if let Some(tag) = scope.tag() {
        fields.push(("tag", Value::from(tag)));
    }
    value::map(fields)
}

/// Rows of our own kinds count when they are signed; what a user's gatherer computes from checked bytes counts too.
fn is_vouched(kind: &str, row: &Row) -> bool {
    let ours = schema::KINDS.iter().any(|known| known.kind == kind);
    row.counts() || (!ours && row.outcome == Outcome::Held && matches!(row.backing, Backing::Computed(_)))
}

/// The lists that conditions see: ours, and each kind of the caller's under its own name.
fn lists(vocabulary: &Vocabulary<'_>) -> Lists {
    let ours = [
        ("signatures", vocabulary.kind("signature")),
        ("attestations", vocabulary.kind("attestation")),
        ("provenance", vocabulary.kind("provenance")),
        ("inventories", vocabulary.kind("inventory")),
    ];
    let theirs = vocabulary.kinds.iter().filter(|known| schema::KINDS.iter().all(|own| own.kind != known.kind));
    ours.into_iter()
        .filter_map(|(name, schema)| Some((name.to_owned(), schema?)))
        .chain(theirs.map(|schema| (schema.kind.replace('-', "_"), *schema)))
        .collect()
}

fn refuse_hideable(reading: &Reading, lists: &Lists) -> Result<(), ConditionError> {
    if !reading.claimed.is_empty() {
        return Err(ConditionError::Claimed);
    }
    if matches!(reading.growth, Growth::Fixed | Growth::Rises) {
        return Ok(());
    }
    let named = lists.iter().find(|(_, schema)| reading.lists.contains(schema.kind));
    Err(ConditionError::Hideable { list: Escaped::new(named.map_or("a list", |(name, _)| name)) })
}

fn syntax(errors: &cel::ParseErrors) -> ConditionError {
    let text = errors.errors.first().map_or_else(String::new, |error| error.msg.clone());
    ConditionError::Syntax { problem: Escaped::new(text.lines().next().unwrap_or_default()) }
}
