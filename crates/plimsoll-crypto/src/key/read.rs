//! The forms in which private keys are in files.

#[cfg(feature = "ml-dsa")]
use super::ParameterSet;
#[cfg(feature = "cosign-key")]
use super::cosign;
use super::{
    backend::{KeyPair, RsaKeyPair},
    legacy_pem, pbes2, pem,
    signer::Material,
};
use crate::{Curve, KeyError, KeyKind, KeyLimits, Passphrase, PrivateKey, public_key::bit_length};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    sync::Arc,
    vec,
};
use der::{
    Decode, Encode, Reader, Tag, Tagged,
    asn1::{AnyRef, ObjectIdentifier, UintRef},
};
use pkcs8::PrivateKeyInfoRef;
use plimsoll_core::Escaped;
use sec1::EcPrivateKey;
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

/// Reads a key file, in whatever form it is.
pub(super) fn key(
    bytes: &[u8],
    passphrase: Option<&Passphrase>,
    mut limits: KeyLimits,
) -> Result<PrivateKey, KeyError> {
    if pem::is_pem(bytes) {
        let text = core::str::from_utf8(bytes).map_err(|_| KeyError::NotPemOrDer)?;
        return PrivateKey::from_block(pem::private_key(text)?, passphrase, &mut limits);
    }
    if bytes.first() != Some(&0x30) {
        return Err(KeyError::NotPemOrDer);
    }
    #[cfg(feature = "pkcs12")]
    if super::pkcs12::is_pkcs12(bytes) {
        return super::Pkcs12::read_within(bytes, passphrase, limits).map(|file| file.into_parts().0);
    }
    // Told apart by what stands first: a version (all in clear) or an AlgorithmIdentifier (encrypted); after the
    // version an AlgorithmIdentifier (PKCS#8), an OCTET STRING (SEC 1) or an INTEGER (PKCS#1).
    match second_tag(bytes) {
        Some([Tag::Sequence, _]) => PrivateKey::encrypted_pkcs8(bytes, passphrase, &mut limits, "DER"),
        Some([Tag::Integer, Tag::Sequence]) => PrivateKey::pkcs8(bytes),
        Some([Tag::Integer, Tag::OctetString]) => PrivateKey::sec1(bytes, None),
        Some([Tag::Integer, Tag::Integer]) => PrivateKey::pkcs1(bytes),
        _ => Err(KeyError::NotPemOrDer),
    }
}

impl PrivateKey {
    fn from_block(
        mut block: pem::Block<'_>,
        passphrase: Option<&Passphrase>,
        limits: &mut KeyLimits,
    ) -> Result<Self, KeyError> {
        let encrypted = block.header("Proc-Type").is_some_and(|kind| kind.replace(' ', "") == "4,ENCRYPTED");
        let label = block.label;
        let locked = || KeyError::Encrypted { label: Escaped::new(label) };
        if encrypted {
            let passphrase = passphrase.ok_or_else(locked)?;
            legacy_pem::decrypt(&mut block, passphrase.bytes())?;
        }
        let key = match block.label {
            "PRIVATE KEY" => Self::pkcs8(&block.content),
            "ENCRYPTED PRIVATE KEY" => Self::encrypted_pkcs8(&block.content, passphrase, limits, label),
            #[cfg(feature = "cosign-key")]
            "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => {
                let clear = cosign::decrypt(&block.content, passphrase.ok_or_else(locked)?, limits)?;
                Self::pkcs8(&clear)
            }
            "RSA PRIVATE KEY" => Self::pkcs1(&block.content),
            "EC PRIVATE KEY" => Self::sec1(&block.content, None),
            other => Err(KeyError::UnsupportedKind { found: Escaped::new(&format!("a PEM block `{other}`")) }),
        };
        // One wrong passphrase in 256 leaves good padding, and rubbish in front of it.
        if encrypted { key.map_err(rubbish) } else { key }
    }

    fn encrypted_pkcs8(
        der: &[u8],
        passphrase: Option<&Passphrase>,
        limits: &mut KeyLimits,
        label: &str,
    ) -> Result<Self, KeyError> {
        let clear = pbes2::decrypt(der, passphrase, limits, label)?;
        Self::pkcs8(clear.as_bytes()).map_err(rubbish)
    }

    pub(super) fn pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed { expected: "a PKCS#8 PrivateKeyInfo" };
        let Ok(info) = PrivateKeyInfoRef::from_der(der) else { return Err(malformed) };
        let key = info.private_key.as_bytes();
        #[cfg(feature = "ml-dsa")]
        if let (Some(set), None) = (ParameterSet::of(info.algorithm.oid), info.algorithm.parameters) {
            return Self::ml_dsa(set, key);
        }
        match info.algorithm.oid {
            RSA_ENCRYPTION => Self::pkcs1(key),
            EC_PUBLIC_KEY => match info.algorithm.parameters_oid() {
                Ok(curve) => Self::sec1(key, Some(curve)),
                Err(_) => Err(KeyError::UnsupportedKind { found: Escaped::new("a key on a curve without a name") }),
            },
            other => Err(KeyError::UnsupportedKind { found: Escaped::new(&name_of(other)) }),
        }
    }

    pub(super) fn pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let modulus = rsa_modulus(der).ok_or(KeyError::Malformed { expected: "a PKCS#1 RSAPrivateKey" })?;
        let bits = bit_length(modulus);
        if !(2048..=4096).contains(&bits) {
            return Err(KeyError::UnsupportedRsaSize { bits });
        }
        let kind = KeyKind::Rsa { bits };
        let pair = RsaKeyPair::from_der(der).map_err(|_| KeyError::Inconsistent { kind })?;
        let algorithm = AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) };
        let public = pair.public_key().as_ref().to_vec();
        Self::assemble(kind, algorithm, &public, der, Material::Rsa(Arc::new(pair)))
    }

    pub(super) fn sec1(der: &[u8], outer: Option<ObjectIdentifier>) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed { expected: "a SEC 1 ECPrivateKey" };
        let Ok(key) = EcPrivateKey::from_der(der) else { return Err(malformed) };
        let inner = key.parameters.and_then(sec1::EcParameters::named_curve);
        let Some(oid) = outer.or(inner) else {
            return Err(KeyError::UnsupportedKind { found: Escaped::new("a key on a curve without a name") });
        };
        let Some(curve) = Curve::of(oid) else {
            return Err(KeyError::UnsupportedKind { found: Escaped::new(&name_of(oid)) });
        };
        if inner.is_some_and(|inner| inner != oid) {
            return Err(KeyError::Inconsistent { kind: curve.kind() });
        }
        Self::on_curve(curve, key.private_key, key.public_key)
    }

    pub(super) fn on_curve(curve: Curve, scalar: &[u8], public: Option<&[u8]>) -> Result<Self, KeyError> {
        let kind = curve.kind();
        // Some writers drop leading zeros, others add one.
        let digits = scalar.iter().position(|byte| *byte != 0).and_then(|at| scalar.get(at..)).unwrap_or_default();
        let pad = curve.length().checked_sub(digits.len()).ok_or(KeyError::Inconsistent { kind })?;
        let mut scalar = Zeroizing::new(vec![0_u8; pad]);
        scalar.extend_from_slice(digits);
        let derived = curve.public_key(&scalar).ok_or(KeyError::Inconsistent { kind })?;
        if public.is_some_and(|public| public.first() == Some(&4) && public != derived) {
            return Err(KeyError::Inconsistent { kind });
        }
        let key = EcPrivateKey { private_key: &scalar, parameters: None, public_key: Some(&derived) };
        let encoded = Zeroizing::new(key.to_der().map_err(|_| KeyError::Inconsistent { kind })?);
        let oid = curve.oid();
        let algorithm = AlgorithmIdentifierRef { oid: EC_PUBLIC_KEY, parameters: Some(AnyRef::from(&oid)) };
        let material = Material::Curve { scalar, public: derived.clone() };
        Self::assemble(kind, algorithm, &derived, &encoded, material)
    }
}

/// What a key decrypted with a wrong passphrase looks like; what is right but unsupported stays so.
pub(super) fn rubbish(error: KeyError) -> KeyError {
    match error {
        KeyError::Malformed { .. } => KeyError::WrongPassphrase,
        other => other,
    }
}

/// The tags of the first two elements of the outer `SEQUENCE`.
fn second_tag(der: &[u8]) -> Option<[Tag; 2]> {
    let outer = AnyRef::from_der(der).ok()?;
    outer.sequence(|reader| Ok::<_, der::Error>([AnyRef::decode(reader)?.tag(), skip_rest(reader)?])).ok()
}

fn skip_rest<'a>(reader: &mut impl Reader<'a>) -> Result<Tag, der::Error> {
    let tag = AnyRef::decode(reader)?.tag();
    while !reader.is_finished() {
        AnyRef::decode(reader)?;
    }
    Ok(tag)
}

/// `RSAPrivateKey ::= SEQUENCE { version, modulus INTEGER, .. }` (RFC 8017, A.1.2).
fn rsa_modulus(der: &[u8]) -> Option<&[u8]> {
    let outer = AnyRef::from_der(der).ok()?;
    let read = outer.sequence(|reader| {
        u8::decode(reader)?;
        let modulus = UintRef::decode(reader)?.as_bytes();
        skip_rest(reader)?;
        Ok::<_, der::Error>(modulus)
    });
    read.ok()
}

fn name_of(oid: ObjectIdentifier) -> String {
    let name = match oid.to_string().as_str() {
        "1.2.840.113549.1.1.10" => "an RSASSA-PSS key",
        "1.3.101.112" => "an Ed25519 key",
        "1.3.101.113" => "an Ed448 key",
        "1.3.132.0.10" => "a key on secp256k1",
        "1.3.132.0.33" => "a key on P-224",
        "2.16.840.1.101.3.4.3.17" => "an ML-DSA-44 key with parameters, or in a build without ML-DSA",
        "2.16.840.1.101.3.4.3.18" => "an ML-DSA-65 key with parameters, or in a build without ML-DSA",
        "2.16.840.1.101.3.4.3.19" => "an ML-DSA-87 key with parameters, or in a build without ML-DSA",
        other => return format!("a key of the algorithm or curve {other}"),
    };
    name.to_owned()
}

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
