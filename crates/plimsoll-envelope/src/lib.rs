#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod algorithm;
mod base64;
mod cbor;
pub mod code;
mod cose;
mod countersignature;
mod critical;
mod dsse;
mod error;
mod header;
mod json;
mod jws;
mod limits;
mod opened;
mod sealed;
mod short;
mod signing_digest;

pub use algorithm::algorithm_name;
pub use cose::CoseDraft;
pub use countersignature::{CountersignatureDraft, Countersignatures, Countersigned};
pub use critical::Critical;
pub use dsse::{DsseDraft, DsseSignature, pae};
pub use error::{EnvelopeError, Part};
pub use header::{Header, HeaderValue, Label, Member};
pub use jws::JwsDraft;
pub use limits::Limits;
pub use opened::Opened;
pub use sealed::{Claimed, Format, Sealed, Unverified};
pub use signing_digest::{HashFunction, signing_digest};
