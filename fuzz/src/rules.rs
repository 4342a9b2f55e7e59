//! Policies, authorities and recordings.

use plimsoll_core::{Bytes, Digest, Evaluate as _, code};
use plimsoll_crypto::provider;
use plimsoll_policy::{Policy, Syntax};
use plimsoll_provenance::{Authorities, AuthorityConfig};
use plimsoll_verify::Recording;

/// A policy that can be read is asked: its examples are run.
pub fn policy(input: &[u8]) {
    for syntax in [Syntax::Json, Syntax::Yaml] {
        let Ok(policy) = Policy::parse(input, Some(syntax)) else { continue };
        let _ = (policy.lints(), policy.reads(), policy.test());
    }
}

/// The input is a condition. It is judged over one example.
pub fn condition(input: &str) {
    let rule = serde_json::json!({"name": "r", "severity": "warn", "require": {"condition": input}});
    let policy = serde_json::json!({
        "version": 1, "name": "p",
        "rules": [rule, {"name": "deny", "require": {"image": {}}}],
        "examples": [{
            "name": "e", "reference": "registry.test/team/app:v1", "expect": "admit",
            "facts": {
                "signature": [{"by": {"subject": "CN=x", "store": "ca:x"}, "fields": {"format": "jws", "metadata": {"a": "b"}}}],
                "image": [{"fields": {"os": "linux", "architecture": "amd64"}}],
            },
        }],
    });
    let policy = Policy::parse(policy.to_string().as_bytes(), Some(Syntax::Json));
    let _ = policy.map(|policy| policy.test());
}

pub fn authorities(input: &[u8]) {
    let Ok(entries) = serde_json::from_slice::<Vec<AuthorityConfig>>(input) else { return };
    let _ = Authorities::load(&entries, &[], provider());
}

/// The input is the document; its files are those of [`CONTENTS`].
pub fn recording(input: &[u8]) {
    let files = |document: Bytes| {
        move |name: &str| match name {
            "recording.json" => Some(document.clone()),
            name => CONTENTS
                .into_iter()
                .find(|one| name.ends_with(&Digest::sha256_of(one).encoded()))
                .map(Bytes::from_static),
        }
    };
    let Ok(recording) = Recording::from_files(files(Bytes::copy_from_slice(input)), &[code::ALL]) else { return };
    let (_, document) = recording.to_files().swap_remove(0);
    let again = Recording::from_files(files(document), &[code::ALL]);
    assert_eq!(again.as_ref(), Ok(&recording));
}

/// What a recording may hold here: its content is named by digest, which no fuzzer guesses.
pub const CONTENTS: [&[u8]; 2] = [b"{}", b"content"];
