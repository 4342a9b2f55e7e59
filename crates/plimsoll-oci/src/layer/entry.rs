//! One entry of a layer.

use alloc::vec::Vec;
use plimsoll_core::Escaped;

/// One entry of a layer, its extensions applied.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The path below the root of the image, as bytes: components joined by `/`, none of them empty, `.` or `..`. The root
    /// itself is empty. Of a whiteout, the path that it hides.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of content. Zero for what is no file.
    pub size: u64,
    /// Permissions, and the bits for setuid, setgid and sticky.
    pub mode: u32,
    /// Seconds since 1970; zero where the header says less.
    pub mtime: u64,
}

/// What an entry is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// Another name of an earlier entry, by its path below the root.
    HardLink {
        /// The path, in the form of [`Entry::path`].
        target: Vec<u8>,
    },
    /// Everything below this directory in lower layers is hidden.
    Opaque,
    /// A device or a pipe.
    Special,
    /// A symbolic link.
    Symlink {
        /// The target, as it is: it may lead anywhere, and means something only inside the image.
        target: Vec<u8>,
    },
    /// This path, and everything below it, is hidden in lower layers.
    Whiteout,
}

impl Entry {
    /// The path as it may be shown.
    #[must_use]
    pub fn shown(&self) -> Escaped {
        Escaped::bytes(&self.path)
    }
}
