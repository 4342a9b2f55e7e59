//! Reading layers: a stream goes in by chunks, entries come out, and nothing is written anywhere.

use crate::media_type;
use alloc::{boxed::Box, vec::Vec};
use flate2::write::MultiGzDecoder;
use plimsoll_core::{Digest, Escaped, Hasher, LimitExceeded};
use std::io::{self, Write};
use tar_reader::TarReader;

mod entry;
mod error;
mod path;
mod pax;
mod tar_reader;
mod tar_writer;

pub use entry::{Entry, EntryKind};
pub use error::LayerError;
pub use tar_writer::{TarEntry, TarKind, TarWriter};

/// Sees the entries of a layer as they come.
///
/// # Contract
/// `content` follows an `entry` that answered [`Content::Wanted`], in chunks, and then `end`. An error stops the reading and is what
/// the reader returns.
pub trait LayerVisitor {
    /// Sees an entry, and says whether its content is wanted.
    ///
    /// # Errors
    /// What stops the reading.
    fn entry(&mut self, entry: &Entry) -> Result<Content, LayerError>;
    /// Takes the next bytes of the entry's content.
    ///
    /// # Errors
    /// What stops the reading.
    fn content(&mut self, chunk: &[u8]) -> Result<(), LayerError>;
    /// The entry's content was whole.
    ///
    /// # Errors
    /// What stops the reading.
    fn end(&mut self) -> Result<(), LayerError>;
}

/// Whether the content of an entry is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// It is passed over.
    Skipped,
    /// It is given to [`LayerVisitor::content`].
    Wanted,
}

/// Limits on one layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerLimits {
    /// Entries: 1 000 000.
    pub entries: u64,
    /// Bytes of one extended header: 1 MiB, as Go's archive/tar since CVE-2022-2879.
    pub header: u64,
    /// Extended headers in a row: 64.
    pub headers: u64,
    /// Bytes of a path or link target: 4096, Linux's `PATH_MAX`.
    pub path: u64,
    /// Components of a path: 256.
    pub depth: u64,
    /// Unpacked bytes: 10 GiB.
    pub unpacked: u64,
    /// Unpacked bytes for each packed one: 200, counted after [`LayerLimits::free`]. Most peers have no such limit, which is what
    /// CVE-2024-28180 and its kind are about.
    pub ratio: u64,
    /// Unpacked bytes before the ratio counts: 10 MiB.
    pub free: u64,
}

impl Default for LayerLimits {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            header: 1 << 20,
            headers: 64,
            path: 4096,
            depth: 256,
            unpacked: 10 << 30,
            ratio: 200,
            free: 10 << 20,
        }
    }
}

/// What a whole layer was.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LayerSummary {
    /// SHA-256 of the unpacked archive: what `rootfs.diff_ids` of the configuration must say.
    pub diff_id: Digest,
    /// Unpacked bytes.
    pub unpacked: u64,
    /// Entries.
    pub entries: u64,
    /// Names that AUFS left in old images and that mean nothing, at most 16 of them.
    pub skipped: Vec<Escaped>,
}

/// Reads one layer, pushed in chunks of any size. Memory does not grow with the layer.
///
/// The media type says how it is packed, and bytes that say otherwise are refused. What two tar readers would read differently
/// (a header that does not add up, two sizes, broken extensions) is refused too.
///
/// ```
/// use plimsoll_oci::{Content, Entry, LayerError, LayerReader, LayerVisitor, media_type};
/// struct Names(Vec<String>);
/// impl LayerVisitor for Names {
///     fn entry(&mut self, entry: &Entry) -> Result<Content, LayerError> {
///         self.0.push(entry.shown().to_string());
///         Ok(Content::Skipped)
///     }
///     fn content(&mut self, _: &[u8]) -> Result<(), LayerError> { Ok(()) }
///     fn end(&mut self) -> Result<(), LayerError> { Ok(()) }
/// }
/// let mut reader = LayerReader::new(media_type::LAYER_TAR, Names(Vec::new())).unwrap();
/// reader.push(&[0; 1024]).unwrap();
/// let (names, summary) = reader.finish().unwrap();
/// assert!(names.0.is_empty() && summary.entries == 0);
///
/// let mut reader = LayerReader::new(media_type::LAYER_TAR_GZIP, Names(Vec::new())).unwrap();
/// assert!(matches!(reader.push(b"PK\x03\x04\0\0"), Err(LayerError::Packing { .. })));
/// ```
pub struct LayerReader<V: LayerVisitor> {
    decoder: Decoder<V>,
    /// The first bytes, held back until they say what they are.
    head: Option<Vec<u8>>,
    packing: Packing,
    fault: Option<LayerError>,
}

enum Decoder<V: LayerVisitor> {
    Plain(Box<Unpacked<V>>),
    Gzip(Box<MultiGzDecoder<Unpacked<V>>>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Plain,
}

impl<V: LayerVisitor> LayerReader<V> {
    /// Starts reading a layer of this media type, within the default [`LayerLimits`].
    ///
    /// # Errors
    /// [`LayerError::Unsupported`] for a type that is no layer, or is packed in a way that is not read here (zstd).
    pub fn new(media_type: &str, visitor: V) -> Result<Self, LayerError> {
        Self::within(media_type, visitor, LayerLimits::default())
    }
    /// Starts reading a layer within limits of the caller's.
    ///
    /// # Errors
    /// As [`LayerReader::new`].
    pub fn within(media_type: &str, visitor: V, limits: LayerLimits) -> Result<Self, LayerError> {
        let packing = packing(media_type)?;
        let unpacked = Unpacked {
            tar: TarReader::new(visitor, limits),
            hasher: Hasher::sha256(),
            packed: 0,
            is_packed: packing == Packing::Gzip,
            limits,
            fault: None,
        };
        let decoder = match packing {
            Packing::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(unpacked))),
            Packing::Plain => Decoder::Plain(Box::new(unpacked)),
        };
        Ok(Self { decoder, head: Some(Vec::new()), packing, fault: None })
    }
    /// Takes the next bytes of the layer, as they are stored.
    ///
    /// # Errors
    /// [`LayerError`]; after it, every call returns the same.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let result = self.take(chunk);
        self.fault = result.as_ref().err().cloned();
        result
    }
    fn take(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        let Some(mut head) = self.head.take() else { return self.unpack(chunk) };
        head.extend_from_slice(chunk);
        if head.len() < LONGEST_MAGIC {
            self.head = Some(head);
            return Ok(());
        }
        self.packing.check(&head)?;
        self.unpack(&head)
    }
    fn unpack(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        match &mut self.decoder {
            Decoder::Plain(unpacked) => unpacked.take(chunk),
            Decoder::Gzip(decoder) => {
                let unpacked = decoder.get_mut();
                unpacked.packed = unpacked.packed.saturating_add(length(chunk));
                let result = decoder.write_all(chunk);
                // The decoder holds back up to 32 KiB, which a bomb would grow by; the sink saw the rest.
                match (result, decoder.get_mut().fault.clone()) {
                    (_, Some(fault)) => Err(fault),
                    (Err(_), None) => Err(LayerError::Gzip),
                    (Ok(()), None) => Ok(()),
                }
            }
        }
    }
    /// Ends the layer.
    ///
    /// # Errors
    /// [`LayerError`] where it was not whole.
    pub fn finish(mut self) -> Result<(V, LayerSummary), LayerError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if let Some(head) = self.head.take() {
            self.packing.check(&head)?;
            self.unpack(&head)?;
        }
        match self.decoder {
            Decoder::Plain(unpacked) => unpacked.finish(),
            Decoder::Gzip(mut decoder) => {
                let result = decoder.try_finish();
                if let Some(fault) = decoder.get_mut().fault.clone() {
                    return Err(fault);
                }
                result.map_err(|_| LayerError::Gzip)?;
                decoder.finish().map_err(|_| LayerError::Gzip)?.finish()
            }
        }
    }
}

/// The bytes by which the longest of the magics below is known.
const LONGEST_MAGIC: usize = 6;

impl Packing {
    /// The first bytes must be what the media type says: another reader may go by the bytes.
    fn check(self, head: &[u8]) -> Result<(), LayerError> {
        let found = match head {
            [0x1f, 0x8b, ..] => "gzip",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd",
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => "xz",
            [b'P', b'K', 3, 4, ..] => "zip",
            [b'B', b'Z', b'h', ..] => "bzip2",
            _ => "tar",
        };
        match (self, found) {
            // The letters of zip and bzip2 may begin a name in a plain archive.
            (Self::Plain, "tar" | "bzip2" | "zip") | (Self::Gzip, "gzip") => Ok(()),
            (Self::Plain, found) => Err(LayerError::Packing { declared: "tar", found }),
            (Self::Gzip, found) => Err(LayerError::Packing { declared: "gzip", found }),
        }
    }
}

/// What comes out of the decoder: counted, hashed, and read as tar.
struct Unpacked<V> {
    tar: TarReader<V>,
    hasher: Hasher,
    packed: u64,
    is_packed: bool,
    limits: LayerLimits,
    fault: Option<LayerError>,
}

impl<V: LayerVisitor> Unpacked<V> {
    fn take(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        self.hasher.push(chunk);
        let unpacked = self.hasher.size();
        LimitExceeded::check("unpacked bytes of a layer", self.limits.unpacked, unpacked)?;
        if self.is_packed && unpacked > self.limits.free {
            let most = self.packed.saturating_mul(self.limits.ratio);
            LimitExceeded::check(
                "unpacked bytes for each packed one",
                self.limits.ratio,
                if unpacked > most { u64::MAX } else { 0 },
            )?;
        }
        self.tar.push(chunk)
    }
    fn finish(self) -> Result<(V, LayerSummary), LayerError> {
        let unpacked = self.hasher.size();
        let diff_id = self.hasher.finish(media_type::LAYER_TAR).descriptor().digest;
        let (visitor, entries, skipped) = self.tar.finish()?;
        Ok((visitor, LayerSummary { diff_id, unpacked, entries, skipped }))
    }
}

impl<V: LayerVisitor> Write for Unpacked<V> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if self.fault.is_none() {
            self.fault = self.take(chunk).err();
        }
        match self.fault {
            Some(_) => Err(io::ErrorKind::Other.into()),
            None => Ok(chunk.len()),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn packing(media_type: &str) -> Result<Packing, LayerError> {
    // The deprecated types "for layers that are not to be distributed" are packed as the others are.
    let essence = media_type::essence(media_type).to_ascii_lowercase();
    let plain = essence.replace(".nondistributable.", ".");
    match plain.as_str() {
        media_type::LAYER_TAR | media_type::DOCKER_LAYER_TAR => Ok(Packing::Plain),
        media_type::LAYER_TAR_GZIP | media_type::DOCKER_LAYER_TAR_GZIP | media_type::DOCKER_FOREIGN_LAYER_TAR_GZIP => {
            Ok(Packing::Gzip)
        }
        media_type::LAYER_TAR_ZSTD => Err(LayerError::Unsupported { what: "a layer under zstd" }),
        _ => Err(LayerError::Unsupported { what: "a layer of an unknown media type" }),
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
