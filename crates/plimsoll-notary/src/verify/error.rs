//! Why a check did not hold.

use crate::{
    EnvelopeLayerError, PayloadError, code,
    plugin::{Capability, PluginError, PluginName},
};
use alloc::boxed::Box;
use plimsoll_core::{Classify, Code, Escaped, Failure, UnixTime};
use plimsoll_pki::{
    Expired, SubjectError, Untrusted, Validity, Which, distrust::Distrusted, revocation::RevocationError,
    timestamp::TimestampError,
};

/// Why a check of a signature did not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// A certificate of the chain is not valid at the time that counts.
    #[error("{0}")]
    Certificate(#[from] Expired),
    /// A certificate, a key or an issuer is on the distrust list.
    #[error(transparent)]
    Distrusted(#[from] Distrusted),
    /// A chain with an authentic signing time after now.
    #[error("expected an authentic signing time of at most 300 seconds after {at}, found {found}")]
    FutureSigningTime {
        /// Now.
        at: UnixTime,
        /// The authentic signing time.
        found: UnixTime,
    },
    /// The signer is none of the trusted identities.
    #[error("expected a signer that the trust policy statement `{statement}` names, found `{subject}`")]
    Identity {
        /// The statement.
        statement: Escaped,
        /// The subject of the leaf.
        subject: Escaped,
    },
    /// The envelope does not hold by itself.
    #[error(transparent)]
    Envelope(#[from] EnvelopeLayerError),
    /// The signature has expired.
    #[error("the signature has expired: expected a time before {expiry}, found {at}")]
    Expired {
        /// The first second at which it does not count.
        expiry: UnixTime,
        /// Now.
        at: UnixTime,
    },
    /// Nobody was asked.
    #[error("{what} is not asked: the chain of the signature meets no trust store, or its signer is not trusted")]
    NotAsked {
        /// What would have been asked.
        what: &'static str,
    },
    /// The policy wants a timestamp.
    #[error("expected a timestamp in the signature, found none")]
    NoTimestamp,
    /// A certificate was not valid during the whole span of the timestamp.
    #[error("expected a timestamp within the validity of {which}, {} to {}, found one of {earliest} to {latest}", validity.not_before, validity.not_after)]
    OutsideValidity {
        /// The certificate.
        which: Which,
        /// Its validity.
        validity: Validity,
        /// The first second of the timestamp.
        earliest: UnixTime,
        /// The last second of the timestamp.
        latest: UnixTime,
    },
    /// The payload is broken, or about something else.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The answer of a plugin cannot be used.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A plugin gave no answer.
    #[error("{}", .0.message)]
    PluginFailed(Failure),
    /// The least version of the plugin is none.
    #[error("expected the least version of a plugin as Semantic Versioning writes it, found `{found}`")]
    PluginMinVersion {
        /// What is there.
        found: Escaped,
    },
    /// The policy does not list the plugin.
    #[error(
        "the signature demands the plugin `{plugin}`, which the trust policy statement `{statement}` does not list"
    )]
    PluginNotAllowed {
        /// The plugin.
        plugin: Escaped,
        /// The statement.
        statement: Escaped,
    },
    /// The plugin is not there.
    #[error("the signature demands the plugin `{plugin}`, which is not installed")]
    PluginNotInstalled {
        /// The plugin.
        plugin: PluginName,
    },
    /// The plugin says no.
    #[error("the plugin `{plugin}` says that {capability} does not hold: {reason}")]
    PluginRefused {
        /// The plugin.
        plugin: PluginName,
        /// The check.
        capability: Capability,
        /// Its reason.
        reason: Escaped,
    },
    /// A certificate is revoked, or whether it is could not be found out.
    #[error(transparent)]
    Revocation(#[from] RevocationError),
    /// A trust store that the statement names cannot be used.
    #[error("{}", .0.message)]
    Store(Failure),
    /// The subject of the signer cannot be compared with the trusted identities.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The timestamp does not hold.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// The authority of the timestamp does not stand.
    #[error("the timestamping authority: {0}")]
    TimestampAuthority(Box<VerificationError>),
    /// A timestamp cannot make a stranger's signature count.
    #[error(
        "the timestamp is not looked at: the chain of the signature meets no trust store, or its signer is not trusted"
    )]
    TimestampNotReached,
    /// A critical attribute that nobody understands.
    #[error("the attribute `{name}` is critical, and not understood")]
    UnknownCritical {
        /// Its name.
        name: Escaped,
    },
    /// No certificate of the chain is in a trust store.
    #[error("{0}")]
    Untrusted(#[from] Untrusted),
}

impl Classify for VerificationError {
    fn code(&self) -> Code {
        match self {
            Self::Certificate(error) => error.code(),
            Self::Distrusted(error) => error.code(),
            Self::Envelope(error) => error.code(),
            Self::Expired { .. } => code::SIGNATURE_EXPIRED,
            Self::FutureSigningTime { .. } => plimsoll_pki::code::CERTIFICATE_NOT_YET_VALID,
            Self::Identity { .. } => code::UNTRUSTED_IDENTITY,
            Self::NoTimestamp => code::TIMESTAMP_MISSING,
            Self::NotAsked { .. } | Self::TimestampNotReached => code::NOT_ASKED,
            Self::OutsideValidity { .. } => code::TIMESTAMP_OUTSIDE_VALIDITY,
            Self::Payload(error) => error.code(),
            Self::Plugin(error) => error.code(),
            Self::PluginFailed(failure) | Self::Store(failure) => failure.code,
            Self::PluginMinVersion { .. } => code::MALFORMED_ATTRIBUTES,
            Self::PluginNotAllowed { .. } => code::PLUGIN_NOT_ALLOWED,
            Self::PluginNotInstalled { .. } => code::PLUGIN_NOT_INSTALLED,
            Self::PluginRefused { .. } => code::PLUGIN_REFUSED,
            Self::Revocation(error) => error.code(),
            Self::Subject(error) => error.code(),
            Self::Timestamp(error) => error.code(),
            Self::TimestampAuthority(error) => error.code(),
            Self::UnknownCritical { .. } => code::UNKNOWN_CRITICAL_ATTRIBUTE,
            Self::Untrusted(error) => error.code(),
        }
    }
}
