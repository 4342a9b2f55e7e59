//! Reading a ledger from its first line to its last, against what was signed of it.

use super::{Checkpoint, LedgerError, Statement, chain, file::LockedFile};
use crate::AuthorityError;
use plimsoll_core::{Digest, Escaped, UnixTime};
use std::path::Path;

/// What a ledger is found to be, read whole.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Audit {
    /// How many lines there are.
    pub lines: u64,
    /// The digest of the last.
    pub head: Digest,
    /// Up to which line checkpoints vouch for it; what stands behind could be cut off unseen.
    pub vouched: u64,
    /// When the last of these checkpoints was signed.
    pub vouched_at: Option<UnixTime>,
    /// Bytes of a line without its end: a crash left them, they were never acknowledged, and the next line is put in their place.
    pub torn: u64,
}

impl Audit {
    /// Reads a ledger, and compares it with checkpoints that were kept elsewhere.
    ///
    /// What a crash leaves is the beginning of the next line, and is no error but said as [`torn`](Self::torn). Anything else that is not a
    /// line as it was written is tampering or a broken disk.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`]: a line is not as it was written. [`LedgerError::Contradicted`]: the lines are a chain, but not the one that
    /// was signed: its end was cut off, or it was written anew.
    pub fn read(path: impl AsRef<Path>, checkpoints: &[Checkpoint]) -> Result<Self, LedgerError> {
        let stated: Vec<Statement> = checkpoints.iter().map(Checkpoint::stated).collect();
        Self::read_against(path.as_ref(), &stated)
    }
    /// Reads a ledger, and compares it with what a checkpoint says, where the key that would have signed it is not at hand.
    ///
    /// # Security
    /// That the ledger contradicts it is a reason to stop. That it does not vouches for nothing, since anybody may have written such a text:
    /// [`vouched`](Self::vouched) stays 0.
    ///
    /// # Errors
    /// As [`Audit::read`]; [`CheckpointError::Malformed`](crate::CheckpointError::Malformed) for a text that is no checkpoint.
    pub fn read_unvouched(path: impl AsRef<Path>, checkpoint: &[u8]) -> Result<Self, AuthorityError> {
        let stated = Statement::unverified(checkpoint)?;
        let audit = Self::read_against(path.as_ref(), &[stated])?;
        Ok(Self { vouched: 0, vouched_at: None, ..audit })
    }
    fn read_against(path: &Path, checkpoints: &[Statement]) -> Result<Self, LedgerError> {
        let shown = || Escaped::new(&path.to_string_lossy());
        let failed = |error: std::io::Error| LedgerError::Unavailable {
            path: shown(),
            reason: error.to_string().as_str().into(),
        };
        let mut file = LockedFile::read(path).map_err(failed)?;
        let bytes = file.read_from(0).map_err(failed)?;
        let contradicted = |checkpoint: &Statement, found| LedgerError::Contradicted {
            path: shown(),
            lines: checkpoint.lines,
            at: checkpoint.at,
            found,
        };
        let (mut lines, mut last) = (0_u64, None);
        let heads = |lines: u64, last: Option<Digest>| {
            let head = last.unwrap_or_else(|| Digest::sha256_of(b""));
            let other = checkpoints.iter().find(|one| one.lines == lines && one.head != head);
            other.map_or(Ok(()), |one| Err(contradicted(one, super::Contradiction::OtherLine)))
        };
        let (whole, tail) = chain::split(&bytes);
        heads(lines, last)?;
        for text in whole {
            let number = lines.saturating_add(1);
            chain::line(text, number, last).map_err(|problem| malformed(shown(), number, &problem))?;
            (lines, last) = (number, Some(Digest::sha256_of(text)));
            heads(lines, last)?;
        }
        chain::check_tail(tail, lines).map_err(|problem| malformed(shown(), lines.saturating_add(1), &problem))?;
        if let Some(longer) = checkpoints.iter().find(|one| one.lines > lines) {
            return Err(contradicted(longer, super::Contradiction::Shorter { lines }));
        }
        let latest = checkpoints.iter().max_by_key(|one| one.lines);
        Ok(Self {
            lines,
            head: last.unwrap_or_else(|| Digest::sha256_of(b"")),
            vouched: latest.map_or(0, |one| one.lines),
            vouched_at: latest.map(|one| one.at),
            torn: u64::try_from(tail.len()).unwrap_or(u64::MAX),
        })
    }
}

fn malformed(path: Escaped, line: u64, problem: &str) -> LedgerError {
    LedgerError::Malformed { path, line, problem: problem.into() }
}
