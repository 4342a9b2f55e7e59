//! The back end that is used by default: `ring`, and `p521` for the one curve that it lacks.

#[cfg(feature = "ml-dsa")]
use crate::fips204;
use crate::{message::contiguous, nist_p521, public_key::SubjectPublicKey};
use plimsoll_core::{Algorithm, Message, Provider, PublicKey, SignatureAlgorithm, VerifyError};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// Every algorithm of [`Algorithm`], by `ring` and `p521`, but for ECDSA with SHA-512 on P-256 and P-384, which `ring` does not have; ML-DSA
/// with the feature `ml-dsa`.
///
/// `ring` hashes the message itself, so a prehashed message is answered [`VerifyError::Unsupported`], except for P-521.
#[must_use]
pub fn provider() -> Provider<'static> {
    Provider::new(EVERY)
}

/// One algorithm of `ring`.
struct Ring {
    algorithm: Algorithm,
    check: Check,
}

enum Check {
    Plain(&'static dyn VerificationAlgorithm),
    Rsa(&'static RsaParameters),
}

impl SignatureAlgorithm for Ring {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let key = SubjectPublicKey::read(key).map_err(|_| VerifyError::BadSignature)?;
        if key.refuses(signature) {
            return Err(VerifyError::BadSignature);
        }
        contiguous(message, |message| {
            match (&self.check, key) {
                (Check::Rsa(parameters), SubjectPublicKey::Rsa { modulus, exponent }) => {
                    RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature)
                }
                (Check::Plain(check), key) => {
                    let octets = key.octets_for(self.algorithm).ok_or(VerifyError::BadSignature)?;
                    UnparsedPublicKey::new(*check, octets).verify(message, signature)
                }
                _ => return Err(VerifyError::BadSignature),
            }
            .map_err(|_| VerifyError::BadSignature)
        })
    }
}

/// Those of envelopes first: a provider is searched from the front.
static EVERY: &[&dyn SignatureAlgorithm] = &[
    &ALL[0],
    &ALL[3],
    &nist_p521::FIXED,
    &ALL[7],
    &ALL[8],
    &ALL[9],
    &ALL[1],
    &ALL[2],
    &ALL[4],
    &ALL[5],
    &ALL[6],
    &ALL[10],
    &ALL[11],
    &ALL[12],
    &nist_p521::DER,
    &nist_p521::DER_SHA256,
    &nist_p521::DER_SHA384,
    #[cfg(feature = "ml-dsa")]
    fips204::ALL[0],
    #[cfg(feature = "ml-dsa")]
    fips204::ALL[1],
    #[cfg(feature = "ml-dsa")]
    fips204::ALL[2],
];

/// Every algorithm of `ring`.
static ALL: [Ring; 13] = [
    Ring { algorithm: Algorithm::EcdsaP256Sha256Fixed, check: Check::Plain(&ECDSA_P256_SHA256_FIXED) },
    Ring { algorithm: Algorithm::EcdsaP256Sha256Der, check: Check::Plain(&ECDSA_P256_SHA256_ASN1) },
    Ring { algorithm: Algorithm::EcdsaP256Sha384Der, check: Check::Plain(&ECDSA_P256_SHA384_ASN1) },
    Ring { algorithm: Algorithm::EcdsaP384Sha384Fixed, check: Check::Plain(&ECDSA_P384_SHA384_FIXED) },
    Ring { algorithm: Algorithm::EcdsaP384Sha384Der, check: Check::Plain(&ECDSA_P384_SHA384_ASN1) },
    Ring { algorithm: Algorithm::EcdsaP384Sha256Der, check: Check::Plain(&ECDSA_P384_SHA256_ASN1) },
    Ring { algorithm: Algorithm::Ed25519, check: Check::Plain(&ED25519) },
    Ring { algorithm: Algorithm::RsaPssSha256, check: Check::Rsa(&RSA_PSS_2048_8192_SHA256) },
    Ring { algorithm: Algorithm::RsaPssSha384, check: Check::Rsa(&RSA_PSS_2048_8192_SHA384) },
    Ring { algorithm: Algorithm::RsaPssSha512, check: Check::Rsa(&RSA_PSS_2048_8192_SHA512) },
    Ring { algorithm: Algorithm::RsaPkcs1Sha256, check: Check::Rsa(&RSA_PKCS1_2048_8192_SHA256) },
    Ring { algorithm: Algorithm::RsaPkcs1Sha384, check: Check::Rsa(&RSA_PKCS1_2048_8192_SHA384) },
    Ring { algorithm: Algorithm::RsaPkcs1Sha512, check: Check::Rsa(&RSA_PKCS1_2048_8192_SHA512) },
];
