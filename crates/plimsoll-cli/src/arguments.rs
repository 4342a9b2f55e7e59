//! The words of the command line.
//!
//! Words that commands share are described by `//`: of `///` clap makes the description of a command that holds them, and since each
//! command is built when it is asked for, that would be the last word.

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use plimsoll::core::{Repository, UnixTime};
use plimsoll::host::read_span;
use std::{ffi::OsString, path::PathBuf};

mod blob;
mod evidence;
mod images;
mod many;
mod pki;
mod serve;
mod signing;
mod trust;

pub(crate) use blob::{Blob, BlobSign, BlobVerify};
pub(crate) use evidence::{Attest, Check, Inspect, Policy, Sbom, SbomFormat, Sign, SignatureFormat, Verify};
pub(crate) use images::{Attach, Build, Contents, Copy, Discover, Pull, Ship, Tag};
pub(crate) use many::References;
pub(crate) use pki::{
    AuthorityFiles, Curve, Pki, PkiCrl, PkiInit, PkiIntermediate, PkiIssue, PkiLedger, PkiRequest, PkiResponder,
    PkiRevoke, PkiSignRequest, PkiTsa, Proof, Reason, Subject, Written,
};
pub(crate) use serve::{Listen, Serve, ServeCa, ServeOcsp, ServeRegistry, ServeTsa, Tls};
pub(crate) use signing::{Scheme, SigningKeyWords, TimestampWords, TokenWords};
pub(crate) use trust::{Cert, Distrust, Distrusted, Key, KeyAdd, Plugin, Store, StoreType, TrustPolicy};

/// Ships container images with evidence, reads the evidence back, and says which may sail.
#[derive(Parser)]
#[command(name = "plimsoll", version, propagate_version = false, max_term_width = 110)]
#[command(after_help = "Exit codes: 0 yes; 1 no; 2 what you gave is malformed; 3 could not find out.\n\
    REF is HOST/REPO[:TAG|@DIGEST], or oci:PATH[:TAG|@DIGEST] for an OCI image layout.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

impl Arguments {
    /// Reads the words of the command line, the name of the program first.
    ///
    /// What every command takes is copied into each that there is, so the commands that are named come first, alone. For all help and
    /// every error the words are read once more, with all commands.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let whole = Self::command();
        let called = |command: &&clap::Command| {
            words.iter().any(|word| word == command.get_name() || command.get_all_aliases().any(|alias| word == alias))
        };
        let named = whole.get_subcommands().filter(called).cloned();
        let narrow = clap::Command::new("plimsoll").disable_version_flag(true).subcommand_required(true);
        let found = Global::augment_args(narrow.subcommands(named)).try_get_matches_from(words);
        match found.and_then(|found| Self::from_arg_matches(&found)) {
            Ok(arguments) => Ok(arguments),
            Err(_) => Self::try_parse_from(words),
        }
    }
}

// What every command takes.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Notation's configuration directory; else NOTATION_CONFIG, else where Notation looks
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) config: Option<PathBuf>,
    /// Speak plain HTTP to the registry (loopback addresses always do, and those in `insecureRegistries` of Notation's config.json)
    #[arg(long, global = true)]
    pub(crate) plain_http: bool,
    /// Trust these certificate authorities for TLS, beside the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// The repository that an image layout stands for, where a trust policy must know it
    #[arg(long, global = true, value_name = "HOST/REPO")]
    pub(crate) scope: Option<Repository>,
    /// How to report
    #[arg(short = 'o', long = "report", global = true, value_enum, default_value_t = Output::Text)]
    pub(crate) report: Output,
}

/// How a command reports.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
    /// One document a line, each as soon as it is there
    Jsonl,
}

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Ship the running program on an embedded registry, check it, and see eight sabotaged images blocked
    Demo {
        /// Leave everything there for a look
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
    /// Build a reproducible OCI image of directories and tar archives, one layer each
    Build(Build),
    /// Build, push, make SBOM and provenance, attest and sign
    Ship(Ship),
    /// Judge an image by rules: admit or block, with reasons
    Check(Check),
    /// Sign an image (Notary Project)
    Sign(Sign),
    /// Verify an image's signatures by the trust policy (Notary Project)
    Verify(Verify),
    /// Show an image's signatures, without judging them
    Inspect(Inspect),
    /// List the digests of an image's signatures, without reading them
    #[command(visible_alias = "ls")]
    List(Inspect),
    /// Sign files, and verify their signatures (Notary Project)
    #[command(subcommand)]
    Blob(Blob),
    /// The same as `blob sign`
    SignBlob(BlobSign),
    /// The same as `blob verify`
    VerifyBlob(BlobVerify),
    /// Sign a statement about an image and attach it
    Attest(Attest),
    /// List what is inside an image, a directory or a Cargo.lock
    Sbom(Sbom),
    /// Copy an image with its evidence
    Copy(Copy),
    /// Copy an image into a layout on disk
    Pull(Pull),
    /// Point another tag at an image
    Tag(Tag),
    /// Attach a file to an image
    Attach(Attach),
    /// Show what refers to an image
    Discover(Discover),
    /// Make certificates with the profile that the Notary Project wants
    #[command(subcommand)]
    Pki(Pki),
    /// Signing keys of the configuration directory
    #[command(subcommand)]
    Key(Key),
    /// Certificates of the trust stores
    #[command(subcommand, visible_alias = "certificate")]
    Cert(Cert),
    /// The trust policies of the configuration directory
    #[command(subcommand)]
    TrustPolicy(TrustPolicy),
    /// Whom not to trust, whatever the trust stores say
    #[command(subcommand)]
    Distrust(Distrust),
    /// Plugins of the Notary Project
    #[command(subcommand)]
    Plugin(Plugin),
    /// Rules
    #[command(subcommand)]
    Policy(Policy),
    /// Run a server
    #[command(subcommand)]
    Serve(Serve),
    /// Say what a denial code means, and what to do
    Explain {
        /// The code, such as `no-signature`; without one, all are listed
        code: Option<String>,
    },
    /// Print the version
    Version,
}

// Where the passphrase of a key comes from.
#[derive(Args, Clone)]
pub(crate) struct Passphrase {
    /// File whose first line is the key's passphrase
    #[arg(long, value_name = "FILE", env = "PLIMSOLL_KEY_PASSPHRASE_FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// `KEY=VALUE`, split at the first `=`, neither side empty.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.into(), value.into())),
        _ => Err("expected KEY=VALUE with neither side empty".into()),
    }
}

/// A span such as `90m`, `24h` or `365d`, in seconds.
pub(crate) fn span(text: &str) -> Result<u64, String> {
    let wrong = || "expected a whole number and a unit, such as 90m, 24h or 365d".to_owned();
    read_span(text).map(|span| span.as_secs()).ok_or_else(wrong)
}

/// A point in time, RFC 3339.
pub(crate) fn time(text: &str) -> Result<UnixTime, String> {
    text.parse().map_err(|error: plimsoll::core::TimeError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(listed: &clap::Command, built: &clap::Command) {
        for one in listed.get_subcommands() {
            let found = built.find_subcommand(one.get_name()).expect("what is listed is built");
            assert!(one.get_about().is_some(), "{}", one.get_name());
            assert_eq!(
                (one.get_about().map(ToString::to_string), one.get_long_about().map(ToString::to_string)),
                (found.get_about().map(ToString::to_string), found.get_long_about().map(ToString::to_string)),
                "{}",
                one.get_name()
            );
            same(one, found);
        }
    }

    #[test]
    fn a_command_says_of_itself_what_the_list_of_commands_says() {
        let listed = Arguments::command();
        let mut built = listed.clone();
        built.build();
        same(&listed, &built);
    }
}
