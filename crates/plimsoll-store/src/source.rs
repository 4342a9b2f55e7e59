//! Where layers come from: directories and archives on this machine.

use crate::{Layout, directory::broken, file};
use plimsoll_core::{Classify as _, Descriptor, Escaped, StoreError, UnixTime};
use plimsoll_image::{ArchivePacker, BuiltLayer, LayerBuilder};
use plimsoll_oci::{Content, Entry, LayerError, LayerReader, LayerVisitor, media_type};
use std::{fs::File, io::Read, io::Write as _, path::Path};
use walk::Walk;

mod walk;

/// A layer that was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PackedLayer {
    /// What it is stored under.
    pub descriptor: Descriptor,
    /// What a configuration must say of it.
    pub layer: BuiltLayer,
    /// The number of entries.
    pub entries: u64,
    /// What was passed over, at most 100 of them: devices, pipes and sockets.
    pub skipped: Vec<Escaped>,
}

impl Layout {
    /// Packs a directory as a layer: entries in the order of their names, owners 0, times no later than `latest`, links as they are.
    ///
    /// Memory does not grow with the directory's files. Extended attributes are not kept.
    ///
    /// # Errors
    /// [`StoreError`] where something cannot be read, or changes while it is read, and where this layout lies in the directory.
    pub fn pack_directory(&self, path: impl AsRef<Path>, latest: UnixTime) -> Result<PackedLayer, StoreError> {
        let mut layer = LayerBuilder::new(self.stage()?);
        let mut walk = Walk::new(path.as_ref(), latest, self.root().identity()?)?;
        walk.run(&mut layer)?;
        let shown = path.as_ref().display().to_string();
        let (staged, built) = layer.finish().map_err(|error| broken("pack", &shown, &error))?;
        let descriptor = staged.commit(media_type::LAYER_TAR_GZIP)?;
        Ok(PackedLayer { descriptor, layer: built, entries: walk.entries, skipped: walk.skipped })
    }
    /// Stores a tar archive as a layer, read through on the way: a plain one is packed, one under gzip is kept as it is.
    ///
    /// # Errors
    /// [`StoreError`] for what cannot be read, or is no archive that is accepted as a layer ([`LayerReader`]).
    pub fn pack_archive(&self, path: impl AsRef<Path>) -> Result<PackedLayer, StoreError> {
        let shown = path.as_ref().display().to_string();
        let mut archive = File::open(path.as_ref()).map_err(|error| broken("open", &shown, &error))?;
        let mut chunk = vec![0; file::CHUNK];
        let read = fill(&mut archive, &mut chunk).map_err(|error| broken("read", &shown, &error))?;
        let first = chunk.get(..read).unwrap_or_default().to_vec();
        let is_packed = first.starts_with(&[0x1f, 0x8b]);
        let media_type = if is_packed { media_type::LAYER_TAR_GZIP } else { media_type::LAYER_TAR };
        let mut reader = LayerReader::new(media_type, Count).map_err(|error| refused(&shown, &error))?;
        let mut sink = if is_packed {
            Sink::Kept(self.stage()?)
        } else {
            Sink::Packed(Box::new(ArchivePacker::new(self.stage()?)))
        };
        let mut next = first;
        while !next.is_empty() {
            reader.push(&next).map_err(|error| refused(&shown, &error))?;
            sink.push(&next).map_err(|error| broken("pack", &shown, &error))?;
            let read = fill(&mut archive, &mut chunk).map_err(|error| broken("read", &shown, &error))?;
            next = chunk.get(..read).unwrap_or_default().to_vec();
        }
        let (_, summary) = reader.finish().map_err(|error| refused(&shown, &error))?;
        let staged = sink.finish().map_err(|error| broken("pack", &shown, &error))?;
        let descriptor = staged.commit(media_type::LAYER_TAR_GZIP)?;
        let layer = BuiltLayer::new(summary.diff_id, summary.unpacked);
        Ok(PackedLayer { descriptor, layer, entries: summary.entries, skipped: summary.skipped })
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, chunk: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0_usize;
    while let Some(rest) = chunk.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => filled = filled.saturating_add(read),
        }
    }
    Ok(filled)
}

enum Sink {
    Kept(crate::Staged),
    Packed(Box<ArchivePacker<crate::Staged>>),
}

impl Sink {
    fn push(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Kept(staged) => staged.write_all(chunk),
            Self::Packed(packer) => packer.push(chunk),
        }
    }
    fn finish(self) -> std::io::Result<crate::Staged> {
        match self {
            Self::Kept(staged) => Ok(staged),
            Self::Packed(packer) => packer.finish().map(|(staged, _)| staged),
        }
    }
}

/// Reads an archive only to know that it is one.
struct Count;

impl LayerVisitor for Count {
    fn entry(&mut self, _: &Entry) -> Result<Content, LayerError> {
        Ok(Content::Skipped)
    }
    fn content(&mut self, _: &[u8]) -> Result<(), LayerError> {
        Ok(())
    }
    fn end(&mut self) -> Result<(), LayerError> {
        Ok(())
    }
}

fn refused(path: &str, error: &LayerError) -> StoreError {
    StoreError::other(error.code(), format!("`{}`: {error}", Escaped::new(path)))
}
