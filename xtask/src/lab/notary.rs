//! Two PKIs of three levels in one Notation configuration directory: one made by our command, one by OpenSSL.

use super::{Folder, Program};
use std::fs;

/// Root, intermediate and signer on P-256 by `plimsoll pki`: the key `p256`, the trust store `ca:p256`.
pub(crate) fn plimsoll_pki(plimsoll: &Program, folder: &Folder) -> Result<(), String> {
    let (config, dir) = (folder.at(CONFIG), folder.at("pki"));
    let file = |name: &str| format!("{dir}/{name}");
    plimsoll.must(&["pki", "init", "--subject", "CN=P-256 Root,O=Notary,ST=WA,C=US", "--dir", &dir])?;
    let (key, chain) = (file("root.key"), file("root.pem"));
    let issuer = ["--issuer-key", &key, "--issuer-chain", &chain];
    let subject = "CN=P-256 Intermediate,O=Notary,ST=WA,C=US";
    plimsoll.must(&[&["pki", "intermediate", "--subject", subject, "--dir", &dir], &issuer[..]].concat())?;
    let root = chain.clone();
    let (key, chain) = (file("intermediate.key"), file("intermediate.pem"));
    let issuer = ["--issuer-key", &key, "--issuer-chain", &chain];
    let words = ["--config", &config, "pki", "issue", "--subject", "CN=p256,O=Notary,ST=WA,C=US", "--name", "p256"];
    plimsoll.must(&[&words, &issuer[..]].concat())?;
    plimsoll.must(&["--config", &config, "cert", "add", "--type", "ca", "--store", "p256", &root])?;
    Ok(())
}

/// Root, intermediate and signer on RSA-4096 by OpenSSL: the trust store `ca:rsa`, the key `rsa`, and the same key encrypted as
/// PKCS#8 (`rsa-pkcs8`) and in OpenSSL's traditional form (`rsa-traditional`), under the passphrase in the file `passphrase`.
pub(crate) fn openssl_pki(openssl: &Program, plimsoll: &Program, folder: &Folder) -> Result<(), String> {
    folder.write("openssl/openssl.cnf", EXTENSIONS)?;
    let secret = folder.write("passphrase", "a stowaway's whisper\n")?;
    let pass = format!("file:{secret}");
    // OpenSSL reads the second line of a file that is given for both.
    let again = format!("file:{}", folder.write("passphrase-again", folder.read("passphrase")?)?);
    let file = |name: &str| folder.at(&format!("openssl/{name}"));
    let run = |line: &str| -> Result<(), String> {
        let line = line.replace("AGAIN", &again).replace("PASS", &pass);
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| match word.strip_prefix('%') {
                Some(name) => file(name),
                None => word.replace('_', " "),
            })
            .collect();
        openssl.must(&words.iter().map(String::as_str).collect::<Vec<_>>()).map(|_| ())
    };
    for line in COMMANDS {
        run(line)?;
    }
    let read = |name: &str| folder.read(&format!("openssl/{name}"));
    let chain = folder.write("openssl/chain.pem", read("leaf.pem")? + &read("intermediate.pem")? + &read("ca.pem")?)?;
    let config = folder.at(CONFIG);
    for (name, key) in
        [("rsa", "leaf.clear.key"), ("rsa-pkcs8", "leaf.key"), ("rsa-traditional", "leaf.traditional.key")]
    {
        let key = file(key);
        own(&key)?;
        let words =
            ["--config", &config, "key", "add", name, "--key", &key, "--chain", &chain, "--passphrase-file", &secret];
        plimsoll.must(&words)?;
    }
    plimsoll.must(&["--config", &config, "cert", "add", "--type", "ca", "--store", "rsa", &file("ca.pem")])?;
    Ok(())
}

/// A trust policy for both roots and both signers, in the file that both Notation's library and we read.
pub(crate) fn trust(folder: &Folder) -> Result<(), String> {
    folder.write(&format!("{CONFIG}/trustpolicy.json"), POLICY).map(|_| ())
}

/// Only the owner reads a private key.
#[cfg(unix)]
fn own(key: &str) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).map_err(|error| format!("{key}: {error}"))
}
#[cfg(not(unix))]
fn own(key: &str) -> Result<(), String> {
    fs::metadata(key).map(|_| ()).map_err(|error| format!("{key}: {error}"))
}

/// The configuration directory of both.
const CONFIG: &str = "notation";

/// How a three-level PKI for Notation is made by hand: `%` stands for the folder, `_` inside a word for a space. Keys are encrypted, as
/// `genrsa -aes256` leaves them; the last lines write the signer's key in its other forms.
const COMMANDS: &[&str] = &[
    "genrsa -aes256 -passout PASS -out %ca.key 4096",
    "req -config %openssl.cnf -key %ca.key -passin PASS -new -x509 -days 36500 -sha256 -extensions v3ca -subj /C=US/ST=WA/O=Notary/CN=RSA_Root -out %ca.pem",
    "genrsa -aes256 -passout PASS -out %intermediate.key 4096",
    "req -config %openssl.cnf -key %intermediate.key -passin PASS -new -sha256 -subj /C=US/ST=WA/O=Notary/CN=RSA_Intermediate -out %intermediate.csr",
    "x509 -req -in %intermediate.csr -CA %ca.pem -CAkey %ca.key -passin PASS -CAcreateserial -days 3650 -sha256 -extfile %openssl.cnf -extensions v3intermediate -out %intermediate.pem",
    "genrsa -aes256 -passout PASS -out %leaf.key 4096",
    "req -config %openssl.cnf -key %leaf.key -passin PASS -new -sha256 -subj /C=US/ST=WA/O=Notary/CN=rsa -out %leaf.csr",
    "x509 -req -in %leaf.csr -CA %intermediate.pem -CAkey %intermediate.key -passin PASS -CAcreateserial -days 365 -sha256 -extfile %openssl.cnf -extensions v3signer -out %leaf.pem",
    "pkcs8 -in %leaf.key -passin PASS -nocrypt -topk8 -out %leaf.clear.key",
    "rsa -in %leaf.key -passin PASS -aes256 -passout AGAIN -traditional -out %leaf.traditional.key",
];

/// What Notation wants of each certificate.
const EXTENSIONS: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
C = US
[v3ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[v3intermediate]
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[v3signer]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

const POLICY: &str = r#"{
  "version": "1.0",
  "trustPolicies": [
    {
      "name": "both",
      "registryScopes": ["*"],
      "signatureVerification": { "level": "strict" },
      "trustStores": ["ca:p256", "ca:rsa"],
      "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Notary, CN=p256", "x509.subject: C=US, ST=WA, O=Notary, CN=rsa"]
    }
  ]
}
"#;
