//! A message as one slice.

use plimsoll_core::{Message, VerifyError};

/// Joins the parts, and gives them to `run`; no copy is made of one part. `ring` takes one slice, and no hash.
pub(crate) fn contiguous<T>(
    message: Message<'_>,
    run: impl FnOnce(&[u8]) -> Result<T, VerifyError>,
) -> Result<T, VerifyError> {
    match message {
        Message::Parts([]) => run(&[]),
        Message::Parts([one]) => run(one),
        Message::Parts(parts) => {
            let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
            let mut here = [0; USUAL];
            match here.get_mut(..length) {
                Some(joined) => {
                    let mut rest = &mut *joined;
                    for part in parts {
                        let Some((place, after)) = rest.split_at_mut_checked(part.len()) else { break };
                        place.copy_from_slice(part);
                        rest = after;
                    }
                    run(joined)
                }
                None => run(&parts.concat()),
            }
        }
        _ => Err(VerifyError::Unsupported),
    }
}

/// What the signing input of a Notary envelope fits in, so that joining it takes nothing from the heap.
const USUAL: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn parts_are_joined_in_order_wherever_they_fit() {
        for length in [0, 1, 300, 511, 512, 513, 5000] {
            let (first, second) = (vec![1; length], vec![2; length]);
            let joined = contiguous(Message::Parts(&[&first, &[], &second]), |bytes| Ok(bytes.to_vec()));
            assert_eq!(joined, Ok([first, second].concat()), "{length}");
        }
    }
}
