//! Keys, certificates, envelopes and Notary's documents.

use crate::revocation::Credulous;
use plimsoll_core::{Algorithm, Blob, Digest, Message, Provider, PublicKey, SignatureAlgorithm, UnixTime};
use plimsoll_crypto::{Passphrase, PrivateKey, provider};
use plimsoll_envelope::{Claimed, CountersignatureDraft, Critical, EnvelopeError, Sealed};
use plimsoll_notary::{
    Envelope, Format, SignatureManifest, SignedAttributes, SigningScheme, inspect,
    plugin::{self, Call, Capability},
    policy::{BlobTrustPolicy, TrustPolicy},
};
use plimsoll_pki::{Certificate, ChainOptions, DistinguishedName, Limits, PresentedChain, Profile, read_certificates};

/// Everything that an envelope claims is looked at, and each signature is tried under its own key.
pub fn envelope(sealed: Result<Sealed<'_>, EnvelopeError>) {
    let Ok(sealed) = sealed else { return };
    assert!(sealed.signatures() > 0);
    for index in 0..sealed.signatures() {
        let claims = sealed.unverified(index).expect("a signature");
        claims.claimed_protected().expect("a header that was read once");
        claims.claimed_content_type().expect("a header that was read once");
        claims.key_id_hint().expect("a header that was read once");
        if let Claimed::Known(algorithm) = claims.claimed_algorithm() {
            countersignatures(&sealed, index, *algorithm);
        }
        let Some(leaf) = claims.presented_chain().next() else { continue };
        let Ok(leaf) = Certificate::from_der(leaf, &Limits::default()) else { continue };
        for back_end in provider().algorithms() {
            let opened =
                sealed.open(index, leaf.public_key(), back_end.algorithm(), provider(), Critical::JudgedByCaller);
            let _ = opened.map(|opened| opened.payload().len());
        }
    }
}

/// What stands behind a signature, with a back end that finds each one good.
fn countersignatures(sealed: &Sealed<'_>, index: usize, algorithm: Algorithm) {
    let credulous = provider().algorithms().iter().map(|one| Credulous(one.algorithm())).collect::<Vec<_>>();
    let all: Vec<&dyn SignatureAlgorithm> = credulous.iter().map(|one| one as &dyn SignatureAlgorithm).collect();
    let (crypto, key) = (Provider::new(&all), PublicKey::from_spki_der(b""));
    let Ok(opened) = sealed.open(index, key, algorithm, crypto, Critical::JudgedByCaller) else { return };
    // One more can be written beside those that are there, and is read again.
    if let (Ok(before), Ok(draft)) = (opened.countersignatures(), CountersignatureDraft::new(&opened, algorithm, &[])) {
        let before = before.map_or(0, |list| list.count());
        if let Ok(written) = draft.attach(b"signature", &[]) {
            let limits = plimsoll_envelope::Limits::default();
            let again = match sealed.format() {
                plimsoll_envelope::Format::CoseSign1 => Sealed::cose_sign1(&written, &limits),
                _ => Sealed::jws_flattened(&written, &limits),
            };
            // What was just within a limit may be beyond it now.
            let Ok(again) = again else { return };
            let opened = again.open(0, key, algorithm, crypto, Critical::JudgedByCaller).expect("the same signature");
            let after = opened.countersignatures().map(|list| list.map_or(0, |list| list.count()));
            assert!(after.is_err() || after == Ok(before + 1), "{after:?} after {before}");
        }
    }
    let Ok(Some(list)) = opened.countersignatures() else { return };
    for index in 0..list.count() {
        if let Ok(Claimed::Known(algorithm)) = list.unverified(index).map(|claims| claims.claimed_algorithm().clone()) {
            let _ = list.open(index, key, algorithm, crypto, Critical::JudgedByCaller);
        }
    }
}

pub fn private_key(input: &[u8]) {
    // Key derivation takes as long as the file says, up to a limit: an encrypted key is only read as far as that.
    let Ok(key) = PrivateKey::read(input, None) else { return };
    let again =
        PrivateKey::read(key.to_pkcs8_pem().as_bytes(), Some(&Passphrase::new(*b"not used"))).expect("our own key");
    assert_eq!(again.public_key_spki_der(), key.public_key_spki_der());
    assert_eq!(again.kind(), key.kind());
}

/// The input is the key and the signature.
pub fn public_key(input: &[u8]) {
    let key = PublicKey::from_spki_der(input);
    let (strict, lenient) = (plimsoll_crypto::KeyKind::of(key), plimsoll_pki::KeyKind::of_spki(input));
    assert!(strict.is_err() || lenient.is_ok(), "{strict:?} {lenient:?}");
    for back_end in provider().algorithms() {
        assert!(back_end.verify(key, Message::Parts(&[b"cargo"]), input).is_err());
    }
}

pub fn certificate(input: &[u8]) {
    let Ok(certificate) = Certificate::from_der(input, &Limits::default()) else { return };
    let _ = (
        certificate.ocsp_urls(),
        certificate.crl_urls(),
        certificate.is_self_issued(),
    );
    for name in [certificate.issuer(), certificate.subject()] {
        let text = name.to_string();
        // What is shown of a subject, and can be written into a trust policy, matches that subject or none.
        if let Ok(identity) = DistinguishedName::parse(&text) {
            assert_ne!(identity.matches(&name), Ok(false), "{text}");
        }
    }
    let owned = certificate.to_owned();
    assert_eq!(owned.der(), input);
}

/// The input is a file of certificates, the signer's first.
pub fn chain(input: &[u8]) {
    let Ok(certificates) = read_certificates(input, &Limits::default()) else { return };
    let certificates: Vec<_> = certificates.iter().map(|one| one.der()).collect();
    for profile in [Profile::NotarySigning, Profile::CodeSigning] {
        let options = ChainOptions::new(profile);
        let presented = PresentedChain::from_der(&certificates, &options.limits);
        let _ = presented.map(|chain| chain.verify(&options, provider(), None));
    }
}

pub fn trust_policy(input: &[u8]) {
    let Ok(policy) = TrustPolicy::parse(input) else { return };
    let again = TrustPolicy::parse(policy.to_json().as_bytes()).expect("our own document");
    assert_eq!(again.statements(), policy.statements());
    assert_eq!(again.digest(), policy.digest());
}

pub fn blob_trust_policy(input: &[u8]) {
    let Ok(policy) = BlobTrustPolicy::parse(input) else { return };
    let again = BlobTrustPolicy::parse(policy.to_json().as_bytes()).expect("our own document");
    assert_eq!(again.statements(), policy.statements());
}

/// The input is an answer, to each command.
pub fn notary_plugin(input: &[u8]) {
    let limits = plugin::Limits::default();
    let name = "kms".parse().expect("a name");
    let attributes = SignedAttributes::new(SigningScheme::X509, UnixTime::MIN);
    let capabilities = vec![Capability::RevocationVerifier, Capability::TrustedIdentityVerifier];
    let verify = plugin::VerifySignature::new(&attributes, []).for_policy(Vec::new(), capabilities.clone());
    if let Ok(read) = verify.read(input, &limits) {
        assert!(capabilities.iter().all(|one| read.results.contains_key(one)), "a result is missing");
    }
    if let Ok(read) = plugin::GetPluginMetadata::new(&name).read(input, &limits) {
        assert_eq!(read.name, name);
    }
    let _ = plugin::DescribeKey::new("k").read(input, &limits);
    let _ = plugin::GenerateSignature::new("k", plugin::KeySpec::Ec256, b"").read(input, &limits);
    let _ = plugin::GenerateEnvelope::new("k", Format::Jws, b"").read(input, &limits);
    let _ = plugin::ReportedError::parse(plugin::Command::DescribeKey, input, &limits);
}

pub fn notary_envelope(input: &[u8], format: Format) {
    let described = inspect(input, format.media_type(), provider());
    let checked = Envelope::parse(input, format.media_type());
    let checked =
        checked.as_ref().map(|envelope| envelope.check(provider(), |_| None).map(|checked| checked.target().is_ok()));
    match (described, checked) {
        (Ok(described), Ok(checked)) => assert_eq!(described.integrity.is_ok(), checked == Ok(true)),
        (described, checked) => assert!(described.is_err() && checked.is_err()),
    }
}

pub fn signature_manifest(input: &[u8]) {
    let blob = Blob::of(plimsoll_oci::media_type::IMAGE_MANIFEST, input.to_vec());
    let _ = SignatureManifest::read(&blob, &Digest::sha256_of(b"{}"));
}
