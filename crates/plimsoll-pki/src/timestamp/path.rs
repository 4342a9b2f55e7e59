//! From the certificate of a signer to a root of the trust store, through the certificates that came with the token.

use super::{GenTime, TimestampError, TimestampLimits};
use crate::{Certificate, ChainOptions, PresentedChain, Profile, TrustStore, Untrusted, VerifiedChain, Which};
use plimsoll_core::{Budget, Provider};
use std::time::Duration;

/// Finds a chain from `leaf` to a root of `store` that holds and was valid at `at`.
///
/// The bag is unordered and may hold anything (RFC 5652, 10.2.3). Issuers are found by name; only whole paths that end in the store
/// are checked, so that certificates of nobody cost no signature check. Both searches have a budget.
pub(super) fn to_root<'a>(
    leaf: Certificate<'a>,
    bag: &[Certificate<'a>],
    store: &'a TrustStore,
    at: GenTime,
    limits: &TimestampLimits,
    provider: Provider<'_>,
) -> Result<VerifiedChain<'a>, TimestampError> {
    let anchors = store.stores().iter().flat_map(|one| one.anchors());
    // INVARIANT: every anchor was read when its store was loaded.
    let anchors = anchors.filter_map(|one| one.certificate().view(&limits.certificate).ok()).collect();
    let mut search = Search {
        bag,
        anchors,
        store,
        at,
        limits,
        provider,
        steps: Budget::new("certificates that may be issuers of a timestamping authority", limits.path_steps),
        paths: Budget::new("paths from a timestamping authority to a root", limits.paths),
        longest: vec![leaf],
        failure: None,
    };
    if let Some(chain) = search.extend(&mut vec![leaf])? {
        return Ok(chain);
    }
    Err(search.failure.unwrap_or_else(|| {
        let root = Which::last_of(&search.longest);
        TimestampError::Untrusted(Untrusted { root, stores: store.names().map(ToString::to_string).collect() })
    }))
}

struct Search<'s, 'a> {
    bag: &'s [Certificate<'a>],
    anchors: Vec<Certificate<'a>>,
    store: &'a TrustStore,
    at: GenTime,
    limits: &'s TimestampLimits,
    provider: Provider<'s>,
    steps: Budget,
    paths: Budget,
    /// The path that came furthest without meeting a root, for the message.
    longest: Vec<Certificate<'a>>,
    /// Why the first whole path does not hold.
    failure: Option<TimestampError>,
}

impl<'a> Search<'_, 'a> {
    /// Tries the roots that bear the name of the last one's issuer, then what else bears it. As deep as a chain may be long.
    fn extend(&mut self, path: &mut Vec<Certificate<'a>>) -> Result<Option<VerifiedChain<'a>>, TimestampError> {
        let Some(last) = path.last().copied() else { return Ok(None) };
        if path.len() > self.longest.len() {
            self.longest.clone_from(path);
        }
        if u64::try_from(path.len()).is_ok_and(|length| length >= self.limits.certificate.chain) {
            return Ok(None);
        }
        for index in 0..self.anchors.len() {
            let Some(root) = self.anchors.get(index).copied() else { continue };
            if root.subject() == last.issuer() && !path.contains(&root) {
                path.push(root);
                let held = self.check(path);
                path.pop();
                match held {
                    Err(TimestampError::Limit(limit)) => return Err(limit.into()),
                    Err(error) => self.failure = self.failure.take().or(Some(error)),
                    Ok(chain) => return Ok(Some(chain)),
                }
            }
        }
        for issuer in self.bag {
            if issuer.subject() == last.issuer() && !path.contains(issuer) {
                self.steps.spend(1)?;
                path.push(*issuer);
                let found = self.extend(path)?;
                path.pop();
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }
    fn check(&mut self, path: &[Certificate<'a>]) -> Result<VerifiedChain<'a>, TimestampError> {
        self.paths.spend(1)?;
        let ders: Vec<&'a [u8]> = path.iter().map(Certificate::der).collect();
        let options = ChainOptions::new(Profile::TimeStamping).with_limits(self.limits.certificate);
        let presented = PresentedChain::from_der(&ders, &options.limits)?;
        let chain = presented.verify(&options, self.provider, Some(self.store))?;
        chain.anchored_in(self.store)?;
        // A second that has begun when a certificate ends is not in its validity any more, as Go counts.
        chain.valid_at(self.at.earliest(Duration::ZERO))?;
        chain.valid_at(self.at.latest(Duration::ZERO))?;
        Ok(chain)
    }
}
