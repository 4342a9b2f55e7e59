//! The back end by `aws-lc-rs`: AWS-LC, a C library. ML-DSA is its own.

use crate::{message::contiguous, public_key::SubjectPublicKey};
use aws_lc_rs::{
    digest,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
        ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA512_ASN1,
        ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_FIXED, ED25519,
        ML_DSA_44, ML_DSA_65, ML_DSA_87, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
        RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
        RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
    },
};
use plimsoll_core::{Algorithm, Digest, Message, Provider, PublicKey, SignatureAlgorithm, VerifyError};

/// Every algorithm of [`Algorithm`], by AWS-LC.
///
/// A hash is taken in place of the message where a [`Digest`] is of the algorithm's own hash function: SHA-256 and SHA-512, but not for
/// Ed25519 and ML-DSA, which hash more than the message.
#[must_use]
pub fn provider() -> Provider<'static> {
    Provider::new(EVERY)
}

/// One algorithm of AWS-LC.
struct AwsLc {
    algorithm: Algorithm,
    check: Check,
}

enum Check {
    Plain(&'static dyn VerificationAlgorithm),
    Rsa(&'static RsaParameters),
}

impl SignatureAlgorithm for AwsLc {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let key = SubjectPublicKey::read(key).map_err(|_| VerifyError::BadSignature)?;
        if key.refuses(signature) {
            return Err(VerifyError::BadSignature);
        }
        let held = match message {
            Message::Prehashed(hash) => self.verify_hash(key, &imported(self.algorithm, hash)?, signature),
            message => contiguous(message, |message| Ok(self.verify_message(key, message, signature)))?,
        };
        held.ok_or(VerifyError::BadSignature)
    }
}

impl AwsLc {
    fn verify_message(&self, key: SubjectPublicKey<'_>, message: &[u8], signature: &[u8]) -> Option<()> {
        match (&self.check, key) {
            (Check::Rsa(parameters), SubjectPublicKey::Rsa { modulus, exponent }) => {
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature).ok()
            }
            (Check::Plain(check), key) => check.verify_sig(key.octets_for(self.algorithm)?, message, signature).ok(),
            _ => None,
        }
    }
    fn verify_hash(&self, key: SubjectPublicKey<'_>, hash: &digest::Digest, signature: &[u8]) -> Option<()> {
        match (&self.check, key) {
            (Check::Rsa(parameters), SubjectPublicKey::Rsa { modulus, exponent }) => {
                let key: ParsedPublicKey =
                    RsaPublicKeyComponents { n: modulus, e: exponent }.to_parsed_public_key(parameters).ok()?;
                key.verify_digest_sig(hash, signature).ok()
            }
            (Check::Plain(check), key) => {
                check.verify_digest_sig(key.octets_for(self.algorithm)?, hash, signature).ok()
            }
            _ => None,
        }
    }
}

fn imported(algorithm: Algorithm, hash: &Digest) -> Result<digest::Digest, VerifyError> {
    let imported = match (algorithm, hash) {
        (Algorithm::Ed25519 | Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87, _) => None,
        (
            Algorithm::EcdsaP256Sha512Der
            | Algorithm::EcdsaP384Sha512Der
            | Algorithm::EcdsaP521Sha512Der
            | Algorithm::EcdsaP521Sha512Fixed
            | Algorithm::RsaPkcs1Sha512
            | Algorithm::RsaPssSha512,
            Digest::Sha512(hash),
        ) => digest::Digest::import_less_safe(hash, &digest::SHA512).ok(),
        (
            Algorithm::EcdsaP256Sha256Der
            | Algorithm::EcdsaP256Sha256Fixed
            | Algorithm::EcdsaP384Sha256Der
            | Algorithm::EcdsaP521Sha256Der
            | Algorithm::RsaPkcs1Sha256
            | Algorithm::RsaPssSha256,
            Digest::Sha256(hash),
        ) => digest::Digest::import_less_safe(hash, &digest::SHA256).ok(),
        _ => None,
    };
    imported.ok_or(VerifyError::Unsupported)
}

const fn plain(algorithm: Algorithm, check: &'static dyn VerificationAlgorithm) -> AwsLc {
    AwsLc { algorithm, check: Check::Plain(check) }
}

const fn rsa(algorithm: Algorithm, parameters: &'static RsaParameters) -> AwsLc {
    AwsLc { algorithm, check: Check::Rsa(parameters) }
}

static EVERY: &[&dyn SignatureAlgorithm] = &[
    &plain(Algorithm::EcdsaP256Sha256Fixed, &ECDSA_P256_SHA256_FIXED),
    &plain(Algorithm::EcdsaP256Sha256Der, &ECDSA_P256_SHA256_ASN1),
    &plain(Algorithm::EcdsaP256Sha384Der, &ECDSA_P256_SHA384_ASN1),
    &plain(Algorithm::EcdsaP256Sha512Der, &ECDSA_P256_SHA512_ASN1),
    &plain(Algorithm::EcdsaP384Sha384Fixed, &ECDSA_P384_SHA384_FIXED),
    &plain(Algorithm::EcdsaP384Sha384Der, &ECDSA_P384_SHA384_ASN1),
    &plain(Algorithm::EcdsaP384Sha256Der, &ECDSA_P384_SHA256_ASN1),
    &plain(Algorithm::EcdsaP384Sha512Der, &ECDSA_P384_SHA512_ASN1),
    &plain(Algorithm::EcdsaP521Sha512Fixed, &ECDSA_P521_SHA512_FIXED),
    &plain(Algorithm::EcdsaP521Sha512Der, &ECDSA_P521_SHA512_ASN1),
    &plain(Algorithm::EcdsaP521Sha256Der, &ECDSA_P521_SHA256_ASN1),
    &plain(Algorithm::EcdsaP521Sha384Der, &ECDSA_P521_SHA384_ASN1),
    &plain(Algorithm::Ed25519, &ED25519),
    &plain(Algorithm::MlDsa44, &ML_DSA_44),
    &plain(Algorithm::MlDsa65, &ML_DSA_65),
    &plain(Algorithm::MlDsa87, &ML_DSA_87),
    &rsa(Algorithm::RsaPssSha256, &RSA_PSS_2048_8192_SHA256),
    &rsa(Algorithm::RsaPssSha384, &RSA_PSS_2048_8192_SHA384),
    &rsa(Algorithm::RsaPssSha512, &RSA_PSS_2048_8192_SHA512),
    &rsa(Algorithm::RsaPkcs1Sha256, &RSA_PKCS1_2048_8192_SHA256),
    &rsa(Algorithm::RsaPkcs1Sha384, &RSA_PKCS1_2048_8192_SHA384),
    &rsa(Algorithm::RsaPkcs1Sha512, &RSA_PKCS1_2048_8192_SHA512),
];
