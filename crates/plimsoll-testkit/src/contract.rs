//! Contract tests for the traits of core: whoever implements one can run them.

mod signature_algorithm;
mod store;

pub use signature_algorithm::{SignedSample, signature_algorithm};
pub use store::store;
