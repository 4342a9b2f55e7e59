use super::*;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::Failure;
use plimsoll_testkit::pki::{KeySpec, NOW, TestCa};

fn found(level: &str, stores: &str, identities: &str, more: &str) -> Vec<String> {
    let text = format!(
        r#"{{"version": "1.0", "trustPolicies": [{{"name": "n", "registryScopes": ["*"],
        "signatureVerification": {{{level}}}, "trustStores": [{stores}], "trustedIdentities": [{identities}]{more}}}]}}"#
    );
    let policy = TrustPolicy::parse(text.as_bytes()).unwrap();
    let ca = TestCa::new(KeySpec::P256);
    let mut all = TrustStores::new();
    all.add(ca.named_store("ca:s"));
    all.add(ca.named_store("tsa:t"));
    all.add_failed("ca:broken".parse().unwrap(), Failure::new(plimsoll_core::code::NOT_SUPPORTED, "a reason"));
    let place = |lint: &Lint| lint.to_string().replace("trustPolicies[0]", "");
    lint(&policy, &all, &LintOptions::new(NOW).expiring_within(0)).iter().map(place).collect()
}

const STRICT: &str = r#""level": "strict""#;
const NAMED: &str = r#""x509.subject: C=NL,ST=G,O=S""#;

// attack: A-225
#[test]
fn a_good_policy_has_no_lint_and_a_wildcard_has_one() {
    assert_eq!(found(STRICT, r#""ca:s", "tsa:t""#, NAMED, ""), [""; 0]);
    assert_eq!(
        found(STRICT, r#""ca:s", "tsa:t""#, "\"*\"", ""),
        [
            ".trustedIdentities[0]: `*` accepts every signer below the trust stores: anybody with a certificate of theirs can sign"
        ]
    );
}

#[test]
fn timestamps_that_are_missing_or_unused_are_named() {
    let none =
        ".trustStores: no `tsa` trust store: a signature stops to count when its certificate expires, timestamp or not";
    assert_eq!(found(STRICT, r#""ca:s""#, NAMED, ""), [none]);
    let after = r#""level": "strict", "verifyTimestamp": "afterCertExpiry""#;
    assert_eq!(
        found(after, r#""ca:s""#, NAMED, ""),
        [none, ".signatureVerification.verifyTimestamp: `verifyTimestamp` has no effect without a `tsa` trust store"]
    );
    let semantics = found(after, r#""ca:s", "tsa:t""#, NAMED, "");
    assert!(
        semantics[0].starts_with(".signatureVerification.verifyTimestamp: `afterCertExpiry` looks at no timestamp")
    );
    let authority = found(STRICT, r#""signingAuthority:a", "tsa:t""#, NAMED, "");
    assert_eq!(
        authority[0],
        ".trustStores: `tsa:t` has no effect without a `ca` trust store: only signatures of that kind have timestamps"
    );
}

#[test]
fn levels_that_let_pass_are_named() {
    let audit = found(r#""level": "audit", "override": {"revocation": "skip"}"#, r#""ca:s", "tsa:t""#, NAMED, "");
    assert_eq!(
        audit[0],
        ".signatureVerification.level: `audit` for `*` lets signatures pass that do not hold in every repository without a \
         statement of its own"
    );
    assert_eq!(
        audit[1],
        ".signatureVerification: a failure of `authenticity` is only logged: such a signature is accepted, and vouches for \
         nothing"
    );
    assert_eq!(
        audit.last().unwrap(),
        ".signatureVerification: revocation is not checked: a certificate that was withdrawn still signs"
    );
    let skip = r#"{"version": "1.0", "trustPolicies": [{"name": "n", "registryScopes": ["reg.test/a"],
        "signatureVerification": {"level": "skip"}}]}"#;
    let policy = TrustPolicy::parse(skip.as_bytes()).unwrap();
    let found = lint(&policy, &TrustStores::new(), &LintOptions::new(NOW));
    assert_eq!(found[0].to_string(), "trustPolicies[0]: `skip` checks no signature");
}

#[test]
fn stores_are_looked_into() {
    assert_eq!(
        found(STRICT, r#""ca:s", "tsa:t", "ca:broken", "ca:other""#, NAMED, ""),
        [
            ".trustStores[2]: the trust store `ca:broken` cannot be used: a reason",
            ".trustStores[3]: the trust store `ca:other` cannot be used: there is none of that name"
        ]
    );
    let text = format!(
        r#"{{"version": "1.0", "trustPolicies": [{{"name": "n", "registryScopes": ["reg.test/a"],
        "signatureVerification": {{{STRICT}}}, "trustStores": ["ca:s"], "trustedIdentities": [{NAMED}]}}]}}"#
    );
    let policy = TrustPolicy::parse(text.as_bytes()).unwrap();
    let ca = TestCa::new(KeySpec::P256);
    let mut stores = TrustStores::new();
    stores.add(ca.named_store("ca:s"));
    let end = ca.named_store("ca:s").anchors()[0].certificate().view(&Limits::default()).unwrap().validity().not_after;
    let shown = |at, within| {
        let found = lint(&policy, &stores, &LintOptions::new(at).expiring_within(within));
        found
            .into_iter()
            .map(|one| one.kind)
            .find(|kind| matches!(kind, LintKind::Expired { .. } | LintKind::Expiring { .. }))
    };
    assert_eq!(shown(end.saturating_sub(10), 10), None);
    assert!(matches!(shown(end.saturating_sub(9), 10), Some(LintKind::Expiring { .. })));
    // RFC 5280, 4.1.2.5: the last second belongs to the validity.
    assert!(matches!(shown(end, 10), Some(LintKind::Expiring { .. })));
    assert!(matches!(shown(end.saturating_add(1), 10), Some(LintKind::Expired { .. })));
}

#[test]
fn scopes_within_others_are_named() {
    let one = |name: &str, scope: &str| {
        format!(
            r#"{{"name": "{name}", "registryScopes": ["{scope}"], "signatureVerification": {{{STRICT}}},
            "trustStores": ["ca:s", "tsa:t"], "trustedIdentities": [{NAMED}]}}"#
        )
    };
    let statements = [one("team", "reg.test/team/*"), one("app", "reg.test/team/app"), one("rest", "*")].join(",");
    let text = format!(r#"{{"version": "1.0", "trustPolicies": [{statements}]}}"#);
    let policy = TrustPolicy::parse(text.as_bytes()).unwrap();
    let found = lint(&policy, &TrustStores::new(), &LintOptions::new(NOW));
    let shown: Vec<_> = found.iter().map(ToString::to_string).filter(|one| one.contains("Scopes")).collect();
    assert_eq!(
        shown,
        [
            "trustPolicies[0].registryScopes[0]: the scope `reg.test/team/*` is an extension: Notation refuses a trust policy \
             that has it",
            "trustPolicies[1].registryScopes[0]: `reg.test/team/app` lies within `reg.test/team/*` of the statement `team`: \
             only the narrower statement counts for it"
        ]
    );
}

#[test]
fn an_identity_for_plugins_needs_one() {
    let stores = r#""ca:s", "tsa:t""#;
    assert_eq!(
        found(STRICT, stores, "\"example.id:a\"", ""),
        [
            ".trustedIdentities[0]: the identity `example.id:a` needs a plugin, and the statement lists none: it matches no signer"
        ]
    );
    assert_eq!(found(STRICT, stores, "\"example.id:a\"", r#", "plimsoll": {"plugins": ["p"]}"#), [""; 0]);
}

#[test]
fn a_policy_for_blobs_is_looked_at_too() {
    let text = format!(
        r#"{{"version": "1.0", "trustPolicies": [{{"name": "files", "globalPolicy": true, "signatureVerification": {{{STRICT}}},
        "trustStores": ["ca:s", "tsa:t"], "trustedIdentities": ["*"]}}]}}"#
    );
    let policy = BlobTrustPolicy::parse(text.as_bytes()).unwrap();
    let ca = TestCa::new(KeySpec::P256);
    let mut stores = TrustStores::new();
    stores.add(ca.named_store("ca:s"));
    stores.add(ca.named_store("tsa:t"));
    let found = lint_blob(&policy, &stores, &LintOptions::new(NOW).expiring_within(0));
    let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "trustPolicies[0].trustedIdentities[0]: `*` accepts every signer below the trust stores: anybody with a certificate \
             of theirs can sign"
        ]
    );
}
