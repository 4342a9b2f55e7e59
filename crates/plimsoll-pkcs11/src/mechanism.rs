//! Which mechanism of PKCS#11 makes the signature of an algorithm, and how its answer becomes one.

use crate::Pkcs11Error;
use cryptoki::{
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsPssParams},
    },
    types::Ulong,
};
use der::{Encode, Sequence, asn1::UintRef};
use plimsoll_core::Algorithm;
use plimsoll_envelope::{HashFunction, signing_digest};
use std::borrow::Cow;

/// How one key signs with one algorithm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    algorithm: Algorithm,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// `CKM_ECDSA` over the hash; the answer is `r || s`, each half this wide.
    Ecdsa { half: usize, der: bool },
    /// `CKM_SHAxxx_RSA_PKCS` over the message.
    RsaPkcs1(HashFunction),
    /// `CKM_SHAxxx_RSA_PKCS_PSS` over the message.
    RsaPss(HashFunction),
    /// `CKM_RSA_PKCS_PSS` over the hash.
    RsaPssPrehashed(HashFunction),
}

impl Plan {
    /// Picks a mechanism that the token has. A hash is sent in place of the message where the token takes one, so that the size of
    /// what is signed does not matter to it.
    pub(crate) fn of(algorithm: Algorithm, offered: &[MechanismType]) -> Result<Self, Pkcs11Error> {
        let missing = Pkcs11Error::MechanismMissing { algorithm };
        let hash = HashFunction::of(algorithm).ok_or_else(|| missing.clone())?;
        let wanted = match algorithm {
            Algorithm::EcdsaP256Sha256Fixed => vec![How::Ecdsa { half: 32, der: false }],
            Algorithm::EcdsaP384Sha384Fixed => vec![How::Ecdsa { half: 48, der: false }],
            Algorithm::EcdsaP521Sha512Fixed => vec![How::Ecdsa { half: 66, der: false }],
            Algorithm::EcdsaP256Sha256Der | Algorithm::EcdsaP256Sha384Der => vec![How::Ecdsa { half: 32, der: true }],
            Algorithm::EcdsaP384Sha384Der | Algorithm::EcdsaP384Sha256Der => vec![How::Ecdsa { half: 48, der: true }],
            Algorithm::EcdsaP521Sha512Der => vec![How::Ecdsa { half: 66, der: true }],
            Algorithm::RsaPkcs1Sha256 | Algorithm::RsaPkcs1Sha384 | Algorithm::RsaPkcs1Sha512 => {
                vec![How::RsaPkcs1(hash)]
            }
            Algorithm::RsaPssSha256 | Algorithm::RsaPssSha384 | Algorithm::RsaPssSha512 => {
                vec![How::RsaPssPrehashed(hash), How::RsaPss(hash)]
            }
            _ => return Err(missing),
        };
        let plans = wanted.into_iter().map(|how| Self { algorithm, how });
        plans.into_iter().find(|plan| offered.contains(&plan.mechanism().mechanism_type())).ok_or(missing)
    }
    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    pub(crate) fn mechanism(&self) -> Mechanism<'static> {
        match self.how {
            How::Ecdsa { .. } => Mechanism::Ecdsa,
            How::RsaPkcs1(HashFunction::Sha384) => Mechanism::Sha384RsaPkcs,
            How::RsaPkcs1(HashFunction::Sha512) => Mechanism::Sha512RsaPkcs,
            How::RsaPkcs1(_) => Mechanism::Sha256RsaPkcs,
            How::RsaPss(hash @ HashFunction::Sha384) => Mechanism::Sha384RsaPkcsPss(pss(hash)),
            How::RsaPss(hash @ HashFunction::Sha512) => Mechanism::Sha512RsaPkcsPss(pss(hash)),
            How::RsaPss(hash) => Mechanism::Sha256RsaPkcsPss(pss(hash)),
            How::RsaPssPrehashed(hash) => Mechanism::RsaPkcsPss(pss(hash)),
        }
    }
    /// What goes to the token.
    pub(crate) fn data<'m>(&self, message: &'m [u8]) -> Cow<'m, [u8]> {
        match self.how {
            How::Ecdsa { .. } | How::RsaPssPrehashed(_) => {
                signing_digest(self.algorithm, message).map_or(Cow::Borrowed(message), Cow::Owned)
            }
            How::RsaPkcs1(_) | How::RsaPss(_) => Cow::Borrowed(message),
        }
    }
    /// The signature in the one encoding that the algorithm names. A token that answers otherwise has not signed.
    pub(crate) fn signature(&self, answer: Vec<u8>) -> Result<Vec<u8>, Pkcs11Error> {
        let How::Ecdsa { half, der } = self.how else { return Ok(answer) };
        match answer.split_at_checked(half) {
            Some((r, s)) if s.len() == half && der => to_der(r, s).map_err(|_| Pkcs11Error::SignatureInvalid),
            Some((_, s)) if s.len() == half => Ok(answer),
            _ => Err(Pkcs11Error::SignatureInvalid),
        }
    }
}

/// RFC 8017, 9.1: MGF1 with the same hash, and a salt of its length, as PS256 and its kin demand (RFC 7518, 3.5).
fn pss(hash: HashFunction) -> PkcsPssParams {
    let (hash_alg, mgf, length) = match hash {
        HashFunction::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48_u8),
        HashFunction::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
        _ => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32),
    };
    PkcsPssParams { hash_alg, mgf, s_len: Ulong::new(length.into()) }
}

/// `Ecdsa-Sig-Value` (RFC 3279, 2.2.3).
fn to_der(r: &[u8], s: &[u8]) -> der::Result<Vec<u8>> {
    EcdsaSigValue { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der()
}

#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}
