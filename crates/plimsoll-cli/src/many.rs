//! One command over many references: side by side, resumable, each result as soon as it is there.

mod earlier;
mod journal;

pub(crate) use earlier::{Came, Earlier};

use crate::{
    arguments::{Output, References},
    exit::Exit,
    failure::Failure,
    given,
    report::{self, Report, progress},
};
use futures_util::{StreamExt as _, stream};
use journal::Journal;
use plimsoll::core::{Digest, Escaped};
use serde_json::{Value, json};
use std::{collections::BTreeSet, future::Future, path::Path};

/// What a run over many references is: the journal of one is no journal of another.
pub(crate) struct Work<'w> {
    /// The command.
    pub(crate) command: &'static str,
    /// All that decides what comes of a reference; asked where there is a journal.
    pub(crate) settings: &'w dyn Fn() -> String,
    /// How to report.
    pub(crate) output: Output,
}

/// Runs `one` over every reference. A single one that no file named is reported as ever.
pub(crate) async fn run<F, R>(words: &References, work: Work<'_>, one: F) -> Result<Report, Failure>
where
    F: Fn(String, Earlier) -> R,
    R: Future<Output = Result<Came, Failure>>,
{
    let references = references(words)?;
    if let ([single], true) = (&*references, words.resume.is_none() && work.output != Output::Jsonl) {
        return match one(single.clone(), Earlier::default()).await? {
            Came::Now(report, _) => Ok(report),
            Came::Before(line) => Ok(Report::done(done_before(single), line)),
        };
    }
    let opened = words.resume.as_deref().map(|path| Journal::open(path, &work)).transpose()?;
    let (mut journal, before) = opened.unzip();
    let mut before = before.unwrap_or_default();
    let open: Vec<_> = references
        .iter()
        .enumerate()
        .map(|(index, reference)| (index, reference, before.remove(reference).unwrap_or_default()))
        .collect();
    drop(before);
    let mut ends = Vec::with_capacity(references.len());
    let mut running = stream::iter(open)
        .map(|(index, reference, earlier)| {
            let work = one(reference.clone(), earlier);
            async move { End::of(index, reference, work.await) }
        })
        .buffer_unordered(words.concurrency.into());
    while let Some(end) = running.next().await {
        end.print(work.output);
        if let (Some(journal), false) = (&mut journal, end.is_resumed) {
            journal.add(&end.json, end.resolved.as_ref())?;
        }
        ends.push(end.kept_for(work.output));
        if let (Some(end), true) = (ends.last(), references.len() > 1) {
            progress(format!("{} of {}: {}", ends.len(), references.len(), end.summary()));
        }
    }
    ends.sort_by_key(|end| end.index);
    Ok(whole(&ends, &work))
}

fn done_before(reference: &str) -> String {
    format!("done before {reference}")
}

/// Every reference that was named, in order, each once.
fn references(words: &References) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for word in &words.references {
        if word == "-" {
            all.extend(lines(&given::read_standard_input()?, "standard input".as_ref())?);
        } else {
            all.push(word.clone());
        }
    }
    for file in &words.from {
        all.extend(lines(&given::read(file)?, file)?);
    }
    let mut seen = BTreeSet::new();
    all.retain(|reference| seen.insert(reference.clone()));
    if all.is_empty() {
        return Err(Failure::given("expected at least one reference, found none"));
    }
    Ok(all)
}

fn lines(bytes: &[u8], name: &Path) -> Result<Vec<String>, Failure> {
    let wrong = |_| Failure::given(format!("{}: expected UTF-8", name.display()));
    let lines = std::str::from_utf8(bytes).map_err(wrong)?.lines().map(str::trim);
    Ok(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(Into::into).collect())
}

/// What came of one reference.
struct End {
    index: usize,
    reference: String,
    exit: Exit,
    outcome: Result<String, Failure>,
    json: Value,
    resolved: Option<Digest>,
    is_resumed: bool,
}

impl End {
    fn of(index: usize, reference: &str, came: Result<Came, Failure>) -> Self {
        let (exit, json, outcome, resolved) = match came {
            Ok(Came::Now(Report { exit, text, json }, resolved)) => (exit, json, Ok(text), resolved),
            Ok(Came::Before(line)) => return Self::resumed(index, reference, line),
            Err(failure) => (failure.exit, report::failure_json(&failure), Err(failure), None),
        };
        let json = line(reference, exit, json);
        Self { index, reference: reference.into(), exit, outcome, json, resolved, is_resumed: false }
    }
    fn resumed(index: usize, reference: &str, mut json: Value) -> Self {
        if let Some(members) = json.as_object_mut() {
            members.remove(RESOLVED);
            members.insert("resumed".into(), true.into());
        }
        let (outcome, exit) = (Ok(done_before(reference)), Exit::Yes);
        Self { index, reference: reference.into(), exit, outcome, json, resolved: None, is_resumed: true }
    }
    /// In a few words, for whoever watches.
    fn summary(&self) -> String {
        let word = match self.exit {
            Exit::Yes if self.is_resumed => "done before",
            Exit::Yes => "yes",
            Exit::No => "no",
            Exit::Malformed => "malformed",
            Exit::Unknown => "unknown",
        };
        format!("{word}, {}", Escaped::whole(&self.reference))
    }
    /// What the sum needs of it: all of it only where all is one document.
    fn kept_for(self, output: Output) -> Self {
        let json = if output == Output::Json { self.json } else { Value::Null };
        Self { json, outcome: Ok(String::new()), ..self }
    }
    /// Says it now: a thousand references take their time.
    fn print(&self, output: Output) {
        match (output, &self.outcome) {
            (Output::Jsonl, _) => report::print_line(&self.json),
            (Output::Text, Ok(text)) => report::print_text(text),
            (Output::Text | Output::Json, Err(failure)) => report::print_error(failure, Some(&self.reference)),
            (Output::Json, Ok(_)) => {}
        }
    }
}

/// The result with its reference and exit code, whatever else it holds.
fn line(reference: &str, exit: Exit, json: Value) -> Value {
    let mut members = match json {
        Value::Object(members) => members,
        other => [("result".to_owned(), other)].into_iter().collect(),
    };
    members.insert("reference".into(), reference.into());
    members.insert("exit".into(), (exit as u8).into());
    Value::Object(members)
}

/// How all of it ends: any no beats what is unknown, and that beats what was malformed, since nothing was learnt of that one.
fn whole(ends: &[End], work: &Work<'_>) -> Report {
    let count = |exit| ends.iter().filter(|end| end.exit == exit).count();
    let (yes, no, malformed, unknown) =
        (count(Exit::Yes), count(Exit::No), count(Exit::Malformed), count(Exit::Unknown));
    let exit = match (no, unknown, malformed) {
        (0, 0, 0) => Exit::Yes,
        (0, 0, _) => Exit::Malformed,
        (0, ..) => Exit::Unknown,
        _ => Exit::No,
    };
    let text = format!("{}: {yes} yes, {no} no, {unknown} unknown, {malformed} malformed", work.command);
    let mut json = json!({ "command": work.command, "yes": yes, "no": no, "unknown": unknown, "malformed": malformed });
    // In lines, each result was printed when it came.
    if let (Output::Json, Some(members)) = (work.output, json.as_object_mut()) {
        members.insert("results".into(), ends.iter().map(|end| end.json.clone()).collect());
    }
    Report::done(text, json).ending(exit)
}

/// The member of a journal's line that says what its reference was resolved to.
const RESOLVED: &str = "resolved";
