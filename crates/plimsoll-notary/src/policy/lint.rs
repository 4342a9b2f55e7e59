//! What is allowed in a trust policy, and likely not meant.

use super::{
    Action, BlobTrustPolicy, Check, Level, Scope, Scopes, Statement, StoreName, StoreType, TrustPolicy,
    TrustedIdentity, VerifyTimestamp,
};
use crate::TrustStores;
use alloc::{boxed::Box, format, string::ToString, vec::Vec};
use core::fmt;
use plimsoll_core::{Escaped, UnixTime};
use plimsoll_pki::{Limits, NamedStore};

/// At which time a policy is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LintOptions {
    /// Now.
    pub at: UnixTime,
    /// A root that expires within this many seconds is named: 90 days.
    pub expiring_within: u64,
}

impl LintOptions {
    /// Looks at a policy at this time.
    #[must_use]
    pub fn new(at: UnixTime) -> Self {
        Self { at, expiring_within: 90 * 86_400 }
    }
    /// Sets how long before its end a root is named, in seconds.
    #[must_use]
    pub fn expiring_within(mut self, seconds: u64) -> Self {
        self.expiring_within = seconds;
        self
    }
}

/// Something to think about, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Lint {
    /// The place, such as `trustPolicies[0].trustStores[1]`.
    pub path: Box<str>,
    /// What is there.
    pub kind: LintKind,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.kind)
    }
}

/// What a [`Lint`] says.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LintKind {
    /// The timestamp of a valid chain is not looked at.
    #[error(
        "`afterCertExpiry` looks at no timestamp while the chain is valid: a key that was stolen signs until its certificate \
         expires, or is revoked or distrusted"
    )]
    AfterCertExpiry,
    /// Any signer below a store.
    #[error("`*` accepts every signer below the trust stores: anybody with a certificate of theirs can sign")]
    AnyIdentity,
    /// A root has expired.
    #[error("the certificate `{subject}` of `{store}` has expired on {not_after}")]
    Expired {
        /// The store.
        store: StoreName,
        /// The certificate.
        subject: Escaped,
        /// Its last second.
        not_after: UnixTime,
    },
    /// A root expires soon.
    #[error("the certificate `{subject}` of `{store}` expires on {not_after}")]
    Expiring {
        /// The store.
        store: StoreName,
        /// The certificate.
        subject: Escaped,
        /// Its last second.
        not_after: UnixTime,
    },
    /// An identity that only a plugin can compare, and no plugin.
    #[error("the identity `{identity}` needs a plugin, and the statement lists none: it matches no signer")]
    ForeignIdentity {
        /// The identity.
        identity: Escaped,
    },
    /// A level that lets pass what it was told to check, for everything.
    #[error(
        "`{level}` for `*` lets signatures pass that do not hold in every repository without a statement of its own"
    )]
    LaxForAll {
        /// The level.
        level: Level,
    },
    /// A failed check is only logged.
    #[error("a failure of `{check}` is only logged: such a signature is accepted, and vouches for nothing")]
    Logged {
        /// The check.
        check: Check,
    },
    /// Signatures end with their certificates.
    #[error("no `tsa` trust store: a signature stops to count when its certificate expires, timestamp or not")]
    NoTimestampStore,
    /// A scope within that of another statement.
    #[error(
        "`{scope}` lies within `{outer}` of the statement `{statement}`: only the narrower statement counts for it"
    )]
    OverlappingScope {
        /// The scope.
        scope: Escaped,
        /// The wider scope.
        outer: Escaped,
        /// Whose it is.
        statement: Escaped,
    },
    /// A scope that Notation refuses.
    #[error("the scope `{scope}` is an extension: Notation refuses a trust policy that has it")]
    PathScope {
        /// The scope.
        scope: Escaped,
    },
    /// Revocation is not checked.
    #[error("revocation is not checked: a certificate that was withdrawn still signs")]
    RevocationSkipped,
    /// Nothing is checked.
    #[error("`skip` checks no signature")]
    Skip,
    /// A trust store that cannot be used.
    #[error("the trust store `{store}` cannot be used: {why}")]
    Store {
        /// The store.
        store: StoreName,
        /// Why.
        why: Escaped,
    },
    /// A trust store of timestamps that nothing asks for.
    #[error("`{store}` has no effect without a `ca` trust store: only signatures of that kind have timestamps")]
    TimestampStoreWithoutCa {
        /// The store.
        store: StoreName,
    },
    /// `verifyTimestamp` without anything to verify.
    #[error("`verifyTimestamp` has no effect without a `tsa` trust store")]
    VerifyTimestampWithoutStore,
}

/// Looks at a policy for repositories, with its trust stores, as of a time. Nothing here makes it invalid.
///
/// ```
/// use plimsoll_core::UnixTime;
/// use plimsoll_notary::{TrustStores, policy::{LintKind, LintOptions, TrustPolicy, lint}};
/// let policy = TrustPolicy::parse(br#"{"version": "1.0", "trustPolicies": [{
///     "name": "all", "registryScopes": ["*"], "signatureVerification": {"level": "audit"},
///     "trustStores": ["ca:release"], "trustedIdentities": ["*"]
/// }]}"#).unwrap();
/// let found = lint(&policy, &TrustStores::new(), &LintOptions::new(UnixTime::MIN));
/// assert!(found.iter().any(|lint| lint.kind == LintKind::AnyIdentity));
/// ```
#[must_use]
pub fn lint(policy: &TrustPolicy, stores: &TrustStores, options: &LintOptions) -> Vec<Lint> {
    let mut linter = Linter { stores, options, found: Vec::new() };
    for (at, statement) in policy.statements().iter().enumerate() {
        let path = format!("trustPolicies[{at}]");
        linter.scopes(policy, statement, &path);
        linter.statement(statement, &path);
    }
    linter.found
}

/// Looks at a policy for blobs, as [`lint`] does at one for repositories.
#[must_use]
pub fn lint_blob(policy: &BlobTrustPolicy, stores: &TrustStores, options: &LintOptions) -> Vec<Lint> {
    let mut linter = Linter { stores, options, found: Vec::new() };
    for (at, statement) in policy.statements().iter().enumerate() {
        linter.statement(statement, &format!("trustPolicies[{at}]"));
    }
    linter.found
}

struct Linter<'l> {
    stores: &'l TrustStores,
    options: &'l LintOptions,
    found: Vec<Lint>,
}

impl Linter<'_> {
    fn add(&mut self, path: impl Into<Box<str>>, kind: LintKind) {
        self.found.push(Lint { path: path.into(), kind });
    }

    fn scopes(&mut self, policy: &TrustPolicy, statement: &Statement, path: &str) {
        let level = statement.level();
        match statement.scopes() {
            Scopes::All if level != Level::Strict => {
                self.add(format!("{path}.signatureVerification.level"), LintKind::LaxForAll { level });
            }
            Scopes::Repositories(list) => {
                for (at, scope) in list.iter().enumerate() {
                    let path = format!("{path}.registryScopes[{at}]");
                    self.scope(policy, statement, scope, &path);
                }
            }
            _ => {}
        }
    }

    fn scope(&mut self, policy: &TrustPolicy, statement: &Statement, scope: &Scope, path: &str) {
        let shown = Escaped::new(&scope.to_string());
        if matches!(scope, Scope::Below(_)) {
            self.add(path, LintKind::PathScope { scope: shown.clone() });
        }
        for other in policy.statements() {
            let Scopes::Repositories(outer) = other.scopes() else { continue };
            let outer = outer.iter().find(|outer| *outer != scope && outer.contains(scope));
            if let Some(outer) = outer.filter(|_| other.name() != statement.name()) {
                let outer = Escaped::new(&outer.to_string());
                let statement = Escaped::new(other.name());
                self.add(path, LintKind::OverlappingScope { scope: shown.clone(), outer, statement });
            }
        }
    }

    fn statement(&mut self, statement: &Statement, path: &str) {
        if statement.level() == Level::Skip {
            self.add(path, LintKind::Skip);
            return;
        }
        self.checks(statement, &format!("{path}.signatureVerification"));
        self.identities(statement, path);
        self.timestamps(statement, path);
        for (at, name) in statement.trust_stores().iter().enumerate() {
            self.store(name, &format!("{path}.trustStores[{at}]"));
        }
    }

    fn checks(&mut self, statement: &Statement, path: &str) {
        for check in Check::ALL {
            match statement.action(check) {
                Action::Enforce => {}
                Action::Log => self.add(path, LintKind::Logged { check }),
                Action::Skip => self.add(path, LintKind::RevocationSkipped),
            }
        }
    }

    fn identities(&mut self, statement: &Statement, path: &str) {
        for (at, identity) in statement.trusted_identities().iter().enumerate() {
            let kind = match identity {
                TrustedIdentity::Any => LintKind::AnyIdentity,
                TrustedIdentity::Foreign(text) if statement.extension().plugins.is_empty() => {
                    LintKind::ForeignIdentity { identity: Escaped::new(text) }
                }
                _ => continue,
            };
            self.add(format!("{path}.trustedIdentities[{at}]"), kind);
        }
    }

    fn timestamps(&mut self, statement: &Statement, path: &str) {
        let after = statement.verification().verify_timestamp() == VerifyTimestamp::AfterCertExpiry;
        let names = |kind| statement.stores_of(kind).next();
        match (names(StoreType::Ca), names(StoreType::Tsa)) {
            (Some(_), None) => {
                self.add(format!("{path}.trustStores"), LintKind::NoTimestampStore);
                if after {
                    let path = format!("{path}.signatureVerification.verifyTimestamp");
                    self.add(path, LintKind::VerifyTimestampWithoutStore);
                }
            }
            (Some(_), Some(_)) if after => {
                self.add(format!("{path}.signatureVerification.verifyTimestamp"), LintKind::AfterCertExpiry);
            }
            (None, Some(store)) => {
                let kind = LintKind::TimestampStoreWithoutCa { store: store.clone() };
                self.add(format!("{path}.trustStores"), kind);
            }
            _ => {}
        }
    }

    fn store(&mut self, name: &StoreName, path: &str) {
        match self.stores.get(name) {
            None => {
                let kind = LintKind::Store { store: name.clone(), why: Escaped::new("there is none of that name") };
                self.add(path, kind);
            }
            Some(Err(failure)) => {
                let kind = LintKind::Store { store: name.clone(), why: Escaped::new(&failure.message) };
                self.add(path, kind);
            }
            Some(Ok(store)) => self.anchors(&store.clone(), path),
        }
    }

    fn anchors(&mut self, store: &NamedStore, path: &str) {
        let soon = self.options.at.saturating_add(self.options.expiring_within);
        for anchor in store.anchors() {
            // A certificate of a store was read when the store was loaded.
            let Ok(certificate) = anchor.certificate().view(&Limits::default()) else { continue };
            let not_after = certificate.validity().not_after;
            if not_after >= soon {
                continue;
            }
            let store = store.name().clone();
            let subject = Escaped::new(&certificate.subject().to_string());
            let kind = if not_after < self.options.at {
                LintKind::Expired { store, subject, not_after }
            } else {
                LintKind::Expiring { store, subject, not_after }
            };
            self.add(path, kind);
        }
    }
}

#[cfg(test)]
mod tests;
