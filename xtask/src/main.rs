//! Tasks of the workspace: `cargo xtask TASK`.

use std::process::ExitCode;

mod check;
mod conformance;
mod interop;
mod lab;
mod mutants;

const USAGE: &str = "usage: cargo xtask TASK
  check                                   floors, denial codes and claimed attack rows
  conformance --vectors DIR [SUITE...]    foreign test suites
  interop [--tools DIR]                   our command beside those of others, both ways
  mutants                                 take checks out and see their tests fail";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match task.as_str() {
        "check" => check::run(),
        "conformance" => conformance::run(&rest),
        "interop" => interop::run(&rest),
        "mutants" => mutants::run(),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
