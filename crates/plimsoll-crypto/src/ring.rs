//! The algorithms that `ring` has.

use crate::{message::contiguous, public_key::SubjectPublicKey};
use plimsoll_core::{Algorithm, Message, PublicKey, SignatureAlgorithm, VerifyError};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// One algorithm of `ring`.
pub(crate) struct Ring {
    algorithm: Algorithm,
    check: Check,
}

enum Check {
    Ed25519,
    P256(&'static dyn VerificationAlgorithm),
    P384(&'static dyn VerificationAlgorithm),
    Rsa(&'static RsaParameters),
}

impl SignatureAlgorithm for Ring {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let key = SubjectPublicKey::read(key).map_err(|_| VerifyError::BadSignature)?;
        let message = contiguous(message)?;
        match (&self.check, key) {
            (Check::Ed25519, SubjectPublicKey::Ed25519(key)) => {
                UnparsedPublicKey::new(&ED25519, key).verify(&message, signature)
            }
            (Check::P256(check), SubjectPublicKey::P256(point))
            | (Check::P384(check), SubjectPublicKey::P384(point)) => {
                UnparsedPublicKey::new(*check, point).verify(&message, signature)
            }
            (Check::Rsa(parameters), SubjectPublicKey::Rsa { modulus, exponent }) => {
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, &message, signature)
            }
            _ => return Err(VerifyError::BadSignature),
        }
        .map_err(|_| VerifyError::BadSignature)
    }
}

/// Every algorithm of `ring`.
pub(crate) static ALL: [Ring; 13] = [
    Ring { algorithm: Algorithm::EcdsaP256Sha256Fixed, check: Check::P256(&ECDSA_P256_SHA256_FIXED) },
    Ring { algorithm: Algorithm::EcdsaP256Sha256Der, check: Check::P256(&ECDSA_P256_SHA256_ASN1) },
    Ring { algorithm: Algorithm::EcdsaP256Sha384Der, check: Check::P256(&ECDSA_P256_SHA384_ASN1) },
    Ring { algorithm: Algorithm::EcdsaP384Sha384Fixed, check: Check::P384(&ECDSA_P384_SHA384_FIXED) },
    Ring { algorithm: Algorithm::EcdsaP384Sha384Der, check: Check::P384(&ECDSA_P384_SHA384_ASN1) },
    Ring { algorithm: Algorithm::EcdsaP384Sha256Der, check: Check::P384(&ECDSA_P384_SHA256_ASN1) },
    Ring { algorithm: Algorithm::Ed25519, check: Check::Ed25519 },
    Ring { algorithm: Algorithm::RsaPssSha256, check: Check::Rsa(&RSA_PSS_2048_8192_SHA256) },
    Ring { algorithm: Algorithm::RsaPssSha384, check: Check::Rsa(&RSA_PSS_2048_8192_SHA384) },
    Ring { algorithm: Algorithm::RsaPssSha512, check: Check::Rsa(&RSA_PSS_2048_8192_SHA512) },
    Ring { algorithm: Algorithm::RsaPkcs1Sha256, check: Check::Rsa(&RSA_PKCS1_2048_8192_SHA256) },
    Ring { algorithm: Algorithm::RsaPkcs1Sha384, check: Check::Rsa(&RSA_PKCS1_2048_8192_SHA384) },
    Ring { algorithm: Algorithm::RsaPkcs1Sha512, check: Check::Rsa(&RSA_PKCS1_2048_8192_SHA512) },
];
