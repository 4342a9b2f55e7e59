//! Denial codes of this crate.

plimsoll_core::codes! {
    /// A write to what was opened for reading.
    READ_ONLY = "read-only", Unavailable, "the layout was opened for reading alone";
    /// A file could not be read or written.
    STORAGE_FAILED = "storage-failed", Unavailable, "a file of the layout could not be read or written";
}
