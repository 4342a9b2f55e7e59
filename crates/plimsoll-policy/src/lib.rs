#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
mod condition;
mod document;
mod error;
mod example;
mod license;
mod limits;
mod lint;
mod pattern;
mod policy;
mod purl;
pub mod release;
mod require;
mod rule;
mod schema;
mod scope;
mod strict;
mod syntax;
mod truth;
mod version;
mod vocabulary;
mod witness;

pub use document::Severity;
pub use error::{ConditionError, PolicyError};
pub use example::{ExampleResult, Expected};
pub use limits::Limits;
pub use lint::Lint;
pub use policy::{Policy, RuleResult};
pub use syntax::Syntax;
pub use truth::Truth;
pub use vocabulary::Vocabulary;

use example::Example;
