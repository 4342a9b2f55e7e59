//! Lists that are kept: what was read and held under the certificate of its issuer is neither read nor checked again.
//!
//! What is kept says that certain bytes are a list within certain limits, whose signature holds under one certificate. Neither changes
//! with time. How fresh it is, of whom it speaks and what it says is asked of the list each time.

use super::{CertificateList, CrlError, CrlLimits, VerifiedList};
use crate::Certificate;
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use plimsoll_core::{Bytes, Digest, Provider};

/// All lists of a memory, the last in front.
struct Kept {
    lists: Vec<Arc<Held>>,
}

/// A list that held, with all that this rests on but the back ends, which the memory knows.
struct Held {
    list: Arc<CertificateList>,
    digest: Digest,
    limits: CrlLimits,
    /// The certificate of the issuer.
    issuer: Box<[u8]>,
}

impl Held {
    fn size(&self) -> usize {
        self.list.size().saturating_add(self.issuer.len())
    }
}

fn kept(provider: Provider<'_>) -> Option<Arc<Kept>> {
    provider.proofs()?.recall(ABOUT)?.downcast().ok()
}

/// What comes for one question lies in one place, however often it is asked, so that it is seldom compared.
fn same(one: &Bytes, other: &Bytes) -> bool {
    one.len() == other.len() && (one.as_ptr() == other.as_ptr() || one == other)
}

/// The list that was read before from exactly these bytes within the same limits.
pub(crate) fn recall(bytes: &Bytes, limits: &CrlLimits, provider: Provider<'_>) -> Option<Arc<CertificateList>> {
    let kept = kept(provider)?;
    let held = kept.lists.iter().find(|held| held.limits == *limits && same(held.list.der(), bytes))?;
    Some(Arc::clone(&held.list))
}

/// [`CertificateList::verify`], once for a list and a certificate.
pub(crate) fn verify<'l>(
    list: &'l CertificateList,
    limits: &CrlLimits,
    issuer: &Certificate<'_>,
    provider: Provider<'_>,
) -> Result<VerifiedList<'l>, CrlError> {
    let known = kept(provider);
    let mut lists = known.iter().flat_map(|known| &known.lists);
    if lists.any(|held| *held.issuer == *issuer.der() && same(held.list.der(), list.der())) {
        return Ok(VerifiedList::of(list));
    }
    let verified = list.verify(issuer, provider)?;
    if let Some(proofs) = provider.proofs() {
        let (list, digest) = (Arc::new(list.clone()), list.digest());
        let held = Arc::new(Held { list, digest, limits: *limits, issuer: issuer.der().into() });
        let before = known.iter().flat_map(|known| &known.lists).cloned();
        let lists = fitting(core::iter::once(held).chain(before), |held| held.size(), MOST_BYTES);
        proofs.keep(ABOUT, Arc::new(Kept { lists }));
    }
    Ok(verified)
}

/// [`CertificateList::digest`], once for a list that is kept.
pub(crate) fn digest(list: &CertificateList, provider: Provider<'_>) -> Digest {
    let known = kept(provider);
    let mut lists = known.iter().flat_map(|known| &known.lists);
    lists.find(|held| same(held.list.der(), list.der())).map_or_else(|| list.digest(), |held| held.digest)
}

/// As many of these as may be kept, from the front.
fn fitting<T>(all: impl Iterator<Item = T>, size: impl Fn(&T) -> usize, most_bytes: usize) -> Vec<T> {
    let mut left = most_bytes;
    let fits = |one: &T| {
        let rest = left.checked_sub(size(one));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    all.take(MOST_LISTS).take_while(fits).collect()
}

/// What is asked of a memory: no certificate begins so.
const ABOUT: &[u8] = b"revocation lists";
/// Bytes of all lists of one memory, with their tables: 64 MiB, for one of the longest and many others. Authorities whose lists are read often
/// have some hundred KiB.
const MOST_BYTES: usize = 64 << 20;
/// Lists of one memory: those of a few authorities, and their delta lists.
const MOST_LISTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    // attack: A-196
    #[test]
    fn a_196_what_is_kept_has_a_bound_in_bytes_and_in_number() {
        let kept = |most: usize| fitting([10, 20, 30].into_iter(), |size| *size, most).len();
        assert_eq!([9, 10, 29, 30, 59, 60].map(kept), [0, 1, 1, 2, 2, 3]);
        assert_eq!(fitting(core::iter::repeat_n(0, 40), |size| *size, 0).len(), 16);
        // The longest that is read by default, with its table, and another.
        assert_eq!(fitting(core::iter::repeat_n(32 << 20, 3), |size| *size, MOST_BYTES).len(), 2);
    }
}
