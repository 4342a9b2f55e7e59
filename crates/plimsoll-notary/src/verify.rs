//! The verification of one signature: five checks, each with its outcome and the action that the level gives it.

mod countersigner;
mod error;
mod outcome;
mod plugin;
mod report;
mod time;

use alloc::{borrow::ToOwned, boxed::Box, string::ToString, vec::Vec};
pub use countersigner::Countersigner;
pub use error::VerificationError;
pub use outcome::{
    CheckOutcome, CheckResult, FoundAnchor, SignatureClaims, SignatureTimestamp, SignatureWarning, Verification,
    VerifiedSignature,
};
pub use report::{
    CertificateStatusReport, CheckReport, CountersignerReport, SignatureReport, TimestampReport, VerificationReport,
};

use crate::{
    Answers, Artifact, CheckedEnvelope, Envelope, Format, SigningScheme, TargetArtifact, TrustContext,
    policy::{Action, Check, Level, RevocationDemand, TrustedIdentity, VerifyTimestamp},
};
use outcome::Standing;
use plimsoll_core::{Descriptor, Escaped, Horizon, Missing, Provider, TrustedTime, UnixTime};
use plimsoll_pki::{
    Anchor, ChainError, ChainWarning, Strictness, SubjectError, VerifiedChain,
    revocation::{NoAnswers, Requirement, RevocationReport, RevocationSources, check_chain},
};
use time::Dated;

pub(crate) use time::within_validity;

/// Verifies one signature from memory: the bytes of an envelope, against the artifact that it must be about.
///
/// It is [`Verifier::verify`] with nobody to ask: where the chain names an OCSP responder or a list and no local list knows, the
/// revocation is unknown, and a signature that names a plugin does not hold. The rest, timestamps included, is complete.
#[must_use]
pub fn verify_signature(
    envelope: &[u8],
    media_type: &str,
    target: &Descriptor,
    trust: &TrustContext,
    at: UnixTime,
    crypto: Provider<'_>,
) -> Verification {
    let verifier = Verifier::new(trust, at, crypto);
    // Nobody is asked, so nothing is pending.
    verifier.verify(envelope, media_type, Artifact::Manifest(target), &mut NoAnswers).unwrap_or_else(|_| {
        let error = VerificationError::NotAsked { what: "what the verification needs from outside" };
        verifier.broken(Format::of_media_type(media_type), error)
    })
}

/// Verifies signatures by one statement of a trust policy, at one time.
///
/// The steps and their order are those of [trust-store-trust-policy.md, Signature Verification details][spec]: integrity (form,
/// signature, attributes, chain, payload, target, required metadata, and what the signature demands of its verifier), authenticity
/// (trust store, identity, distrust), authentic timestamp, expiry, revocation, and what a plugin adds. A failure of integrity is
/// enforced at every level.
///
/// # Security
/// - Nothing outside is asked before the envelope holds, its chain meets a trust store that the statement names, its signer is a
///   trusted one (or the statement lists the plugin that says so) and is not distrusted. What is not asked is a failure of its check.
/// - Neither is its timestamp looked at before, whose authority's path would be searched for.
/// - Only plugins that the statement lists are asked.
/// - A check that the level only logs leaves the signature a claim: [`Verification::verified`] gives nothing then.
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#signature-verification-details
#[derive(Clone, Copy, Debug)]
pub struct Verifier<'v> {
    trust: &'v TrustContext,
    at: UnixTime,
    crypto: Provider<'v>,
}

impl<'v> Verifier<'v> {
    /// Verifies by this statement and its stores, at this time.
    #[must_use]
    pub fn new(trust: &'v TrustContext, at: UnixTime, crypto: Provider<'v>) -> Self {
        Self { trust, at, crypto }
    }
    /// Verifies one signature.
    ///
    /// ```
    /// use plimsoll_crypto::provider;
    /// use plimsoll_notary::{Artifact, BlobHasher, HashFunction, TrustContext, TrustStores, Verifier, policy::BlobTrustPolicy};
    /// use plimsoll_pki::revocation::NoAnswers;
    /// use plimsoll_testkit::pki::NOW;
    ///
    /// let policy = BlobTrustPolicy::parse(br#"{"version": "1.0", "trustPolicies": [{"name": "files", "globalPolicy": true,
    ///     "signatureVerification": {"level": "strict"}, "trustStores": ["ca:release"], "trustedIdentities": ["*"]}]}"#).unwrap();
    /// let trust = TrustContext::new(policy.applicable(None).unwrap().clone(), &TrustStores::new());
    /// let mut hasher = BlobHasher::new(HashFunction::Sha256).unwrap();
    /// hasher.update(b"a file");
    /// let blob = hasher.finish();
    /// let verifier = Verifier::new(&trust, NOW, provider());
    /// let refused = verifier.verify(b"{}", "application/jose+json", Artifact::Blob(&blob), &mut NoAnswers).unwrap();
    /// assert!(refused.verified().is_none());
    /// ```
    ///
    /// # Errors
    /// [`Missing::Pending`], when something was asked now: run it again once there are answers. Everything else is an outcome.
    pub fn verify<A: Answers + ?Sized>(
        &self,
        envelope: &[u8],
        media_type: &str,
        target: Artifact<'_>,
        ask: &mut A,
    ) -> Result<Verification, Missing> {
        if self.trust.statement().level() == Level::Skip {
            return Ok(Verification::skipped());
        }
        let format = Format::of_media_type(media_type);
        let envelope = match Envelope::parse(envelope, media_type) {
            Ok(envelope) => envelope,
            Err(error) => return Ok(self.broken(format, error.into())),
        };
        let checked = match envelope.check(self.crypto, |scheme| self.trust.anchors(scheme).ok()) {
            Ok(checked) => checked,
            Err(error) => return Ok(self.broken(format, error.into())),
        };
        if let Err(error) = self.wise(checked.chain().warnings()) {
            return Ok(self.broken(format, error));
        }
        match self.payload(&checked, target) {
            Ok(payload) => self.judge(&checked, &payload, ask),
            Err(error) => Ok(self.broken(format, error)),
        }
    }

    /// Under a statement that wants certificates to be strict, what is unwise in a chain is a failure, as it is under [`Strictness::Strict`]. What a memory
    /// proved of a chain it proved for every statement.
    fn wise<'w>(&self, warnings: impl IntoIterator<Item = &'w ChainWarning>) -> Result<(), VerificationError> {
        match (self.trust.statement().extension().certificates, warnings.into_iter().next()) {
            (Strictness::Strict, Some(warning)) => {
                Err(VerificationError::Envelope(ChainError::Strict(warning.clone()).into()))
            }
            _ => Ok(()),
        }
    }
    fn action(&self, check: Check) -> Action {
        self.trust.statement().action(check)
    }
    fn broken(&self, format: Option<Format>, error: VerificationError) -> Verification {
        Verification::broken(format, error, |check| self.action(check))
    }

    fn judge<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        payload: &TargetArtifact<'_>,
        ask: &mut A,
    ) -> Result<Verification, Missing> {
        let signer = self.signer(checked);
        // Every question of this round is asked before any that is open ends it.
        let plugin = self.plugin(checked, &signer, ask);
        let compares = plugin.as_ref().is_ok_and(plugin::Asked::checks_identity);
        let dated = self.dated(checked, &signer, compares, ask);
        let time = dated.as_ref().ok().and_then(Dated::authentic_time);
        let revocation = match &plugin {
            Ok(plugin) => self.revocation(checked, &signer, plugin, time, ask),
            Err(_) => Err(Missing::Pending),
        };
        let seconded = self.seconded(checked, &signer, ask);
        let (plugin, dated, revocation, seconded) = (plugin?, dated?, revocation?, seconded?);
        let said = self.ask_plugin(checked, plugin, ask)?;

        let authenticity = self.authenticity(checked, &signer, &dated, &said);
        let (revoked, report) = revocation.said(said.revocation);
        let outcomes = [
            (Check::Integrity, said.demands),
            (Check::Authenticity, authenticity),
            (Check::AuthenticTimestamp, dated.outcome),
            (Check::Expiry, self.expiry(checked)),
            (Check::Revocation, revoked),
        ];
        let checks = outcomes.map(|(check, outcome)| CheckResult::of(check, self.action(check), outcome));
        let mut claims = claims(checked, payload, signer.anchor.ok());
        claims.warnings.extend(dated.warnings);
        claims.warnings.extend(seconded.warnings);
        claims.countersigners = seconded.by;
        let mut horizon = self.horizon(checked, dated.timestamp.is_some());
        horizon = horizon.and(dated.horizon).and(seconded.horizon);
        horizon = report.as_deref().map_or(horizon, |report| horizon.and(report.horizon()));
        if said.asked {
            // What a plugin says next, nobody knows.
            horizon = horizon.and(Horizon::new(self.at, self.at.saturating_add(1)));
        }
        let time = self.trusted_time(&claims, dated.timestamp.as_ref());
        let standing = Standing::of(&checks, claims, time, horizon);
        Ok(Verification::new(Some(checked.format()), checks, standing, horizon).with(dated.timestamp, report))
    }

    fn trusted_time(&self, claims: &SignatureClaims, timestamp: Option<&SignatureTimestamp>) -> TrustedTime {
        let attested = |earliest, latest, authority| TrustedTime::Attested { earliest, latest, authority };
        match (claims.scheme, timestamp) {
            (SigningScheme::X509SigningAuthority, _) => attested(claims.signing_time, claims.signing_time, claims.leaf),
            (SigningScheme::X509, Some(found)) => attested(found.earliest, found.latest, found.authority),
            (SigningScheme::X509, None) => TrustedTime::Clock(self.at),
        }
    }

    /// What the signature is about. None of this can be logged and let pass.
    fn payload<'s>(
        &self,
        checked: &CheckedEnvelope<'s>,
        target: Artifact<'_>,
    ) -> Result<TargetArtifact<'s>, VerificationError> {
        let payload = checked.target()?;
        match target {
            Artifact::Blob(blob) => payload.check_is_blob(blob)?,
            Artifact::Manifest(manifest) => payload.check_is(manifest)?,
        }
        let required = self.trust.required_metadata();
        payload.check_metadata(required.iter().map(|(key, value)| (key.as_str(), value.as_str())))?;
        // "Unknown critical attributes MUST fail": notation lets them pass where no plugin is named.
        match checked.attributes().unknown_critical().next() {
            Some(name) if checked.attributes().plugin.is_none() => {
                Err(VerificationError::UnknownCritical { name: Escaped::new(name) })
            }
            _ => Ok(payload),
        }
    }

    /// Who signed, as far as it is known without asking anybody.
    fn signer(&self, checked: &CheckedEnvelope<'_>) -> Signer<'v> {
        let chain = checked.chain();
        let anchors = self.trust.anchors(checked.attributes().scheme);
        let anchor = anchors.map_err(|failure| VerificationError::Store(failure.clone()));
        let anchor = anchor.and_then(|store| Ok(chain.anchored_in(store)?));
        let identity = self.identity(checked);
        // No time whatever would save the chain.
        let lost = self.trust.distrust().check(chain, Some(UnixTime::MIN..=UnixTime::MIN)).is_err();
        Signer { anchor, identity, lost }
    }

    fn authenticity(
        &self,
        checked: &CheckedEnvelope<'_>,
        signer: &Signer<'_>,
        dated: &Dated,
        said: &plugin::Said,
    ) -> Result<(), VerificationError> {
        if let Err(error) = &signer.anchor {
            return Err(error.clone());
        }
        match &said.identity {
            Some(said) => said.clone()?,
            None => signer.identity.clone()?,
        }
        let proven = dated.timestamp.as_ref().map(|found| found.earliest..=found.latest);
        Ok(self.trust.distrust().check(checked.chain(), proven)?)
    }

    fn identity(&self, checked: &CheckedEnvelope<'_>) -> Result<(), VerificationError> {
        self.trusted_subject(checked.chain())
    }

    fn trusted_subject(&self, chain: &VerifiedChain<'_>) -> Result<(), VerificationError> {
        let subject = chain.leaf().subject();
        let mut not_comparable: Option<SubjectError> = None;
        for identity in self.trust.statement().trusted_identities() {
            match identity {
                TrustedIdentity::Any => return Ok(()),
                TrustedIdentity::Foreign(_) => {}
                TrustedIdentity::Subject(wanted) => match wanted.matches(&subject) {
                    Ok(true) => return Ok(()),
                    Ok(false) => {}
                    Err(error) => not_comparable = Some(error),
                },
            }
        }
        Err(match not_comparable {
            Some(error) => VerificationError::Subject(error),
            None => VerificationError::Identity {
                statement: Escaped::new(self.trust.statement().name()),
                subject: Escaped::new(&subject.to_string()),
            },
        })
    }

    /// "Fail if the current time is at or after the expiry": the definition; a sentence of the specification says "after".
    fn expiry(&self, checked: &CheckedEnvelope<'_>) -> Result<(), VerificationError> {
        match checked.attributes().expiry {
            Some(expiry) if self.at >= expiry => Err(VerificationError::Expired { expiry, at: self.at }),
            _ => Ok(()),
        }
    }

    /// The native check of revocation.
    fn revocation<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        signer: &Signer<'_>,
        plugin: &plugin::Asked,
        authentic_time: Option<UnixTime>,
        ask: &mut A,
    ) -> Result<Revocation, Missing> {
        if self.action(Check::Revocation) == Action::Skip || plugin.checks_revocation() {
            return Ok(Revocation::held());
        }
        self.revoked(checked.chain(), signer.may_ask(plugin.checks_identity()), authentic_time, ask)
    }

    /// Whether a certificate of a chain was revoked. Without an address in it, a list here or a demand there is nothing to do.
    fn revoked<A: Answers + ?Sized>(
        &self,
        chain: &VerifiedChain<'_>,
        may_ask: bool,
        authentic_time: Option<UnixTime>,
        ask: &mut A,
    ) -> Result<Revocation, Missing> {
        let lists = self.trust.revocation_lists();
        let required = self.trust.statement().extension().revocation == RevocationDemand::Required;
        let revocable = chain.revocable().next().is_some();
        if !revocable && !required && lists.is_empty() {
            return Ok(Revocation::held());
        }
        let mut sources = RevocationSources::new().with_lists(lists).with_distrust(self.trust.distrust());
        if required {
            sources = sources.with_requirement(Requirement::Required);
        }
        if let Some(time) = authentic_time {
            sources = sources.with_authentic_time(time);
        }
        let report = if may_ask {
            check_chain(chain, self.at, &sources, ask, self.crypto)?
        } else {
            check_chain(chain, self.at, &sources, &mut crate::answers::Closed, self.crypto)?
        };
        let outcome = report.outcome().map_err(Into::into);
        Ok(Revocation { outcome, report: Some(Box::new(report)) })
    }

    /// The span around now in which no check would come out otherwise.
    fn horizon(&self, checked: &CheckedEnvelope<'_>, timestamped: bool) -> Horizon {
        let attributes = checked.attributes();
        let mut span = Horizon::ALWAYS;
        let mut turn = |time: UnixTime| {
            if time <= self.at { span.from = span.from.max(time) } else { span.until = span.until.min(time) }
        };
        attributes.expiry.into_iter().for_each(&mut turn);
        match attributes.scheme {
            SigningScheme::X509SigningAuthority => turn(attributes.signing_time.saturating_sub(CLOCK_SKEW)),
            // The end of a certificate turns the outcome, or asks for a timestamp; beyond it, only the timestamp counts.
            SigningScheme::X509
                if timestamped
                    && self.trust.statement().verification().verify_timestamp() == VerifyTimestamp::Always => {}
            SigningScheme::X509 => {
                for certificate in checked.chain().certificates() {
                    let valid = certificate.validity().horizon();
                    turn(valid.from);
                    turn(valid.until);
                }
            }
        }
        span
    }
}

/// What is known of the signer without asking anybody.
struct Signer<'v> {
    anchor: Result<&'v Anchor, VerificationError>,
    identity: Result<(), VerificationError>,
    /// Distrusted altogether.
    lost: bool,
}

impl Signer<'_> {
    /// Whether somebody outside may be asked because of this signature. A plugin that compares identities is asked before the
    /// identity is known.
    fn may_ask(&self, plugin_compares: bool) -> bool {
        self.anchor.is_ok() && !self.lost && (plugin_compares || self.identity.is_ok())
    }
}

/// What the native check of revocation found.
struct Revocation {
    outcome: Result<(), VerificationError>,
    report: Option<Box<RevocationReport>>,
}

impl Revocation {
    const fn held() -> Self {
        Self { outcome: Ok(()), report: None }
    }
    /// The outcome of the plugin stands in place of the native one.
    fn said(
        self,
        plugin: Option<Result<(), VerificationError>>,
    ) -> (Result<(), VerificationError>, Option<Box<RevocationReport>>) {
        (plugin.unwrap_or(self.outcome), self.report)
    }
}

fn claims(checked: &CheckedEnvelope<'_>, payload: &TargetArtifact<'_>, anchor: Option<&Anchor>) -> SignatureClaims {
    let attributes = checked.attributes();
    let leaf = checked.chain().leaf_identity();
    SignatureClaims {
        subject: leaf.subject.clone(),
        leaf: leaf.certificate,
        spki: leaf.key,
        anchor: anchor.map(outcome::found),
        scheme: attributes.scheme,
        signing_time: attributes.signing_time,
        expiry: attributes.expiry,
        countersigners: Vec::new(),
        metadata: payload.metadata().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        warnings: warnings(checked),
    }
}

/// What the specification lets pass, and people should know.
fn warnings(checked: &CheckedEnvelope<'_>) -> Vec<SignatureWarning> {
    let attributes = checked.attributes();
    let validity = checked.chain().leaf().validity();
    // Under this scheme the time is the signer's claim, so nothing depends on it.
    let odd = attributes.scheme == SigningScheme::X509 && !validity.contains(attributes.signing_time);
    let odd = odd.then_some(SignatureWarning::SigningTime { claimed: attributes.signing_time, validity });
    checked.chain().warnings().iter().cloned().map(SignatureWarning::Chain).chain(odd).collect()
}

/// Seconds that the clock of a signing authority may be ahead of ours.
const CLOCK_SKEW: u64 = 300;
