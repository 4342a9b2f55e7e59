//! The root file system of an image, without a disk: layers squashed into a tree that keeps a few files' content.

use crate::{Content, Entry, EntryKind, LayerError, LayerVisitor};
use alloc::{boxed::Box, vec::Vec};
use plimsoll_core::{Budget, Bytes, Classify, Code, Escaped, LimitExceeded};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

/// Limits on a [`RootFs`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RootFsLimits {
    /// Paths: 1 000 000, as entries of a layer.
    pub paths: u64,
    /// Bytes of one file that is kept: 64 MiB. The dpkg status of a full Debian desktop has 5 MiB.
    pub file: u64,
    /// Bytes of all files that are kept: 256 MiB.
    pub kept: u64,
    /// Symbolic links that one look-up follows: 40, as Linux.
    pub links: u64,
    /// Steps of squashing, so that no order of entries costs more than its size: 50 000 000.
    pub steps: u64,
}

impl Default for RootFsLimits {
    fn default() -> Self {
        Self { paths: 1_000_000, file: 64 << 20, kept: 256 << 20, links: 40, steps: 50_000_000 }
    }
}

/// The squashed tree of an image's layers. Nothing is written to a disk, and links are followed inside the image only, as if it
/// were the root.
///
/// Push the layers in order, the lowest first, each through a [`LayerReader`](crate::LayerReader) over [`RootFs::layer`].
///
/// ```
/// use plimsoll_oci::{LayerReader, RootFs, TarEntry, TarKind, TarWriter, media_type};
/// let mut tar = TarWriter::new(Vec::new());
/// tar.entry(&TarEntry { path: b"usr/lib/os-release", kind: TarKind::File(7), mode: 0o644, mtime: 0 }).unwrap();
/// tar.content(b"ID=ship").unwrap();
/// let link = TarKind::Symlink(b"../../../../usr/lib/os-release");
/// tar.entry(&TarEntry { path: b"etc/os-release", kind: link, mode: 0o777, mtime: 0 }).unwrap();
///
/// let mut root = RootFs::new(|path, _| path == b"usr/lib/os-release");
/// let mut reader = LayerReader::new(media_type::LAYER_TAR, root.layer()).unwrap();
/// reader.push(&tar.finish().unwrap()).unwrap();
/// reader.finish().unwrap();
/// assert_eq!(root.read(b"/etc/os-release").unwrap().unwrap(), &b"ID=ship"[..]);
/// assert_eq!(root.read(b"/etc/passwd").unwrap(), None);
/// ```
pub struct RootFs {
    nodes: BTreeMap<Vec<u8>, Node>,
    wanted: Box<Wanted>,
    limits: RootFsLimits,
    steps: Budget,
    kept: Budget,
    layer: u64,
}

/// Says by path and size whether the content of a file is wanted.
type Wanted = dyn Fn(&[u8], u64) -> bool + Send + Sync;

/// What is at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    kind: NodeKind,
    layer: u64,
    mode: u32,
}

/// What a node is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NodeKind {
    /// A directory.
    Directory,
    /// A file of this many bytes, with its content where it was wanted.
    File {
        /// Bytes of content.
        size: u64,
        /// The content.
        content: Kept,
    },
    /// A device or pipe.
    Special,
    /// A symbolic link to this target.
    Symlink(Vec<u8>),
}

/// Whether the content of a file was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It was not asked for.
    No,
    /// It was asked for, and is larger than the limits.
    TooLarge,
    /// It was.
    Yes(Bytes),
}

impl Node {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> &NodeKind {
        &self.kind
    }
    /// The layer that it comes from, the lowest being 1.
    #[must_use]
    pub fn layer(&self) -> u64 {
        self.layer
    }
    /// Permissions, and the bits for setuid, setgid and sticky.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.mode
    }
}

impl RootFs {
    /// Starts an empty tree that keeps the content of the files that `wanted` names by path, without a leading `/`, and size.
    ///
    /// The path is where the file lies once links in its directories were followed.
    pub fn new(wanted: impl Fn(&[u8], u64) -> bool + Send + Sync + 'static) -> Self {
        Self::within(RootFsLimits::default(), wanted)
    }
    /// Starts an empty tree within limits of the caller's.
    pub fn within(limits: RootFsLimits, wanted: impl Fn(&[u8], u64) -> bool + Send + Sync + 'static) -> Self {
        Self {
            nodes: BTreeMap::new(),
            wanted: Box::new(wanted),
            limits,
            steps: Budget::new("steps of squashing layers", limits.steps),
            kept: Budget::new("bytes of kept files", limits.kept),
            layer: 0,
        }
    }
    /// Starts the next layer.
    pub fn layer(&mut self) -> LayerOnto<'_> {
        self.layer = self.layer.saturating_add(1);
        LayerOnto { root: self, open: None, entry: 0 }
    }
    /// What is at a path, links followed; `None` where nothing is.
    ///
    /// # Errors
    /// [`RootFsError`] where links go round.
    pub fn get(&self, path: &[u8]) -> Result<Option<(&[u8], &Node)>, RootFsError> {
        let found = self.resolve(path)?;
        Ok(found.and_then(|path| self.nodes.get_key_value(&path)).map(|(path, node)| (path.as_slice(), node)))
    }
    /// The content of the file at a path, links followed; `None` where no file is.
    ///
    /// # Errors
    /// [`RootFsError`] where there is a file whose content was not kept: that is never the same as no file.
    pub fn read(&self, path: &[u8]) -> Result<Option<&Bytes>, RootFsError> {
        match self.get(path)? {
            Some((_, Node { kind: NodeKind::File { content, .. }, .. })) => match content {
                Kept::Yes(bytes) => Ok(Some(bytes)),
                Kept::No => Err(RootFsError::NotKept { path: Escaped::bytes(path) }),
                Kept::TooLarge => Err(LimitExceeded { what: "bytes of a kept file", limit: self.limits.file }.into()),
            },
            _ => Ok(None),
        }
    }
    /// Every path with what is there, in order of the bytes.
    pub fn nodes(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_slice(), node))
    }
    /// Every path below a directory, which is named without links, in order of the bytes.
    pub fn below<'a>(&'a self, directory: &[u8]) -> impl Iterator<Item = (&'a [u8], &'a Node)> + use<'a> {
        let prefix = prefix(directory);
        let start = prefix.clone();
        self.nodes
            .range(start..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .map(|(path, node)| (path.as_slice(), node))
    }

    /// Where a path leads, as if the image were the root (`RESOLVE_IN_ROOT`); `None` where something on the way is no directory.
    fn resolve(&self, path: &[u8]) -> Result<Option<Vec<u8>>, RootFsError> {
        let mut links = Budget::new("symbolic links in one path", self.limits.links);
        let mut todo: VecDeque<&[u8]> = parts(path).collect();
        let mut at: Vec<u8> = Vec::new();
        while let Some(part) = todo.pop_front() {
            if part == b".." {
                let parent = at.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                at.truncate(parent);
                continue;
            }
            let here = at.len();
            if !at.is_empty() {
                at.push(b'/');
            }
            at.extend_from_slice(part);
            match self.nodes.get(&at).map(Node::kind) {
                Some(NodeKind::Symlink(target)) => {
                    links.spend(1)?;
                    at.truncate(if target.starts_with(b"/") { 0 } else { here });
                    for part in parts(target).collect::<Vec<_>>().into_iter().rev() {
                        todo.push_front(part);
                    }
                }
                Some(NodeKind::Directory) | None => {}
                Some(_) if todo.is_empty() => {}
                Some(_) => return Ok(None),
            }
        }
        Ok(Some(at))
    }
    /// Removes what is below a path, of lower layers or of all.
    fn clear(&mut self, path: &[u8], whose: Whose) -> Result<(), LimitExceeded> {
        let prefix = prefix(path);
        let mut gone = Vec::new();
        for (path, node) in self.nodes.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix)) {
            self.steps.spend(1)?;
            if whose == Whose::All || node.layer < self.layer {
                gone.push(path.clone());
            }
        }
        for path in gone {
            self.nodes.remove(&path);
        }
        Ok(())
    }
    fn insert(&mut self, path: Vec<u8>, kind: NodeKind, mode: u32) -> Result<(), LimitExceeded> {
        let is_directory = kind == NodeKind::Directory;
        let was_directory = self.nodes.get(&path).is_some_and(|node| node.kind == NodeKind::Directory);
        if was_directory && !is_directory {
            self.clear(&path, Whose::All)?;
        }
        self.nodes.insert(path, Node { kind, layer: self.layer, mode });
        LimitExceeded::check("paths in an image", self.limits.paths, self.nodes.len().try_into().unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for RootFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootFs").field("layers", &self.layer).field("paths", &self.nodes.len()).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    All,
    Lower,
}

/// One layer on its way into a [`RootFs`].
#[derive(Debug)]
pub struct LayerOnto<'r> {
    root: &'r mut RootFs,
    open: Option<(Vec<u8>, Vec<u8>)>,
    entry: u64,
}

impl LayerOnto<'_> {
    /// Where an entry goes: links in its directories are followed inside the image, itself it is not.
    fn place(&self, path: &[u8]) -> Result<Vec<u8>, LayerError> {
        let Some(at) = path.iter().rposition(|byte| *byte == b'/') else { return Ok(path.to_vec()) };
        let (parent, name) = (path.get(..at).unwrap_or_default(), path.get(at..).unwrap_or_default());
        let resolved = self.root.resolve(parent).map_err(|error| match error {
            RootFsError::Limit(limit) => LayerError::Limit(limit),
            RootFsError::NotKept { .. } => self.wrong("a path"),
        })?;
        let mut place = resolved.ok_or_else(|| self.wrong("a path whose parents are directories"))?;
        match self.root.nodes.get(&place).map(Node::kind) {
            None | Some(NodeKind::Directory) => {}
            Some(_) => return Err(self.wrong("a path whose parents are directories")),
        }
        place.extend_from_slice(if place.is_empty() { name.get(1..).unwrap_or_default() } else { name });
        Ok(place)
    }
    fn file(&mut self, place: Vec<u8>, entry: &Entry) -> Result<Content, LayerError> {
        let size = entry.size;
        let is_wanted = (self.root.wanted)(&place, size);
        let fits = size <= self.root.limits.file && self.root.kept.left() >= size;
        let content = if is_wanted && !fits { Kept::TooLarge } else { Kept::No };
        self.root.insert(place.clone(), NodeKind::File { size, content }, entry.mode)?;
        if is_wanted && fits {
            self.root.kept.spend(size)?;
            self.open = Some((place, Vec::new()));
            return Ok(Content::Wanted);
        }
        Ok(Content::Skipped)
    }
    /// A hard link is another name of what is there already, never of what a link leads to (CVE-2026-50163, CVE-2026-11940).
    fn hard_link(&mut self, place: Vec<u8>, target: &[u8]) -> Result<(), LayerError> {
        let target = self.place(target)?;
        match self.root.nodes.get(&target).cloned() {
            Some(node) if node.kind != NodeKind::Directory => Ok(self.root.insert(place, node.kind, node.mode)?),
            _ => Err(LayerError::PathEscape { entry: self.entry, path: Escaped::bytes(&target) }),
        }
    }
    fn wrong(&self, expected: &'static str) -> LayerError {
        LayerError::Tar { entry: self.entry, expected }
    }
}

impl LayerVisitor for LayerOnto<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<Content, LayerError> {
        self.entry = self.entry.saturating_add(1);
        self.root.steps.spend(1)?;
        if entry.path.is_empty() {
            if entry.kind == EntryKind::Opaque {
                self.root.clear(&[], Whose::Lower)?;
            }
            return Ok(Content::Skipped);
        }
        let place = self.place(&entry.path)?;
        match &entry.kind {
            EntryKind::File => return self.file(place, entry),
            EntryKind::Directory => self.root.insert(place, NodeKind::Directory, entry.mode)?,
            EntryKind::Symlink { target } => {
                self.root.insert(place, NodeKind::Symlink(target.clone()), entry.mode)?;
            }
            EntryKind::Special => self.root.insert(place, NodeKind::Special, entry.mode)?,
            EntryKind::HardLink { target } => self.hard_link(place, target)?,
            // "Whiteout files only apply to resources in lower layers", whatever the order (layer.md, Whiteouts).
            EntryKind::Whiteout => {
                self.root.clear(&place, Whose::Lower)?;
                if self.root.nodes.get(&place).is_some_and(|node| node.layer < self.root.layer) {
                    self.root.nodes.remove(&place);
                }
            }
            EntryKind::Opaque => self.root.clear(&place, Whose::Lower)?,
        }
        Ok(Content::Skipped)
    }
    fn content(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        if let Some((_, bytes)) = &mut self.open {
            bytes.extend_from_slice(chunk);
        }
        Ok(())
    }
    fn end(&mut self) -> Result<(), LayerError> {
        if let Some((path, bytes)) = self.open.take()
            && let Some(Node { kind: NodeKind::File { content, .. }, .. }) = self.root.nodes.get_mut(&path)
        {
            *content = Kept::Yes(bytes.into());
        }
        Ok(())
    }
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// What everything below a directory begins with.
fn prefix(directory: &[u8]) -> Vec<u8> {
    let mut prefix = parts(directory).collect::<Vec<_>>().join(&b'/');
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    prefix
}

/// Why a look-up has no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootFsError {
    /// Links go round, or a file was too large to keep.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// There is a file, but nobody asked for its content when the layers were read.
    #[error("the content of `{path}` was not kept")]
    NotKept {
        /// Its path.
        path: Escaped,
    },
}

impl Classify for RootFsError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            Self::NotKept { .. } => plimsoll_core::code::NOT_SUPPORTED,
        }
    }
}
