//! One command over many references: side by side, resumable, each result as soon as it is there.

mod journal;

use crate::{
    arguments::{Output, References},
    exit::Exit,
    failure::{Failure, OfFile as _},
    report::{self, Report},
};
use futures_util::{StreamExt as _, stream};
use journal::Journal;
use serde_json::{Value, json};
use std::{collections::BTreeSet, future::Future, io::Read as _};

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
    F: Fn(String) -> R,
    R: Future<Output = Result<Report, Failure>>,
{
    let references = references(words)?;
    if let ([single], true) = (&*references, words.resume.is_none() && work.output != Output::Jsonl) {
        return one(single.clone()).await;
    }
    let mut journal = words.resume.as_deref().map(|path| Journal::open(path, &work)).transpose()?;
    let known = |reference: &String| journal.as_ref().and_then(|journal| journal.done(reference)).cloned();
    let (done, open): (Vec<_>, Vec<_>) = references
        .iter()
        .enumerate()
        .map(|(index, reference)| (index, reference, known(reference)))
        .partition(|(.., known)| known.is_some());
    let mut ends = Vec::with_capacity(references.len());
    for (index, reference, known) in done {
        let end = End::resumed(index, reference, known.unwrap_or_default());
        end.print(work.output);
        ends.push(end.kept_for(work.output));
    }
    let mut running = stream::iter(open)
        .map(|(index, reference, _)| {
            let work = one(reference.clone());
            async move { End::of(index, reference, work.await) }
        })
        .buffer_unordered(words.concurrency.into());
    while let Some(end) = running.next().await {
        end.print(work.output);
        if let Some(journal) = &mut journal {
            journal.add(&end.json)?;
        }
        ends.push(end.kept_for(work.output));
    }
    ends.sort_by_key(|end| end.index);
    Ok(whole(&ends, &work))
}

/// Every reference that was named, in order, each once.
fn references(words: &References) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for word in &words.references {
        if word == "-" {
            let mut text = String::new();
            let read = std::io::stdin().take(MOST_BYTES).read_to_string(&mut text);
            read.of_file("standard input".as_ref())?;
            all.extend(lines(&text));
        } else {
            all.push(word.clone());
        }
    }
    for file in &words.from {
        let bytes = crate::given::read(file)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| Failure::given(format!("{}: expected UTF-8", file.display())))?;
        all.extend(lines(text));
    }
    let mut seen = BTreeSet::new();
    all.retain(|reference| seen.insert(reference.clone()));
    if all.is_empty() {
        return Err(Failure::given("expected at least one reference, found none"));
    }
    Ok(all)
}

fn lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(Into::into)
}

/// What came of one reference.
struct End {
    index: usize,
    reference: String,
    exit: Exit,
    outcome: Result<String, Failure>,
    json: Value,
}

impl End {
    fn of(index: usize, reference: &str, outcome: Result<Report, Failure>) -> Self {
        let (exit, json, outcome) = match outcome {
            Ok(Report { exit, text, json }) => (exit, json, Ok(text)),
            Err(failure) => (failure.exit, report::failure_json(&failure), Err(failure)),
        };
        Self { index, reference: reference.into(), exit, outcome, json: line(reference, exit, json) }
    }
    fn resumed(index: usize, reference: &str, mut json: Value) -> Self {
        if let Some(members) = json.as_object_mut() {
            members.insert("resumed".into(), true.into());
        }
        let text = format!("done before {reference}");
        Self { index, reference: reference.into(), exit: Exit::Yes, outcome: Ok(text), json }
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

/// Bytes of standard input: a hundred thousand references of the longest form.
const MOST_BYTES: u64 = 64 << 20;
