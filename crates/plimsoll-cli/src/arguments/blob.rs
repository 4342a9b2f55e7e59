//! The words about signatures of files.

use super::{Scheme, SignatureFormat, SigningKeyWords, TimestampWords, pair, span, time};
use clap::{Args, Subcommand};
use plimsoll::core::UnixTime;
use std::path::PathBuf;

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Blob {
    /// Sign a file; the signature is a file beside it
    Sign(BlobSign),
    /// Verify the signature of a file by the trust policy for blobs (trustpolicy.blob.json)
    Verify(BlobVerify),
    /// Show what a signature file says, without judging it
    Inspect {
        /// The signature, `….jws.sig` or `….cose.sig`
        #[arg(value_name = "SIGNATURE")]
        signature: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct BlobSign {
    /// The file to sign
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) key: SigningKeyWords,
    /// Format of the signature; else what Notation's config.json says, else jws
    #[arg(long, value_enum)]
    pub(crate) signature_format: Option<SignatureFormat>,
    /// Where the signature goes; else beside the file
    #[arg(long, value_name = "DIR")]
    pub(crate) signature_directory: Option<PathBuf>,
    /// Replace a signature that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Media type of the file, signed along
    #[arg(long, value_name = "T", default_value = plimsoll::notary::BLOB_MEDIA_TYPE)]
    pub(crate) media_type: String,
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
}

#[derive(Args)]
pub(crate) struct BlobVerify {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Its signature, `….jws.sig` or `….cose.sig`
    #[arg(short = 's', long, value_name = "FILE")]
    pub(crate) signature: PathBuf,
    /// The media type that must have been signed; else any
    #[arg(long, value_name = "T")]
    pub(crate) media_type: Option<String>,
    /// Name of the statement of the trust policy; else the global one
    #[arg(long, value_name = "NAME")]
    pub(crate) policy_name: Option<String>,
    /// Metadata that must be signed along
    #[arg(short = 'm', long = "user-metadata", value_name = "K=V", value_parser = pair)]
    pub(crate) metadata: Vec<(String, String)>,
    /// What the plugins of the statement are told
    #[arg(long, value_name = "K=V", value_parser = pair)]
    pub(crate) plugin_config: Vec<(String, String)>,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<UnixTime>,
}
