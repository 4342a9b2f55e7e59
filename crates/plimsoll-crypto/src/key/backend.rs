//! The library that keys on P-256 and P-384 and RSA keys sign with: `ring`, or `aws-lc-rs`, which has nearly the same interface.

#[cfg(not(feature = "ring"))]
pub(super) use aws_lc_rs::{
    rand::{SecureRandom, SystemRandom},
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING,
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair, RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};
#[cfg(feature = "ring")]
pub(super) use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING,
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair, RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};

/// A key for ECDSA of its two halves.
pub(super) fn ecdsa(with: &'static EcdsaSigningAlgorithm, scalar: &[u8], public: &[u8]) -> Option<EcdsaKeyPair> {
    #[cfg(feature = "ring")]
    return EcdsaKeyPair::from_private_key_and_public_key(with, scalar, public, &SystemRandom::new()).ok();
    #[cfg(not(feature = "ring"))]
    return EcdsaKeyPair::from_private_key_and_public_key(with, scalar, public).ok();
}

/// The length of an RSA key's signatures in octets.
pub(super) fn modulus_length(pair: &RsaKeyPair) -> usize {
    #[cfg(feature = "ring")]
    return pair.public().modulus_len();
    #[cfg(not(feature = "ring"))]
    return pair.public_modulus_len();
}
