//! The plugin contract 1.0 of the Notary Project: what a plugin is asked, and what it may answer.
//!
//! [plugin-extensibility.md][spec]. A plugin is a program that gets one JSON document on its standard input for one [`Command`] and
//! writes another to its standard output. Nothing here starts one: a [`Call`] is written with [`Call::to_json`], run by
//! whoever owns processes, and what came back is read with [`Call::read`], which also compares it with what was asked.
//!
//! ```
//! use plimsoll_notary::plugin::{Call, DescribeKey, KeySpec, Limits};
//! let call = DescribeKey::new("key-1");
//! assert_eq!(call.to_json(), br#"{"contractVersion":"1.0","keyId":"key-1"}"#);
//! let answer = call.read(br#"{"keyId":"key-1","keySpec":"EC-256"}"#, &Limits::default()).unwrap();
//! assert_eq!(answer.key_spec, KeySpec::Ec256);
//! let refused = call.read(br#"{"keyId":"key-2","keySpec":"EC-256"}"#, &Limits::default()).unwrap_err();
//! assert_eq!(refused.to_string(), "plugin answer to describe-key: keyId: expected `key-1`, found `key-2`");
//! ```
//!
//! [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/plugin-extensibility.md

mod call;
mod capability;
mod command;
mod envelope;
mod error;
mod key;
mod metadata;
mod name;
mod read;
mod reported;
mod signature;
mod verify;
mod version;

pub use call::{Call, Limits, PluginConfig};
pub use capability::Capability;
pub use command::{CONTRACT_VERSION, Command};
pub use envelope::{GenerateEnvelope, GeneratedEnvelope};
pub use error::{AnswerFault, PluginError};
pub use key::{DescribeKey, DescribedKey, KeySpec};
pub use metadata::{GetPluginMetadata, PluginMetadata};
pub use name::{PluginName, PluginNameError};
pub use reported::{ErrorCode, ReportedError};
pub use signature::{GenerateSignature, GeneratedSignature};
pub use verify::{CapabilityResult, CriticalAttributes, VerifiedByPlugin, VerifySignature};
pub use version::{PluginVersion, PluginVersionError};

#[cfg(test)]
mod tests;
