//! What came of each case, and which peers were absent.

use crate::lab::Table;

/// All cases so far.
#[derive(Default)]
pub(super) struct Results {
    run: usize,
    wrong: Vec<String>,
    absent: Vec<String>,
}

impl Results {
    /// Says what a missing peer leaves out.
    pub(super) fn absent(&mut self, peer: &str, what: &str) {
        self.absent.push(format!("{peer} is absent: {what} not run"));
    }
    /// Counts a case and gives its cell.
    pub(super) fn cell(&mut self, case: &str, found: Result<(), String>) -> String {
        self.run += 1;
        match found {
            Ok(()) => "as wanted".into(),
            Err(why) => {
                self.wrong.push(format!("{case}: {why}"));
                "WRONG".into()
            }
        }
    }
    /// Adds a row of a case with what it shows.
    pub(super) fn row(&mut self, table: &mut Table, case: &str, found: Result<String, String>) {
        let note = found.as_ref().map_or_else(|_| String::new(), Clone::clone);
        let cell = self.cell(case, found.map(|_| ()));
        table.row([case.to_owned(), cell, note]);
    }
    pub(super) fn finish(self) -> Result<(), String> {
        println!("\n{} cases, {} wrong", self.run, self.wrong.len());
        for line in &self.absent {
            println!("absent: {line}");
        }
        for line in &self.wrong {
            println!("wrong: {line}");
        }
        if self.wrong.is_empty() { Ok(()) } else { Err(format!("{} cases are wrong", self.wrong.len())) }
    }
}

/// A case in which a program must say yes.
pub(super) fn accepted(done: Result<crate::lab::Done, String>) -> Result<(), String> {
    let done = done?;
    if done.succeeded() { Ok(()) } else { Err(format!("expected to be accepted: {}", done.said())) }
}

/// A case in which a program must say no with exit 1, and for this reason.
pub(super) fn refused(done: Result<crate::lab::Done, String>, why: &str) -> Result<(), String> {
    let done = done?;
    let says = done.stdout.contains(why) || done.stderr.contains(why);
    if done.code == Some(1) && says { Ok(()) } else { Err(format!("expected exit 1 for {why}: {}", done.said())) }
}
