//! SPDX as JSON: versions 2.2 and 2.3 are read, 2.3 is written.
//!
//! Source: [SPDX 2.3](https://spdx.github.io/spdx-spec/v2.3/) and its
//! [JSON schema](https://github.com/spdx/spdx-spec/blob/v2.3/schemas/spdx-schema.json).

mod read;
mod write;

pub(crate) use read::read;
pub use write::write;

#[cfg(test)]
mod tests;
