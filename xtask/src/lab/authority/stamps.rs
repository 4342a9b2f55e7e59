//! Time-stamping authorities by OpenSSL.

use super::{Authority, Issued, KeyKind, Wanted};
use crate::lab::Loopback;

impl Authority {
    /// A time-stamping authority with a certificate of this one: `openssl ts`, with settings of its configuration.
    pub(crate) fn stamps(&self, name: &str, settings: &str) -> Result<Stamps, String> {
        self.stamps_with(name, settings, STAMPING)
    }
    pub(crate) fn stamps_with(&self, name: &str, settings: &str, extensions: &str) -> Result<Stamps, String> {
        let issued = self.issue(&Wanted { kind: KeyKind::Rsa2048, name, extensions, valid: None })?;
        let config = format!(
            "[tsa]\ndefault_tsa = own\n[own]\nserial = {name}.serial\nsigner_cert = {name}.pem\nsigner_key = {name}.key\n\
             certs = chain.pem\nsigner_digest = sha256\ndefault_policy = 1.3.6.1.4.1.99999.1\ndigests = sha256, sha384, sha512\n\
             accuracy = secs:1\n{settings}\n"
        );
        self.write(&format!("{name}.cnf"), config)?;
        self.write(&format!("{name}.serial"), "01\n")?;
        Ok(Stamps { authority: self.clone(), name: name.to_owned(), issued })
    }
}

/// A time-stamping authority.
#[derive(Clone)]
pub(crate) struct Stamps {
    authority: Authority,
    name: String,
    pub(crate) issued: Issued,
}

impl Stamps {
    /// Its answers over HTTP.
    pub(crate) fn serve(&self) -> Result<Loopback, String> {
        let own = self.clone();
        Loopback::serve(move |asked| Some(("application/timestamp-reply", own.answer(&asked.body).ok()?)))
    }
    /// A token over bytes, by a hash function.
    pub(crate) fn token(&self, message: &[u8], hash: &str) -> Result<Vec<u8>, String> {
        let own = &self.authority;
        own.write("message", message)?;
        own.run(&["ts", "-query", "-data", "message", hash, "-cert", "-out", "message.tsq"])?;
        self.reply("message.tsq", &["-token_out"])
    }
    fn answer(&self, query: &[u8]) -> Result<Vec<u8>, String> {
        let file = format!("{}.tsq", self.name);
        self.authority.write(&file, query)?;
        self.reply(&file, &[])
    }
    fn reply(&self, query: &str, more: &[&str]) -> Result<Vec<u8>, String> {
        let (config, reply) = (format!("{}.cnf", self.name), format!("{}.tsr", self.name));
        let words = ["ts", "-reply", "-config", &config, "-queryfile", query, "-out", &reply];
        self.authority.run(&[&words[..], more].concat())?;
        self.authority.bytes(&reply)
    }
}

/// What the Notary Project wants of a time-stamping authority, without addresses.
pub(crate) const STAMPING: &str = "\
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";
