//! Deriving keys from a password as PKCS#12 does (RFC 7292, appendix B).

use alloc::{vec, vec::Vec};
use sha2::digest::{Digest, common::BlockSizeUser};
use zeroize::Zeroizing;

/// What the octets are for: the `ID` of appendix B.3.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    InitializationVector = 2,
    Mac = 3,
}

/// Derives `length` octets. `password` is as appendix B.1 wants it.
pub(super) fn derive<D: Digest + BlockSizeUser>(
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = D::block_size();
    // 1 to 4: D is the purpose, I is salt and password, each repeated to whole blocks.
    let diversifier = vec![purpose as u8; block];
    let mut input = Zeroizing::new(repeated(salt, block));
    input.extend(repeated(password, block));
    let mut derived = Zeroizing::new(Vec::with_capacity(length.saturating_add(<D as Digest>::output_size())));
    // 6: each round gives one hash, and changes I.
    while derived.len() < length {
        let first = D::new().chain_update(&diversifier).chain_update(&*input).finalize();
        let hash = (1..iterations).fold(first, |hash, _| D::digest(&hash));
        derived.extend_from_slice(&hash);
        let added: Vec<u8> = hash.iter().copied().cycle().take(block).collect();
        input.chunks_mut(block).for_each(|chunk| add_and_one(chunk, &added));
    }
    derived.truncate(length);
    derived
}

/// As many copies as fill whole blocks; nothing of nothing.
fn repeated(octets: &[u8], block: usize) -> Vec<u8> {
    let length = octets.len().next_multiple_of(block);
    octets.iter().copied().cycle().take(length).collect()
}

/// `I_j = (I_j + B + 1) mod 2^v`, big-endian.
fn add_and_one(number: &mut [u8], added: &[u8]) {
    let mut carry = 1_u16;
    for (digit, other) in number.iter_mut().zip(added).rev() {
        let sum = u16::from(*digit).saturating_add(u16::from(*other)).saturating_add(carry);
        let [high, low] = sum.to_be_bytes();
        *digit = low;
        carry = high.into();
    }
}
