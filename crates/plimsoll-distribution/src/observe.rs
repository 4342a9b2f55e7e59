//! Somebody who watches.

use crate::protocol::Notice;
use plimsoll_core::Digest;

/// Is told what there is to notice, and how content moves: for messages and progress bars.
///
/// # Contract
/// Both are called from wherever the work is done, and do not block.
pub trait Observe: Send + Sync {
    /// There is something to notice.
    fn notice(&self, notice: &Notice) {
        let _ = notice;
    }
    /// Bytes of content came or went. What is sent or fetched again counts again.
    fn moved(&self, content: &Digest, way: Way, bytes: u64) {
        let _ = (content, way, bytes);
    }
}

/// Which way content moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From a registry.
    Down,
    /// To a registry.
    Up,
}
