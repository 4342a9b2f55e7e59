//! ML-DSA keys in PKCS#8: RFC 9881, 6.
//!
//! ```text
//! ML-DSA-65-PrivateKey ::= CHOICE {
//!   seed [0] OCTET STRING (SIZE (32)),
//!   expandedKey OCTET STRING (SIZE (4032)),
//!   both SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING (SIZE (4032)) } }
//! ```
//! The seed is what is read, and written. An expanded key beside it must be its own; one alone is not taken.

use super::{
    backend::{SecureRandom, SystemRandom},
    signer::Material,
};
use crate::{KeyError, KeyKind, PrivateKey};
use alloc::{sync::Arc, vec::Vec};
use der::{
    Decode, Encode, Tag, TagNumber, Tagged,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use ml_dsa::{
    ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams,
    signature::rand_core::{TryCryptoRng, TryRng},
};
use plimsoll_core::Escaped;
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

/// A parameter set of ML-DSA (FIPS 204, 4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ParameterSet {
    /// ML-DSA-44, security category 2.
    MlDsa44,
    /// ML-DSA-65, security category 3.
    MlDsa65,
    /// ML-DSA-87, security category 5.
    MlDsa87,
}

impl ParameterSet {
    pub(super) fn of(oid: ObjectIdentifier) -> Option<Self> {
        [Self::MlDsa44, Self::MlDsa65, Self::MlDsa87].into_iter().find(|set| set.oid() == oid)
    }
    const fn kind(self) -> KeyKind {
        match self {
            Self::MlDsa44 => KeyKind::MlDsa44,
            Self::MlDsa65 => KeyKind::MlDsa65,
            Self::MlDsa87 => KeyKind::MlDsa87,
        }
    }
    /// RFC 9881, 2.
    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::MlDsa44 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17"),
            Self::MlDsa65 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18"),
            Self::MlDsa87 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19"),
        }
    }
    fn expand(self, seed: &[u8; 32]) -> Arc<dyn Expanded> {
        match self {
            Self::MlDsa44 => Arc::new(ExpandedSigningKey::<MlDsa44>::from_seed(seed.into())),
            Self::MlDsa65 => Arc::new(ExpandedSigningKey::<MlDsa65>::from_seed(seed.into())),
            Self::MlDsa87 => Arc::new(ExpandedSigningKey::<MlDsa87>::from_seed(seed.into())),
        }
    }
}

/// A key that is ready to sign, of any parameter set.
pub(super) trait Expanded: Send + Sync {
    /// Signs with an empty context and fresh randomness: FIPS 204, Algorithm 2, the hedged variant. `None` without random bytes.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>>;
    fn public_key(&self) -> Vec<u8>;
    fn is(&self, expanded: &[u8]) -> bool;
}

impl<P: MlDsaParams> Expanded for ExpandedSigningKey<P> {
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature = self.sign_randomized(message, &[], &mut SystemRng).ok()?;
        Some(signature.encode().to_vec())
    }
    fn public_key(&self) -> Vec<u8> {
        self.verifying_key().encode().to_vec()
    }
    fn is(&self, expanded: &[u8]) -> bool {
        #[expect(deprecated, reason = "a file that has both forms must be compared (RFC 9881, 6)")]
        let own = Zeroizing::new(self.to_expanded().to_vec());
        own.as_slice() == expanded
    }
}

impl PrivateKey {
    /// Makes an ML-DSA key from 32 random octets, its seed.
    ///
    /// # Errors
    /// [`KeyError::Random`] when the system gives no random bytes.
    pub fn generate_ml_dsa(set: ParameterSet) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        SystemRandom::new().fill(&mut *seed).map_err(|_| KeyError::Random)?;
        Self::ml_dsa_from_seed(set, &seed)
    }
    /// Makes the ML-DSA key of a seed (FIPS 204, Algorithm 6; the `priv` of a COSE or JOSE key, RFC 9964, 4).
    ///
    /// # Errors
    /// None that a seed could cause.
    pub fn ml_dsa_from_seed(set: ParameterSet, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let inconsistent = |_| KeyError::Inconsistent { kind: set.kind() };
        let tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };
        let encoded =
            AnyRef::new(tag, seed).and_then(|seed| seed.to_der()).map(Zeroizing::new).map_err(inconsistent)?;
        let key = set.expand(seed);
        let algorithm = AlgorithmIdentifierRef { oid: set.oid(), parameters: None };
        Self::assemble(set.kind(), algorithm, &key.public_key(), &encoded, Material::MlDsa(key))
    }

    pub(super) fn ml_dsa(set: ParameterSet, der: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed { expected: "an ML-DSA private key of RFC 9881" };
        let Ok(any) = AnyRef::from_der(der) else { return Err(malformed) };
        let (seed, expanded) = match any.tag() {
            Tag::ContextSpecific { constructed: false, number: TagNumber(0) } => (any.value(), None),
            // Whether its parts belong together cannot be found out through the library, which may panic on others.
            Tag::OctetString => {
                return Err(KeyError::UnsupportedKind { found: Escaped::new("an ML-DSA key without its seed") });
            }
            _ => match any.sequence(|reader| {
                Ok::<_, der::Error>((<&OctetStringRef>::decode(reader)?, <&OctetStringRef>::decode(reader)?))
            }) {
                Ok((seed, expanded)) => (seed.as_bytes(), Some(expanded.as_bytes())),
                Err(_) => return Err(malformed),
            },
        };
        let seed = <&[u8; 32]>::try_from(seed).map_err(|_| malformed)?;
        if expanded.is_some_and(|expanded| !set.expand(seed).is(expanded)) {
            return Err(KeyError::Inconsistent { kind: set.kind() });
        }
        Self::ml_dsa_from_seed(set, seed)
    }
}

/// The system's random bytes, as `ml-dsa` asks for them.
struct SystemRng;

impl TryRng for SystemRng {
    type Error = KeyError;
    fn try_next_u32(&mut self) -> Result<u32, KeyError> {
        super::random().map(u32::from_le_bytes)
    }
    fn try_next_u64(&mut self) -> Result<u64, KeyError> {
        super::random().map(u64::from_le_bytes)
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), KeyError> {
        SystemRandom::new().fill(bytes).map_err(|_| KeyError::Random)
    }
}

impl TryCryptoRng for SystemRng {}
