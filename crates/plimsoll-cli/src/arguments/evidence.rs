//! The words about evidence.

use super::{References, Scheme, SigningKeyWords, TimestampWords, pair, span, time};
use clap::{Args, Subcommand, ValueEnum};
use plimsoll::core::UnixTime;
use std::path::PathBuf;

/// Format of a signature.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignatureFormat {
    Jws,
    Cose,
}

#[derive(Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    pub(crate) references: References,
    #[command(flatten)]
    pub(crate) key: SigningKeyWords,
    /// Format of the signature; else what Notation's config.json says, else jws
    #[arg(long, value_enum)]
    pub(crate) signature_format: Option<SignatureFormat>,
    /// Who answers for the time of the signature
    #[arg(long, value_enum, default_value_t = Scheme::X509, value_name = "SCHEME")]
    pub(crate) signing_scheme: Scheme,
    /// How long the signature may be used, such as 24h or 365d
    #[arg(short = 'e', long, value_name = "D", value_parser = span)]
    pub(crate) expiry: Option<u64>,
    /// Metadata to sign along
    #[arg(short = 'm', long = "user-metadata", value_name = "K=V", value_parser = pair)]
    pub(crate) metadata: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) timestamp: TimestampWords,
    /// Sign only what a verified signature of this signer is on: the name of a signing key, or a file with a certificate, be it of
    /// the signer or of an authority above. For all else, the exit code is 1
    #[arg(long, value_name = "KEY|FILE")]
    pub(crate) if_signed_by: Option<String>,
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) references: References,
    /// Metadata that must be signed along
    #[arg(short = 'm', long = "user-metadata", value_name = "K=V", value_parser = pair)]
    pub(crate) metadata: Vec<(String, String)>,
    /// What the plugins of the trust policy are told
    #[arg(long, value_name = "K=V", value_parser = pair)]
    pub(crate) plugin_config: Vec<(String, String)>,
    /// How many signatures of an image are looked at
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) max_signatures: u16,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<UnixTime>,
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// What to look at
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// How many signatures are shown
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) max_signatures: u16,
}

#[derive(Args)]
pub(crate) struct Check {
    /// What to judge
    #[arg(value_name = "REF", required_unless_present = "replay", conflicts_with = "replay")]
    pub(crate) reference: Option<String>,
    /// The rules
    #[arg(long, value_name = "FILE", required_unless_present = "replay")]
    pub(crate) policy: Option<PathBuf>,
    /// Platforms of an index to judge, as os/architecture[/variant]; else all
    #[arg(long = "platform", value_name = "P", conflicts_with = "replay")]
    pub(crate) platforms: Vec<String>,
    /// Judge as of this time instead of now; the verdict is marked
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<UnixTime>,
    /// Write the recording: every question and answer, and what it was judged by
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    pub(crate) save: Option<PathBuf>,
    /// Judge a recording instead; opens no socket
    #[arg(long, value_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Attest {
    /// What the statement is about
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// slsaprovenance1, cyclonedx, spdx, or the URI of a predicate type
    #[arg(long = "type", value_name = "T")]
    pub(crate) predicate_type: String,
    /// The predicate, JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) predicate: PathBuf,
    #[command(flatten)]
    pub(crate) key: SigningKeyWords,
    /// Attest as a workload, by this X.509-SVID with the authorities that came with it, PEM
    #[arg(long, value_name = "FILE", requires = "svid_key", conflicts_with_all = ["key", "id", "plugin", "timestamp_url"])]
    pub(crate) svid: Option<PathBuf>,
    /// The private key of that SVID
    #[arg(long, value_name = "FILE", requires = "svid")]
    pub(crate) svid_key: Option<PathBuf>,
    /// Format of a Notary Project signature on the attestation; else what Notation's config.json says, else jws
    #[arg(long, value_enum)]
    pub(crate) signature_format: Option<SignatureFormat>,
    #[command(flatten)]
    pub(crate) timestamp: TimestampWords,
}

/// Format of an SBOM.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SbomFormat {
    CyclonedxJson,
    SpdxJson,
}

#[derive(Args)]
pub(crate) struct Sbom {
    /// An image, a directory or a Cargo.lock
    #[arg(value_name = "REF|DIR|Cargo.lock")]
    pub(crate) source: String,
    /// Its format
    #[arg(long, value_enum, default_value_t = SbomFormat::CyclonedxJson)]
    pub(crate) format: SbomFormat,
    /// The platform to read, of an index
    #[arg(long, value_name = "P")]
    pub(crate) platform: Option<String>,
    /// Write it there instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Policy {
    /// Run the examples that stand beside the rules
    Test(PolicyTest),
}

#[derive(Args)]
pub(crate) struct PolicyTest {
    /// The rules
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
