//! Contract tests for the traits of core: whoever implements one can run them.

mod store;

pub use store::store;
