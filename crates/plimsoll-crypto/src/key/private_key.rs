//! Private keys, read from the files that people have.

use crate::{
    Curve, KeyError, KeyKind, LocalSigner, SignError, legacy_pem, pbes2, pem, public_key::bit_length, signer::Material,
};
use der::{
    Decode, Encode, Reader, SecretDocument, Tag, Tagged,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef},
    pem::LineEnding,
};
use pkcs8::PrivateKeyInfoRef;
use plimsoll_core::{Algorithm, Escaped, PublicKey};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{KeyPair, RsaKeyPair},
};
use sec1::EcPrivateKey;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use std::{fmt, sync::Arc};
use zeroize::Zeroizing;

/// What opens an encrypted key. Wiped when dropped, and never shown.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Takes the bytes as they are: a line end is part of them.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// A private key in memory.
///
/// Read from PEM or DER: PKCS#8 ([RFC 5958]), encrypted PKCS#8 (PBES2, [RFC 8018]), `RSA PRIVATE KEY` ([RFC 8017], A.1.2),
/// `EC PRIVATE KEY` ([RFC 5915]), and OpenSSL's own encryption of the last two (`Proc-Type: 4,ENCRYPTED`).
///
/// # Security
/// The encoded key is wiped from memory when dropped. The parsed form that `ring` holds of an RSA key is not: `ring` offers no way.
/// An RSA key works only through `ring`, in constant time.
///
/// ```
/// use plimsoll_crypto::{Curve, KeyError, KeyKind, PrivateKey};
/// let key = PrivateKey::generate(Curve::P256)?;
/// let pem = key.to_pkcs8_pem();
/// let same = PrivateKey::read(pem.as_bytes(), None)?;
/// assert_eq!(same.kind(), KeyKind::P256);
/// assert_eq!(same.public_key_spki_der(), key.public_key_spki_der());
///
/// let refused = PrivateKey::read(b"-----BEGIN CERTIFICATE-----\n", None).unwrap_err();
/// assert_eq!(refused.to_string(), "expected a private key, found a PEM block `CERTIFICATE`");
/// # Ok::<(), KeyError>(())
/// ```
/// [RFC 5915]: https://www.rfc-editor.org/rfc/rfc5915
/// [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958
/// [RFC 8017]: https://www.rfc-editor.org/rfc/rfc8017
/// [RFC 8018]: https://www.rfc-editor.org/rfc/rfc8018
pub struct PrivateKey {
    kind: KeyKind,
    pkcs8: SecretDocument,
    spki: Vec<u8>,
    material: Material,
}

impl PrivateKey {
    /// Makes a key on a curve.
    ///
    /// # Errors
    /// [`KeyError::Random`] when the system gives no random bytes.
    pub fn generate(curve: Curve) -> Result<Self, KeyError> {
        // A random string of the field's length is below the order of P-256 but for 2^-32, of P-384 but for 2^-190, and
        // of P-521, cut to 521 bits, but for 2^-260: RFC 6979 calls this the simplest method, FIPS 186-5 A.2.2.
        for _ in 0..64 {
            let mut scalar = Zeroizing::new(vec![0_u8; curve.length()]);
            SystemRandom::new().fill(&mut scalar).map_err(|_| KeyError::Random)?;
            if let (Curve::P521, Some(first)) = (curve, scalar.first_mut()) {
                *first &= 1;
            }
            if let Some(public) = curve.public_key(&scalar) {
                return Self::on_curve(curve, &scalar, Some(&public));
            }
        }
        Err(KeyError::Random)
    }
    /// Reads a key file. `passphrase` is used only if the key is encrypted.
    ///
    /// # Errors
    /// [`KeyError`], which says precisely what is wrong: encrypted without a passphrase, a wrong one, a cipher that is not read,
    /// a certificate in place of a key, an RSA key of a wrong size, another kind of key, or broken bytes.
    pub fn read(bytes: &[u8], passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        if pem::is_pem(bytes) {
            let text = std::str::from_utf8(bytes).map_err(|_| KeyError::NotPemOrDer)?;
            return Self::from_block(pem::private_key(text)?, passphrase);
        }
        if bytes.first() != Some(&0x30) {
            return Err(KeyError::NotPemOrDer);
        }
        // Told apart by what stands first: a version (all in clear) or an AlgorithmIdentifier (encrypted); after the
        // version an AlgorithmIdentifier (PKCS#8), an OCTET STRING (SEC 1) or an INTEGER (PKCS#1).
        match second_tag(bytes) {
            Some([Tag::Sequence, _]) => Self::encrypted_pkcs8(bytes, passphrase, "DER"),
            Some([Tag::Integer, Tag::Sequence]) => Self::pkcs8(bytes),
            Some([Tag::Integer, Tag::OctetString]) => Self::sec1(bytes, None),
            Some([Tag::Integer, Tag::Integer]) => Self::pkcs1(bytes),
            _ => Err(KeyError::NotPemOrDer),
        }
    }
    /// The kind and size of the key.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }
    /// The public key as a DER-encoded `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key_spki_der(&self) -> &[u8] {
        &self.spki
    }
    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'_> {
        PublicKey::from_spki_der(&self.spki)
    }
    /// The key as PKCS#8 in PEM, in the clear.
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        // The label is a constant and the document was encoded before: writing text to memory has no other failure.
        self.pkcs8.to_pem("PRIVATE KEY", LineEnding::LF).unwrap_or_default()
    }
    /// Makes a signer with this key.
    ///
    /// # Errors
    /// [`SignError::WrongAlgorithm`] when the key is not one for `algorithm`.
    pub fn signer(&self, algorithm: Algorithm) -> Result<LocalSigner, SignError> {
        self.material.signer(self.kind, algorithm)
    }
    /// Makes a signer for envelopes: see [`KeyKind::envelope_algorithm`].
    ///
    /// # Errors
    /// [`SignError::NoEnvelopeAlgorithm`] for an RSA key of another size than 2048, 3072 or 4096 bits.
    pub fn envelope_signer(&self) -> Result<LocalSigner, SignError> {
        self.signer(self.kind.envelope_algorithm().ok_or(SignError::NoEnvelopeAlgorithm { kind: self.kind })?)
    }

    fn from_block(mut block: pem::Block<'_>, passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        let encrypted = block.header("Proc-Type").is_some_and(|kind| kind.replace(' ', "") == "4,ENCRYPTED");
        if encrypted {
            let locked = || KeyError::Encrypted { label: Escaped::new(block.label) };
            let passphrase = passphrase.ok_or_else(locked)?;
            legacy_pem::decrypt(&mut block, passphrase.bytes())?;
        }
        let key = match block.label {
            "PRIVATE KEY" => Self::pkcs8(&block.content),
            "ENCRYPTED PRIVATE KEY" => Self::encrypted_pkcs8(&block.content, passphrase, block.label),
            "RSA PRIVATE KEY" => Self::pkcs1(&block.content),
            "EC PRIVATE KEY" => Self::sec1(&block.content, None),
            other => Err(KeyError::UnsupportedKind { found: Escaped::new(&format!("a PEM block `{other}`")) }),
        };
        // One wrong passphrase in 256 leaves good padding, and rubbish in front of it.
        if encrypted { key.map_err(rubbish) } else { key }
    }

    fn encrypted_pkcs8(der: &[u8], passphrase: Option<&Passphrase>, label: &str) -> Result<Self, KeyError> {
        let clear = pbes2::decrypt(der, passphrase, label)?;
        Self::pkcs8(clear.as_bytes()).map_err(rubbish)
    }

    fn pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed { expected: "a PKCS#8 PrivateKeyInfo" };
        let Ok(info) = PrivateKeyInfoRef::from_der(der) else { return Err(malformed) };
        let key = info.private_key.as_bytes();
        match info.algorithm.oid {
            RSA_ENCRYPTION => Self::pkcs1(key),
            EC_PUBLIC_KEY => match info.algorithm.parameters_oid() {
                Ok(curve) => Self::sec1(key, Some(curve)),
                Err(_) => Err(KeyError::UnsupportedKind { found: Escaped::new("a key on a curve without a name") }),
            },
            other => Err(KeyError::UnsupportedKind { found: Escaped::new(&name_of(other)) }),
        }
    }

    fn pkcs1(der: &[u8]) -> Result<Self, KeyError> {
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

    fn sec1(der: &[u8], outer: Option<ObjectIdentifier>) -> Result<Self, KeyError> {
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

    fn on_curve(curve: Curve, scalar: &[u8], public: Option<&[u8]>) -> Result<Self, KeyError> {
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

    fn assemble(
        kind: KeyKind,
        algorithm: AlgorithmIdentifierRef<'_>,
        public: &[u8],
        private: &[u8],
        material: Material,
    ) -> Result<Self, KeyError> {
        let encode = || -> Result<_, der::Error> {
            let subject_public_key = BitStringRef::from_bytes(public)?;
            let spki = SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der()?;
            let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(private)?);
            Ok((SecretDocument::encode_msg(&info)?, spki))
        };
        let (pkcs8, spki) = encode().map_err(|_| KeyError::Inconsistent { kind })?;
        Ok(Self { kind, pkcs8, spki, material })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, {:?})", self.kind, self.public_key())
    }
}

/// What a key decrypted with a wrong passphrase looks like; what is right but unsupported stays so.
fn rubbish(error: KeyError) -> KeyError {
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
        other => return format!("a key of the algorithm or curve {other}"),
    };
    name.to_owned()
}

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
