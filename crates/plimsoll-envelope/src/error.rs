use crate::code;
use core::fmt;
use plimsoll_core::{Algorithm, Classify, Code, Escaped, LimitExceeded};

/// A part of an envelope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Part {
    /// The whole.
    Envelope,
    /// What the signature covers.
    ProtectedHeader,
    /// What it does not cover.
    UnprotectedHeader,
    /// One entry of a list of signatures.
    Signature,
    /// A signature over a signature.
    Countersignature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Envelope => "envelope",
            Self::ProtectedHeader => "protected header",
            Self::UnprotectedHeader => "unprotected header",
            Self::Signature => "signature",
            Self::Countersignature => "countersignature",
        })
    }
}

/// Why an envelope was not read, opened or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The header names another algorithm than the caller's key demands.
    #[error("expected the algorithm {key:?}, which the key demands, found {header:?} in the header")]
    AlgorithmMismatch {
        /// What the header names.
        header: Algorithm,
        /// What the caller's key demands.
        key: Algorithm,
    },
    /// A member or label stands twice, in one header or in both.
    #[error("`{name}` stands twice in the {part}")]
    DuplicateMember {
        /// Where.
        part: Part,
        /// The member.
        name: Escaped,
    },
    /// A limit was reached.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// Not the base64 that the format demands: its alphabet, its padding, no white space, no stray bits.
    #[error("`{member}` is not {expected}")]
    MalformedBase64 {
        /// The member.
        member: &'static str,
        /// The form of base64 that is due.
        expected: &'static str,
    },
    /// Not the CBOR that an envelope may hold.
    #[error("the {part} is no CBOR that an envelope may hold: {what} at byte {at}")]
    MalformedCbor {
        /// Where.
        part: Part,
        /// What is wrong.
        what: &'static str,
        /// The offset in the part.
        at: usize,
    },
    /// The list of critical members breaks a rule of its form.
    #[error("the list of critical members is malformed: {what}")]
    MalformedCritical {
        /// The rule.
        what: &'static str,
    },
    /// Not JSON, or none that an envelope may hold.
    #[error("the {part} is not JSON at line {line}, column {column}: {what}")]
    MalformedJson {
        /// Where.
        part: Part,
        /// What is wrong.
        what: Escaped,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A member of the wrong type.
    #[error("expected {expected} as `{name}` in the {part}")]
    MalformedMember {
        /// Where.
        part: Part,
        /// The member.
        name: &'static str,
        /// What is due.
        expected: &'static str,
    },
    /// A member that must be there is not.
    #[error("expected `{name}` in the {part}, found none")]
    MissingMember {
        /// Where.
        part: Part,
        /// The member.
        name: &'static str,
    },
    /// The payload is detached or empty.
    #[error("the envelope holds no payload")]
    MissingPayload,
    /// The caller asked for a signature that is not there.
    #[error("expected a signature number {index}, found {count} signatures")]
    NoSuchSignature {
        /// What was asked for, from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The signature does not hold.
    #[error("the signature does not hold")]
    SignatureInvalid,
    /// A CBOR tag other than 18, or none.
    #[error("expected the CBOR tag 18 (COSE_Sign1), found {found}")]
    UnexpectedTag {
        /// The tag, or what stands in its place.
        found: Escaped,
    },
    /// A member is critical, and the caller does not understand it.
    #[error("the member `{name}` is critical, and not understood")]
    UnknownCritical {
        /// The member.
        name: Escaped,
    },
    /// The header names an algorithm that is not used here.
    #[error("expected one of the algorithms of a public key, found `{found}` in the header")]
    UnsupportedAlgorithm {
        /// What the header names.
        found: Escaped,
    },
    /// No back end for this algorithm was given.
    #[error("no back end checks {algorithm:?} with this key")]
    UnsupportedBackend {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A form of envelope that may not stand here.
    #[error("expected {expected}, found `{found}`")]
    UnsupportedForm {
        /// The form that is due.
        expected: &'static str,
        /// The member that shows another form.
        found: &'static str,
    },
    /// The writer was given something that this format cannot hold.
    #[error("`{name}` cannot be written: {what}")]
    Unwritable {
        /// The member.
        name: Escaped,
        /// Why not.
        what: &'static str,
    },
}

impl Classify for EnvelopeError {
    fn code(&self) -> Code {
        match self {
            Self::AlgorithmMismatch { .. } => code::ALGORITHM_MISMATCH,
            Self::DuplicateMember { .. } => code::DUPLICATE_MEMBER,
            Self::Limit(limit) => limit.code(),
            Self::MalformedBase64 { .. }
            | Self::MalformedCbor { .. }
            | Self::MalformedCritical { .. }
            | Self::MalformedJson { .. }
            | Self::MalformedMember { .. }
            | Self::MissingMember { .. }
            | Self::MissingPayload
            | Self::NoSuchSignature { .. }
            | Self::UnexpectedTag { .. } => code::ENVELOPE_MALFORMED,
            Self::SignatureInvalid => code::SIGNATURE_INVALID,
            Self::UnknownCritical { .. } => code::UNKNOWN_CRITICAL,
            Self::UnsupportedAlgorithm { .. } => code::SIGNATURE_ALGORITHM_UNSUPPORTED,
            Self::UnsupportedBackend { .. } => plimsoll_core::code::NOT_SUPPORTED,
            Self::UnsupportedForm { .. } => code::ENVELOPE_UNSUPPORTED_FORM,
            Self::Unwritable { .. } => code::ENVELOPE_UNWRITABLE,
        }
    }
}
