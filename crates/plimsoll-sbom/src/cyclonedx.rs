//! CycloneDX as JSON: versions 1.2 to 1.7 are read, 1.6 is written.
//!
//! Source: [CycloneDX/specification, schema](https://github.com/CycloneDX/specification/tree/master/schema).

mod read;
mod write;

pub(crate) use read::read;
pub use write::write;

#[cfg(test)]
pub(crate) mod tests;
