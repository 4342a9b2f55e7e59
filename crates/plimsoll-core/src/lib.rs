#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod blob;
pub mod code;
mod content;
mod crypto;
mod descriptor;
mod digest;
mod escape;
mod evidence;
mod facts;
mod identity;
mod judge;
mod limits;
mod reference;
mod store;
mod time;

pub use blob::{Blob, BlobCheck, Checked, Hasher, Mismatch};
pub use bytes::Bytes;
pub use code::{Class, Classify, Code};
pub use content::{Body, BodyError, BoxBody, OneChunk, Replay, next_chunk};
pub use crypto::{
    Algorithm, BackEnd, Message, Proof, Proofs, Provider, PublicKey, Sign, SignatureAlgorithm, VerifyError,
};
pub use descriptor::Descriptor;
pub use digest::{Digest, DigestError};
pub use escape::Escaped;
pub use evidence::{Answer, Answerer, Context, DynAnswerer, Evidence, Failure, Missing, Purpose, Want};
pub use facts::{
    Backing, Completeness, Fact, Facts, Horizon, Item, List, Outcome, Record, Row, Schema, Type, Value, View,
};
pub use identity::{About, Name, Subjects, TrustedTime, VerifiedIdentity, VerifierId};
pub use judge::{Decision, Evaluate, Expand, Gather, Reads, Reason, Subject, Verdict, Vouch, Voucher};
pub use limits::{Budget, LimitExceeded};
pub use reference::{Parts, Reference, ReferenceError, Repository, Tag};
pub use store::{Fetch, Pointer, Push, Referrer, Referrers, Resolve, Retag, Store, StoreError};
pub use time::{TimeError, UnixTime};
