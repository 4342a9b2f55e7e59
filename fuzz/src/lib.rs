//! What the targets do with an input. A target itself is one line.
//!
//! Reading must not panic, and must not go on beyond its limits. Where there is a writer, what was read is written and read
//! again, and must be the same.

mod artifact;
mod authority;
mod evidence;
mod host;
mod keys;
mod path;
mod remote;
mod revocation;
mod rules;
mod timestamp;

pub use artifact::{debian, layer, manifest, referrers, root_fs, sbom, slsa};
pub use authority::{certification_request, checkpoint, identity_token, issuing_request, ledger};
pub use evidence::{
    blob_trust_policy, certificate, chain, envelope, notary_envelope, notary_plugin, private_key, public_key,
    signature_manifest, trust_policy,
};
pub use host::{docker_config, git_head, network_settings, notation_config, plugin_archive, settings, signing_keys};
pub use keys::{cosign_key, encrypted_key, pkcs12};
pub use path::{distrust, name_constraints, path, spiffe_bundle, spiffe_id};
pub use remote::{registry_answer, registry_request};
pub use revocation::{crl, ocsp_request, ocsp_response};
pub use rules::{authorities, condition, policy, recording};
pub use timestamp::{timestamp_request, timestamp_response, timestamp_token};

use plimsoll_core::Reference;
use std::{
    fmt::{Debug, Display},
    str::FromStr,
};

/// What was read is written and read again: it must be the same.
pub fn round_trip<I, W, T, E>(input: &I, read: impl Fn(&I) -> Result<T, E>, write: impl Fn(&T) -> W)
where
    I: ?Sized,
    W: AsRef<I>,
    T: PartialEq + Debug,
    E: Debug,
{
    if let Ok(first) = read(input) {
        let again = read(write(&first).as_ref());
        assert_eq!(again.as_ref().expect("what was written can be read"), &first);
    }
}

/// [`round_trip`] of a type with a text form.
pub fn text_round_trip<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(input: &str) {
    round_trip(input, str::parse::<T>, ToString::to_string);
}

/// What is shown of a PKCS#11 URI selects the same key.
pub fn pkcs11_uri(input: &str) {
    if let Ok(uri) = input.parse::<plimsoll_pkcs11::Uri>() {
        let shown = uri.to_string();
        let again: plimsoll_pkcs11::Uri = shown.parse().expect("what was written can be read");
        assert_eq!(again.to_string(), shown);
        assert_eq!((again.token(), again.id(), again.object()), (uri.token(), uri.id(), uri.object()));
    }
}

/// What Docker's short form means is written in full, and that means the same without Docker's rules.
pub fn normalized(input: &str) {
    if let Ok(reference) = Reference::parse_normalized(input) {
        assert_eq!(reference.to_string().parse(), Ok(reference));
    }
}
