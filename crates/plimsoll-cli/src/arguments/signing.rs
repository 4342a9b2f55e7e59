//! The words about keys that sign, and about the time of a signature.

use super::{Passphrase, pair, span};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

// Which key signs.
#[derive(Args, Clone)]
pub(crate) struct SigningKeyWords {
    /// Name of the key, or the PKCS#11 URI of one on a token (`pkcs11:token=…;object=…`); else the default key
    #[arg(short = 'k', long, value_name = "NAME|URI", conflicts_with_all = ["id", "plugin"])]
    pub(crate) key: Option<String>,
    /// A key that is listed nowhere, by the plugin's name for it
    #[arg(long, value_name = "ID", requires = "plugin")]
    pub(crate) id: Option<String>,
    /// The plugin that holds that key
    #[arg(long, value_name = "NAME", requires = "id")]
    pub(crate) plugin: Option<String>,
    /// What the plugin is told beside what `signingkeys.json` says
    #[arg(long, value_name = "K=V", value_parser = pair)]
    pub(crate) plugin_config: Vec<(String, String)>,
    /// Certificates of a key on a token, leaf first, PEM; else those on the token
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) chain: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) token: TokenWords,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

// Where a key on a token is, beside its URI.
#[derive(Args, Clone)]
pub(crate) struct TokenWords {
    /// The PKCS#11 module of a key on a token; else the `module-path` of its URI
    #[arg(long, value_name = "FILE")]
    pub(crate) pkcs11_module: Option<PathBuf>,
    /// File that holds the PIN of the token; else what the URI says
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,
}

/// What a signature says of its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Scheme {
    /// The signer claims it; a timestamp proves it
    #[value(name = "notary.x509")]
    X509,
    /// The signer is a signing authority, whose word for it counts: found in a `signingAuthority` store alone
    #[value(name = "notary.x509.signingAuthority")]
    SigningAuthority,
}

// How it is proven when a signature was made, and for how long it shall count.
#[derive(Args, Clone)]
pub(crate) struct TimestampWords {
    /// Have the time of the signature attested by this time-stamping authority (RFC 3161)
    #[arg(long, value_name = "URL", requires = "timestamp_root_cert")]
    pub(crate) timestamp_url: Option<String>,
    /// The root certificate of that authority, PEM or DER
    #[arg(long, value_name = "FILE", requires = "timestamp_url")]
    pub(crate) timestamp_root_cert: Option<PathBuf>,
    /// How long the signature shall count at least: a chain that ends before needs a timestamp, or an expiry that is sooner; else what
    /// `plimsoll.yaml` says, else 24h
    #[arg(long, value_name = "D", value_parser = span, conflicts_with = "allow_short_lived")]
    pub(crate) lasting: Option<u64>,
    /// Sign without a timestamp, however soon the chain ends
    #[arg(long)]
    pub(crate) allow_short_lived: bool,
}
