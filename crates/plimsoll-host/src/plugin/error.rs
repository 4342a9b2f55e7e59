//! What can go wrong with a plugin on this machine.

use crate::{
    code,
    ended::ended,
    file::FileError,
    process::{Fault, Stream},
};
use plimsoll_core::{Classify, Code, Digest, Escaped, LimitExceeded, code as seam};
use plimsoll_notary::{
    code as notary,
    plugin::{Command, PluginError, PluginName, PluginNameError},
};
use std::{fmt, io, time::Duration};

/// Why a plugin gave no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginRunError {
    /// It answered, and what it said is of no use; or it says itself that it failed.
    #[error(transparent)]
    Contract(#[from] PluginError),
    /// Its program is another one than the configuration pins.
    #[error("the program of the plugin `{plugin}`: expected {expected}, found {found}")]
    Digest {
        /// The plugin.
        plugin: PluginName,
        /// The digest of the configuration.
        expected: Digest,
        /// The digest of the program.
        found: Digest,
    },
    /// It was run, and did not end as it should.
    #[error("the plugin `{plugin}` failed to {command}: {fault}")]
    Failed {
        /// The plugin.
        plugin: PluginName,
        /// What it was asked for.
        command: Command,
        /// What happened.
        fault: PluginFault,
    },
    /// Its program cannot be read, or is no plain file.
    #[error(transparent)]
    File(FileError),
    /// Its name is none.
    #[error(transparent)]
    Name(PluginNameError),
    /// Its program is nothing that the system runs by itself. A shell is never asked to.
    #[error("`{path}`: expected a program, or a script that names its interpreter, found something else")]
    NoProgram {
        /// The file.
        path: Escaped,
    },
    /// It is not there.
    #[error("expected the plugin `{plugin}` in `{path}`, found nothing there")]
    NotInstalled {
        /// The plugin.
        plugin: PluginName,
        /// Where its program should be.
        path: Escaped,
    },
    /// Everybody may write its program.
    #[error("everybody can write `{path}`: expected a program that only its owner can write (chmod go-w)")]
    OthersCanWrite {
        /// The file.
        path: Escaped,
    },
    /// The directory counts from the working directory.
    #[error("expected an absolute path to the directory of plugins, found `{path}`")]
    Relative {
        /// The path.
        path: Escaped,
    },
    /// The settings of a key that is with a plugin are not texts.
    #[error("signing key `{key}`: expected texts in `pluginConfig`, found something else")]
    Settings {
        /// The key.
        key: Escaped,
    },
    /// This system cannot run plugins.
    #[error("running plugins is not supported on this system")]
    Unsupported,
}

impl Classify for PluginRunError {
    fn code(&self) -> Code {
        match self {
            Self::Contract(error) => error.code(),
            Self::Digest { .. } => seam::DIGEST_MISMATCH,
            Self::Failed { fault: PluginFault::Limit { .. }, .. } => seam::LIMIT_EXCEEDED,
            Self::Failed { fault: PluginFault::TimeOut(_), .. } => code::PLUGIN_TIMED_OUT,
            Self::Failed { .. } => code::PLUGIN_FAILED,
            Self::File(error) => error.code(),
            Self::Name(error) => error.code(),
            Self::NoProgram { .. } | Self::OthersCanWrite { .. } | Self::Relative { .. } => code::UNSAFE_PATH,
            Self::NotInstalled { .. } => notary::PLUGIN_NOT_INSTALLED,
            Self::Settings { .. } => code::MALFORMED_CONFIGURATION,
            Self::Unsupported => seam::NOT_SUPPORTED,
        }
    }
}

/// How a plugin ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PluginFault {
    /// Nobody waits for it any more.
    Cancelled,
    /// It ended with a failure, and gave no reason that the contract knows.
    Exit {
        /// Its exit code, if it ended by itself.
        status: Option<i32>,
        /// The first line of what it said on standard error.
        said: Escaped,
    },
    /// It could not be started or spoken to.
    Io(io::ErrorKind),
    /// It said too much.
    Limit {
        /// Where.
        stream: Stream,
        /// The limit.
        limit: LimitExceeded,
    },
    /// It did not end, or did not let go of its output, in time, and was stopped with its process group.
    TimeOut(Duration),
}

impl From<Fault> for PluginFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Cancelled => Self::Cancelled,
            Fault::Io(kind) => Self::Io(kind),
            Fault::Limit { stream, limit } => Self::Limit { stream, limit },
            Fault::TimeOut(time) => Self::TimeOut(time),
        }
    }
}

impl fmt::Display for PluginFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("nobody waits for it any more"),
            Self::Exit { status, said } => ended(*status, said, f),
            Self::Io(kind) => write!(f, "{kind}"),
            Self::Limit { stream, limit } => write!(f, "{limit} on {stream}"),
            Self::TimeOut(time) => write!(f, "not done within {} s", time.as_secs_f32()),
        }
    }
}

/// Why a plugin could not be installed or taken away.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The archive cannot be read.
    #[error("`{path}`: expected a zip archive, a gzipped tar archive or a program, found something else")]
    Archive {
        /// The file.
        path: Escaped,
    },
    /// The file is not the one that was meant.
    #[error("`{path}`: expected {expected}, found {found}")]
    Digest {
        /// The file.
        path: Escaped,
        /// The digest that was given.
        expected: Digest,
        /// The digest of the file.
        found: Digest,
    },
    /// An entry of the archive would lie outside, or is neither file nor directory.
    #[error("`{path}`: expected files in the archive itself, found the entry `{entry}`")]
    Entry {
        /// The archive.
        path: Escaped,
        /// The name of the entry.
        entry: Escaped,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The archive or file is too large.
    #[error("`{path}`: {limit}")]
    Limit {
        /// The file.
        path: Escaped,
        /// The limit.
        limit: LimitExceeded,
    },
    /// The same version, or a later one, is there.
    #[error("expected a later version of the plugin `{plugin}` than {found}, which is installed, found {version}")]
    NotLater {
        /// The plugin.
        plugin: PluginName,
        /// The version to install.
        version: Escaped,
        /// The version that is there.
        found: Escaped,
    },
    /// Which program is the plugin cannot be told.
    #[error("`{path}`: expected one program `notation-NAME`, found {}", programs(.found))]
    Programs {
        /// The source.
        path: Escaped,
        /// The programs that it has.
        found: Vec<Escaped>,
    },
    /// The plugin does not say what it must.
    #[error(transparent)]
    Run(#[from] PluginRunError),
    /// Nothing says what file is meant, and running it unchecked was not asked for.
    #[error("`{path}`: expected the SHA-256 digest that the plugin's makers publish, found none")]
    Unchecked {
        /// The source.
        path: Escaped,
    },
}

fn programs(found: &[Escaped]) -> String {
    if found.is_empty() {
        return "none".into();
    }
    found.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Classify for InstallError {
    fn code(&self) -> Code {
        match self {
            Self::Archive { .. } | Self::Programs { .. } => code::MALFORMED_PLUGIN_ARCHIVE,
            Self::Digest { .. } => seam::DIGEST_MISMATCH,
            Self::Entry { .. } => code::UNSAFE_PATH,
            Self::File(error) => error.code(),
            Self::Limit { limit, .. } => limit.code(),
            Self::NotLater { .. } => code::ALREADY_THERE,
            Self::Run(error) => error.code(),
            Self::Unchecked { .. } => code::PLUGIN_UNCHECKED,
        }
    }
}
