//! The `plimsoll` command.

mod arguments;
mod codes;
mod command;
mod exit;
mod failure;
mod judge;
mod machine;
mod place;
mod report;
mod rootfs;
mod show;
mod trust;

use arguments::Arguments;
use clap::Parser as _;
use exit::Exit;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked = !error.use_stderr();
            // What cannot be printed cannot be told otherwise either.
            let _ = error.print();
            return if asked { Exit::Yes } else { Exit::Malformed }.into();
        }
    };
    let output = arguments.global.report;
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unknown(format!("the runtime does not start: {error}")))
        .and_then(|runtime| runtime.block_on(command::run(arguments, &machine::Machine::this())));
    report::print(outcome, output).into()
}
