//! `iPAddress` constraints: an address and a mask (RFC 4632).

use super::NotEvaluated;
use crate::general_name::address;
use alloc::vec::Vec;
use core::net::IpAddr;

/// Eight or 32 octets: an address, and a mask of ones followed by zeros.
pub(super) fn is_constraint(octets: &[u8]) -> bool {
    let Some((_, mask)) = halves(octets) else { return false };
    let zeros = mask.iter().skip_while(|octet| **octet == 0xff);
    let mut rest = zeros.copied();
    let edge = rest.next().unwrap_or(0);
    edge.leading_ones().saturating_add(edge.trailing_zeros()) >= 8 && rest.all(|octet| octet == 0)
}

pub(super) fn is_within(name: &[u8], base: &[u8]) -> Result<bool, NotEvaluated> {
    let (network, mask) = halves(base).ok_or(NotEvaluated)?;
    match address(name) {
        // An IPv4 address in an IPv6 one (RFC 4291, 2.5.5) reaches the same host under another form.
        Some(IpAddr::V6(six)) if six.to_ipv4_mapped().is_some() => Err(NotEvaluated),
        Some(_) => {
            let masked = |octets: &[u8]| octets.iter().zip(mask).map(|(one, mask)| one & mask).collect::<Vec<_>>();
            Ok(name.len() == network.len() && masked(name) == masked(network))
        }
        None => Err(NotEvaluated),
    }
}

fn halves(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    matches!(octets.len(), 8 | 32).then(|| octets.split_at(octets.len() / 2))
}
