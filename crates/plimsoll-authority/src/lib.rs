#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod authority;
mod checkpoints;
mod clock;
pub mod code;
mod identity;
mod issuing;
mod json;
mod ledger;
mod limits;
mod rate;
#[cfg(feature = "fetch")]
mod remote;
mod revocation;
mod rules;
mod serve;
mod svid;
mod timed_key;
mod token;
mod tsa;

pub use authority::{Authority, AuthorityError, CrlSettings, IssuedCertificate, Order};
pub use checkpoints::{CheckpointSettings, Checkpoints};
pub use clock::{Clock, SystemClock};
pub use identity::Identity;
#[cfg(feature = "fetch")]
pub use issuing::{ClientError, IssuingClient};
pub use issuing::{IssuingError, IssuingRequest, IssuingService};
pub use json::JsonError;
pub use ledger::{
    Audit, CertificateStatus, Checkpoint, CheckpointError, Contradiction, Entry, Ledger, LedgerError, Requester,
    Revocation, RevocationReason,
};
pub use limits::Limits;
pub use rate::Rate;
pub use revocation::{RevocationService, StatusDatabase};
pub use rules::{Entitlement, RuleWarning, Rules, RulesError, SubjectRefused};
pub use serve::{Exposure, ServeError, Server, ServerBuilder, Service, Shutdown};
pub use svid::{SvidStatement, SvidTrust};
#[cfg(feature = "fetch")]
pub use token::KeySetUrl;
pub use token::{
    FetchKeySet, FetchedKeys, Issuer, Issuers, KeySet, KeySetError, Keys, KeysError, TokenError, VerificationKey,
};
pub use tsa::TimestampService;
