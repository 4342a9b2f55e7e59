//! `demo`: the whole voyage on an embedded registry, with this very program as the cargo.
//!
//! Every step is the command that a user would type, run by the program that is running; what is printed can be typed again.

mod cases;
mod program;
mod scene;

use crate::{
    exit::Exit,
    failure::Failure,
    report::{Report, progress},
};
use scene::Harbour;
use serde_json::json;
use std::{fmt::Write as _, path::Path};

/// One row of the table.
struct Row {
    name: &'static str,
    expected: Expected,
    found: program::Verdict,
}

/// What a case must come to.
#[derive(Clone, Copy)]
enum Expected {
    Admit,
    Block(&'static str),
}

impl Row {
    fn is_as_expected(&self) -> bool {
        match self.expected {
            Expected::Admit => self.found.decision == "ADMIT",
            Expected::Block(code) => {
                self.found.decision == "BLOCK" && self.found.codes.iter().any(|found| found == code)
            }
        }
    }
}

pub(crate) fn run(keep: Option<&Path>) -> Result<Report, Failure> {
    let harbour = Harbour::open(keep)?;
    progress("\n-- a public key infrastructure, and who trusts it");
    harbour.make_pki()?;
    harbour.make_consumer()?;
    progress("\n-- ship this program, with the packages of its Cargo.lock and its provenance");
    harbour.ship_cargo()?;
    let mut rows = vec![Row { name: "as shipped", expected: Expected::Admit, found: harbour.check("v2")? }];
    for case in cases::ALL {
        progress(format!("\n-- {}", case.name));
        let tag = (case.sabotage)(&harbour)?;
        rows.push(Row { name: case.name, expected: Expected::Block(case.code), found: harbour.check(tag)? });
    }
    let report = table(&rows, &harbour.farewell(keep));
    harbour.close(keep)?;
    Ok(report)
}

fn table(rows: &[Row], farewell: &str) -> Report {
    let mut text = String::from("\n");
    for row in rows {
        let codes = if row.found.codes.is_empty() { "-".to_owned() } else { row.found.codes.join(", ") };
        let wrong = if row.is_as_expected() { "" } else { "   <- NOT AS EXPECTED" };
        let _ = writeln!(text, "{:<58} {:<6} {codes}{wrong}", row.name, row.found.decision);
    }
    let right = rows.iter().all(Row::is_as_expected);
    let _ = writeln!(
        text,
        "\n{}\n{farewell}",
        if right { "every verdict is the expected one" } else { "a verdict is not the expected one" }
    );
    let json = json!({
        "asExpected": right,
        "cases": rows.iter().map(|row| json!({
            "case": row.name,
            "decision": row.found.decision,
            "codes": row.found.codes,
            "asExpected": row.is_as_expected(),
        })).collect::<Vec<_>>(),
    });
    Report::done(text, json).ending(if right { Exit::Yes } else { Exit::No })
}
