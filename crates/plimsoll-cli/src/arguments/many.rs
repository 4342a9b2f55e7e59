//! The words of commands that take many references.

use clap::Args;
use std::path::PathBuf;

// References from the command line, from files and from standard input.
#[derive(Args, Clone)]
pub(crate) struct References {
    /// What to work on; `-` reads one reference a line from standard input
    #[arg(value_name = "REF", required_unless_present = "from")]
    pub(crate) references: Vec<String>,
    /// File with one reference a line; empty lines and lines that begin with `#` are passed over
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Vec<PathBuf>,
    /// How many are worked on at one time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) concurrency: u8,
    /// Journal: what it says was done is not done again, and what is done now is added. It counts for these options alone, for a
    /// tag as long as it means what it meant, and for a verdict as long as that holds; one run at a time writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
}
