//! The authority itself: certificates, key, ledger and clock.

mod crl;
mod error;

pub use crl::CrlSettings;
pub use error::AuthorityError;

use crate::{
    Clock, Ledger, Limits, RevocationReason,
    ledger::{Checkpoint, Entry, Requester, Statement, hex},
    timed_key::{TimedKey, TimedKeyError},
};
use der::{Encode as _, Tag, TagNumber, asn1::AnyRef};
use plimsoll_core::{Digest, Escaped, Provider, PublicKey, Sign, UnixTime};
use plimsoll_pki::{
    Certificate, ChainOptions, DistinguishedName, Limits as PkiLimits, OwnedCertificate, Profile, Validity, issue,
    issue::{DraftExtension, Role},
    verify_chain,
};
use std::{fmt, sync::Arc};

/// A certificate authority: it issues signing certificates, revokes them, and says so.
///
/// Its key is any [`Sign`]: a file, a token, a KMS. One that does not answer within ten seconds has not signed (tokio's clock tells). Each certificate is judged by the rules of the Notary Project, with its whole chain, before it
/// leaves, and stands in the [`Ledger`] before it leaves.
pub struct Authority<S> {
    pub(crate) chain: Vec<OwnedCertificate>,
    pub(crate) key: TimedKey<S>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) provider: Provider<'static>,
    ocsp: Vec<String>,
    crl: Vec<String>,
}

/// A certificate to be issued.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Order<'a> {
    /// The subject, as RFC 4514 text with C, ST and O.
    pub subject: &'a str,
    /// The key that it is for. That the private key is there, the caller has checked.
    pub key: PublicKey<'a>,
    /// For how many minutes it is valid.
    pub minutes: u32,
    /// A URI as subject alternative name.
    pub uri: Option<&'a str>,
    /// Who asked, where it was not the operator.
    pub request: Option<&'a Requester>,
}

impl<'a> Order<'a> {
    /// Orders a certificate of ten minutes, by the operator.
    #[must_use]
    pub fn new(subject: &'a str, key: PublicKey<'a>) -> Self {
        Self { subject, key, minutes: 10, uri: None, request: None }
    }
    /// Sets for how many minutes it is valid.
    #[must_use]
    pub fn minutes(mut self, minutes: u32) -> Self {
        self.minutes = minutes;
        self
    }
}

/// A certificate that was issued, with its issuers.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct IssuedCertificate {
    /// The chain: the certificate first, the root last.
    pub chain: Vec<OwnedCertificate>,
    /// Its serial number.
    pub serial: Vec<u8>,
    /// When it is valid.
    pub validity: Validity,
}

impl IssuedCertificate {
    /// The chain in PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.chain.iter().map(OwnedCertificate::to_pem).collect()
    }
}

impl<S: Sign> Authority<S> {
    /// Makes an authority of its certificates, the issuer first and the root last, and the key of the first.
    ///
    /// # Errors
    /// [`AuthorityError::Unusable`] when the first is no certificate of an authority, or the last no root.
    pub fn new(
        chain: Vec<OwnedCertificate>,
        key: S,
        ledger: Arc<Ledger>,
        clock: impl Clock + 'static,
        provider: Provider<'static>,
    ) -> Result<Self, AuthorityError> {
        let unusable = |problem: &str| AuthorityError::Unusable { problem: Escaped::new(problem) };
        let limits = PkiLimits::default();
        let view = |one: &OwnedCertificate| {
            one.view(&limits)
                .map(|one| (one.is_ca(), one.is_self_issued()))
                .map_err(|error| unusable(&error.to_string()))
        };
        match (chain.first().map(view).transpose()?, chain.last().map(view).transpose()?) {
            (Some((true, _)), Some((_, true))) => {}
            (Some((false, _)), _) => {
                return Err(unusable("expected the certificate of an authority first, found another"));
            }
            _ => return Err(unusable("expected a self-signed root last, found none")),
        }
        let (clock, key) = (Arc::new(clock), TimedKey::new(key, &Limits::default()));
        Ok(Self { chain, key, ledger, clock, provider, ocsp: Vec::new(), crl: Vec::new() })
    }
    /// Writes the addresses of OCSP responders and of CRLs into what is issued.
    #[must_use]
    pub fn with_addresses(mut self, ocsp: Vec<String>, crl: Vec<String>) -> Self {
        (self.ocsp, self.crl) = (ocsp, crl);
        self
    }
    /// Sets how long its key may take for a signature, and how many may wait for one: [`Limits::signing_time`] and [`Limits::signing`].
    #[must_use]
    pub fn with_limits(mut self, limits: &Limits) -> Self {
        self.key = self.key.with_limits(limits);
        self
    }
    /// The certificates of the authority, the issuer first.
    #[must_use]
    pub fn chain(&self) -> &[OwnedCertificate] {
        &self.chain
    }
    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }
    /// The time, by the clock of the authority.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }
    /// Issues a certificate for signing artifacts.
    ///
    /// It is valid from half a minute ago, since clocks differ, and not longer than its issuers. Its serial number is random, of sixteen
    /// octets, and was never used here.
    ///
    /// # Errors
    /// [`AuthorityError`]. Nothing leaves then, and what was signed in vain is in no ledger.
    pub async fn issue(&self, order: &Order<'_>) -> Result<IssuedCertificate, AuthorityError> {
        let now = self.clock.now();
        let limits = PkiLimits::default();
        let issuer = self.issuer(&limits)?;
        let validity = self.validity(now, order.minutes, &limits)?;
        let serial = plimsoll_crypto::random::<16>().map_err(|_| AuthorityError::Random)?;
        let der = self.sign(order, &issuer, validity, serial).await?;
        let leaf = self.check(order, &der, now, &limits)?;
        let view = leaf.view(&limits).map_err(|error| AuthorityError::unusable(&error))?;
        let serial = view.serial().to_vec();
        self.record(order, &view, now).await?;
        let chain = std::iter::once(leaf.clone()).chain(self.chain.iter().cloned()).collect();
        Ok(IssuedCertificate { chain, serial, validity })
    }
    /// Revokes a certificate that was issued here, for good.
    ///
    /// # Errors
    /// [`AuthorityError::Ledger`]: it was not issued here, it was revoked before, or the ledger cannot be written.
    pub fn revoke(
        &self,
        serial: &[u8],
        reason: RevocationReason,
        invalidity_date: Option<UnixTime>,
    ) -> Result<(), AuthorityError> {
        Ok(self.ledger.revoke(serial, self.clock.now(), reason, invalidity_date)?)
    }

    /// Signs a checkpoint of the ledger, as it is now.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub async fn checkpoint(&self) -> Result<Checkpoint, AuthorityError> {
        let ledger = self.ledger.clone();
        let head = tokio::task::spawn_blocking(move || ledger.head()).await;
        let (lines, head) = head.map_err(|_| AuthorityError::unusable(&"the ledger was not read"))??;
        let limits = PkiLimits::default();
        let key = self.issuer(&limits)?.public_key();
        let stated = Statement { authority: Digest::sha256_of(key.spki_der()), lines, head, at: self.clock.now() };
        let signature = self.key.sign(stated.signing_input().as_bytes()).await;
        let signature = signature.map_err(|error| AuthorityError::key(&error))?;
        // What came back from the key is checked, as ever.
        Ok(Checkpoint::read(stated.attach(&signature).as_bytes(), key, self.provider)?)
    }

    pub(crate) fn issuer<'a>(&'a self, limits: &PkiLimits) -> Result<Certificate<'a>, AuthorityError> {
        // INVARIANT: `new` refuses an empty chain.
        let first = self.chain.first().ok_or_else(|| AuthorityError::unusable(&"it has no certificate"))?;
        first.view(limits).map_err(|error| AuthorityError::unusable(&error))
    }

    fn validity(&self, now: UnixTime, minutes: u32, limits: &PkiLimits) -> Result<Validity, AuthorityError> {
        let wanted = Validity {
            not_before: now.saturating_sub(BACKDATE),
            not_after: now.saturating_add(u64::from(minutes).saturating_mul(60)),
        };
        self.chain.iter().try_fold(wanted, |validity, one| {
            let issuer = one.view(limits).map_err(|error| AuthorityError::unusable(&error))?.validity();
            if !issuer.contains(now) {
                return Err(AuthorityError::OutOfTime { validity: issuer, now });
            }
            Ok(Validity {
                not_before: validity.not_before.max(issuer.not_before),
                not_after: validity.not_after.min(issuer.not_after),
            })
        })
    }

    async fn sign(
        &self,
        order: &Order<'_>,
        issuer: &Certificate<'_>,
        validity: Validity,
        serial: [u8; 16],
    ) -> Result<Vec<u8>, AuthorityError> {
        let (ocsp, crl): (Vec<&str>, Vec<&str>) =
            (self.ocsp.iter().map(String::as_str).collect(), self.crl.iter().map(String::as_str).collect());
        let role = Role::Signer { ocsp: &ocsp, crl: &crl };
        let request = issue::Request { subject: order.subject, key: order.key, serial, validity, role };
        let mut draft = issue::draft::<TimedKeyError<S::Error>>(&request, Some(issuer), self.key.algorithm())
            .map_err(AuthorityError::issue)?;
        if let Some(uri) = order.uri {
            let names =
                subject_alternative_name(uri).ok_or_else(|| AuthorityError::unusable(&"the URI is not ASCII"))?;
            draft.extensions.push(names);
        }
        issue::seal(&draft, &self.key).await.map_err(AuthorityError::issue)
    }

    /// What a verifier will check, and that the subject is what was ordered.
    fn check(
        &self,
        order: &Order<'_>,
        der: &[u8],
        now: UnixTime,
        limits: &PkiLimits,
    ) -> Result<OwnedCertificate, AuthorityError> {
        let all: Vec<&[u8]> = std::iter::once(der).chain(self.chain.iter().map(OwnedCertificate::der)).collect();
        let options = ChainOptions::new(Profile::NotarySigning);
        let chain = verify_chain(&all, &options, self.provider, None).map_err(AuthorityError::Chain)?;
        chain.valid_at(now).map_err(|error| AuthorityError::unusable(&error))?;
        let subject = DistinguishedName::parse(order.subject).map_err(|error| AuthorityError::unusable(&error))?;
        match subject.matches(&chain.leaf().subject()) {
            Ok(true) => OwnedCertificate::from_der(der, limits).map_err(|error| AuthorityError::unusable(&error)),
            Ok(false) => Err(AuthorityError::unusable(&"the subject would not be the one that was ordered")),
            Err(error) => Err(AuthorityError::unusable(&error)),
        }
    }

    /// Writes the certificate into the ledger: only then it may leave.
    async fn record(&self, order: &Order<'_>, leaf: &Certificate<'_>, now: UnixTime) -> Result<(), AuthorityError> {
        let key = Digest::sha256_of(order.key.spki_der());
        let token = order.request.and_then(|request| request.token.parse::<Digest>().ok());
        let serial = leaf.serial().to_vec();
        let entry = Entry::Issued {
            serial: hex(&serial),
            subject: leaf.subject().to_string(),
            not_before: leaf.validity().not_before.to_string(),
            not_after: leaf.validity().not_after.to_string(),
            certificate: leaf.digest().to_string(),
            key: key.to_string(),
            request: order.request.cloned(),
        };
        let ledger = self.ledger.clone();
        // Waits for the lock and for the disk.
        let written = tokio::task::spawn_blocking(move || {
            ledger.add_if(now, |index| {
                if index.knows(&serial) {
                    return Err(AuthorityError::Random);
                }
                match token.and_then(|token| index.used_for(&token)) {
                    Some(other) if other != key => Err(AuthorityError::TokenReused),
                    _ => Ok(entry),
                }
            })
        });
        written.await.map_err(|_| AuthorityError::unusable(&"the ledger was not written"))?
    }
}

impl<S> fmt::Debug for Authority<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("chain", &self.chain.len())
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}

/// `GeneralNames` with one `uniformResourceIdentifier` (RFC 5280, 4.2.1.6).
fn subject_alternative_name(uri: &str) -> Option<DraftExtension> {
    let tag = Tag::ContextSpecific { constructed: false, number: TagNumber(6) };
    let name = uri.is_ascii().then_some(uri)?;
    let name = AnyRef::new(tag, name.as_bytes()).ok()?.to_der().ok()?;
    let value = AnyRef::new(Tag::Sequence, &name).ok()?.to_der().ok()?;
    Some(DraftExtension { oid: SUBJECT_ALT_NAME, critical: false, value })
}

const SUBJECT_ALT_NAME: spki::ObjectIdentifier = spki::ObjectIdentifier::new_unwrap("2.5.29.17");

/// Seconds by which certificates begin before they are issued, since the clocks of verifiers differ.
const BACKDATE: u64 = 30;
