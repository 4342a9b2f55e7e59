//! The denial codes of this crate.

plimsoll_core::codes! {
    /// A package database or lock file cannot be read.
    MALFORMED_PACKAGE_DATABASE = "malformed-package-database", Malformed, "a package database or lock file inside the image does not have its format, so its packages are not known";
}
