//! The words about keys, certificates and trust.

use super::{Passphrase, span};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The curve of a key that is made here.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

/// Whom a certificate names.
#[derive(Args, Clone)]
pub(crate) struct Subject {
    /// Subject, as RFC 4514 writes it; a signer's needs C, ST and O for a trust policy to name it
    #[arg(long, value_name = "DN")]
    pub(crate) subject: String,
    /// How long it is valid, such as 365d
    #[arg(long, value_name = "D", value_parser = span)]
    pub(crate) valid: Option<u64>,
    /// Curve of the key that is made
    #[arg(long, value_enum, default_value_t = Curve::P256)]
    pub(crate) curve: Curve,
}

/// The authority that issues.
#[derive(Args, Clone)]
pub(crate) struct Issuer {
    /// Key of the issuer, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) issuer_key: PathBuf,
    /// Certificate of the issuer with its chain up to the root, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) issuer_chain: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

#[derive(Subcommand)]
pub(crate) enum Pki {
    /// Make a root: key and self-signed certificate
    Init(PkiInit),
    /// Make an intermediate authority below a root
    Intermediate(PkiIntermediate),
    /// Make a signer's key and certificate, and add it to the signing keys
    Issue(PkiIssue),
}

#[derive(Args)]
pub(crate) struct PkiInit {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// Directory for NAME.key and NAME.pem
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Name of the files
    #[arg(long, default_value = "root")]
    pub(crate) name: String,
}

#[derive(Args)]
pub(crate) struct PkiIntermediate {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) issuer: Issuer,
    /// Authorities that may stand below it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) path_length: u8,
    /// Directory for NAME.key and NAME.pem
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Name of the files
    #[arg(long, default_value = "intermediate")]
    pub(crate) name: String,
}

#[derive(Args)]
pub(crate) struct PkiIssue {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) issuer: Issuer,
    /// Name of the signing key in the configuration directory
    #[arg(long)]
    pub(crate) name: String,
    /// Make it the default key
    #[arg(long)]
    pub(crate) default: bool,
}

#[derive(Subcommand)]
pub(crate) enum Key {
    /// List the signing keys
    Ls,
    /// Add a key that lies in a file
    Add {
        /// Name of the key
        name: String,
        /// The key, PEM; it stays where it is
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Its chain, leaf first, PEM; it stays where it is
        #[arg(long, value_name = "FILE")]
        chain: PathBuf,
        /// Make it the default key
        #[arg(long)]
        default: bool,
        #[command(flatten)]
        passphrase: Passphrase,
    },
}

/// The purpose of a trust store.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub(crate) enum StoreType {
    Ca,
    SigningAuthority,
    Tsa,
}

#[derive(Subcommand)]
pub(crate) enum Cert {
    /// List the certificates of the trust stores
    Ls {
        /// Only what expires within this span, such as 30d, of the trust stores and of the signing keys; exit code 1 if
        /// there is any
        #[arg(long, value_name = "D", value_parser = span)]
        expiring: Option<u64>,
    },
    /// Add certificates to a trust store
    Add(CertAdd),
}

#[derive(Args)]
pub(crate) struct CertAdd {
    /// The purpose of the store
    #[arg(short = 't', long = "type", value_enum)]
    pub(crate) store_type: StoreType,
    /// The name of the store
    #[arg(short = 's', long = "store", value_name = "NAME")]
    pub(crate) store: String,
    /// Certificates, PEM or DER
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum TrustPolicy {
    /// Show the trust policy
    Show,
    /// Check a trust policy and put it in place
    Import {
        /// The policy, JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Replace the one that is there
        #[arg(long)]
        force: bool,
    },
}
