//! The words of `serve`.

use super::{AuthorityFiles, Passphrase, TokenWords, pair, span};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Serve {
    /// The embedded registry, over OCI image layouts on disk
    Registry(ServeRegistry),
    /// An issuing service: a CI job's identity token, or an SVID, is swapped for a certificate of minutes
    Ca(ServeCa),
    /// A time-stamping authority (RFC 3161)
    Tsa(ServeTsa),
    /// An OCSP responder, and the lists of revoked certificates
    Ocsp(ServeOcsp),
}

#[derive(Args)]
pub(crate) struct ServeRegistry {
    /// Where to listen; an address other than loopback needs --htpasswd and TLS
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5000")]
    pub(crate) addr: String,
    /// Where the repositories lie
    #[arg(long, value_name = "DIR")]
    pub(crate) store: PathBuf,
    /// Users and bcrypt hashes
    #[arg(long, value_name = "FILE")]
    pub(crate) htpasswd: Option<PathBuf>,
    /// Serve what lies in the store as it is, as most registries do: clients have to notice a change
    #[arg(long)]
    pub(crate) unchecked: bool,
    #[command(flatten)]
    pub(crate) tls: Tls,
}

// The certificate and key of a server.
#[derive(Args)]
pub(crate) struct Tls {
    /// Certificate chain for TLS, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key for TLS, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

// Where a service of the authority listens.
#[derive(Args)]
pub(crate) struct Listen {
    /// Answer requests for this name too; loopback addresses are always answered
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    #[command(flatten)]
    pub(crate) tls: Tls,
}

#[derive(Args)]
pub(crate) struct ServeCa {
    /// Where to listen; an address other than loopback needs TLS
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5010")]
    pub(crate) addr: String,
    #[command(flatten)]
    pub(crate) authority: AuthorityFiles,
    /// Which identity gets which certificate, YAML; read again on SIGHUP, as are bundles and key sets in files
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: PathBuf,
    /// Where to keep a signed checkpoint of the ledger, which must be the one of the last; else the file NAME.checkpoint beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// What tokens must name as their audience: this service and no other
    #[arg(long, value_name = "TEXT")]
    pub(crate) audience: String,
    /// An issuer of tokens and its keys: an https URL of a key set, or a file with one
    #[arg(long, value_name = "ISSUER=KEYS", value_parser = pair)]
    pub(crate) token_issuer: Vec<(String, String)>,
    /// A SPIFFE trust domain and the file of its bundle, as JSON or PEM: its SVIDs are taken
    #[arg(long, value_name = "DOMAIN=FILE", value_parser = pair)]
    pub(crate) spiffe_bundle: Vec<(String, String)>,
    /// URL of an OCSP responder, to stand in each certificate
    #[arg(long, value_name = "URL")]
    pub(crate) ocsp_url: Vec<String>,
    /// URL of a list of revoked certificates, to stand in each certificate
    #[arg(long, value_name = "URL")]
    pub(crate) crl_url: Vec<String>,
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

#[derive(Args)]
pub(crate) struct ServeTsa {
    /// Where to listen; an address other than loopback needs TLS or --public
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5020")]
    pub(crate) addr: String,
    /// Key of the time-stamping authority, PEM or PKCS#12, or the PKCS#11 URI of one on a token
    #[arg(long, value_name = "FILE|URI")]
    pub(crate) key: String,
    /// Its certificate with its chain up to the root, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// The policy under which it stamps: an object identifier of yours, such as 1.3.6.1.4.1.32473.1
    #[arg(long, value_name = "OID")]
    pub(crate) tsa_policy: String,
    /// Listen where others can reach it without TLS, for any name: what it says is signed
    #[arg(long)]
    pub(crate) public: bool,
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

#[derive(Args)]
pub(crate) struct ServeOcsp {
    /// Where to listen; an address other than loopback needs TLS or --public
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5030")]
    pub(crate) addr: String,
    #[command(flatten)]
    pub(crate) authority: AuthorityFiles,
    /// Key of a responder that the authority certified, PEM, or the PKCS#11 URI of one on a token; without one the authority signs the
    /// responses itself
    #[arg(long, value_name = "FILE|URI", requires = "responder_cert")]
    pub(crate) responder_key: Option<String>,
    /// Certificate of that responder, PEM
    #[arg(long, value_name = "FILE", requires = "responder_key")]
    pub(crate) responder_cert: Option<PathBuf>,
    /// How long a response counts, such as 1h
    #[arg(long, value_name = "D", value_parser = span)]
    pub(crate) valid: Option<u64>,
    /// URL of the delta list, to stand in the full one
    #[arg(long, value_name = "URL")]
    pub(crate) delta_url: Option<String>,
    /// Listen where others can reach it without TLS, for any name: what it says is signed
    #[arg(long)]
    pub(crate) public: bool,
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}
