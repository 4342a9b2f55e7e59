//! One line.

use data_encoding::HEXLOWER;
use plimsoll_core::{Digest, UnixTime};
use serde::{Deserialize, Serialize};

/// What happened. Texts are as they were at that time; times are RFC 3339 in UTC, serial numbers and digests in hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Entry {
    /// A list of revoked certificates was signed.
    CrlIssued {
        /// Its number.
        number: u64,
        /// The number of the list that it adds to, for a delta CRL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<u64>,
        /// When the next one comes.
        next_update: String,
    },
    /// A certificate was issued.
    Issued {
        /// Its serial number.
        serial: String,
        /// Its subject.
        subject: String,
        /// From when it is valid.
        not_before: String,
        /// Until when it is valid.
        not_after: String,
        /// Its digest.
        certificate: String,
        /// The digest of its key, as `SubjectPublicKeyInfo`.
        key: String,
        /// Who asked for it; absent where an operator did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Requester>,
    },
    /// A proven identity was refused.
    Refused {
        /// The denial code.
        code: String,
        /// Who asked.
        request: Requester,
    },
    /// A certificate was revoked.
    Revoked {
        /// Its serial number.
        serial: String,
        /// Why.
        reason: RevocationReason,
        /// Since when the key was not to be trusted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invalidity_date: Option<String>,
    },
}

/// Who asked for a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Requester {
    /// The issuer of the token.
    pub issuer: String,
    /// Whom the token names.
    pub subject: String,
    /// The digest of the token.
    pub token: String,
    /// Until when the token is valid.
    pub token_until: String,
    /// The rule that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// Why a certificate was revoked (RFC 5280, 5.3.1), as OpenSSL spells it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RevocationReason {
    /// No reason is given.
    #[default]
    Unspecified,
    /// The key is in other hands.
    KeyCompromise,
    /// The key of the authority is in other hands.
    CaCompromise,
    /// The name is not right any more.
    AffiliationChanged,
    /// Another certificate takes its place.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// What it was given for does not hold any more.
    PrivilegeWithdrawn,
}

impl RevocationReason {
    /// The number in CRLs and OCSP.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
        }
    }
}

impl std::str::FromStr for RevocationReason {
    type Err = serde_json::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_value(text.into())
    }
}

/// An entry where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) at: UnixTime,
    pub(super) previous: Option<Digest>,
    pub(super) entry: Entry,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    number: u64,
    at: String,
    previous: Option<String>,
    entry: Entry,
}

impl Line {
    pub(super) fn write(&self) -> Result<String, String> {
        let (at, previous) = (self.at.to_string(), self.previous.map(|digest| digest.to_string()));
        let written = Written { number: self.number, at, previous, entry: self.entry.clone() };
        let text = serde_json::to_string(&written).map_err(|error| error.to_string())?;
        Ok(ascii(&text) + "\n")
    }
    /// How a line of this number begins.
    pub(super) fn beginning(number: u64) -> String {
        format!("{{\"number\":{number},")
    }
    /// Reads one line. What an entry says in texts is read here, too, so that an index made of it is whole.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let at = time(&written.at)?;
        let previous = written.previous.as_deref().map(digest).transpose()?;
        check(&written.entry)?;
        Ok(Self { number: written.number, at, previous, entry: written.entry })
    }
}

/// The same JSON in visible ASCII. Claims stand in it as somebody else wrote them, and a terminal obeys some characters.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, ' '..='~') {
            out.push(character);
        } else {
            // RFC 8259, 7: in pairs beyond the basic plane. Only texts hold such characters.
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

fn check(entry: &Entry) -> Result<(), String> {
    match entry {
        Entry::CrlIssued { next_update, .. } => time(next_update).map(drop),
        Entry::Issued { serial, not_before, not_after, certificate, key, request, .. } => {
            bytes(serial)?;
            time(not_before)?;
            time(not_after)?;
            digest(certificate)?;
            digest(key)?;
            request.as_ref().map_or(Ok(()), check_requester)
        }
        Entry::Refused { request, .. } => check_requester(request),
        Entry::Revoked { serial, invalidity_date, .. } => {
            bytes(serial)?;
            invalidity_date.as_deref().map_or(Ok(()), |date| time(date).map(drop))
        }
    }
}

fn check_requester(requester: &Requester) -> Result<(), String> {
    digest(&requester.token)?;
    time(&requester.token_until).map(drop)
}

pub(super) fn time(text: &str) -> Result<UnixTime, String> {
    text.parse::<UnixTime>().map_err(|error| error.to_string())
}

pub(super) fn digest(text: &str) -> Result<Digest, String> {
    text.parse::<Digest>().map_err(|error| error.to_string())
}

pub(super) fn bytes(text: &str) -> Result<Vec<u8>, String> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| "expected a serial number in lower-case hexadecimal".to_owned())
}

/// Bytes as a serial number is shown.
pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
