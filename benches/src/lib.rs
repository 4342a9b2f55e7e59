//! What the benchmarks measure: signatures made by a test authority, the bare operations under each, and what is hostile or large.
#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "a broken fixture should stop a benchmark loudly")]

mod fixture;
mod floor;
mod hostile;
mod images;
mod nod;
mod revocation;

pub use fixture::Fixture;
pub use floor::Library;
pub use hostile::Ladder;
pub use images::Images;
pub use nod::nodding;
pub use revocation::{LargeList, Token};
