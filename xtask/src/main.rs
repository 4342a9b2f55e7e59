//! Tasks of the workspace: `cargo xtask TASK`.

use std::process::ExitCode;

mod check;
mod compare;
mod conformance;
mod debian;
mod differential;
mod dist;
mod instructions;
mod interop;
mod kill;
mod lab;
mod mutants;
mod seeds;

const USAGE: &str = "usage: cargo xtask TASK
  check                                   floors, denial codes and claimed attack rows
  compare [--tools DIR] [--part NAME]     `verify`, pulls and pushes beside those of others
  conformance --vectors DIR [SUITE...]    foreign test suites
  debian [--rootfs DIR]                   a root file system, shipped and checked, beside dpkg's own list
  differential --judge FILE [--seconds N] our verifier beside notation-core-go, over changed envelopes
  dist [--tools DIR]                      the command as it is distributed: what runs together is linked together
  instructions [--keep]                   of the hot path, beside those that are kept
  interop [--tools DIR]                   our command beside those of others, both ways
  kill                                    the registry, killed in the middle of a hundred pushes
  mutants [ROW|CRATE...]                  take checks out and see their tests fail
  seeds                                   inputs for the fuzz targets, into fuzz/corpus";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match task.as_str() {
        "check" => check::run(),
        "compare" => compare::run(&rest),
        "conformance" => conformance::run(&rest),
        "debian" => debian::run(&rest),
        "differential" => differential::run(&rest),
        "dist" => dist::run(&rest),
        "instructions" => instructions::run(&rest),
        "interop" => interop::run(&rest),
        "kill" => kill::run(&rest),
        "mutants" => mutants::run(&rest),
        "seeds" => seeds::run(),
        lab::STARTER => lab::started(&rest),
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
