//! A verification as data, for output and for other programs.

use super::{CheckOutcome, CheckResult, Countersigner, SignatureClaims, SignatureTimestamp, Verification};
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Class, Classify, UnixTime};
use plimsoll_pki::revocation::{CertificateReport, Status};
use serde::Serialize;

/// A verification with every check. The names of the fields are stable; new ones may be added.
///
/// What stands under `signature` is what the signature says, and counts only if `verified` is true. `timestamp` is there only if it holds,
/// and is never mixed with the `claimed_signing_time`.
///
/// Foreign text is not escaped: JSON does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct VerificationReport {
    /// `jws` or `cose`.
    pub format: Option<&'static str>,
    /// Whether every check held that the policy does not skip.
    pub verified: bool,
    /// Whether no enforced check failed.
    pub accepted: bool,
    /// The five checks, in order.
    pub checks: Vec<CheckReport>,
    /// What the signature says, if its bytes hold.
    pub signature: Option<SignatureReport>,
    /// The timestamp, if it was looked at and holds.
    pub timestamp: Option<TimestampReport>,
    /// What was found out about the revocation of each certificate.
    pub revocation: Vec<CertificateStatusReport>,
    /// What the specification lets pass, and people should know.
    pub warnings: Vec<String>,
    /// From when the verification would come out the same.
    pub valid_from: Option<String>,
    /// Until when.
    pub valid_until: Option<String>,
}

/// One check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// `integrity`, `authenticity`, `authenticTimestamp`, `expiry` or `revocation`.
    #[serde(rename = "type")]
    pub check: &'static str,
    /// `enforce`, `log` or `skip`.
    pub action: &'static str,
    /// `held`, `failed`, `skipped` or `not-reached`.
    pub outcome: &'static str,
    /// The denial code of a failure.
    pub code: Option<&'static str>,
    /// `malformed`, `untrusted` or `unavailable`.
    pub class: Option<&'static str>,
    /// What was expected and what was found.
    pub message: Option<String>,
}

/// What a signature says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct SignatureReport {
    /// The subject of the signing certificate.
    pub subject: String,
    /// SHA-256 of the signing certificate.
    pub leaf: String,
    /// SHA-256 of its public key.
    pub key: String,
    /// The trust store that holds the anchor.
    pub store: Option<String>,
    /// SHA-256 of the anchor.
    pub anchor: Option<String>,
    /// `notary.x509` or `notary.x509.signingAuthority`.
    pub signing_scheme: &'static str,
    /// The signing time that it states.
    pub claimed_signing_time: String,
    /// The time from which it does not count.
    pub expiry: Option<String>,
    /// The signed user metadata.
    pub metadata: BTreeMap<String, String>,
    /// Who signed it along and is trusted; left out if nobody is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countersigners: Vec<CountersignerReport>,
}

/// A second signer of a signature, who is trusted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct CountersignerReport {
    /// The subject of the certificate.
    pub subject: String,
    /// SHA-256 of the certificate.
    pub leaf: String,
    /// SHA-256 of its public key.
    pub key: String,
    /// How it signed, such as `ML-DSA-65`.
    pub algorithm: &'static str,
    /// The trust store that holds the anchor.
    pub store: String,
    /// SHA-256 of the anchor.
    pub anchor: String,
}

/// A timestamp that holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct TimestampReport {
    /// The first second at which it can have been made.
    pub earliest: String,
    /// The last.
    pub latest: String,
    /// The subject of the authority's certificate.
    pub subject: String,
    /// SHA-256 of that certificate.
    pub authority: String,
    /// The trust store that holds the anchor of its chain.
    pub store: Option<String>,
    /// The policy of the authority.
    pub policy: String,
}

/// What was found out about the revocation of one certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct CertificateStatusReport {
    /// Its place in the chain, from 0.
    pub index: usize,
    /// Its subject.
    pub subject: String,
    /// `good`, `excused`, `non-revokable`, `not-revocable`, `revoked` or `unknown`.
    pub status: &'static str,
    /// Who said so.
    pub source: Option<String>,
    /// Who said nothing before, and why.
    pub attempts: Vec<String>,
}

impl VerificationReport {
    /// The report as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Neither a map with keys other than text nor a failing `Serialize` is in there.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Verification {
    /// The verification as data.
    #[must_use]
    pub fn report(&self) -> VerificationReport {
        let certificates = self.revocation().map(plimsoll_pki::revocation::RevocationReport::certificates);
        let warnings = self.claims().map(|claims| claims.warnings.as_slice()).unwrap_or_default();
        let bound = |time: UnixTime, none: UnixTime| (time != none).then(|| time.to_string());
        VerificationReport {
            format: self.format().map(crate::Format::as_str),
            verified: self.verified().is_some(),
            accepted: self.is_accepted(),
            checks: self.checks().iter().map(check).collect(),
            signature: self.claims().map(signature),
            timestamp: self.timestamp().map(timestamp),
            revocation: certificates.unwrap_or_default().iter().map(status).collect(),
            warnings: warnings.iter().map(ToString::to_string).collect(),
            valid_from: bound(self.horizon().from, UnixTime::MIN),
            valid_until: bound(self.horizon().until, UnixTime::MAX),
        }
    }
}

fn check(result: &CheckResult) -> CheckReport {
    let failure = result.failure();
    CheckReport {
        check: result.check.as_str(),
        action: result.action.as_str(),
        outcome: match result.outcome {
            CheckOutcome::Failed(_) => "failed",
            CheckOutcome::Held => "held",
            CheckOutcome::NotReached => "not-reached",
            CheckOutcome::Skipped => "skipped",
        },
        code: failure.map(|error| error.code().name()),
        class: failure.map(|error| match error.class() {
            Class::Malformed => "malformed",
            Class::Unavailable => "unavailable",
            Class::Untrusted => "untrusted",
        }),
        message: failure.map(ToString::to_string),
    }
}

fn signature(claims: &SignatureClaims) -> SignatureReport {
    SignatureReport {
        subject: claims.subject.to_string(),
        leaf: claims.leaf.to_string(),
        key: claims.spki.to_string(),
        store: claims.anchor.as_ref().map(|anchor| anchor.store.to_string()),
        anchor: claims.anchor.as_ref().map(|anchor| anchor.digest.to_string()),
        signing_scheme: claims.scheme.as_str(),
        claimed_signing_time: claims.signing_time.to_string(),
        expiry: claims.expiry.map(|time| time.to_string()),
        metadata: claims.metadata.clone(),
        countersigners: claims.countersigners.iter().map(countersigner).collect(),
    }
}

fn countersigner(one: &Countersigner) -> CountersignerReport {
    CountersignerReport {
        subject: one.subject.to_string(),
        leaf: one.leaf.to_string(),
        key: one.spki.to_string(),
        algorithm: plimsoll_envelope::algorithm_name(one.algorithm).unwrap_or_default(),
        store: one.anchor.store.to_string(),
        anchor: one.anchor.digest.to_string(),
    }
}

fn timestamp(found: &SignatureTimestamp) -> TimestampReport {
    TimestampReport {
        earliest: found.earliest.to_string(),
        latest: found.latest.to_string(),
        subject: found.subject.to_string(),
        authority: found.authority.to_string(),
        store: found.anchor.as_ref().map(|anchor| anchor.store.to_string()),
        policy: found.policy.to_string(),
    }
}

fn status(report: &CertificateReport) -> CertificateStatusReport {
    CertificateStatusReport {
        index: report.which.index,
        subject: report.which.subject.to_string(),
        status: match report.status {
            Status::Excused(_) => "excused",
            Status::Good => "good",
            Status::NonRevokable => "non-revokable",
            Status::NotRevocable => "not-revocable",
            Status::Revoked(_) => "revoked",
            _ => "unknown",
        },
        source: report.source.as_ref().map(ToString::to_string),
        attempts: report.attempts.iter().map(ToString::to_string).collect(),
    }
}
