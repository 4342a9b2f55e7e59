//! The judge: notation-core-go, behind a pipe.

use data_encoding::BASE64;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// What somebody says of an envelope.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Verdict {
    /// The payload.
    Accepted(Vec<u8>),
    /// Why.
    Refused(String),
}

/// `judge envelopes`, running.
pub(super) struct Judge {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Judge {
    pub(super) fn start(program: &str) -> Result<Self, String> {
        let failed = |why: &dyn std::fmt::Display| format!("{program}: {why}");
        let mut child = Command::new(program)
            .arg("envelopes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error))?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"no pipes"));
        };
        Ok(Self { child, questions, answers: BufReader::new(answers) })
    }
    /// Asks all, then reads all: no more at once than the pipe holds in answers.
    pub(super) fn ask(&mut self, questions: &[(&str, &[u8], &[u8])]) -> Result<Vec<Verdict>, String> {
        let mut text = String::new();
        for (media_type, envelope, root) in questions {
            let line =
                json!({"mediaType": media_type, "envelope": BASE64.encode(envelope), "root": BASE64.encode(root)});
            text.push_str(&line.to_string());
            text.push('\n');
        }
        self.questions.write_all(text.as_bytes()).map_err(|error| format!("the judge: {error}"))?;
        questions.iter().map(|_| self.answer()).collect()
    }
    fn answer(&mut self) -> Result<Verdict, String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| format!("the judge: {error}"))?;
        let found: Value = serde_json::from_str(&line).map_err(|error| format!("the judge: {error}: `{line}`"))?;
        if found["accepted"] == true {
            let payload = found["payload"].as_str().unwrap_or_default();
            let payload = BASE64.decode(payload.as_bytes()).map_err(|error| format!("the judge's payload: {error}"))?;
            return Ok(Verdict::Accepted(payload));
        }
        let why = found["error"].as_str().unwrap_or("no reason");
        Ok(Verdict::Refused(if found["panic"] == true { format!("panic: {why}") } else { why.to_owned() }))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // It ends with its input; but whoever broke off does not wait.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
