//! An image layout in one tar file: `oci-archive:FILE[:TAG|@DIGEST]`, read by unpacking it where nobody else can write.

use crate::{
    failure::{Blame as _, Failure, OfFile as _},
    scratch::{self, Scratch},
};
use plimsoll::{
    oci::{Content, Entry, EntryKind, LayerError, LayerLimits, LayerReader, LayerVisitor, media_type},
    store::LayoutReference,
};
use std::{
    fs::{File, OpenOptions, create_dir_all},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

/// What every reference to such a file begins with.
const SCHEME: &str = "oci-archive:";

/// A layout that was unpacked. It goes with this value.
pub(crate) struct Archive {
    /// Where it is unpacked.
    pub(crate) layout: LayoutReference,
    /// The file that it came from.
    pub(crate) file: PathBuf,
    _folder: Scratch,
}

impl Archive {
    /// Whether a text begins as a reference to such a file does.
    pub(crate) fn is_one(text: &str) -> bool {
        text.starts_with(SCHEME)
    }
    /// Unpacks the layout that `text` names.
    ///
    /// # Security
    /// Only `oci-layout`, `index.json` and `blobs/ALGORITHM/DIGEST` are written, each once, as regular files below a new directory of the
    /// user's own. Whether a blob has its digest is checked where it is read, as in every layout.
    pub(crate) fn open(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::given(format!("{text}: expected oci-archive:FILE[:TAG|@DIGEST]"));
        let rest = text.strip_prefix(SCHEME).ok_or_else(wrong)?;
        let named: LayoutReference = format!("oci:{rest}").parse().map_err(|_| wrong())?;
        let file = named.path().to_path_buf();
        let folder = scratch::directory()?;
        unpack(&file, folder.path())?;
        let layout = LayoutReference::new(folder.path(), named.pointer().cloned());
        Ok(Self { layout, file, _folder: folder })
    }
    /// The text that names content of this file by digest.
    pub(crate) fn at(&self, digest: &plimsoll::core::Digest) -> String {
        format!("{SCHEME}{}@{digest}", self.file.display())
    }
}

fn unpack(archive: &Path, into: &Path) -> Result<(), Failure> {
    let mut file = File::open(archive).of_file(archive)?;
    let visitor = Unpacking { into: into.to_path_buf(), open: None, failure: None };
    let limits = LayerLimits { entries: ENTRIES, ..LayerLimits::default() };
    let mut reader = LayerReader::within(media_type::LAYER_TAR, visitor, limits).given(archive.display())?;
    let mut buffer = vec![0_u8; CHUNK];
    loop {
        let read = file.read(&mut buffer).of_file(archive)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        reader.push(chunk).given(archive.display())?;
    }
    let (visitor, _) = reader.finish().given(archive.display())?;
    visitor.failure.map_or(Ok(()), |failure| {
        Err(Failure { message: format!("{}: {}", archive.display(), failure.message), ..failure })
    })
}

/// Writes what belongs to a layout, and passes over the rest: other tools put more into such a file.
struct Unpacking {
    into: PathBuf,
    open: Option<(PathBuf, File)>,
    /// The first that went wrong; after it, nothing is written.
    failure: Option<Failure>,
}

impl Unpacking {
    fn create(&self, name: &str) -> Result<(PathBuf, File), Failure> {
        let path = self.into.join(name);
        if let Some(folder) = path.parent() {
            create_dir_all(folder).of_file(folder)?;
        }
        // Two entries of one name: of two readers each would take another one.
        let file =
            OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| {
                Failure::given(format!("the entry `{}`: {error}", plimsoll::core::Escaped::new(name)))
            })?;
        Ok((path, file))
    }
}

impl LayerVisitor for Unpacking {
    fn entry(&mut self, entry: &Entry) -> Result<Content, LayerError> {
        let Some(name) = std::str::from_utf8(&entry.path).ok().filter(|name| belongs(name)) else {
            return Ok(Content::Skipped);
        };
        if self.failure.is_some() {
            return Ok(Content::Skipped);
        }
        if entry.kind != EntryKind::File {
            self.failure = Some(Failure::given(format!("expected the entry `{name}` to be a regular file")));
            return Ok(Content::Skipped);
        }
        match self.create(name) {
            Ok(open) => {
                self.open = Some(open);
                Ok(Content::Wanted)
            }
            Err(failure) => {
                self.failure = Some(failure);
                Ok(Content::Skipped)
            }
        }
    }
    fn content(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        if let Some((path, file)) = &mut self.open
            && let Err(failure) = file.write_all(chunk).of_file(path)
        {
            self.failure.get_or_insert(failure);
        }
        Ok(())
    }
    fn end(&mut self) -> Result<(), LayerError> {
        self.open = None;
        Ok(())
    }
}

/// Whether an entry is part of a layout, by its name.
fn belongs(name: &str) -> bool {
    if matches!(name, "oci-layout" | "index.json") {
        return true;
    }
    let parts: Vec<&str> = name.split('/').collect();
    let [folder, algorithm, encoded] = &*parts else { return false };
    *folder == "blobs" && format!("{algorithm}:{encoded}").parse::<plimsoll::core::Digest>().is_ok()
}

/// Entries: a layout of thousands of images.
const ENTRIES: u64 = 100_000;
/// Bytes that are read at one time.
const CHUNK: usize = 256 << 10;
