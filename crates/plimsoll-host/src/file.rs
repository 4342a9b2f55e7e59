//! Files: read with a limit and without surprises, written whole or not at all.

mod error;
mod own;
mod read;
mod write;

pub(crate) use error::shown;
pub use error::{Action, FileError, Kind};
pub(crate) use own::{Writers, check_own};
pub use read::{Access, Contents, Entry, Links, list_directory, read_file};
pub(crate) use read::{directory_access, open_file, read_own_file};
pub use write::{Overwrite, Permission, create_directory, write_file};
