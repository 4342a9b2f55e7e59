//! Whose a file is.

use super::{FileError, error::shown};
use std::{fs::Metadata, path::Path};

/// Whose right to write is one too many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Writers {
    /// Everybody's. A group may be the user's own, as Debian and Fedora have it.
    Everybody,
    /// Everybody's and the group's.
    Group,
}

/// Refuses a file or directory that belongs to neither this user nor root, or that others can write: whoever can change it decides
/// what comes of it. Elsewhere than on Unix nothing is known, and nothing refused.
#[cfg(unix)]
pub(crate) fn check_own(path: &Path, found: &Metadata, writers: Writers) -> Result<(), FileError> {
    use std::os::unix::fs::MetadataExt as _;
    judge(path, (found.uid(), found.mode()), rustix::process::geteuid().as_raw(), writers)
}

#[cfg(not(unix))]
pub(crate) fn check_own(_: &Path, _: &Metadata, _: Writers) -> Result<(), FileError> {
    Ok(())
}

#[cfg(unix)]
fn judge(path: &Path, (owner, mode): (u32, u32), user: u32, writers: Writers) -> Result<(), FileError> {
    if owner != user && owner != 0 {
        return Err(FileError::Owner { path: shown(path), found: owner });
    }
    let forbidden = match writers {
        Writers::Everybody => 0o002,
        Writers::Group => 0o022,
    };
    if mode & forbidden == 0 { Ok(()) } else { Err(FileError::OthersCanWrite { path: shown(path) }) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_owns_or_others_can_write_is_refused() {
        let judge = |owner, mode, writers| {
            judge(Path::new("f"), (owner, mode), 1000, writers).map_err(|error| error.to_string())
        };
        for writers in [Writers::Everybody, Writers::Group] {
            assert_eq!(judge(1000, 0o755, writers), Ok(()));
            assert_eq!(judge(0, 0o100_755, writers), Ok(()));
            let stranger = "`f` belongs to the user 1001: expected one of this user or of root";
            assert_eq!(judge(1001, 0o700, writers), Err(stranger.into()));
            assert_eq!(judge(1000, 0o757, writers), Err("others can write `f` (chmod go-w)".into()));
        }
        assert_eq!(judge(1000, 0o775, Writers::Everybody), Ok(()));
        assert_eq!(judge(1000, 0o775, Writers::Group), Err("others can write `f` (chmod go-w)".into()));
    }
}
