//! The `plimsoll` command.

mod archive;
mod arguments;
mod codes;
mod command;
mod exit;
mod failure;
mod given;
mod interrupted;
mod judge;
mod machine;
mod many;
mod noticed;
mod outside;
mod place;
mod report;
mod rootfs;
mod rotation;
mod scratch;
mod show;
mod signatures;
mod signer;
mod timestamping;
mod trust;

use arguments::Arguments;
use exit::Exit;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::read(&std::env::args_os().collect::<Vec<_>>()) {
        Ok(arguments) => arguments,
        Err(error) => {
            // What cannot be printed cannot be told otherwise either.
            let _ = error.print();
            return if error.use_stderr() { misused(&error) } else { Exit::Yes }.into();
        }
    };
    let output = arguments.global.report;
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unknown(format!("the runtime does not start: {error}")))
        .and_then(|runtime| runtime.block_on(command::run(arguments, &machine::Machine::this())));
    interrupted::settle();
    report::print(outcome, output).into()
}

/// The command line is wrong: in JSON too where it asks for JSON, although not all of it can be read.
fn misused(error: &clap::Error) -> Exit {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let names = |word: &std::ffi::OsStr| word == "-o" || word == "--report";
    let has_pair = words.windows(2).any(|pair| matches!(pair, [name, value] if names(name) && value == "json"));
    if has_pair || words.iter().any(|word| ["-ojson", "-o=json", "--report=json"].iter().any(|one| word == one)) {
        let text = error.to_string();
        let message = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ");
        report::print_failure_json(&Failure::given(message).hint("`plimsoll --help` says what there is"));
    }
    Exit::Malformed
}
