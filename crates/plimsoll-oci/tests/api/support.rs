//! What the tests share.

use flate2::{Compression, write::GzEncoder};
use plimsoll_oci::{
    Content, Entry, LayerError, LayerLimits, LayerReader, LayerSummary, LayerVisitor, TarEntry, TarKind, TarWriter,
};
use std::io::Write as _;

pub(crate) const DIGEST: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// A descriptor as JSON.
pub(crate) fn descriptor(media_type: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{DIGEST}","size":2}}"#)
}

/// An image manifest as JSON, with more members.
pub(crate) fn manifest(more: &str) -> String {
    let config = descriptor(plimsoll_oci::media_type::IMAGE_CONFIG);
    format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]{more}}}"#)
}

/// An index as JSON, with more members.
pub(crate) fn index(entries: &str, more: &str) -> String {
    format!(r#"{{"schemaVersion":2,"manifests":[{entries}]{more}}}"#)
}

/// One entry of a test archive.
#[derive(Clone, Copy)]
pub(crate) enum Put<'a> {
    Dir(&'a str),
    File(&'a str, &'a str),
    Hard(&'a str, &'a str),
    Link(&'a str, &'a str),
}

/// An archive by the writer under test.
pub(crate) fn archive(entries: &[Put<'_>]) -> Vec<u8> {
    let mut tar = TarWriter::new(Vec::new());
    for entry in entries {
        let (path, kind, content) = match *entry {
            Put::Dir(path) => (path, TarKind::Directory, ""),
            Put::File(path, content) => (path, TarKind::File(content.len() as u64), content),
            Put::Hard(path, target) => (path, TarKind::HardLink(target.as_bytes()), ""),
            Put::Link(path, target) => (path, TarKind::Symlink(target.as_bytes()), ""),
        };
        tar.entry(&TarEntry { path: path.as_bytes(), kind, mode: 0o755, mtime: 1 }).unwrap();
        tar.content(content.as_bytes()).unwrap();
    }
    tar.finish().unwrap()
}

/// One header block, made by hand so that it may be wrong.
pub(crate) fn header(kind: u8, path: &[u8], size: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..path.len()].copy_from_slice(path);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..124 + size.len()].copy_from_slice(size);
    block[136..148].copy_from_slice(b"00000000000\0");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    change(&mut block);
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

pub(crate) fn padded(content: &[u8]) -> Vec<u8> {
    let mut blocks = content.to_vec();
    blocks.resize(content.len().next_multiple_of(512), 0);
    blocks
}

pub(crate) fn pax(records: &[u8]) -> Vec<u8> {
    extension(b'x', records)
}

pub(crate) fn extension(kind: u8, payload: &[u8]) -> Vec<u8> {
    [header(kind, b"x", format!("{:011o}\0", payload.len()).as_bytes(), |_| {}), padded(payload)].concat()
}

pub(crate) fn file(path: &[u8], content: &[u8]) -> Vec<u8> {
    [header(b'0', path, format!("{:011o}\0", content.len()).as_bytes(), |_| {}), padded(content)].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes down what it sees.
#[derive(Default, Debug, PartialEq)]
pub(crate) struct Seen(pub(crate) Vec<(Entry, Vec<u8>)>);

impl LayerVisitor for Seen {
    fn entry(&mut self, entry: &Entry) -> Result<Content, LayerError> {
        self.0.push((entry.clone(), Vec::new()));
        Ok(Content::Wanted)
    }
    fn content(&mut self, chunk: &[u8]) -> Result<(), LayerError> {
        self.0.last_mut().unwrap().1.extend_from_slice(chunk);
        Ok(())
    }
    fn end(&mut self) -> Result<(), LayerError> {
        let (entry, content) = self.0.last().unwrap();
        assert_eq!(entry.size, content.len() as u64);
        Ok(())
    }
}

pub(crate) fn read(media_type: &str, bytes: &[u8]) -> Result<(Seen, LayerSummary), LayerError> {
    read_within(media_type, bytes, LayerLimits::default(), 1000)
}

pub(crate) fn read_within(
    media_type: &str,
    bytes: &[u8],
    limits: LayerLimits,
    chunk: usize,
) -> Result<(Seen, LayerSummary), LayerError> {
    let mut reader = LayerReader::within(media_type, Seen::default(), limits)?;
    for chunk in bytes.chunks(chunk) {
        reader.push(chunk)?;
    }
    reader.finish()
}
