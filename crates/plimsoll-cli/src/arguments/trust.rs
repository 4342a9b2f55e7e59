//! The words about keys, certificates and trust.

use super::{Passphrase, pair, span, time};
use clap::{Args, Subcommand, ValueEnum};
use plimsoll::core::UnixTime;
use std::path::PathBuf;

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Key {
    /// List the signing keys
    #[command(visible_alias = "list")]
    Ls,
    /// Add a key that lies in a file, or that a plugin holds
    Add(KeyAdd),
    /// Change what is said of a key
    #[command(visible_alias = "set")]
    Update {
        /// Name of the key
        name: String,
        /// Make it the default key
        #[arg(long, required = true)]
        default: bool,
    },
    /// Take keys from the list; their files stay
    #[command(visible_alias = "delete")]
    Rm {
        /// Names of the keys
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct KeyAdd {
    /// Name of the key
    pub(crate) name: String,
    /// The key, PEM; it stays where it is
    #[arg(long, value_name = "FILE", requires = "chain", required_unless_present = "plugin")]
    pub(crate) key: Option<PathBuf>,
    /// Its chain, leaf first, PEM; it stays where it is
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) chain: Option<PathBuf>,
    /// The plugin that holds the key
    #[arg(long, value_name = "NAME", requires = "id", conflicts_with_all = ["key", "chain"])]
    pub(crate) plugin: Option<String>,
    /// What the plugin calls the key
    #[arg(long, requires = "plugin")]
    pub(crate) id: Option<String>,
    /// What the plugin is told each time
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, requires = "plugin")]
    pub(crate) plugin_config: Vec<(String, String)>,
    /// Make it the default key
    #[arg(long)]
    pub(crate) default: bool,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// Remember --passphrase-file, so that signing reads it where no other is given
    #[arg(long, requires = "passphrase_file", conflicts_with = "plugin")]
    pub(crate) remember_passphrase_file: bool,
}

/// The purpose of a trust store.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub(crate) enum StoreType {
    Ca,
    SigningAuthority,
    Tsa,
}

// A trust store.
#[derive(Args)]
pub(crate) struct Store {
    /// The purpose of the store
    #[arg(short = 't', long = "type", value_enum)]
    pub(crate) store_type: StoreType,
    /// The name of the store
    #[arg(short = 's', long = "store", value_name = "NAME")]
    pub(crate) store: String,
}

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Cert {
    /// List the certificates of the trust stores
    #[command(visible_alias = "list")]
    Ls {
        /// Only what expires within this span, such as 30d, of the trust stores and of the signing keys; exit code 1 if
        /// there is any
        #[arg(long, value_name = "D", value_parser = span)]
        expiring: Option<u64>,
    },
    /// Add certificates to a trust store
    Add {
        #[command(flatten)]
        store: Store,
        /// Certificates, PEM or DER
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show the certificates in a file of a trust store
    Show {
        #[command(flatten)]
        store: Store,
        /// Name of the file in the store
        #[arg(value_name = "FILE")]
        file: String,
    },
    /// Take a file, or all of them, out of a trust store
    #[command(visible_alias = "delete")]
    Rm {
        #[command(flatten)]
        store: Store,
        /// The whole store
        #[arg(short = 'a', long, conflicts_with = "file", required_unless_present = "file")]
        all: bool,
        /// Name of the file in the store
        #[arg(value_name = "FILE")]
        file: Option<String>,
    },
}

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum TrustPolicy {
    /// Show the trust policy
    Show {
        /// The one for blobs
        #[arg(long)]
        blob: bool,
    },
    /// Check a trust policy and put it in place
    Import {
        /// The policy, JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// It is one for blobs
        #[arg(long)]
        blob: bool,
        /// Replace the one that is there
        #[arg(long)]
        force: bool,
    },
    /// Say what a trust policy allows that is likely not meant; exit code 1 for more than notes
    Lint {
        /// The policy, JSON; else the one in place
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// It is one for blobs
        #[arg(long)]
        blob: bool,
        /// Name certificates of the trust stores that expire within this span, such as 30d; else within 90 days
        #[arg(long, value_name = "D", value_parser = span)]
        expiring: Option<u64>,
    },
}

// Whom not to trust.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Distrusted {
    /// This certificate and no other, PEM or DER (of a chain the first), or its `sha256:` digest
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// This key in every certificate and without any: a public key or a certificate, or the `sha256:` digest of the public key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// All that was issued by this authority: its certificate or public key, or the `sha256:` digest of either
    #[arg(long, value_name = "FILE")]
    pub(crate) issuer: Option<PathBuf>,
}

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Distrust {
    /// Distrust a certificate, a key or an issuer, whatever the trust stores say
    Add {
        #[command(flatten)]
        whom: Distrusted,
        /// Only what a verified timestamp does not prove to be signed before, RFC 3339
        #[arg(long, value_name = "TIME", value_parser = time)]
        signed_after: Option<UnixTime>,
        /// Why; it is shown in verdicts
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// List who is distrusted
    #[command(visible_alias = "list")]
    Ls,
    /// Take an entry from the list: it counts no more
    #[command(visible_alias = "delete")]
    Rm {
        #[command(flatten)]
        whom: Distrusted,
    },
}

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Plugin {
    /// Install a plugin from an archive (zip, tar.gz), a program or a folder
    #[command(visible_alias = "add")]
    Install {
        /// The archive, program or folder
        #[arg(value_name = "FILE")]
        source: PathBuf,
        /// SHA-256 digest of the file, as its makers publish it
        #[arg(long, value_name = "HEX", conflicts_with = "unchecked")]
        sha256sum: Option<String>,
        /// Install it although nothing says that it is the one that is meant
        #[arg(long)]
        unchecked: bool,
        /// Replace one of the same or a later version
        #[arg(long)]
        force: bool,
    },
    /// List the plugins
    #[command(visible_alias = "list")]
    Ls,
    /// Remove a plugin
    #[command(visible_aliases = ["uninstall", "remove"])]
    Rm {
        /// Name of the plugin
        name: String,
    },
}
