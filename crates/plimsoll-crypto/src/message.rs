//! A message as one slice.

use plimsoll_core::{Message, VerifyError};
use std::borrow::Cow;

/// Joins the parts; no copy is made of one part. `ring` takes one slice, and no hash.
pub(crate) fn contiguous(message: Message<'_>) -> Result<Cow<'_, [u8]>, VerifyError> {
    match message {
        Message::Parts([]) => Ok(Cow::Borrowed(&[])),
        Message::Parts([one]) => Ok(Cow::Borrowed(one)),
        Message::Parts(parts) => {
            let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
            let mut joined = Vec::with_capacity(length);
            parts.iter().for_each(|part| joined.extend_from_slice(part));
            Ok(Cow::Owned(joined))
        }
        _ => Err(VerifyError::Unsupported),
    }
}
