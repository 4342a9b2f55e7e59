//! A signed word about a ledger: how many lines it has, and which one is the last.

use crate::code;
use data_encoding::BASE64;
use plimsoll_core::{Classify, Code, Digest, Escaped, Message, Provider, PublicKey, UnixTime};
use std::fmt;

/// A signed checkpoint of a ledger.
///
/// The lines of a ledger are a chain, so that none can be changed, but its end can be cut off. Who keeps a checkpoint elsewhere notices:
/// a ledger that is shorter, or has another line at that place, is not the one that was signed.
///
/// ```text
/// plimsoll-ledger-checkpoint/1
/// authority sha256:…      the key that signs, as SubjectPublicKeyInfo
/// lines 42
/// head sha256:…           the last line, with its end; for an empty ledger, no bytes at all
/// at 2026-06-01T00:00:00Z
/// signature MEUC…         base64, over everything above, in the form of X.509
/// ```
/// Whatever else the key of an authority signs is DER, whose first octet is `0`: this text is none of it, and none of it is this text.
///
/// Made by [`Authority::checkpoint`](crate::Authority::checkpoint) and [`Checkpoint::read`], and in no other way: one that is there was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    stated: Statement,
    text: String,
}

/// What a checkpoint says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Statement {
    pub(crate) authority: Digest,
    pub(crate) lines: u64,
    pub(crate) head: Digest,
    pub(crate) at: UnixTime,
}

impl Checkpoint {
    /// Reads a checkpoint, and checks its signature under the key of the authority.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read(text: &[u8], key: PublicKey<'_>, provider: Provider<'_>) -> Result<Self, CheckpointError> {
        let (stated, signature, text) = Statement::read(text)?;
        let own = Digest::sha256_of(key.spki_der());
        if stated.authority != own {
            return Err(CheckpointError::Authority { expected: own, found: stated.authority });
        }
        let signed = stated.signing_input();
        // The key decides about the algorithm: nothing in the text does.
        let holds = provider
            .algorithms()
            .iter()
            .any(|one| one.verify(key, Message::Parts(&[signed.as_bytes()]), &signature).is_ok());
        if holds { Ok(Self { stated, text: text.to_owned() }) } else { Err(CheckpointError::Signature) }
    }
    pub(crate) fn stated(&self) -> Statement {
        self.stated
    }
    /// How many lines the ledger had.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.stated.lines
    }
    /// The digest of its last line.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.stated.head
    }
    /// When it was signed, by the clock of the authority.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.stated.at
    }
    /// The text, as it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Statement {
    /// What is signed.
    pub(crate) fn signing_input(&self) -> String {
        let Self { authority, lines, head, at } = self;
        format!("{TITLE}\nauthority {authority}\nlines {lines}\nhead {head}\nat {at}\n")
    }
    /// The whole text.
    pub(crate) fn attach(&self, signature: &[u8]) -> String {
        format!("{}signature {}\n", self.signing_input(), BASE64.encode(signature))
    }
    /// What a text says, whoever wrote it.
    pub(crate) fn unverified(text: &[u8]) -> Result<Self, CheckpointError> {
        Self::read(text).map(|(stated, ..)| stated)
    }
    /// What a text says, its signature, and the text.
    fn read(text: &[u8]) -> Result<(Self, Vec<u8>, &str), CheckpointError> {
        let malformed = |expected| CheckpointError::Malformed { expected };
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= MOST_BYTES);
        let text = text.ok_or(malformed("a short text"))?;
        let (stated, signature) = Self::parse(text)?;
        // One text for one statement: no second spelling of a number, no other end of a line.
        if stated.attach(&signature) != text {
            return Err(malformed("the one spelling that a checkpoint has"));
        }
        Ok((stated, signature, text))
    }
    fn parse(text: &str) -> Result<(Self, Vec<u8>), CheckpointError> {
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err(CheckpointError::Malformed { expected: TITLE });
        }
        let mut next = |name: &'static str| {
            let value = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.ok_or(CheckpointError::Malformed { expected: name })
        };
        let stated = Self {
            authority: parsed(next("authority")?, "authority")?,
            lines: parsed(next("lines")?, "lines")?,
            head: parsed(next("head")?, "head")?,
            at: parsed(next("at")?, "at")?,
        };
        let signature = BASE64.decode(next("signature")?.as_bytes());
        Ok((stated, signature.map_err(|_| CheckpointError::Malformed { expected: "signature" })?))
    }
}

fn parsed<T: std::str::FromStr>(text: &str, expected: &'static str) -> Result<T, CheckpointError> {
    text.parse().map_err(|_| CheckpointError::Malformed { expected })
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is no checkpoint of an authority.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is that of another authority.
    #[error("expected a checkpoint of the authority whose key is {expected}, found one of {found}")]
    Authority {
        /// The digest of the key.
        expected: Digest,
        /// What the checkpoint says.
        found: Digest,
    },
    /// Not of the form.
    #[error("the checkpoint is malformed: expected {expected:?}")]
    Malformed {
        /// What is due.
        expected: &'static str,
    },
    /// The signature does not hold.
    #[error("the signature of the checkpoint does not hold under the key of the authority")]
    Signature,
    /// The file cannot be read or written.
    #[error("{path}: {reason}")]
    Unavailable {
        /// The file.
        path: Escaped,
        /// What the system says.
        reason: Escaped,
    },
}

impl Classify for CheckpointError {
    fn code(&self) -> Code {
        match self {
            Self::Authority { .. } | Self::Signature => code::CHECKPOINT_UNTRUSTED,
            Self::Malformed { .. } => code::MALFORMED_CHECKPOINT,
            Self::Unavailable { .. } => code::LEDGER_UNAVAILABLE,
        }
    }
}

const TITLE: &str = "plimsoll-ledger-checkpoint/1";

/// Most bytes of a checkpoint: 4 KiB, of which a signature by RSA-8192 takes 1 400.
const MOST_BYTES: usize = 4096;
