//! Proofs that are kept: the same chain, judged in the same way by the same back ends, is neither read nor checked again.
//!
//! A proof says that certificates are a chain of a profile with every signature, and nothing of trust, time or revocation: those are
//! asked of the [`VerifiedChain`] each time, as if it had just been checked.

use super::{ChainOptions, LeafIdentity, VerifiedChain};
use crate::{Certificate, ChainWarning, TrustStore, certificate::Layout};
use alloc::{sync::Arc, vec::Vec};
use plimsoll_core::Provider;

/// What was proven of chains with one leaf: the last in front.
struct Remembered {
    chains: Vec<Arc<Proven>>,
}

/// One proof, with all that it rests on but the back ends, which the memory knows.
struct Proven {
    certificates: Vec<Layout>,
    options: ChainOptions,
    /// The root's own signature was checked when these were loaded.
    anchors: TrustStore,
    warnings: Vec<ChainWarning>,
    leaf: LeafIdentity,
}

impl Proven {
    fn is_of<'c>(&self, certificates: impl Iterator<Item = &'c [u8]>, options: &ChainOptions) -> bool {
        self.options == *options && certificates.eq(self.certificates.iter().map(Layout::der))
    }
}

fn remembered(leaf: &[u8], provider: Provider<'_>) -> Option<Arc<Remembered>> {
    provider.proofs()?.recall(leaf)?.downcast().ok()
}

/// The certificates, read before from exactly these bytes within the same limits.
pub(super) fn read<'a>(
    certificates: &[&'a [u8]],
    options: &ChainOptions,
    provider: Provider<'_>,
) -> Option<Vec<Certificate<'a>>> {
    let known = remembered(certificates.first()?, provider)?;
    let one = known.chains.iter().find(|one| one.is_of(certificates.iter().copied(), options))?;
    one.certificates.iter().zip(certificates).map(|(layout, der)| layout.over(der)).collect()
}

/// What was proven of exactly these certificates, judged in the same way, with the same anchors.
pub(super) fn recall(
    certificates: &[Certificate<'_>],
    options: &ChainOptions,
    provider: Provider<'_>,
    anchors: Option<&TrustStore>,
) -> Option<(Vec<ChainWarning>, LeafIdentity)> {
    let anchors = anchors?;
    let known = remembered(certificates.first()?.der(), provider)?;
    let same =
        |one: &&Arc<Proven>| one.anchors == *anchors && one.is_of(certificates.iter().map(Certificate::der), options);
    let one = known.chains.iter().find(same)?;
    Some((one.warnings.clone(), one.leaf.clone()))
}

/// Keeps the proof, if the provider has a memory, and the chain meets an anchor: a stranger's takes no memory.
pub(super) fn keep(chain: &VerifiedChain<'_>, options: &ChainOptions, provider: Provider<'_>, anchors: &TrustStore) {
    let Some(proofs) = provider.proofs() else { return };
    let size: usize = chain.certificates.iter().map(|one| one.der().len()).sum();
    if size > MOST_BYTES || chain.anchored_in(anchors).is_err() {
        return;
    }
    let Some(certificates) = chain.certificates.iter().map(Layout::of).collect() else { return };
    let (warnings, leaf) = (chain.warnings.clone(), chain.leaf.clone());
    let proven = Arc::new(Proven { certificates, options: *options, anchors: anchors.clone(), warnings, leaf });
    let about = chain.leaf().der();
    let before = remembered(about, provider);
    let before = before.iter().flat_map(|known| &known.chains).take(MOST_CHAINS.saturating_sub(1)).cloned();
    proofs.keep(about, Arc::new(Remembered { chains: core::iter::once(proven).chain(before).collect() }));
}

/// Bytes of a chain that is remembered. 32 KiB: real ones have 1 to 8.
const MOST_BYTES: usize = 32 * 1024;
/// Proofs about one leaf: under other anchors, rules or issuers.
const MOST_CHAINS: usize = 4;
