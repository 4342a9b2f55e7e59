//! Tar, pushed.

use super::{Content, Entry, EntryKind, LayerError, LayerLimits, LayerVisitor, path, pax::Extensions};
use alloc::vec::Vec;
use plimsoll_core::{Budget, Escaped, LimitExceeded};
use tar::{EntryType, Header};

const BLOCK: usize = 512;

/// Reads a tar archive (POSIX ustar and pax, GNU long names) pushed in chunks.
pub(super) struct TarReader<V> {
    visitor: V,
    limits: LayerLimits,
    state: State,
    block: Vec<u8>,
    extensions: Extensions,
    budget: Budget,
    entries: u64,
    seen: u64,
    skipped: Vec<Escaped>,
}

enum State {
    /// Collecting a header block.
    Header,
    /// Collecting the payload of an extended header.
    Extension { kind: u8, left: u64, padding: u64, payload: Vec<u8> },
    /// Passing content on.
    Content { left: u64, padding: u64, wanted: Content },
    /// Between content and the next header.
    Padding { left: u64 },
    /// One block of zeros was seen.
    Ending,
    /// Two were: only zeros may follow.
    Ended,
}

impl<V: LayerVisitor> TarReader<V> {
    pub(super) fn new(visitor: V, limits: LayerLimits) -> Self {
        Self {
            visitor,
            limits,
            state: State::Header,
            block: Vec::with_capacity(BLOCK),
            extensions: Extensions::default(),
            budget: Budget::new("entries in a layer", limits.entries),
            entries: 0,
            seen: 0,
            skipped: Vec::new(),
        }
    }
    pub(super) fn push(&mut self, mut chunk: &[u8]) -> Result<(), LayerError> {
        self.seen = self.seen.saturating_add(super::length(chunk));
        while !chunk.is_empty() {
            chunk = self.step(chunk)?;
        }
        Ok(())
    }
    pub(super) fn finish(self) -> Result<(V, u64, Vec<Escaped>), LayerError> {
        // Go, GNU tar and libarchive take an end without the two blocks of zeros between entries, so it is no cut.
        let is_between = matches!(self.state, State::Header | State::Ending | State::Ended) && self.block.is_empty();
        if !is_between || self.extensions.headers > 0 {
            return Err(LayerError::Truncated { found: self.seen });
        }
        Ok((self.visitor, self.entries, self.skipped))
    }
    /// Takes what the state needs of the chunk, and returns the rest.
    fn step<'c>(&mut self, chunk: &'c [u8]) -> Result<&'c [u8], LayerError> {
        match &mut self.state {
            State::Header | State::Ending => {
                let missing = BLOCK.saturating_sub(self.block.len());
                let (now, rest) = chunk.split_at(missing.min(chunk.len()));
                self.block.extend_from_slice(now);
                if self.block.len() == BLOCK {
                    let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
                    self.header(&block)?;
                }
                Ok(rest)
            }
            State::Extension { kind, left, padding, payload } => {
                let (now, rest) = split(chunk, left);
                payload.extend_from_slice(now);
                if *left == 0 {
                    let (kind, padding, payload) = (*kind, *padding, std::mem::take(payload));
                    self.extensions.take(kind, &payload, self.number())?;
                    self.state = State::Padding { left: padding };
                    return self.skip_empty(rest);
                }
                Ok(rest)
            }
            State::Content { left, padding, wanted } => {
                let (now, rest) = split(chunk, left);
                if *wanted == Content::Wanted {
                    self.visitor.content(now)?;
                }
                if *left == 0 {
                    let (padding, wanted) = (*padding, *wanted);
                    self.content_ended(padding, wanted)?;
                }
                Ok(rest)
            }
            State::Padding { left } => {
                let (_, rest) = split(chunk, left);
                self.skip_empty(rest)
            }
            State::Ended if chunk.iter().all(|byte| *byte == 0) => Ok(&[]),
            State::Ended => Err(self.wrong("nothing but zeros after the end of the archive")),
        }
    }
    fn skip_empty<'c>(&mut self, rest: &'c [u8]) -> Result<&'c [u8], LayerError> {
        if matches!(self.state, State::Padding { left: 0 }) {
            self.state = State::Header;
        }
        Ok(rest)
    }
    fn content_ended(&mut self, padding: u64, wanted: Content) -> Result<(), LayerError> {
        if wanted == Content::Wanted {
            self.visitor.end()?;
        }
        self.state = if padding == 0 { State::Header } else { State::Padding { left: padding } };
        Ok(())
    }
    fn header(&mut self, block: &[u8]) -> Result<(), LayerError> {
        let is_ending = matches!(self.state, State::Ending);
        if block.iter().all(|byte| *byte == 0) {
            if self.extensions.headers > 0 {
                return Err(self.wrong("an entry after its extended header"));
            }
            self.state = if is_ending { State::Ended } else { State::Ending };
            return Ok(());
        }
        if is_ending {
            // One block of zeros ends the archive for some readers, and not for others.
            return Err(self.wrong("two blocks of zeros at the end of the archive"));
        }
        let header = Header::from_byte_slice(block);
        if !is_sound(header) {
            return Err(self.wrong("a header with its checksum"));
        }
        let size = number(&header.as_old().size).ok_or_else(|| self.wrong("a header with a size"))?;
        match header.entry_type() {
            EntryType::XHeader => self.extension(b'x', size),
            EntryType::XGlobalHeader => self.extension(b'g', size),
            EntryType::GNULongName => self.extension(b'L', size),
            EntryType::GNULongLink => self.extension(b'K', size),
            kind => self.entry(header, kind, size),
        }
    }
    fn extension(&mut self, kind: u8, size: u64) -> Result<(), LayerError> {
        self.extensions.headers = self.extensions.headers.saturating_add(1);
        LimitExceeded::check("extended headers in a row", self.limits.headers, self.extensions.headers)?;
        LimitExceeded::check("bytes of an extended header", self.limits.header, size)?;
        if size == 0 {
            return Err(self.wrong("an extended header with content"));
        }
        self.state = State::Extension { kind, left: size, padding: padding(size), payload: Vec::new() };
        Ok(())
    }
    fn entry(&mut self, header: &Header, kind: EntryType, size: u64) -> Result<(), LayerError> {
        self.budget.spend(1)?;
        let number = self.number();
        let mut extensions = std::mem::take(&mut self.extensions);
        // "The size record overrides" (POSIX pax), for every reader or for none: RUSTSEC-2025-0110.
        let size = extensions.size().unwrap_or(size);
        let raw = extensions.path().unwrap_or_else(|| header.path_bytes().into_owned());
        let link = extensions.link().or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
        let kind = self.kind(kind, &raw, link)?;
        if size != 0 && kind != EntryKind::File {
            // Some readers pass content over here, others read it as headers.
            return Err(self.wrong("content in files alone"));
        }
        let path = path::normal(&raw, number, &self.limits)?;
        if path.is_empty() && kind != EntryKind::Directory {
            return Err(self.wrong("a directory at the root"));
        }
        let old = header.as_old();
        let mode = u32::try_from(self::number(&old.mode).unwrap_or(0) & 0o7777).unwrap_or(0);
        let mut entry = Entry { path, kind, size, mode, mtime: self::number(&old.mtime).unwrap_or(0) };
        let wanted = match path::whiteout(&mut entry, number)? {
            path::Meaning::Itself => self.visitor.entry(&entry)?,
            path::Meaning::Nothing => {
                if self.skipped.len() < 16 {
                    self.skipped.push(entry.shown());
                }
                Content::Skipped
            }
        };
        self.entries = number;
        self.state = State::Content { left: size, padding: padding(size), wanted };
        if size == 0 {
            self.content_ended(0, wanted)?;
        }
        Ok(())
    }
    fn kind(&self, kind: EntryType, raw: &[u8], link: Option<Vec<u8>>) -> Result<EntryKind, LayerError> {
        let target = |link: Option<Vec<u8>>| {
            let link = link.filter(|link| !link.is_empty()).ok_or_else(|| self.wrong("a link with a target"))?;
            path::check(&link, self.number(), &self.limits)?;
            Ok::<_, LayerError>(link)
        };
        let ends_as_directory = raw.ends_with(b"/");
        match kind {
            // Before POSIX, a file whose name ended in `/` was a directory (type flag NUL).
            EntryType::Regular if ends_as_directory => Err(self.wrong("a file whose name does not end in `/`")),
            EntryType::Regular | EntryType::Continuous => Ok(EntryKind::File),
            EntryType::Directory => Ok(EntryKind::Directory),
            EntryType::Symlink => Ok(EntryKind::Symlink { target: target(link)? }),
            EntryType::Link => {
                Ok(EntryKind::HardLink { target: path::normal(&target(link)?, self.number(), &self.limits)? })
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => Ok(EntryKind::Special),
            EntryType::GNUSparse => Err(LayerError::Unsupported { what: "a sparse file in a layer" }),
            _ => Err(LayerError::Unsupported { what: "a tar entry of this type" }),
        }
    }
    fn number(&self) -> u64 {
        self.entries.saturating_add(1)
    }
    /// The error that the entry being read does not have what it should.
    fn wrong(&self, expected: &'static str) -> LayerError {
        LayerError::Tar { entry: self.number(), expected }
    }
}

/// The first `left` bytes of a chunk, taken off `left`, and the rest.
fn split<'c>(chunk: &'c [u8], left: &mut u64) -> (&'c [u8], &'c [u8]) {
    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(chunk.len());
    let (now, rest) = chunk.split_at(most);
    *left = left.saturating_sub(super::length(now));
    (now, rest)
}

/// Zeros after `size` bytes up to the next block.
fn padding(size: u64) -> u64 {
    512_u64.saturating_sub(size & 511) & 511
}

/// The checksum is the sum of all bytes, its own field counted as blanks. Old writers summed signed bytes.
fn is_sound(header: &Header) -> bool {
    let Some(expected) = number(&header.as_old().cksum) else { return false };
    let bytes = header.as_bytes().iter().enumerate();
    let bytes = bytes.map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let (mut unsigned, mut signed) = (0_i64, 0_i64);
    for byte in bytes {
        unsigned = unsigned.saturating_add(byte.into());
        signed = signed.saturating_add(byte.cast_signed().into());
    }
    i64::try_from(expected).is_ok_and(|expected| expected == unsigned || expected == signed)
}

/// An octal number between blanks and NULs, or GNU's big-endian number with the first bit set. Nothing is zero.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        // Without the mark; a number below zero has 0xff here.
        return rest.iter().try_fold(u64::from(first & 0x7f), |number, byte| {
            number.checked_mul(256).and_then(|number| number.checked_add((*byte).into()))
        });
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_blank(byte)).unwrap_or(field.len());
    let end = field.iter().rposition(|byte| !is_blank(byte)).map_or(start, |at| at.saturating_add(1));
    field.get(start..end)?.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 8)?;
        number.checked_mul(8)?.checked_add(digit.into())
    })
}
