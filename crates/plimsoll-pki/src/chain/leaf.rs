//! Who the leaf of a chain is.

use crate::Certificate;
use alloc::{string::String, sync::Arc};
use core::fmt::{self, Write as _};
use plimsoll_core::Digest;
use smallvec::SmallVec;

/// The signer of a chain, by name and by hash.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LeafIdentity {
    /// The subject of the leaf, as RFC 4514 writes it. Foreign text.
    pub subject: Arc<str>,
    /// SHA-256 of the leaf.
    pub certificate: Digest,
    /// SHA-256 of the leaf's public key.
    pub key: Digest,
}

impl LeafIdentity {
    pub(super) fn of(leaf: &Certificate<'_>) -> Self {
        // It is written on the stack first, so that only the text itself takes memory.
        let mut text = Text(SmallVec::new());
        // Writing there cannot fail.
        let _ = write!(text, "{}", leaf.subject());
        Self {
            subject: String::from_utf8_lossy(&text.0).into(),
            certificate: leaf.digest(),
            key: Digest::sha256_of(leaf.public_key().spki_der()),
        }
    }
}

/// Text in the making.
struct Text(SmallVec<[u8; 256]>);

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
