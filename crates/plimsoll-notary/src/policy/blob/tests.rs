use super::*;
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};

const FILES: &str = r#"{"name": "files", "globalPolicy": true, "signatureVerification": {"level": "strict"},
    "trustStores": ["ca:s"], "trustedIdentities": ["x509.subject: C=NL,ST=G,O=S"]}"#;

fn document(statements: &str) -> String {
    format!(r#"{{"version": "1.0", "trustPolicies": [{statements}]}}"#)
}

fn error(statements: &str) -> String {
    let error = BlobTrustPolicy::parse(document(statements).as_bytes()).unwrap_err().to_string();
    error.strip_prefix("trust policy: ").unwrap_or_default().to_owned()
}

// attack: A-215
// spec: NP-236, NP-237, NP-242
#[test]
fn the_global_statement_is_one_and_does_not_skip() {
    let skip = r#"{"name": "n", "globalPolicy": true, "signatureVerification": {"level": "skip"}}"#;
    assert_eq!(
        error(skip),
        "trustPolicies[0].signatureVerification.level: expected another level than `skip` in the statement with \
         `globalPolicy`"
    );
    let second = FILES.replace("files", "more");
    assert_eq!(
        error(&format!("{FILES}, {second}")),
        "trustPolicies[1].globalPolicy: expected `globalPolicy` once, found it also in trustPolicies[0].globalPolicy"
    );
    assert_eq!(
        error(&FILES.replace("true", "\"yes\"")),
        "trustPolicies[0].globalPolicy: expected a boolean, found text"
    );
    assert_eq!(error(""), "trustPolicies: expected a value, found it empty");
    assert_eq!(
        error(&format!("{FILES}, {FILES}")),
        "trustPolicies[1].name: expected `files` once, found it also in trustPolicies[0].name"
    );
}

// attack: A-216
// spec: NP-243, NP-244
#[test]
fn without_a_statement_nothing_is_trusted() {
    let policy = BlobTrustPolicy::parse(document(&FILES.replace("true", "false")).as_bytes()).unwrap();
    assert_eq!(policy.applicable(Some("files")).unwrap().name(), "files");
    assert_eq!(
        policy.applicable(None).unwrap_err().to_string(),
        "expected a trust policy statement for blobs with `globalPolicy`, found none"
    );
    for other in ["Files", "file", ""] {
        let message = policy.applicable(Some(other)).unwrap_err().to_string();
        assert_eq!(message, format!("expected a trust policy statement for blobs named `{other}`, found none"));
    }
}

// attack: A-220
#[test]
fn scopes_are_not_known_here_and_the_other_way_round() {
    let policy =
        BlobTrustPolicy::parse(document(&FILES.replacen('{', r#"{"registryScopes": ["*"], "#, 1)).as_bytes()).unwrap();
    assert_eq!(
        policy.warnings()[0].to_string(),
        "trustPolicies[0]: the member `registryScopes` is not known, and is ignored"
    );
    let oci = super::super::TrustPolicy::parse(document(FILES).as_bytes()).unwrap_err().to_string();
    assert_eq!(oci, "trust policy: trustPolicies[0]: expected the member `registryScopes`, found none");
    let blob = super::super::TrustPolicy::new(policy.statements().to_vec()).unwrap_err().to_string();
    assert_eq!(blob, "trust policy: trustPolicies[0]: expected the member `registryScopes`, found none");
}

#[test]
fn what_is_written_is_read_again() {
    let lax = r#"{"name": "lax", "signatureVerification": {"level": "audit", "verifyTimestamp": "afterCertExpiry"},
        "trustStores": ["signingAuthority:s"], "trustedIdentities": ["*"], "plimsoll": {"plugins": ["a.b"]}}"#;
    let policy = BlobTrustPolicy::parse(document(&format!("{FILES}, {lax}")).as_bytes()).unwrap();
    let again = BlobTrustPolicy::parse(policy.to_json().as_bytes()).unwrap();
    assert_eq!(again.statements(), policy.statements());
    assert_eq!(again.digest(), policy.digest());
}

// spec: NP-219, NP-220, NP-221, NP-222, NP-223, NP-224, NP-228, NP-230
#[test]
fn every_member_that_is_required_must_be_there() {
    let without = |document: String, member: &str| {
        assert!(document.contains(member), "{member}");
        // Under another name it is not there.
        BlobTrustPolicy::parse(document.replacen(member, "x", 1).as_bytes()).unwrap_err().to_string()
    };
    for member in
        ["version", "trustPolicies", "name", "signatureVerification", "level", "trustStores", "trustedIdentities"]
    {
        let message = without(document(FILES), member);
        assert!(message.contains(member), "{member}: {message}");
    }
    assert_eq!(
        BlobTrustPolicy::parse(document(FILES).replace("1.0", "1.1").as_bytes()).unwrap_err().to_string(),
        "trust policy: version: expected `1.0`, found `1.1`"
    );
    for level in ["strict", "permissive", "audit"] {
        assert!(BlobTrustPolicy::parse(document(&FILES.replace("strict", level)).as_bytes()).is_ok(), "{level}");
    }
    assert!(BlobTrustPolicy::parse(document(&FILES.replace("strict", "lenient")).as_bytes()).is_err());
    for list in [r#"["ca:s"]"#, r#"["x509.subject: C=NL,ST=G,O=S"]"#] {
        assert!(BlobTrustPolicy::parse(document(&FILES.replace(list, "[]")).as_bytes()).is_err(), "{list}");
    }
}
