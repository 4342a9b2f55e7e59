//! The fact that a signature is.

use crate::{
    CheckOutcome, CheckResult, Countersigner, Format, SignatureClaims, SignatureTimestamp, Verification,
    policy::{Action, Statement},
};
use alloc::{
    borrow::Cow,
    collections::BTreeMap,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use plimsoll_core::{Classify, Code, Digest, Fact, Item, Record, Schema, Type, Value};

/// A signature that a list names: its checks, and what it says as far as its bytes hold.
#[derive(Clone, Debug)]
pub struct SignatureFact {
    manifest: Digest,
    format: Option<Format>,
    claims: Option<Arc<SignatureClaims>>,
    timestamp: Option<SignatureTimestamp>,
    /// The algorithm of each countersigner, and the subject.
    countersigned: BTreeMap<String, String>,
    statement: Arc<str>,
    level: &'static str,
    checks: Vec<CheckRow>,
    accepted: bool,
}

impl SignatureFact {
    /// A signature that was verified, whatever came of it.
    pub(crate) fn new(manifest: Digest, statement: &Statement, verification: &Verification) -> Self {
        Self {
            format: verification.format(),
            countersigned: verification.claims().map(countersigned).unwrap_or_default(),
            claims: verification.claims().cloned().map(Arc::new),
            timestamp: verification.timestamp().cloned(),
            checks: verification.checks().iter().map(CheckRow::of).collect(),
            accepted: verification.is_accepted() && verification.claims().is_some(),
            ..Self::unread(manifest, statement)
        }
    }
    /// A signature whose envelope was not to be had.
    pub(crate) fn unread(manifest: Digest, statement: &Statement) -> Self {
        Self {
            manifest,
            format: None,
            claims: None,
            timestamp: None,
            countersigned: BTreeMap::new(),
            statement: statement.name().into(),
            level: statement.level().as_str(),
            checks: Vec::new(),
            accepted: false,
        }
    }
    /// The same envelope behind another manifest.
    pub(crate) fn behind(&self, manifest: Digest) -> Self {
        Self { manifest, ..self.clone() }
    }
    /// The digest of the signature manifest.
    #[must_use]
    pub fn manifest(&self) -> Digest {
        self.manifest
    }
    /// What the signature says, as far as its bytes hold. Whether it counts, the row says.
    #[must_use]
    pub fn claims(&self) -> Option<&SignatureClaims> {
        self.claims.as_deref()
    }
    /// The timestamp, if it was looked at and holds.
    #[must_use]
    pub fn timestamp(&self) -> Option<&SignatureTimestamp> {
        self.timestamp.as_ref()
    }
    /// The name of the trust policy statement.
    #[must_use]
    pub fn statement(&self) -> &str {
        &self.statement
    }
    /// Whether the trust policy lets it pass: no enforced check failed. It counts only if no logged one failed either.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.accepted
    }
    /// The checks, in order; none if there was nothing to check.
    #[must_use]
    pub fn checks(&self) -> &[CheckRow] {
        &self.checks
    }
}

impl Fact for SignatureFact {
    const SCHEMA: &'static Schema = &SIGNATURE;
}

impl Record for SignatureFact {
    fn schema(&self) -> &'static Schema {
        Self::SCHEMA
    }
    fn field(&self, name: &str) -> Value<'_> {
        let claims = self.claims.as_deref();
        let anchor = claims.and_then(|claims| claims.anchor.as_ref());
        match name {
            "manifest" => Value::Digest(self.manifest),
            "format" => Value::from(self.format.map(Format::as_str)),
            "statement" => Value::from(&*self.statement),
            "level" => Value::from(self.level),
            "checks" => Value::List(&self.checks),
            "countersigned" if claims.is_some() => Value::Map(&self.countersigned),
            "store" => Value::from(anchor.map(|anchor| &**anchor.store.as_str())),
            "anchor" => anchor.map_or(Value::Absent, |anchor| Value::Digest(anchor.digest)),
            "timestamp_earliest" => Value::from(self.timestamp.as_ref().map(|found| found.earliest)),
            "timestamp_latest" => Value::from(self.timestamp.as_ref().map(|found| found.latest)),
            "timestamp_authority" => {
                self.timestamp.as_ref().map_or(Value::Absent, |found| Value::Digest(found.authority))
            }
            name => claims.map_or(Value::Absent, |claims| claimed(claims, name)),
        }
    }
}

/// Of two by one algorithm, the first.
fn countersigned(claims: &SignatureClaims) -> BTreeMap<String, String> {
    let named = |one: &Countersigner| {
        let name = plimsoll_envelope::algorithm_name(one.algorithm)?;
        Some((name.to_string(), one.subject.to_string()))
    };
    claims.countersigners.iter().rev().filter_map(named).collect()
}

fn claimed<'a>(claims: &'a SignatureClaims, name: &str) -> Value<'a> {
    match name {
        "subject" => Value::from(&*claims.subject),
        "leaf" => Value::Digest(claims.leaf),
        "signing_scheme" => Value::from(claims.scheme.as_str()),
        "claimed_signing_time" => Value::Time(claims.signing_time),
        "expiry" => Value::from(claims.expiry),
        "metadata" => Value::Map(&claims.metadata),
        "countersigners" => Value::List(&claims.countersigners),
        _ => Value::Absent,
    }
}

/// One check of a signature, as rules and output see it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CheckRow {
    /// The check.
    pub check: &'static str,
    /// What a failure leads to.
    pub action: Action,
    /// `held`, `failed`, `skipped` or `not-reached`.
    pub outcome: &'static str,
    /// Why it failed.
    pub failure: Option<(Code, Arc<str>)>,
}

impl CheckRow {
    fn of(result: &CheckResult) -> Self {
        let (outcome, failure) = match &result.outcome {
            CheckOutcome::Failed(error) => ("failed", Some((error.code(), error.to_string().into()))),
            CheckOutcome::Held => ("held", None),
            CheckOutcome::NotReached => ("not-reached", None),
            CheckOutcome::Skipped => ("skipped", None),
        };
        Self { check: result.check.as_str(), action: result.action, outcome, failure }
    }
}

impl Record for CheckRow {
    fn schema(&self) -> &'static Schema {
        &CHECK
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "type" => Value::from(self.check),
            "action" => Value::from(self.action.as_str()),
            "outcome" => Value::from(self.outcome),
            "code" => self.failure.as_ref().map_or(Value::Absent, |(code, _)| Value::Text(Cow::Borrowed(code.name()))),
            _ => Value::Absent,
        }
    }
}

impl Item for CheckRow {
    fn value(&self) -> Value<'_> {
        Value::Record(self)
    }
}

impl Record for Countersigner {
    fn schema(&self) -> &'static Schema {
        &COUNTERSIGNER
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "subject" => Value::from(&*self.subject),
            "leaf" => Value::Digest(self.leaf),
            "key" => Value::Digest(self.spki),
            "algorithm" => Value::from(plimsoll_envelope::algorithm_name(self.algorithm)),
            "store" => Value::from(&**self.anchor.store.as_str()),
            _ => Value::Absent,
        }
    }
}

impl Item for Countersigner {
    fn value(&self) -> Value<'_> {
        Value::Record(self)
    }
}

static COUNTERSIGNER: Schema = Schema {
    kind: "countersigner",
    version: 1,
    inherited: false,
    fields: &[
        ("subject", Type::Text, "the subject of its certificate, as RFC 4514 writes it"),
        ("leaf", Type::Digest, "SHA-256 of its certificate"),
        ("key", Type::Digest, "SHA-256 of its public key, which is not that of the signer"),
        ("algorithm", Type::Text, "how it signed, such as ML-DSA-65"),
        ("store", Type::Text, "the trust store that holds its anchor"),
    ],
};

static CHECK: Schema = Schema {
    kind: "check",
    version: 1,
    inherited: false,
    fields: &[
        ("type", Type::Text, "integrity, authenticity, authenticTimestamp, expiry or revocation"),
        ("action", Type::Text, "what a failure leads to: enforce, log or skip"),
        ("outcome", Type::Text, "held, failed, skipped or not-reached"),
        ("code", Type::Text, "the denial code of a failure"),
    ],
};

static SIGNATURE: Schema = Schema {
    kind: "signature",
    version: 1,
    inherited: true,
    fields: &[
        ("subject", Type::Text, "the subject of the signing certificate, as RFC 4514 writes it"),
        ("store", Type::Text, "the trust store that holds the anchor, such as ca:release"),
        ("leaf", Type::Digest, "SHA-256 of the signing certificate"),
        ("anchor", Type::Digest, "SHA-256 of the certificate that was found in the trust store"),
        ("format", Type::Text, "jws or cose"),
        ("signing_scheme", Type::Text, "notary.x509 or notary.x509.signingAuthority"),
        ("claimed_signing_time", Type::Time, "the signing time that the signature states"),
        ("expiry", Type::Time, "the time from which the signature does not count"),
        ("statement", Type::Text, "the trust policy statement that judged it"),
        ("level", Type::Text, "the verification level of that statement"),
        ("metadata", Type::Map, "the signed user metadata"),
        ("checks", Type::List(&Type::Record(&CHECK)), "the five checks"),
        ("countersigners", Type::List(&Type::Record(&COUNTERSIGNER)), "who signed the signature along and is trusted"),
        ("countersigned", Type::Map, "the subject of a countersigner, by the name of the algorithm, such as ML-DSA-65"),
        ("manifest", Type::Digest, "the digest of the signature manifest"),
        ("timestamp_earliest", Type::Time, "the first second of a timestamp that holds"),
        ("timestamp_latest", Type::Time, "the last second of a timestamp that holds: the signature is not younger"),
        ("timestamp_authority", Type::Digest, "SHA-256 of the certificate of the time-stamping authority"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::TrustPolicy;

    #[test]
    fn every_field_of_the_schema_is_read_and_no_other() {
        let policy = TrustPolicy::parse(
            br#"{"version":"1.0","trustPolicies":[{"name":"n","registryScopes":["*"],
            "signatureVerification":{"level":"audit"},"trustStores":["ca:s"],"trustedIdentities":["*"]}]}"#,
        )
        .unwrap();
        let claims = SignatureClaims {
            subject: "CN=x".into(),
            leaf: Digest::sha256_of(b"leaf"),
            spki: Digest::sha256_of(b"key"),
            anchor: Some(crate::FoundAnchor { digest: Digest::sha256_of(b"root"), store: "ca:s".parse().unwrap() }),
            scheme: crate::SigningScheme::X509,
            signing_time: plimsoll_core::UnixTime::MIN,
            expiry: Some(plimsoll_core::UnixTime::MAX),
            countersigners: Vec::new(),
            metadata: Default::default(),
            warnings: Vec::new(),
        };
        let fact = SignatureFact {
            format: Some(Format::Jws),
            claims: Some(Arc::new(claims)),
            timestamp: Some(SignatureTimestamp {
                earliest: plimsoll_core::UnixTime::MIN,
                latest: plimsoll_core::UnixTime::MAX,
                subject: "CN=tsa".into(),
                authority: Digest::sha256_of(b"tsa"),
                anchor: None,
                policy: "1.2.3".into(),
            }),
            ..SignatureFact::unread(Digest::sha256_of(b"m"), &policy.statements()[0])
        };
        for (name, ..) in SIGNATURE.fields {
            assert!(!matches!(fact.field(name), Value::Absent), "{name}");
        }
        assert!(matches!(fact.field("other"), Value::Absent));
    }
}
