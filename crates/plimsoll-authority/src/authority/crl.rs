//! Lists of revoked certificates (RFC 5280, 5).

use super::{Authority, AuthorityError};
use crate::ledger::{Entry, FullList, Revocation};
use plimsoll_core::{Sign, UnixTime};
use plimsoll_pki::{
    Limits as PkiLimits,
    crl::{self, CertificateList, CrlIssueError, CrlRequest, ListScope, RevokedEntry},
};

/// How lists of revoked certificates are made.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CrlSettings {
    /// For how many seconds a full list counts. A day.
    pub lifetime: u64,
    /// For how many seconds a delta list counts. An hour.
    pub delta_lifetime: u64,
    /// Where the delta list is; a full list names it. Without, there is none to name.
    pub delta_url: Option<String>,
}

impl Default for CrlSettings {
    fn default() -> Self {
        Self { lifetime: 24 * 3600, delta_lifetime: 3600, delta_url: None }
    }
}

/// What a list is made of, as the ledger had it when its number was taken.
struct Taken {
    number: u64,
    base: Option<u64>,
    revocations: Vec<Revocation>,
    next_update: UnixTime,
}

impl<S: Sign> Authority<S> {
    /// Signs a list of all certificates that were revoked. They stay on it for good, since signatures outlive certificates.
    ///
    /// The number of the list stands in the ledger before it is signed, so that no two lists have the same.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub async fn crl(&self, settings: &CrlSettings) -> Result<CertificateList, AuthorityError> {
        let taken = self.take(settings.lifetime, |_| Ok(None)).await?;
        self.sign_list(&taken, settings.delta_url.as_deref()).await
    }
    /// Signs a delta list: what was revoked since the oldest full list that is still in use, so that it completes that one and every
    /// later one.
    ///
    /// # Errors
    /// [`AuthorityError::NoBase`] when no full list is in use, or as [`Authority::crl`].
    pub async fn delta_crl(&self, settings: &CrlSettings) -> Result<CertificateList, AuthorityError> {
        let base = |oldest: Option<FullList>| oldest.map(Some).ok_or(AuthorityError::NoBase);
        let taken = self.take(settings.delta_lifetime, base).await?;
        self.sign_list(&taken, None).await
    }

    async fn take(
        &self,
        lifetime: u64,
        base: impl FnOnce(Option<FullList>) -> Result<Option<FullList>, AuthorityError> + Send + 'static,
    ) -> Result<Taken, AuthorityError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let next_update = now.saturating_add(lifetime);
        let taken = tokio::task::spawn_blocking(move || {
            let mut taken = None;
            ledger.add_if::<AuthorityError>(now, |index| {
                let base = base(index.oldest_full(now))?;
                let number = index.last_crl.saturating_add(1);
                let revocations = index.revocations(base.map_or(0, |base| base.line));
                let base = base.map(|base| base.number);
                taken = Some(Taken { number, base, revocations, next_update });
                Ok(Entry::CrlIssued { number, base, next_update: next_update.to_string() })
            })?;
            taken.ok_or_else(|| AuthorityError::unusable(&"the ledger gave no number"))
        });
        taken.await.map_err(|_| AuthorityError::unusable(&"the ledger was not written"))?
    }

    async fn sign_list(&self, taken: &Taken, freshest: Option<&str>) -> Result<CertificateList, AuthorityError> {
        let limits = PkiLimits::default();
        let issuer = self.issuer(&limits)?;
        let entries: Vec<(&[u8], RevokedEntry)> =
            taken.revocations.iter().map(|one| (one.serial.as_slice(), one.to_entry())).collect();
        let (number, base) = (bytes(taken.number), taken.base.map(bytes));
        let freshest: Vec<&str> = freshest.into_iter().collect();
        let request = CrlRequest {
            number: &number,
            this_update: self.clock.now(),
            next_update: taken.next_update,
            entries: &entries,
            delta_of: base.as_deref(),
            freshest: &freshest,
            scope: ListScope::All,
        };
        crl::issue(&request, &issuer, &self.key, self.provider).await.map_err(|error| match error {
            CrlIssueError::Sign(error) => AuthorityError::key(&error),
            other => AuthorityError::unusable(&other),
        })
    }
}

/// Big endian, without leading zeros.
fn bytes(number: u64) -> Vec<u8> {
    let all = number.to_be_bytes();
    let zeros = all.iter().take_while(|byte| **byte == 0).count().min(7);
    all.get(zeros..).unwrap_or_default().to_vec()
}
