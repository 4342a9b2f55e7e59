//! The words about images.

use super::pair;
use clap::Args;
use std::path::PathBuf;

// What is recorded of an image when it is built.
#[derive(Args, Clone)]
pub(crate) struct Contents {
    /// The platform, as os/architecture[/variant]
    #[arg(long, value_name = "P")]
    pub(crate) platform: Option<String>,
    /// Annotation of the manifest
    #[arg(long = "annotation", value_name = "K=V", value_parser = pair)]
    pub(crate) annotations: Vec<(String, String)>,
    /// Label of the configuration
    #[arg(long = "label", value_name = "K=V", value_parser = pair)]
    pub(crate) labels: Vec<(String, String)>,
    /// What the image runs: program and arguments as one JSON array, or one program
    #[arg(long, value_name = "COMMAND")]
    pub(crate) entrypoint: Option<String>,
}

impl Contents {
    /// Whether anything of it was given.
    pub(crate) fn is_given(&self) -> bool {
        self.platform.is_some() || self.entrypoint.is_some() || !self.annotations.is_empty() || !self.labels.is_empty()
    }
}

#[derive(Args)]
pub(crate) struct Build {
    /// Directories and tar archives (plain or gzip), lowest layer first
    #[arg(required = true, value_name = "DIR|TAR")]
    pub(crate) sources: Vec<PathBuf>,
    /// Where to put the image
    #[arg(short = 't', long = "tag", value_name = "REF")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) contents: Contents,
}

#[derive(Args)]
pub(crate) struct Ship {
    /// A directory to build, a layout to push (oci:PATH), or an image that is pushed already
    #[arg(value_name = "DIR|REF")]
    pub(crate) source: String,
    /// Where to put the image
    #[arg(short = 't', long = "tag", value_name = "REF")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) key: super::SigningKeyWords,
    /// Version to sign along; else the tag
    #[arg(long = "app-version", value_name = "VERSION")]
    pub(crate) version: Option<String>,
    /// Cargo.lock, or directory to read packages of, for the SBOM; else the image itself is read
    #[arg(long, value_name = "PATH")]
    pub(crate) sbom_from: Option<PathBuf>,
    /// Format of the signature; else what Notation's config.json says, else jws
    #[arg(long, value_enum)]
    pub(crate) signature_format: Option<super::SignatureFormat>,
    /// Who answers for the time of the signatures
    #[arg(long, value_enum, default_value_t = super::Scheme::X509, value_name = "SCHEME")]
    pub(crate) signing_scheme: super::Scheme,
    /// Metadata to sign along, beside repository and version
    #[arg(short = 'm', long = "user-metadata", value_name = "K=V", value_parser = pair)]
    pub(crate) metadata: Vec<(String, String)>,
    /// How long the signature may be used, such as 365d
    #[arg(long, value_name = "D", value_parser = super::span)]
    pub(crate) expiry: Option<u64>,
    #[command(flatten)]
    pub(crate) timestamp: super::TimestampWords,
    #[command(flatten)]
    pub(crate) contents: Contents,
}

#[derive(Args)]
pub(crate) struct Copy {
    /// What to copy
    #[arg(value_name = "SRC")]
    pub(crate) source: String,
    /// Where to
    #[arg(value_name = "DST")]
    pub(crate) target: String,
    /// Leave the evidence behind: copy no referrers
    #[arg(long)]
    pub(crate) without_referrers: bool,
}

#[derive(Args)]
pub(crate) struct Pull {
    /// What to pull
    #[arg(value_name = "REF")]
    pub(crate) source: String,
    /// Directory of the layout; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Leave the evidence behind: pull no referrers
    #[arg(long)]
    pub(crate) without_referrers: bool,
}

#[derive(Args)]
pub(crate) struct Tag {
    /// What to tag
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// The new tags
    #[arg(required = true, value_name = "TAG")]
    pub(crate) tags: Vec<plimsoll::core::Tag>,
}

#[derive(Args)]
pub(crate) struct Attach {
    /// What to attach to
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Its artifact type
    #[arg(long, value_name = "T")]
    pub(crate) artifact_type: String,
    /// Media type of the file; else the artifact type
    #[arg(long, value_name = "T")]
    pub(crate) media_type: Option<String>,
    /// Annotation of the manifest
    #[arg(long = "annotation", value_name = "K=V", value_parser = pair)]
    pub(crate) annotations: Vec<(String, String)>,
}

#[derive(Args)]
pub(crate) struct Discover {
    /// What to look at
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Only this artifact type
    #[arg(long, value_name = "T")]
    pub(crate) artifact_type: Option<String>,
}
