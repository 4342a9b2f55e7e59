//! What clients and issuers send to an authority, and the lines that it wrote.

use plimsoll_authority::{Audit, Checkpoint, Issuer, Issuers, IssuingRequest, KeySet, Ledger, Limits, Rules};
use plimsoll_core::{PublicKey, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::CertificationRequest;
use std::{fs, sync::LazyLock};
use tempfile::TempDir;

/// What is read under its own signature says the same of its key each time.
pub fn certification_request(input: &[u8]) {
    let Ok(request) = CertificationRequest::verify(input, provider()) else { return };
    assert!(input.windows(request.public_key().spki_der().len()).any(|part| part == request.public_key().spki_der()));
}

/// The input is a key set, a line, a token: what verifies is judged by rules that take anything of it.
pub fn identity_token(input: &str) {
    static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::parse(ANY, &Limits::default()).expect("good rules"));
    let Some((keys, token)) = input.split_once('\n') else { return };
    let limits = Limits::default();
    let Ok(keys) = KeySet::parse(keys.as_bytes(), &limits) else { return };
    let issuers = Issuers::new([Issuer::new("https://issuer.test", "a", keys)], limits);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let now = UnixTime::saturating_from_secs(1_780_272_000);
    if let Ok(identity) = runtime.block_on(issuers.verify(token, now, provider())) {
        assert_eq!(identity.issuer(), "https://issuer.test");
        let _ = RULES.entitlement(&identity);
    }
}

pub fn issuing_request(input: &[u8]) {
    let Ok(request) = IssuingRequest::parse(input, &Limits::default()) else { return };
    let mut limits = Limits::default();
    limits.request_bytes = u64::MAX;
    assert_eq!(IssuingRequest::parse(request.to_json().as_bytes(), &limits).expect("our own request"), request);
}

/// Lines that cannot be read are an error, and never panic; what can be read is the same the next time.
pub fn ledger(input: &[u8]) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a folder"));
    let path = FOLDER.path().join("ledger.jsonl");
    fs::write(&path, input).expect("a file");
    let audit = Audit::read(&path, &[]).map(|audit| audit.lines);
    // Two readers, one for service and one for audits, say the same.
    assert_eq!(Ledger::open(&path).map(|ledger| ledger.lines()), audit);
    if let Ok(lines) = audit {
        assert_eq!(Ledger::open(&path).expect("the same file").lines(), lines);
    }
}

/// Nobody has the key: whatever is read, nothing of it was signed.
pub fn checkpoint(input: &[u8]) {
    assert!(Checkpoint::read(input, PublicKey::from_spki_der(b"no key"), provider()).is_err());
}

const ANY: &str = "
version: 1
rules:
  - {name: a, issuer: 'https://issuer.test', claims: {p: {glob: 'a**'}}, subject: 'CN={p},O=a,ST=b,C=US', uri: 'x://h/{sub}'}
";
