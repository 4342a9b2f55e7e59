//! The verification of one signature: five checks, each with its outcome and the action that the level gives it.

mod error;
mod outcome;

pub use error::VerificationError;
pub use outcome::{
    CheckOutcome, CheckResult, FoundAnchor, SignatureClaims, SignatureWarning, Verification, VerifiedSignature,
};

use crate::{
    CheckedEnvelope, Envelope, Format, SigningScheme, TargetArtifact, TrustContext,
    policy::{Action, Check, Level, StoreType, TrustedIdentity, VerifyTimestamp},
};
use outcome::Standing;
use plimsoll_core::{Descriptor, Digest, Escaped, Horizon, Provider, TrustedTime, UnixTime};
use plimsoll_pki::{Anchor, SubjectError};

/// Verifies one signature from memory: the bytes of an envelope, against the artifact that it must be about.
///
/// The steps and their order are those of [trust-store-trust-policy.md, Signature Verification details][spec]: integrity (form,
/// signature, attributes, chain, payload, target, required metadata), authenticity (trust store, then identity), authentic
/// timestamp, expiry, revocation. A failure of integrity is enforced at every level and ends the verification.
///
/// # Security
/// - Nothing is fetched. Where the chain names an OCSP responder or a CRL, revocation is judged not supported, as is the
///   timestamp where the statement has a `tsa` store and asks for one, and a signature that names a plugin.
/// - A check that the level only logs leaves the signature a claim: [`Verification::verified`] gives nothing then.
///
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#signature-verification-details
#[must_use]
pub fn verify_signature(
    envelope: &[u8],
    media_type: &str,
    target: &Descriptor,
    trust: &TrustContext,
    at: UnixTime,
    crypto: Provider<'_>,
) -> Verification {
    if trust.statement().level() == Level::Skip {
        return Verification::skipped();
    }
    let verifier = Verifier { trust, at };
    let format = Format::of_media_type(media_type);
    let envelope = match Envelope::parse(envelope, media_type) {
        Ok(envelope) => envelope,
        Err(error) => return verifier.broken(format, error.into()),
    };
    let checked = match envelope.check(crypto, |scheme| trust.anchors(scheme).ok()) {
        Ok(checked) => checked,
        Err(error) => return verifier.broken(format, error.into()),
    };
    verifier.judge(&checked, target)
}

struct Verifier<'v> {
    trust: &'v TrustContext,
    at: UnixTime,
}

impl Verifier<'_> {
    fn action(&self, check: Check) -> Action {
        self.trust.statement().action(check)
    }
    fn broken(&self, format: Option<Format>, error: VerificationError) -> Verification {
        Verification::broken(format, error, |check| self.action(check))
    }
    fn judge(&self, checked: &CheckedEnvelope<'_>, target: &Descriptor) -> Verification {
        let payload = match self.payload(checked, target) {
            Ok(payload) => payload,
            Err(error) => return self.broken(Some(checked.format()), error),
        };
        let (authenticity, anchor) = match self.authenticity(checked) {
            Ok(anchor) => (Ok(()), Some(anchor)),
            Err(error) => (Err(error), None),
        };
        let outcomes = [
            (Check::Integrity, demands(checked)),
            (Check::Authenticity, authenticity),
            (Check::AuthenticTimestamp, self.timestamp(checked)),
            (Check::Expiry, self.expiry(checked)),
            (Check::Revocation, self.revocation(checked)),
        ];
        let checks = outcomes.map(|(check, outcome)| CheckResult::of(check, self.action(check), outcome));
        let claims = claims(checked, &payload, anchor);
        let time = match checked.attributes().scheme {
            SigningScheme::X509 => TrustedTime::Clock(self.at),
            SigningScheme::X509SigningAuthority => {
                let time = claims.signing_time;
                TrustedTime::Attested { earliest: time, latest: time, authority: claims.leaf }
            }
        };
        let horizon = self.horizon(checked);
        let standing = Standing::of(&checks, claims, time, horizon);
        Verification::new(Some(checked.format()), checks, standing, horizon)
    }

    /// What the signature is about. None of this can be logged and let pass.
    fn payload<'s>(
        &self,
        checked: &CheckedEnvelope<'s>,
        target: &Descriptor,
    ) -> Result<TargetArtifact<'s>, VerificationError> {
        let payload = checked.target()?;
        payload.check_is(target)?;
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

    fn authenticity(&self, checked: &CheckedEnvelope<'_>) -> Result<&Anchor, VerificationError> {
        let scheme = checked.attributes().scheme;
        let store = self.trust.anchors(scheme).map_err(|failure| VerificationError::Store(failure.clone()))?;
        let anchor = checked.chain().anchored_in(store)?;
        self.identity(checked)?;
        Ok(anchor)
    }

    fn identity(&self, checked: &CheckedEnvelope<'_>) -> Result<(), VerificationError> {
        let subject = checked.chain().leaf().subject();
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

    fn timestamp(&self, checked: &CheckedEnvelope<'_>) -> Result<(), VerificationError> {
        let chain = checked.chain();
        let attributes = checked.attributes();
        if attributes.scheme == SigningScheme::X509SigningAuthority {
            if attributes.signing_time > self.at.saturating_add(CLOCK_SKEW) {
                return Err(VerificationError::FutureSigningTime { at: self.at, found: attributes.signing_time });
            }
            return Ok(chain.valid_at(attributes.signing_time)?);
        }
        let statement = self.trust.statement();
        let wanted = match statement.verification().verify_timestamp() {
            VerifyTimestamp::Always => true,
            VerifyTimestamp::AfterCertExpiry => {
                chain.certificates().iter().any(|one| one.validity().not_after < self.at)
            }
        };
        if wanted && statement.stores_of(StoreType::Tsa).next().is_some() {
            return Err(VerificationError::NotSupported { needs: "the check of a timestamp" });
        }
        Ok(chain.valid_at(self.at)?)
    }

    /// "Fail if the current time is at or after the expiry": the definition; a sentence of the specification says "after".
    fn expiry(&self, checked: &CheckedEnvelope<'_>) -> Result<(), VerificationError> {
        match checked.attributes().expiry {
            Some(expiry) if self.at >= expiry => Err(VerificationError::Expired { expiry, at: self.at }),
            _ => Ok(()),
        }
    }

    fn revocation(&self, checked: &CheckedEnvelope<'_>) -> Result<(), VerificationError> {
        match checked.chain().revocable().next() {
            Some(_) => Err(VerificationError::NotSupported { needs: "the check of revocation by OCSP or CRL" }),
            None => Ok(()),
        }
    }

    /// The span around now in which no check would come out otherwise.
    fn horizon(&self, checked: &CheckedEnvelope<'_>) -> Horizon {
        let attributes = checked.attributes();
        let mut span = Horizon::ALWAYS;
        let mut turn = |time: UnixTime| {
            if time <= self.at { span.from = span.from.max(time) } else { span.until = span.until.min(time) }
        };
        attributes.expiry.into_iter().for_each(&mut turn);
        match attributes.scheme {
            SigningScheme::X509SigningAuthority => turn(attributes.signing_time.saturating_sub(CLOCK_SKEW)),
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

/// What the signature demands of its verifier: a plugin, which may answer for authenticity and revocation, too. It is no
/// matter of the level whether its demands are met.
fn demands(checked: &CheckedEnvelope<'_>) -> Result<(), VerificationError> {
    match checked.attributes().plugin {
        Some(_) => Err(VerificationError::NotSupported { needs: "a verification plugin" }),
        None => Ok(()),
    }
}

fn claims(checked: &CheckedEnvelope<'_>, payload: &TargetArtifact<'_>, anchor: Option<&Anchor>) -> SignatureClaims {
    let attributes = checked.attributes();
    let leaf = checked.chain().leaf();
    SignatureClaims {
        subject: outcome::name(leaf.subject()),
        leaf: leaf.digest(),
        spki: Digest::sha256_of(leaf.public_key().spki_der()),
        anchor: anchor.map(|anchor| FoundAnchor { digest: anchor.digest(), store: anchor.store().clone() }),
        scheme: attributes.scheme,
        signing_time: attributes.signing_time,
        expiry: attributes.expiry,
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
