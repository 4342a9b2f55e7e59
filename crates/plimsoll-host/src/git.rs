//! The commit of a git working directory, read from its files.

use crate::{
    code,
    file::{FileError, Kind, Links, read_file, shown},
};
use plimsoll_core::{Classify, Code, Escaped, code as seam};
use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

/// A commit of git: SHA-1 or SHA-256, in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(Box<str>);

impl Commit {
    /// The 40 or 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    fn read(text: &str) -> Option<Self> {
        let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (hex && matches!(text.len(), 40 | 64)).then(|| Self(text.into()))
    }
}
impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Finds the commit that is checked out in the working directory that holds `directory`.
///
/// `None` outside a repository, and in one without a commit. Nothing is run and no configuration is obeyed, so a directory of
/// somebody else's cannot do harm: `HEAD` is read, then the loose ref, then `packed-refs`
/// ([gitrepository-layout]); worktrees and submodules (`.git` as a file) are followed. Whether files were changed since is not said.
///
/// # Errors
/// [`GitError`]: a file that cannot be read or has another form, or refs in the reftable format, which is not read here.
///
/// [gitrepository-layout]: https://git-scm.com/docs/gitrepository-layout
pub fn commit(directory: &Path) -> Result<Option<Commit>, GitError> {
    let start = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    for above in start.ancestors() {
        let dot_git = above.join(".git");
        let Ok(found) = dot_git.symlink_metadata() else { continue };
        let git = match Kind::of(found.file_type()) {
            // As git does: a directory without a HEAD is no repository.
            Kind::Directory if dot_git.join("HEAD").symlink_metadata().is_err() => continue,
            Kind::Directory => dot_git,
            _ => linked(above, &dot_git)?,
        };
        return head(&git);
    }
    Ok(None)
}

/// `gitdir: PATH`, in a worktree or submodule.
fn linked(above: &Path, dot_git: &Path) -> Result<PathBuf, GitError> {
    let text = line(dot_git)?.ok_or_else(|| GitError::malformed(dot_git, "a directory or `gitdir: PATH`", ""))?;
    let path = text.strip_prefix("gitdir: ");
    path.map(|path| above.join(path)).ok_or_else(|| GitError::malformed(dot_git, "`gitdir: PATH`", &text))
}

fn head(git: &Path) -> Result<Option<Commit>, GitError> {
    let common = match line(&git.join("commondir"))? {
        Some(path) => git.join(path),
        None => git.to_owned(),
    };
    if common.join("reftable").is_dir() {
        return Err(GitError::Reftable { path: shown(&common) });
    }
    let mut path = git.join("HEAD");
    let Some(mut text) = line(&path)? else { return Ok(None) };
    // What `HEAD` names is quoted where it is wrong. What the file of a ref holds is not: a directory above it may be a link, which
    // some tools use, and lead to any file of the user's.
    let quoted =
        |path: &Path, text: &str| if path == git.join("HEAD") { text.to_owned() } else { "another text".into() };
    // A ref may name another; git itself stops after five (SYMREF_MAXDEPTH).
    for _ in 0..5 {
        let Some(name) = text.strip_prefix("ref: ").map(str::trim) else {
            return Commit::read(&text)
                .map(Some)
                .ok_or_else(|| GitError::malformed(&path, "a commit or `ref: refs/…`", &quoted(&path, &text)));
        };
        if !is_ref(name) {
            return Err(GitError::malformed(&path, "a commit or `ref: refs/…`", &quoted(&path, &text)));
        }
        // The refs of a worktree itself, such as refs/bisect, are beside its HEAD; branches are in the common directory.
        let loose = [git.join(name), common.join(name)].into_iter().find(|file| file.is_file());
        let Some(loose) = loose else { return packed(&common.join("packed-refs"), name) };
        text = line(&loose)?.unwrap_or_default();
        path = loose;
    }
    Err(GitError::malformed(&path, "at most five refs that name one another", "more"))
}

/// `packed-refs`: a line `COMMIT SP REF` for each; lines of `#` and `^` say other things.
fn packed(path: &Path, name: &str) -> Result<Option<Commit>, GitError> {
    let Some(text) = text(path, PACKED_REFS)? else { return Ok(None) };
    let found = text.lines().filter_map(|line| line.split_once(' ')).find(|(_, found)| *found == name);
    found
        .map(|(commit, _)| Commit::read(commit).ok_or_else(|| GitError::malformed(path, "`COMMIT REF`", commit)))
        .transpose()
}

/// A name below `refs/`, which stays there.
fn is_ref(name: &str) -> bool {
    name.starts_with("refs/") && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

fn line(path: &Path) -> Result<Option<String>, GitError> {
    Ok(text(path, LINE)?.map(|text| text.trim_end_matches(['\n', '\r']).to_owned()))
}

fn text(path: &Path, limit: u64) -> Result<Option<String>, GitError> {
    // No links: an error quotes what it finds, and a link may lead to any file of the user's.
    match read_file(path, Links::Refuse, limit) {
        Ok(contents) => String::from_utf8(contents.bytes)
            .map(Some)
            .map_err(|error| GitError::malformed(path, "text in UTF-8", &String::from_utf8_lossy(error.as_bytes()))),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Why the commit of a working directory is not known.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file has another form.
    #[error("`{path}`: expected {expected}, found `{found}`")]
    Malformed {
        /// The file.
        path: Escaped,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: Escaped,
    },
    /// The refs are in the reftable format.
    #[error("`{path}`: expected refs as files, found the reftable format, which is not read here")]
    Reftable {
        /// The git directory.
        path: Escaped,
    },
}

impl GitError {
    fn malformed(path: &Path, expected: &'static str, found: &str) -> Self {
        Self::Malformed { path: shown(path), expected, found: Escaped::new(found) }
    }
}

impl Classify for GitError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Malformed { .. } => code::MALFORMED_GIT_DIRECTORY,
            Self::Reftable { .. } => seam::NOT_SUPPORTED,
        }
    }
}

/// A line holds a path or the name of a ref: 4096 bytes, Linux's longest path, and what stands around it.
const LINE: u64 = 4200;
/// Linux has about 900 tags in 80 KiB; this is room for two hundred times as many.
const PACKED_REFS: u64 = 16 * 1024 * 1024;
