//! Certification authorities by OpenSSL: keys of each kind, chains with a validity and extensions of one's own, lists of what is
//! revoked, and an OCSP responder.

mod stamps;

pub(crate) use stamps::{STAMPING, Stamps};

use super::{Folder, Loopback, Program};
use plimsoll_core::UnixTime;
use std::{path::PathBuf, time::SystemTime};

/// A root with its database, in a folder of its own.
#[derive(Clone)]
pub(crate) struct Authority {
    openssl: Program,
    dir: PathBuf,
}

/// A key and its chain, as files; the leaf's certificate by itself too.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) key: String,
    pub(crate) certificate: String,
    pub(crate) chain: String,
}

/// What is asked of a certificate.
pub(crate) struct Wanted<'a> {
    pub(crate) kind: KeyKind,
    /// The common name.
    pub(crate) name: &'a str,
    pub(crate) extensions: &'a str,
    /// The first and the last second; else a year that began an hour ago.
    pub(crate) valid: Option<(UnixTime, UnixTime)>,
}

/// The keys that the Notary Project has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    P256,
    P384,
    P521,
}

impl KeyKind {
    pub(crate) const ALL: [Self; 6] = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::P256, Self::P384, Self::P521];
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::P256 => "p-256",
            Self::P384 => "p-384",
            Self::P521 => "p-521",
        }
    }
    /// The hash that its certificates are signed with: as strong as the key.
    fn hash(self) -> &'static str {
        match self {
            Self::P384 => "sha384",
            Self::P521 => "sha512",
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 | Self::P256 => "sha256",
        }
    }
    fn words(self) -> [&'static str; 4] {
        let curve = |option| ["-algorithm", "EC", "-pkeyopt", option];
        let modulus = |option| ["-algorithm", "RSA", "-pkeyopt", option];
        match self {
            Self::Rsa2048 => modulus("rsa_keygen_bits:2048"),
            Self::Rsa3072 => modulus("rsa_keygen_bits:3072"),
            Self::Rsa4096 => modulus("rsa_keygen_bits:4096"),
            Self::P256 => curve("ec_paramgen_curve:P-256"),
            Self::P384 => curve("ec_paramgen_curve:P-384"),
            Self::P521 => curve("ec_paramgen_curve:P-521"),
        }
    }
}

impl Authority {
    /// Makes a self-signed root.
    pub(crate) fn root(openssl: &Program, folder: &Folder, name: &str, kind: KeyKind) -> Result<Self, String> {
        let made = Self::empty(openssl, folder, name)?;
        made.key("ca", kind)?;
        made.write("ca.cnf", CONFIG.replace("HASH", kind.hash()))?;
        let subject = format!("{SUBJECT}/CN={name}");
        made.run(&["req", "-config", "ca.cnf", "-key", "ca.key", "-new", "-subj", &subject, "-out", "ca.csr"])?;
        let words = ["ca", "-selfsign", "-batch", "-notext", "-config", "ca.cnf", "-in", "ca.csr", "-out", "ca.pem"];
        let (since, until) = year()?;
        let dates = ["-extensions", "root", "-startdate", &date(since), "-enddate", &date(until)];
        made.run(&[&words[..], &dates].concat())?;
        made.write("chain.pem", made.read("ca.pem")?)?;
        Ok(made)
    }
    /// Makes an authority below this one.
    pub(crate) fn below(&self, folder: &Folder, name: &str, extensions: &str) -> Result<Self, String> {
        let made = Self::empty(&self.openssl, folder, name)?;
        let extensions = format!("{INTERMEDIATE}{extensions}");
        let issued = self.issue(&Wanted { kind: KeyKind::P256, name, extensions: &extensions, valid: None })?;
        made.write("ca.key", std::fs::read(&issued.key).map_err(|error| error.to_string())?)?;
        made.write("ca.pem", std::fs::read(&issued.certificate).map_err(|error| error.to_string())?)?;
        made.write("chain.pem", std::fs::read(&issued.chain).map_err(|error| error.to_string())?)?;
        Ok(made)
    }
    fn empty(openssl: &Program, folder: &Folder, name: &str) -> Result<Self, String> {
        folder.write(&format!("{name}/ca.cnf"), CONFIG.replace("HASH", "sha256"))?;
        folder.write(&format!("{name}/index.txt"), "")?;
        folder.write(&format!("{name}/crlnumber"), "01\n")?;
        let dir = folder.path().join(name);
        Ok(Self { openssl: openssl.clone().at(&dir), dir })
    }
    /// Issues a certificate for a new key.
    pub(crate) fn issue(&self, wanted: &Wanted<'_>) -> Result<Issued, String> {
        let name = wanted.name;
        let file = |end: &str| format!("{name}.{end}");
        self.key(name, wanted.kind)?;
        let subject = format!("{SUBJECT}/CN={name}");
        let (key, request) = (file("key"), file("csr"));
        self.run(&["req", "-config", "ca.cnf", "-key", &key, "-new", "-subj", &subject, "-out", &request])?;
        self.write(&file("ext"), format!("[ext]\n{}", wanted.extensions))?;
        let (extensions, certificate) = (file("ext"), file("pem"));
        let mut words = vec!["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", &request, "-out", &certificate];
        words.extend(["-extfile", &extensions, "-extensions", "ext"]);
        let (since, until) = wanted.valid.map_or_else(year, Ok)?;
        let dates = [date(since), date(until)];
        words.extend(["-startdate", &dates[0], "-enddate", &dates[1]]);
        self.run(&words)?;
        let chain = file("chain.pem");
        self.write(&chain, self.read(&certificate)? + &self.read("chain.pem")?)?;
        Ok(Issued { key: self.at(&key), certificate: self.at(&certificate), chain: self.at(&chain) })
    }
    /// The root's certificate, or that of an authority below one.
    pub(crate) fn certificate(&self) -> String {
        self.at("ca.pem")
    }
    /// Enters a certificate of this authority, by its file, as revoked.
    pub(crate) fn revoke(&self, certificate: &str) -> Result<(), String> {
        self.run(&["ca", "-config", "ca.cnf", "-revoke", certificate, "-crl_reason", "keyCompromise"])
    }
    /// Takes a certificate out of the database again, so that the responder has not heard of it.
    pub(crate) fn forget(&self) -> Result<(), String> {
        let index = self.read("index.txt")?;
        let mut lines: Vec<&str> = index.lines().collect();
        lines.pop();
        self.write("index.txt", lines.iter().map(|line| format!("{line}\n")).collect::<String>())
    }
    /// The list of what is revoked as it is now, DER, valid for a day.
    pub(crate) fn list(&self) -> Result<Vec<u8>, String> {
        self.list_of(&[])
    }
    /// A list whose time is over.
    pub(crate) fn stale_list(&self) -> Result<Vec<u8>, String> {
        self.list_of(&["-crl_lastupdate", "20260101000000Z", "-crl_nextupdate", "20260102000000Z"])
    }
    fn list_of(&self, more: &[&str]) -> Result<Vec<u8>, String> {
        self.run(&[&["ca", "-config", "ca.cnf", "-gencrl", "-out", "list.pem"], more].concat())?;
        self.run(&["crl", "-in", "list.pem", "-outform", "DER", "-out", "list.crl"])?;
        self.bytes("list.crl")
    }
    /// A responder over the database as it is when it is asked: `openssl ocsp`, which answers files. Its own way to listen is open to
    /// every address of the machine.
    pub(crate) fn responder(&self) -> Result<Loopback, String> {
        let own = self.clone();
        Loopback::serve(move |asked| {
            // RFC 6960, A.1: what is not sent is in the path.
            let request = match asked.body.is_empty() {
                true => data_encoding::BASE64.decode(unescaped(asked.path.strip_prefix("/ocsp/")?).as_bytes()).ok()?,
                false => asked.body.clone(),
            };
            own.write("asked.der", request).ok()?;
            let signer = ["-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key"];
            let words = ["ocsp", "-index", "index.txt", "-reqin", "asked.der", "-respout", "told.der", "-nmin", "60"];
            own.run(&[&words[..], &signer].concat()).ok()?;
            Some(("application/ocsp-response", own.bytes("told.der").ok()?))
        })
    }
    fn key(&self, name: &str, kind: KeyKind) -> Result<(), String> {
        let file = format!("{name}.key");
        let named = ["-pkeyopt", "ec_param_enc:named_curve"];
        let words = [&["genpkey", "-quiet", "-out", &file][..], &kind.words()].concat();
        let is_curve = matches!(kind, KeyKind::P256 | KeyKind::P384 | KeyKind::P521);
        self.run(&if is_curve { [&words[..], &named].concat() } else { words })
    }
    fn run(&self, words: &[&str]) -> Result<(), String> {
        self.openssl.must(words).map(|_| ())
    }
    fn at(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), String> {
        std::fs::write(self.dir.join(name), content).map_err(|error| format!("{}: {error}", self.at(name)))
    }
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.dir.join(name)).map_err(|error| format!("{}: {error}", self.at(name)))
    }
    fn read(&self, name: &str) -> Result<String, String> {
        self.bytes(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A year that began a while ago, since the clock of a time-stamping authority may be a second off.
fn year() -> Result<(UnixTime, UnixTime), String> {
    let since = now()?.saturating_sub(3600);
    Ok((since, since.saturating_add(365 * 86_400)))
}

pub(crate) fn now() -> Result<UnixTime, String> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|error| error.to_string())?;
    UnixTime::from_secs(since.as_secs()).ok_or_else(|| "the clock is off".into())
}

/// `YYYYMMDDHHMMSSZ`.
fn date(time: UnixTime) -> String {
    time.to_string().replace(['-', ':', 'T'], "")
}

/// The three characters of base64 that a path may not hold as they are.
fn unescaped(path: &str) -> String {
    let pairs = [("%2B", "+"), ("%2b", "+"), ("%2F", "/"), ("%2f", "/"), ("%3D", "="), ("%3d", "=")];
    pairs.iter().fold(path.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What the Notary Project wants of a signer, without addresses.
pub(crate) const SIGNER: &str = "\
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";
const INTERMEDIATE: &str = "\
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,keyCertSign,cRLSign,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";
const SUBJECT: &str = "/C=US/ST=WA/O=Notary";
const CONFIG: &str = "\
[ca]
default_ca = own
[own]
database = index.txt
rand_serial = yes
crlnumber = crlnumber
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = HASH
default_crl_days = 1
unique_subject = no
policy = names
[names]
countryName = optional
stateOrProvinceName = optional
organizationName = optional
commonName = supplied
[req]
default_md = HASH
distinguished_name = name
prompt = no
[name]
C = US
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign,digitalSignature
subjectKeyIdentifier = hash
";
