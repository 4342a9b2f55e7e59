#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod attach;
mod authenticate;
mod authority;
pub mod code;
mod facts;
mod gather;
mod manifest;
mod predicate;
pub mod slsa;
mod statement;

pub use attach::{AttachError, AttestError, Attestation, AttestationDraft, Attester, attest, attesting_algorithm};
pub use authority::{
    Authorities, AuthoritiesError, AuthorityConfig, AuthorityFault, CertificatesConfig, KeyConfig, RevocationDemand,
    WorkloadsConfig,
};
pub use facts::{AttestationFact, How, InventoryFact, ProvenanceFact};
pub use gather::{Attestations, Limits};
pub use manifest::{DSSE_TYPE, PREDICATE_TYPE};
pub use predicate::{PredicateType, PredicateTypeError};
pub use statement::{STATEMENT_TYPE, Statement, StatementError, StatementLimits, StatementSubject, StatementVersion};
