//! `JWK Set` (RFC 7517, 5): the public keys of an issuer.

use crate::{JsonError, Limits, code, json};
use data_encoding::BASE64URL_NOPAD;
use der::{
    Encode as _,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef},
};
use plimsoll_core::{Algorithm, Classify, Code, Escaped, LimitExceeded, PublicKey};
use plimsoll_crypto::KeyKind;
use serde_json::{Map, Value};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

/// The public keys of an issuer that can check a signature ([RFC 7517, 5]).
///
/// Keys for encryption, of unknown types and of unknown algorithms are left out, as the RFC orders; a symmetric key is one of those, so
/// that no HMAC is ever checked. A key that says it is one for signatures and is broken or weak is an error.
///
/// [RFC 7517, 5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
}

/// One public key of an issuer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerificationKey {
    kid: Option<String>,
    spki: Vec<u8>,
    kind: KeyKind,
    stated: Option<Algorithm>,
}

impl KeySet {
    /// Reads a key set.
    ///
    /// # Errors
    /// [`KeySetError`]: not JSON, a member or a `kid` twice, a broken or weak key, no key at all, a limit.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, KeySetError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one key set", limits.key_set_bytes, size)?;
        let members = json::object(bytes, limits).map_err(KeySetError::Json)?;
        let Some(Value::Array(list)) = members.get("keys") else { return Err(KeySetError::Member { name: "keys" }) };
        LimitExceeded::check("keys in one key set", limits.keys, u64::try_from(list.len()).unwrap_or(u64::MAX))?;
        let mut keys: Vec<VerificationKey> = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let Value::Object(members) = item else {
                return Err(KeySetError::Key { index, problem: "it is no object" });
            };
            let Some(key) = VerificationKey::read(index, members)? else { continue };
            if keys.iter().any(|known| known.kid == key.kid) {
                // RFC 7517, 4.5: distinct keys should have distinct names; of two, nobody could say which is meant.
                return Err(KeySetError::Key { index, problem: "an earlier key has the same `kid`" });
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeySetError::Empty) } else { Ok(Self { keys }) }
    }
    /// The key of this name. A token without a name is only for the one key of a set of one.
    #[must_use]
    pub fn find(&self, kid: Option<&str>) -> Option<&VerificationKey> {
        match (kid, self.keys.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(kid), keys) => keys.iter().find(|key| key.kid.as_deref() == Some(kid)),
        }
    }
    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[VerificationKey] {
        &self.keys
    }
}

impl VerificationKey {
    /// The name of the key.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
    /// The key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'_> {
        PublicKey::from_spki_der(&self.spki)
    }
    /// The algorithm that a signature under this key must have. The key decides: its own `alg`, else that of its curve. Only for an RSA
    /// key without `alg` the token chooses, among the six of RSA.
    #[must_use]
    pub fn algorithm(&self, claimed: Algorithm) -> Algorithm {
        self.stated.unwrap_or_else(|| algorithm_under(self.kind, claimed))
    }

    fn read(index: usize, members: &Map<String, Value>) -> Result<Option<Self>, KeySetError> {
        let text = |name: &'static str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(KeySetError::Key { index, problem: "a member is of the wrong type" }),
        };
        let is_for_signatures = text("use")?.is_none_or(|usage| usage == "sig")
            && members.get("key_ops").and_then(Value::as_array).is_none_or(|all| all.contains(&"verify".into()));
        let stated = text("alg")?.map(algorithm);
        if !is_for_signatures || stated == Some(None) {
            return Ok(None);
        }
        let broken = |problem| KeySetError::Key { index, problem };
        let spki = match (text("kty")?, text("crv")?) {
            (Some("RSA"), _) => rsa(text("n")?, text("e")?),
            (Some("EC"), Some("P-256")) => ec(P256, 32, text("x")?, text("y")?),
            (Some("EC"), Some("P-384")) => ec(P384, 48, text("x")?, text("y")?),
            (Some("EC"), Some("P-521")) => ec(P521, 66, text("x")?, text("y")?),
            (Some("OKP"), Some("Ed25519")) => ed25519(text("x")?),
            _ => return Ok(None),
        };
        let spki = spki.ok_or_else(|| broken("its numbers are not as RFC 7518 demands"))?;
        let kind = KeyKind::of(PublicKey::from_spki_der(&spki)).map_err(|_| broken("it is broken or too weak"))?;
        let stated = stated.flatten();
        if stated.is_some_and(|stated| !fits(kind, stated)) {
            return Err(broken("its `alg` is not one for such a key"));
        }
        Ok(Some(Self { kid: text("kid")?.map(str::to_owned), spki, kind, stated }))
    }
}

/// The one algorithm of a curve; for RSA the one that is claimed, if it is one of RSA.
pub(crate) fn algorithm_under(kind: KeyKind, claimed: Algorithm) -> Algorithm {
    match kind {
        KeyKind::Ed25519 => Algorithm::Ed25519,
        KeyKind::P256 => Algorithm::EcdsaP256Sha256Fixed,
        KeyKind::P384 => Algorithm::EcdsaP384Sha384Fixed,
        KeyKind::P521 => Algorithm::EcdsaP521Sha512Fixed,
        _ if is_rsa(claimed) => claimed,
        _ => Algorithm::RsaPkcs1Sha256,
    }
}

fn fits(kind: KeyKind, algorithm: Algorithm) -> bool {
    match kind {
        KeyKind::Ed25519 => algorithm == Algorithm::Ed25519,
        KeyKind::P256 => algorithm == Algorithm::EcdsaP256Sha256Fixed,
        KeyKind::P384 => algorithm == Algorithm::EcdsaP384Sha384Fixed,
        KeyKind::P521 => algorithm == Algorithm::EcdsaP521Sha512Fixed,
        _ => is_rsa(algorithm),
    }
}

fn is_rsa(algorithm: Algorithm) -> bool {
    ALGORITHMS.iter().any(|(name, known)| *known == algorithm && (name.starts_with("RS") || name.starts_with("PS")))
}

fn algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
}

fn number(text: Option<&str>) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text?.as_bytes()).ok()
}

/// RFC 7518, 6.3.1: big-endian numbers without leading zeros.
fn rsa(modulus: Option<&str>, exponent: Option<&str>) -> Option<Vec<u8>> {
    let (modulus, exponent) = (number(modulus)?, number(exponent)?);
    let parts = [UintRef::new(&modulus).ok()?.to_der().ok()?, UintRef::new(&exponent).ok()?.to_der().ok()?].concat();
    let key = AnyRef::new(der::Tag::Sequence, &parts).ok()?.to_der().ok()?;
    spki(RSA_ENCRYPTION, Some(AnyRef::NULL), &key)
}

/// RFC 7518, 6.2.1: coordinates of the curve's full length.
fn ec(curve: ObjectIdentifier, length: usize, x: Option<&str>, y: Option<&str>) -> Option<Vec<u8>> {
    let (x, y) = (number(x)?, number(y)?);
    if x.len() != length || y.len() != length {
        return None;
    }
    spki(EC_PUBLIC_KEY, Some(AnyRef::from(&curve)), &[&[4], &*x, &y].concat())
}

/// RFC 8037, 2.
fn ed25519(x: Option<&str>) -> Option<Vec<u8>> {
    spki(ED25519, None, &number(x)?)
}

fn spki(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Option<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(key).ok()?;
    let algorithm = AlgorithmIdentifierRef { oid, parameters };
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().ok()
}

/// Why a text is no key set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// No key that checks signatures.
    #[error("expected at least one key for signatures in the key set, found none")]
    Empty,
    /// Not JSON.
    #[error("the key set is malformed: {0}")]
    Json(JsonError),
    /// A key is broken.
    #[error("key {index} of the key set is refused: {problem}")]
    Key {
        /// Which, from 0.
        index: usize,
        /// Why.
        problem: &'static str,
    },
    /// Too large.
    #[error("the key set is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// A member is missing, or of the wrong type.
    #[error("expected a list as `{name}` in the key set")]
    Member {
        /// The member.
        name: &'static str,
    },
}

impl Classify for KeySetError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            _ => code::MALFORMED_KEY_SET,
        }
    }
}

impl KeySetError {
    pub(super) fn shown(&self) -> Escaped {
        Escaped::new(&self.to_string())
    }
}

/// What a token may be signed with: RFC 7518, 3.1, and RFC 8037, without `none` and the HMACs.
const ALGORITHMS: [(&str, Algorithm); 10] = [
    ("ES256", Algorithm::EcdsaP256Sha256Fixed),
    ("ES384", Algorithm::EcdsaP384Sha384Fixed),
    ("ES512", Algorithm::EcdsaP521Sha512Fixed),
    ("EdDSA", Algorithm::Ed25519),
    ("PS256", Algorithm::RsaPssSha256),
    ("PS384", Algorithm::RsaPssSha384),
    ("PS512", Algorithm::RsaPssSha512),
    ("RS256", Algorithm::RsaPkcs1Sha256),
    ("RS384", Algorithm::RsaPkcs1Sha384),
    ("RS512", Algorithm::RsaPkcs1Sha512),
];

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
