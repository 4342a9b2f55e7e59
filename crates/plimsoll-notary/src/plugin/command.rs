//! The commands of the contract.

use core::fmt;

/// The version of the contract that is spoken here.
pub const CONTRACT_VERSION: &str = "1.0";

/// What a plugin can be asked: the one argument that it is started with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Command {
    /// What kind of key is meant.
    DescribeKey,
    /// A whole envelope.
    GenerateEnvelope,
    /// A signature over bytes.
    GenerateSignature,
    /// What the plugin is.
    GetPluginMetadata,
    /// Checks of a signature beyond the native ones.
    VerifySignature,
}

impl Command {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::DescribeKey,
        Self::GenerateEnvelope,
        Self::GenerateSignature,
        Self::GetPluginMetadata,
        Self::VerifySignature,
    ];
    /// The argument.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DescribeKey => "describe-key",
            Self::GenerateEnvelope => "generate-envelope",
            Self::GenerateSignature => "generate-signature",
            Self::GetPluginMetadata => "get-plugin-metadata",
            Self::VerifySignature => "verify-signature",
        }
    }
    /// The command of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.as_str() == name)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
