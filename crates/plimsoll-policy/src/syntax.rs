//! From bytes to the document: YAML or JSON, one document, no key twice, within the limits.

use crate::{Limits, PolicyError, document::Document};
use plimsoll_core::{Escaped, LimitExceeded};
use serde::Deserialize;

/// How a policy file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Syntax {
    /// JSON, RFC 8259.
    Json,
    /// YAML 1.2.
    Yaml,
}

impl Syntax {
    /// What a file of this name holds, by its ending; `None` for another ending.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
    /// What the text looks like: JSON begins with a brace.
    fn of_text(text: &str) -> Self {
        if text.trim_start().starts_with('{') { Self::Json } else { Self::Yaml }
    }
}

pub(crate) fn read(bytes: &[u8], syntax: Option<Syntax>, limits: &Limits) -> Result<Document, PolicyError> {
    if bytes.len() > limits.bytes {
        return Err(LimitExceeded { what: "bytes of a policy", limit: count(limits.bytes) }.into());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| PolicyError::NotText { at: error.valid_up_to() })?;
    match syntax.unwrap_or_else(|| Syntax::of_text(text)) {
        Syntax::Json => json(text, limits),
        Syntax::Yaml => yaml(text, limits),
    }
}

fn json(text: &str, limits: &Limits) -> Result<Document, PolicyError> {
    let scan = Scan::of(text);
    LimitExceeded::check("levels of a policy", count(limits.depth), count(scan.deepest))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let read = Document::deserialize(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track));
    let error = |error: &serde_json::Error, at: String| PolicyError::Document {
        at: Escaped::new(&at),
        line: count(error.line()),
        column: count(error.column()),
        problem: Escaped::new(error.to_string().split(" at line ").next().unwrap_or_default()),
    };
    let document = read.map_err(|e| error(&e, track.path().to_string()))?;
    deserializer.end().map_err(|e| error(&e, ".".into()))?;
    match scan.null {
        Some((line, column)) => Err(self::document(line, column, NOTHING)),
        None => Ok(document),
    }
}

fn yaml(text: &str, limits: &Limits) -> Result<Document, PolicyError> {
    let mut track = serde_path_to_error::Track::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(limits), |deserializer| {
        Document::deserialize(serde_path_to_error::Deserializer::new(deserializer, &mut track))
    });
    let document = read.map_err(|error| {
        let place = error.location();
        let whole = error.without_snippet().to_string();
        // The place has fields of its own.
        let problem = whole.lines().next().unwrap_or_default();
        let problem = problem.rsplit_once(" at line ").map_or(problem, |(problem, _)| problem);
        PolicyError::Document {
            at: Escaped::new(&track.path().to_string()),
            line: place.map_or(0, |place| place.line()),
            column: place.map_or(0, |place| place.column()),
            problem: Escaped::new(problem),
        }
    })?;
    plain(text)?;
    Ok(document)
}

/// A tag makes something else of a text (`!!binary`): no field of a policy needs one. And nothing is no value: a list whose
/// items were commented out would deny nothing, and `by:` with nothing behind it would mean anybody.
///
/// Run on what was read already, so within the budget.
fn plain(text: &str) -> Result<(), PolicyError> {
    use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle};
    for item in Parser::new_from_str(text) {
        let Ok((event, span)) = item else {
            return Err(document(0, 0, "expected YAML that reads the same twice"));
        };
        let problem = match &event {
            Event::Scalar(.., Some(_)) | Event::SequenceStart(.., Some(_)) | Event::MappingStart(.., Some(_)) => {
                "expected no YAML tag"
            }
            Event::Scalar(value, ScalarStyle::Plain, ..) if is_null(value) => NOTHING,
            _ => continue,
        };
        return Err(document(count(span.start.line()), count(span.start.col()).saturating_add(1), problem));
    }
    Ok(())
}

/// How YAML writes nothing (YAML 1.2.2, 10.3.2).
fn is_null(plain: &str) -> bool {
    matches!(plain, "" | "~" | "null" | "Null" | "NULL")
}

/// What JSON allows and a policy does not: deeper brackets than a small stack holds, found before anything is read, and `null`.
struct Scan {
    deepest: usize,
    null: Option<(u64, u64)>,
}

impl Scan {
    fn of(text: &str) -> Self {
        let mut scan = Self { deepest: 0, null: None };
        let (mut depth, mut line, mut column) = (0_usize, 1_u64, 0_u64);
        let (mut inside, mut escaped) = (false, false);
        for character in text.bytes() {
            column = column.saturating_add(1);
            match character {
                b'\n' => (line, column) = (line.saturating_add(1), 0),
                _ if escaped => escaped = false,
                b'\\' if inside => escaped = true,
                b'"' => inside = !inside,
                _ if inside => {}
                b'[' | b'{' => depth = depth.saturating_add(1),
                b']' | b'}' => depth = depth.saturating_sub(1),
                // Outside of texts no other word of JSON begins with it.
                b'n' => scan.null = scan.null.or(Some((line, column))),
                _ => {}
            }
            scan.deepest = scan.deepest.max(depth);
        }
        scan
    }
}

fn document(line: u64, column: u64, problem: &str) -> PolicyError {
    PolicyError::Document { at: Escaped::new("."), line, column, problem: Escaped::new(problem) }
}

/// Why a field without a value is refused.
const NOTHING: &str = "expected a value, found none: leave the field out, or give it one";

/// Strings stay strings, one document, no aliases beyond the few that a person writes, no merge keys.
fn options(limits: &Limits) -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: limits.depth,
            flow_nesting_limit: limits.depth,
            max_nodes: limits.nodes,
            max_events: limits.nodes.saturating_mul(2),
            max_documents: 1,
            max_aliases: 64,
            max_anchors: 64,
            max_merge_keys: 0,
            max_total_scalar_bytes: limits.bytes,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: limits.nodes,
            max_replay_stack_depth: 8,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        legacy_octal_numbers: false,
        with_snippet: false,
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
