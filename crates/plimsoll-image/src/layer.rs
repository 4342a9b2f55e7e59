//! Building one layer.

use flate2::{Compression, GzBuilder, write::GzEncoder};
use plimsoll_core::{Digest, Hasher};
use plimsoll_oci::{TarEntry, TarWriter, media_type};
use std::io::{self, Write};

/// The level of compression. Part of what makes the digest: it never changes within a version.
const LEVEL: u32 = 6;

/// Writes one layer as `tar+gzip` into a sink, and hashes the archive on the way: one pass, and memory that does not grow.
///
/// The same entries in the same order give the same bytes: owners are 0, the gzip header has no time and no name, and the level of
/// compression is fixed. (Another version of the compressor may give other bytes; the `diff_id` stays.)
///
/// ```
/// use plimsoll_image::LayerBuilder;
/// use plimsoll_oci::{TarEntry, TarKind};
/// let build = || {
///     let mut layer = LayerBuilder::new(Vec::new());
///     layer.entry(&TarEntry { path: b"motd", kind: TarKind::File(4), mode: 0o644, mtime: 0 }).unwrap();
///     layer.content(b"ship").unwrap();
///     layer.finish().unwrap()
/// };
/// let ((one, first), (two, second)) = (build(), build());
/// assert_eq!((one, first.diff_id), (two, second.diff_id));
///
/// let mut cut = LayerBuilder::new(Vec::new());
/// cut.entry(&TarEntry { path: b"motd", kind: TarKind::File(4), mode: 0o644, mtime: 0 }).unwrap();
/// assert!(cut.finish().is_err()); // the content is missing
/// ```
#[derive(Debug)]
pub struct LayerBuilder<W: Write>(TarWriter<Hashing<GzEncoder<W>>>);

/// What is known of a layer that was built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct BuiltLayer {
    /// SHA-256 of the archive before compression.
    pub diff_id: Digest,
    /// Bytes of the archive before compression.
    pub unpacked: u64,
}

impl BuiltLayer {
    /// Describes a layer that was packed elsewhere.
    #[must_use]
    pub const fn new(diff_id: Digest, unpacked: u64) -> Self {
        Self { diff_id, unpacked }
    }
}

impl<W: Write> LayerBuilder<W> {
    /// Starts a layer.
    pub fn new(sink: W) -> Self {
        // No time, no name, and 255 ("unknown") for the operating system (RFC 1952, 2.3.1).
        let gzip = GzBuilder::new().mtime(0).operating_system(255).write(sink, Compression::new(LEVEL));
        Self(TarWriter::new(Hashing { sink: gzip, hasher: Hasher::sha256() }))
    }
    /// Starts an entry. The content of a file must follow.
    ///
    /// # Errors
    /// As [`TarWriter::entry`].
    pub fn entry(&mut self, entry: &TarEntry<'_>) -> io::Result<()> {
        self.0.entry(entry)
    }
    /// Writes the next bytes of the last file's content.
    ///
    /// # Errors
    /// As [`TarWriter::content`].
    pub fn content(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.0.content(chunk)
    }
    /// Ends the layer.
    ///
    /// # Errors
    /// What the sink says, or that content is missing.
    pub fn finish(self) -> io::Result<(W, BuiltLayer)> {
        let Hashing { sink, hasher } = self.0.finish()?;
        let unpacked = hasher.size();
        let diff_id = hasher.finish(media_type::LAYER_TAR).descriptor().digest;
        Ok((sink.finish()?, BuiltLayer { diff_id, unpacked }))
    }
}

/// Packs an archive that is there already, as it is. It is not read: run it through a
/// [`LayerReader`](plimsoll_oci::LayerReader) to know that it is one.
#[derive(Debug)]
pub struct ArchivePacker<W: Write>(Hashing<GzEncoder<W>>);

impl<W: Write> ArchivePacker<W> {
    /// Starts a layer.
    pub fn new(sink: W) -> Self {
        let gzip = GzBuilder::new().mtime(0).operating_system(255).write(sink, Compression::new(LEVEL));
        Self(Hashing { sink: gzip, hasher: Hasher::sha256() })
    }
    /// Takes the next bytes of the archive.
    ///
    /// # Errors
    /// What the sink says.
    pub fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.0.write_all(chunk)
    }
    /// Ends the layer.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(self) -> io::Result<(W, BuiltLayer)> {
        let unpacked = self.0.hasher.size();
        let diff_id = self.0.hasher.finish(media_type::LAYER_TAR).descriptor().digest;
        Ok((self.0.sink.finish()?, BuiltLayer { diff_id, unpacked }))
    }
}

/// Hashes what goes through.
struct Hashing<W> {
    sink: W,
    hasher: Hasher,
}

impl<W> std::fmt::Debug for Hashing<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hashing").field("hasher", &self.hasher).finish_non_exhaustive()
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.hasher.push(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
