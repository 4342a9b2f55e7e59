//! Notation's plugins: where they are, how they are run, and what answers come of it.
//!
//! A plugin is a program of others that is run with the user's rights, so little is left to chance: it is found by an absolute path
//! and nowhere else, opened once and run by that handle where the system can (Linux), with an environment of few variables, in a
//! process group of its own, and with limits on its time and on what it may say ([plugin-extensibility.md][spec]).
//!
//! [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/plugin-extensibility.md

mod answers;
mod archive;
mod directory;
mod environment;
mod error;
mod hashed;
mod install;
mod key;
mod program;
mod runner;

pub use crate::process::Stream;
pub use answers::PluginAnswers;
pub use archive::unpack_plugin;
pub use directory::PluginDirectory;
pub use environment::PluginEnvironment;
pub(crate) use environment::is_ours;
pub use error::{InstallError, PluginFault, PluginRunError};
pub use install::{Expected, Installed, install, installed, uninstall};
pub use key::{PluginEnvelopes, PluginKey, PluginKeySource, PluginSigner};
pub use runner::{PluginRunner, RunLimits};
