//! What a command says at its end, as text and as JSON.

use crate::{arguments::Output, exit::Exit, failure::Failure};
use plimsoll::core::Escaped;
use serde_json::{Value, json};
use std::io::{self, Write as _};

/// The end of a command that ran.
pub(crate) struct Report {
    pub(crate) exit: Exit,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Report {
    /// It was done.
    pub(crate) fn done(text: impl Into<String>, json: Value) -> Self {
        Self { exit: Exit::Yes, text: text.into(), json }
    }
    /// Ends otherwise.
    pub(crate) fn ending(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// Prints the end of a command, and says how to exit.
pub(crate) fn print(outcome: Result<Report, Failure>, output: Output) -> Exit {
    let (exit, text, json) = match outcome {
        Ok(Report { exit, text, json }) => (exit, text, json),
        Err(failure) => return print_failure(&failure, output),
    };
    let printed = match output {
        Output::Text if text.is_empty() => Ok(()),
        Output::Text => writeln!(io::stdout(), "{}", calm(text.trim_end())),
        Output::Json => writeln!(io::stdout(), "{}", inert(&format!("{json:#}"))),
        Output::Jsonl => writeln!(io::stdout(), "{}", inert(&json.to_string())),
    };
    // A closed pipe is the reader's choice; anything else means that the answer did not arrive.
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Unknown,
        _ => exit,
    }
}

fn print_failure(failure: &Failure, output: Output) -> Exit {
    print_error(failure, None);
    match output {
        Output::Text => {}
        Output::Json => print_failure_json(failure),
        Output::Jsonl => print_line(&failure_json(failure)),
    }
    failure.exit
}

/// Says on standard error what failed, and for which of many references.
pub(crate) fn print_error(failure: &Failure, reference: Option<&str>) {
    let code = failure.code.map(|code| format!(" ({code})")).unwrap_or_default();
    // The message of a fault often begins with the reference already.
    let of = reference.filter(|reference| !failure.message.starts_with(reference));
    let of = of.map(|reference| format!("{}: ", Escaped::whole(reference))).unwrap_or_default();
    let _ = writeln!(io::stderr(), "error: {of}{}{code}", Escaped::whole(&failure.message));
    if let Some(hint) = &failure.hint {
        let _ = writeln!(io::stderr(), "hint: {}", Escaped::whole(hint));
    }
}

/// A failure as JSON.
pub(crate) fn failure_json(failure: &Failure) -> Value {
    let error = json!({
        "code": failure.code.map(plimsoll::core::Code::name),
        "class": failure.code.map(|code| code.class().as_str()),
        "message": failure.message,
        "hint": failure.hint,
    });
    json!({ "error": error })
}

/// Prints a failure as JSON alone.
pub(crate) fn print_failure_json(failure: &Failure) {
    let _ = writeln!(io::stdout(), "{}", inert(&format!("{:#}", failure_json(failure))));
}

/// Prints one document on one line.
pub(crate) fn print_line(json: &Value) {
    let _ = writeln!(io::stdout(), "{}", inert(&json.to_string()));
}

/// Prints what came of one of many references.
pub(crate) fn print_text(text: &str) {
    let _ = writeln!(io::stdout(), "{}", calm(text.trim_end()));
}

/// Says what is being done, on standard error.
pub(crate) fn progress(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{}", calm(&text.to_string()));
}

/// Warns, on standard error.
pub(crate) fn warn(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "warning: {}", Escaped::whole(&text.to_string()));
}

/// Text of several lines that cannot drive a terminal: names of files are foreign, too.
fn calm(text: &str) -> String {
    text.split('\n').map(|line| Escaped::whole(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// JSON whose strings cannot drive a terminal: what a terminal would obey, and what reorders a line, is written as `\u`.
pub(crate) fn inert(json: &str) -> String {
    let mut out = String::new();
    for character in json.chars() {
        // The line breaks are those of the layout: inside a string they are escaped already.
        if character != '\n' && Escaped::escapes(character) {
            // Such a character stands inside a string, where JSON allows the escape.
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}
