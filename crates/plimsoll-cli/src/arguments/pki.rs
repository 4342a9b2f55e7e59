//! The words of `pki`.

use super::{Passphrase, TokenWords, span, time};
use clap::{Args, Subcommand, ValueEnum};
use plimsoll::core::UnixTime;
use std::path::PathBuf;

/// The curve of a key that is made here.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

// Whom a certificate names, and for which key.
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
    /// Take this key instead of making one, such as an RSA key, or one on a token by its PKCS#11 URI; it stays where it is
    #[arg(long, value_name = "FILE|URI", conflicts_with = "curve")]
    pub(crate) key: Option<String>,
    /// File whose first line is the passphrase of that key
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
}

// The authority that issues.
#[derive(Args, Clone)]
pub(crate) struct AuthorityFiles {
    /// Key of the issuer, PEM or PKCS#12, or the PKCS#11 URI of one on a token
    #[arg(long, value_name = "FILE|URI")]
    pub(crate) issuer_key: String,
    /// Certificate of the issuer with its chain up to the root, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) issuer_chain: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// What the issuer issued and revoked; else the file NAME.ledger beside its key NAME.key. For a key on a token it must be named
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}

// Where to ask whether the certificate is revoked.
#[derive(Args, Clone)]
pub(crate) struct StatusUrls {
    /// URL of an OCSP responder, to stand in the certificate
    #[arg(long, value_name = "URL")]
    pub(crate) ocsp_url: Vec<String>,
    /// URL of a list of revoked certificates, to stand in the certificate
    #[arg(long, value_name = "URL")]
    pub(crate) crl_url: Vec<String>,
}

// The files that are written.
#[derive(Args, Clone)]
pub(crate) struct Written {
    /// Directory for NAME.key and NAME.pem
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[derive(Subcommand)]
#[command(defer = true)]
pub(crate) enum Pki {
    /// Make a root: key and self-signed certificate
    Init(PkiInit),
    /// Make an intermediate authority below a root
    Intermediate(PkiIntermediate),
    /// Make a signer's key and certificate, and add it to the signing keys
    Issue(PkiIssue),
    /// Make the key and certificate of a time-stamping authority
    Tsa(PkiTsa),
    /// Make the key and certificate of an OCSP responder
    Responder(PkiResponder),
    /// Make a key and a request for a signer's certificate
    Request(PkiRequest),
    /// Issue the certificate of a signer who sent a request (PKCS#10)
    SignRequest(PkiSignRequest),
    /// Revoke a certificate, for good
    Revoke(PkiRevoke),
    /// Sign a list of the revoked certificates
    Crl(PkiCrl),
    /// Read a ledger from its first line to its last, and compare it with checkpoints that were kept elsewhere
    Ledger(PkiLedger),
}

#[derive(Args)]
pub(crate) struct PkiLedger {
    /// The ledger
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: PathBuf,
    /// A checkpoint of it, from where it is kept; without one, nobody knows whether the end was cut off
    #[arg(long, value_name = "FILE", requires = "issuer_chain")]
    pub(crate) checkpoint: Vec<PathBuf>,
    /// Certificate of the authority that signed the checkpoints, PEM
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub(crate) issuer_chain: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct PkiInit {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) written: Written,
    /// Name of the files
    #[arg(long, default_value = "root")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

#[derive(Args)]
pub(crate) struct PkiIntermediate {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) issuer: AuthorityFiles,
    #[command(flatten)]
    pub(crate) status: StatusUrls,
    /// Authorities that may stand below it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) path_length: u8,
    #[command(flatten)]
    pub(crate) written: Written,
    /// Name of the files
    #[arg(long, default_value = "intermediate")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

#[derive(Args)]
pub(crate) struct PkiIssue {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) issuer: AuthorityFiles,
    #[command(flatten)]
    pub(crate) status: StatusUrls,
    /// Name of the signing key in the configuration directory
    #[arg(long)]
    pub(crate) name: String,
    /// Make it the default key
    #[arg(long)]
    pub(crate) default: bool,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

#[derive(Args)]
pub(crate) struct PkiTsa {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) issuer: AuthorityFiles,
    #[command(flatten)]
    pub(crate) status: StatusUrls,
    #[command(flatten)]
    pub(crate) written: Written,
    /// Name of the files
    #[arg(long, default_value = "tsa")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

#[derive(Args)]
pub(crate) struct PkiResponder {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) issuer: AuthorityFiles,
    /// URL of the list by which the responder itself is looked up; without one it is trusted for its lifetime
    #[arg(long, value_name = "URL")]
    pub(crate) crl_url: Vec<String>,
    #[command(flatten)]
    pub(crate) written: Written,
    /// Name of the files
    #[arg(long, default_value = "responder")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

// By what an issuing service knows who asks. No token stands on a command line: everybody on the machine can read those.
#[derive(Args)]
#[group(id = "proof", multiple = false)]
pub(crate) struct Proof {
    /// File with the identity token of the job; /dev/stdin for a pipe
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) token_file: Option<PathBuf>,
    /// Variable with the identity token of the job
    #[arg(long, value_name = "NAME", requires = "from")]
    pub(crate) token_env: Option<String>,
    /// X.509-SVID of the workload with the authorities that came with it, PEM
    #[arg(long, value_name = "FILE", requires_all = ["from", "svid_key", "audience"])]
    pub(crate) svid: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct PkiRequest {
    /// The subject that is asked for, as RFC 4514 writes it; an issuing service has rules for that
    #[arg(long, value_name = "DN", required_unless_present = "from", conflicts_with = "from")]
    pub(crate) subject: Option<String>,
    /// Curve of the key that is made
    #[arg(long, value_enum, default_value_t = Curve::P256)]
    pub(crate) curve: Curve,
    /// Take this key instead of making one, also one on a token by its PKCS#11 URI; it stays where it is
    #[arg(long, value_name = "FILE|URI", conflicts_with_all = ["curve", "from"])]
    pub(crate) key: Option<String>,
    /// File whose first line is the passphrase of that key
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
    /// Directory for NAME.key and NAME.csr
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "from")]
    pub(crate) dir: PathBuf,
    /// Name of the files; with --from, of the signing key in the configuration directory
    #[arg(long)]
    pub(crate) name: String,
    /// Have an issuing service (`serve ca`) certify the key, and add it to the signing keys: https, or http on loopback
    #[arg(long, value_name = "URL", requires = "proof")]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) proof: Proof,
    /// Key of that SVID, PEM
    #[arg(long, value_name = "FILE", requires = "svid")]
    pub(crate) svid_key: Option<PathBuf>,
    /// The service's name for itself (its --audience), to which the SVID signs
    #[arg(long, value_name = "TEXT", requires = "svid")]
    pub(crate) audience: Option<String>,
    /// The root certificate that the service's answer must lead to, PEM or DER
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) root_cert: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

#[derive(Args)]
pub(crate) struct PkiSignRequest {
    /// The request, PEM or DER
    #[arg(value_name = "FILE")]
    pub(crate) request: PathBuf,
    /// Subject of the certificate, as RFC 4514 writes it: you say whom it names, not the request
    #[arg(long, value_name = "DN")]
    pub(crate) subject: String,
    /// How long it is valid, such as 365d
    #[arg(long, value_name = "D", value_parser = span)]
    pub(crate) valid: Option<u64>,
    #[command(flatten)]
    pub(crate) issuer: AuthorityFiles,
    #[command(flatten)]
    pub(crate) status: StatusUrls,
    /// Directory for NAME.pem
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Name of the file
    #[arg(long)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}

/// Why a certificate is revoked.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub(crate) enum Reason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    PrivilegeWithdrawn,
}

// The certificate that is revoked.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Revoked {
    /// The certificate, PEM or DER; of a chain the first
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// Its serial number, in hexadecimal
    #[arg(long, value_name = "HEX")]
    pub(crate) serial: Option<String>,
}

#[derive(Args)]
pub(crate) struct PkiRevoke {
    #[command(flatten)]
    pub(crate) revoked: Revoked,
    /// Why
    #[arg(long, value_enum, default_value_t = Reason::Unspecified)]
    pub(crate) reason: Reason,
    /// Since when the key was not to be trusted, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) invalid_since: Option<UnixTime>,
    /// The ledger of its issuer
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: PathBuf,
}

#[derive(Args)]
pub(crate) struct PkiCrl {
    #[command(flatten)]
    pub(crate) issuer: AuthorityFiles,
    /// Where to write the list, DER; an older one is replaced
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Only what was revoked since the oldest list that is still in use
    #[arg(long, conflicts_with = "delta_url")]
    pub(crate) delta: bool,
    /// How long the list counts, such as 7d
    #[arg(long, value_name = "D", value_parser = span)]
    pub(crate) valid: Option<u64>,
    /// URL of the delta list, to stand in the full one
    #[arg(long, value_name = "URL")]
    pub(crate) delta_url: Option<String>,
    #[command(flatten)]
    pub(crate) token: TokenWords,
}
