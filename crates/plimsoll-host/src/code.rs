//! The denial codes of this crate.

plimsoll_core::codes! {
    /// Nothing is overwritten unless it is asked for.
    ALREADY_THERE = "already-there", Malformed, "a file or name of this kind is there already, and is not overwritten unless you ask for it";
    /// A private key and its certificate do not belong together.
    KEY_NOT_OF_CERTIFICATE = "key-not-of-certificate", Malformed, "the private key is not the one of the first certificate beside it";
    /// No file is there.
    FILE_MISSING = "file-missing", Unavailable, "the file is not there";
    /// A file cannot be read or written.
    FILE_UNREADABLE = "file-unreadable", Unavailable, "the operating system does not let us read or write the file";
    /// A configuration file cannot be understood.
    MALFORMED_CONFIGURATION = "malformed-configuration", Malformed, "a configuration file, or a variable of the environment, does not have the form that its tool gives it";
    /// A git directory cannot be understood.
    MALFORMED_GIT_DIRECTORY = "malformed-git-directory", Malformed, "the git directory does not have the form that git gives it";
    /// No plugin comes out of the archive.
    MALFORMED_PLUGIN_ARCHIVE = "malformed-plugin-archive", Malformed, "the archive cannot be read, or does not hold exactly one program notation-NAME";
    /// A name would be a path.
    MALFORMED_NAME = "malformed-name", Malformed, "the name of a key, a file or a helper has characters that it may not have";
    /// Notation's list of keys contradicts itself.
    MALFORMED_SIGNING_KEYS = "malformed-signing-keys", Malformed, "signingkeys.json names a key twice, or a default that it does not list";
    /// Where the configuration is cannot be told.
    NO_HOME = "no-home", Malformed, "the environment does not say where configuration files are";
    /// An encrypted key needs its passphrase.
    PASSPHRASE_MISSING = "passphrase-missing", Unavailable, "the passphrase of a private key could not be read or asked for";
    /// A plugin ended otherwise than the contract has it.
    PLUGIN_FAILED = "plugin-failed", Unavailable, "the plugin could not be started, or ended without an answer";
    /// A plugin took too long.
    PLUGIN_TIMED_OUT = "plugin-timed-out", Unavailable, "the plugin did not end, or did not let go of its output, in time, and was stopped";
    /// Nothing says that this is the plugin that was meant.
    PLUGIN_UNCHECKED = "plugin-unchecked", Untrusted, "nothing says which program is meant: give the SHA-256 digest that its makers publish";
    /// Nothing of that name.
    UNKNOWN_KEY = "unknown-key", Malformed, "no signing key has this name, or no default key is set";
    /// Others could have changed the file.
    UNSAFE_PATH = "unsafe-path", Untrusted, "the path is a symbolic link or no regular file, or others may write it, where a plain file of your own is needed";
}
