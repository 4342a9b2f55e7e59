//! The names of algorithms in JWS (RFC 7518, 3.1; RFC 8037; RFC 9964) and COSE (RFC 9053, 2; RFC 8230, 2; RFC 8812, 2; RFC 9964).

use plimsoll_core::Algorithm;

/// What a JWS `alg` means. `none` and the HMACs are not here, so that no check can be made of them.
pub(crate) fn from_jws(name: &str) -> Option<Algorithm> {
    NAMES.iter().find(|(jws, _, _)| *jws == name).map(|(_, _, algorithm)| *algorithm)
}

/// What a COSE label 1 means.
pub(crate) fn from_cose(number: i64) -> Option<Algorithm> {
    NAMES.iter().find(|(_, cose, _)| *cose == number).map(|(_, _, algorithm)| *algorithm)
}

/// The registered name of an algorithm in JWS and COSE, such as `PS256`; `None` for one that only DER formats use
/// ([RFC 7518, section 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)).
#[must_use]
pub fn algorithm_name(algorithm: Algorithm) -> Option<&'static str> {
    to_jws(algorithm)
}

pub(crate) fn to_jws(algorithm: Algorithm) -> Option<&'static str> {
    NAMES.iter().find(|(_, _, known)| *known == algorithm).map(|(jws, _, _)| *jws)
}

pub(crate) fn to_cose(algorithm: Algorithm) -> Option<i64> {
    NAMES.iter().find(|(_, _, known)| *known == algorithm).map(|(_, cose, _)| *cose)
}

const NAMES: [(&str, i64, Algorithm); 13] = [
    ("ES256", -7, Algorithm::EcdsaP256Sha256Fixed),
    ("ES384", -35, Algorithm::EcdsaP384Sha384Fixed),
    ("ES512", -36, Algorithm::EcdsaP521Sha512Fixed),
    ("PS256", -37, Algorithm::RsaPssSha256),
    ("PS384", -38, Algorithm::RsaPssSha384),
    ("PS512", -39, Algorithm::RsaPssSha512),
    ("EdDSA", -8, Algorithm::Ed25519),
    ("RS256", -257, Algorithm::RsaPkcs1Sha256),
    ("RS384", -258, Algorithm::RsaPkcs1Sha384),
    ("RS512", -259, Algorithm::RsaPkcs1Sha512),
    ("ML-DSA-44", -48, Algorithm::MlDsa44),
    ("ML-DSA-65", -49, Algorithm::MlDsa65),
    ("ML-DSA-87", -50, Algorithm::MlDsa87),
];
