//! The cryptography seam. No implementation here: back ends live in `plimsoll-crypto` or at a user's.

use crate::{Classify, Digest};
use alloc::{sync::Arc, vec::Vec};
use core::{
    any::{self, Any},
    fmt, ptr,
};

/// A signature algorithm: key type, hash, padding **and** signature encoding.
///
/// The encoding is part of the name because formats differ: ECDSA in JWS and COSE is `r || s` of fixed width
/// ([RFC 7518, 3.4], [RFC 9053, 2.1]), in X.509, CMS and DSSE it is DER ([RFC 3279, 2.2.3]).
///
/// [RFC 7518, 3.4]: https://www.rfc-editor.org/rfc/rfc7518#section-3.4
/// [RFC 9053, 2.1]: https://www.rfc-editor.org/rfc/rfc9053#section-2.1
/// [RFC 3279, 2.2.3]: https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256, DER.
    EcdsaP256Sha256Der,
    /// ECDSA on P-256 with SHA-256, `r || s`, 64 bytes (ES256).
    EcdsaP256Sha256Fixed,
    /// ECDSA on P-256 with SHA-384, DER. On certificates only.
    EcdsaP256Sha384Der,
    /// ECDSA on P-256 with SHA-512, DER. On certificates only.
    EcdsaP256Sha512Der,
    /// ECDSA on P-384 with SHA-256, DER. On certificates only.
    EcdsaP384Sha256Der,
    /// ECDSA on P-384 with SHA-384, DER.
    EcdsaP384Sha384Der,
    /// ECDSA on P-384 with SHA-384, `r || s`, 96 bytes (ES384).
    EcdsaP384Sha384Fixed,
    /// ECDSA on P-384 with SHA-512, DER. On certificates only.
    EcdsaP384Sha512Der,
    /// ECDSA on P-521 with SHA-256, DER. On certificates only.
    EcdsaP521Sha256Der,
    /// ECDSA on P-521 with SHA-384, DER. On certificates only.
    EcdsaP521Sha384Der,
    /// ECDSA on P-521 with SHA-512, DER.
    EcdsaP521Sha512Der,
    /// ECDSA on P-521 with SHA-512, `r || s`, 132 bytes (ES512).
    EcdsaP521Sha512Fixed,
    /// Ed25519.
    Ed25519,
    /// ML-DSA-44 ([FIPS 204](https://doi.org/10.6028/NIST.FIPS.204)): pure, with an empty context string, 2420 bytes.
    MlDsa44,
    /// ML-DSA-65: pure, with an empty context string, 3309 bytes.
    MlDsa65,
    /// ML-DSA-87: pure, with an empty context string, 4627 bytes.
    MlDsa87,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, salt of 32 bytes (PS256).
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt of 48 bytes (PS384).
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512, salt of 64 bytes (PS512).
    RsaPssSha512,
}

/// What a signature is over.
///
/// `Parts`, because no envelope's signing input is contiguous in the bytes received; a back end that needs one slice joins
/// them. `Prehashed` is for content too large to hold; a back end that cannot do it answers [`VerifyError::Unsupported`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Message<'a> {
    /// The message is the concatenation of these.
    Parts(&'a [&'a [u8]]),
    /// The message has this hash, by the algorithm's own hash function.
    Prehashed(&'a Digest),
}

/// A public key as a DER-encoded `SubjectPublicKeyInfo` ([RFC 5280, 4.1]).
///
/// [RFC 5280, 4.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey<'a> {
    spki_der: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Wraps a DER-encoded `SubjectPublicKeyInfo`. The back end parses it, and refuses what it is not.
    #[must_use]
    pub const fn from_spki_der(spki_der: &'a [u8]) -> Self {
        Self { spki_der }
    }
    /// The DER-encoded `SubjectPublicKeyInfo`.
    #[must_use]
    pub const fn spki_der(&self) -> &'a [u8] {
        self.spki_der
    }
}
impl fmt::Debug for PublicKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey(spki {})", Digest::sha256_of(self.spki_der))
    }
}

/// A back end says no without saying why: there is no need or opportunity for more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VerifyError {
    /// The signature does not hold under this key, or the key is not one of this algorithm.
    #[error("the signature does not hold")]
    BadSignature,
    /// This back end cannot check this algorithm, key size or message form.
    #[error("the algorithm, key or message form is not supported")]
    Unsupported,
}

/// A cryptographic back end for one algorithm.
///
/// # Contract
/// - `verify` answers `Ok` only if `signature` is a valid signature in the one encoding that [`Algorithm`] names.
/// - It never panics, whatever the bytes; it parses `key` itself and refuses a key of another type.
/// - It keeps no state that changes its answer.
///
/// `plimsoll-testkit` has a contract test that an implementer can run.
pub trait SignatureAlgorithm: Send + Sync {
    /// The algorithm that this back end checks.
    fn algorithm(&self) -> Algorithm;
    /// Checks `signature` over `message` under `key`.
    ///
    /// # Errors
    /// [`VerifyError`]; see there.
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError>;
    /// Which back end this is, for whoever remembers what it answered. One that only hands questions on to another gives that one's.
    fn back_end(&self) -> BackEnd {
        BackEnd::of(self)
    }
}

/// Which back end gave an answer: its type, by the compiler's name for it, and where it lies in memory.
///
/// Neither is enough alone: back ends without fields lie where others do, and one type may have a value for each of several devices. It is
/// good for as long as the back end lives.
#[derive(Clone, Copy, Eq, PartialOrd, Ord, Debug)]
pub struct BackEnd {
    place: usize,
    kind: &'static str,
}

impl BackEnd {
    /// That of a value.
    #[must_use]
    pub fn of<T: ?Sized>(one: &T) -> Self {
        Self { place: ptr::from_ref(one).addr(), kind: any::type_name::<T>() }
    }
}

impl PartialEq for BackEnd {
    fn eq(&self, other: &Self) -> bool {
        // The name of one type is nearly always one text in memory, so that nothing of it is read.
        self.place == other.place && (ptr::eq(self.kind, other.kind) || self.kind == other.kind)
    }
}

impl<T: SignatureAlgorithm + ?Sized> SignatureAlgorithm for &T {
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }
    fn back_end(&self) -> BackEnd {
        (**self).back_end()
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        (**self).verify(key, message, signature)
    }
}

/// Something that was proven by back ends: what it is, only the crate that proved it knows.
pub type Proof = Arc<dyn Any + Send + Sync>;

/// A memory of what was proven, so that it is not proven anew for each of many artifacts of one signer.
///
/// # Contract
/// - `recall` gives what was last kept about exactly these bytes by the same back ends, or nothing. It may forget at any time.
/// - It is bounded, however much is kept.
///
/// Whoever recalls a proof compares everything that the proof rests on, so that a memory which breaks the contract about
/// bytes confuses nothing. Nothing is kept that time or another source can take back: no validity, no trust, no revocation.
///
/// `plimsoll-verify` has one that sessions share.
pub trait Proofs: Send + Sync {
    /// What was last kept about these bytes.
    fn recall(&self, about: &[u8]) -> Option<Proof>;
    /// Keeps a proof about these bytes, in place of an earlier one.
    fn keep(&self, about: &[u8], proof: Proof);
}

/// The back ends that a caller chose, and perhaps a memory of what they proved. Passed along, never a process global.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    algorithms: &'a [&'a dyn SignatureAlgorithm],
    proofs: Option<&'a dyn Proofs>,
}

impl<'a> Provider<'a> {
    /// Offers these back ends; of two for one algorithm the first is used.
    #[must_use]
    pub const fn new(algorithms: &'a [&'a dyn SignatureAlgorithm]) -> Self {
        Self { algorithms, proofs: None }
    }
    /// Lets what these back ends prove be remembered.
    #[must_use]
    pub const fn with_proofs(mut self, proofs: &'a dyn Proofs) -> Self {
        self.proofs = Some(proofs);
        self
    }
    /// The memory of what these back ends proved.
    #[must_use]
    pub const fn proofs(&self) -> Option<&'a dyn Proofs> {
        self.proofs
    }
    /// The back ends, in order.
    #[must_use]
    pub const fn algorithms(&self) -> &'a [&'a dyn SignatureAlgorithm] {
        self.algorithms
    }
    /// Finds the back end for an algorithm.
    #[must_use]
    pub fn find(&self, algorithm: Algorithm) -> Option<&'a dyn SignatureAlgorithm> {
        self.algorithms.iter().copied().find(|one| one.algorithm() == algorithm)
    }
    /// Checks a signature with the back end for `algorithm`.
    ///
    /// # Errors
    /// [`VerifyError::Unsupported`] without such a back end, else what it says.
    pub fn verify(
        &self,
        algorithm: Algorithm,
        key: PublicKey<'_>,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        self.find(algorithm).ok_or(VerifyError::Unsupported)?.verify(key, message, signature)
    }
}
impl fmt::Debug for Provider<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.algorithms.iter().map(SignatureAlgorithm::algorithm)).finish()
    }
}

/// A key that the process need not see: a KMS, a PKCS#11 token, a plugin. A local key returns [`core::future::ready`].
///
/// # Contract
/// - `algorithm` is known before there is anything to sign, because it stands in the protected header.
/// - `sign` returns a signature over exactly `input`, in the encoding that `algorithm` names.
/// - The caller checks what came back before it uses it.
pub trait Sign: Send + Sync {
    /// Why signing failed.
    type Error: Classify + core::error::Error + Send + Sync + 'static;
    /// The algorithm that this key signs with.
    fn algorithm(&self) -> Algorithm;
    /// Signs the bytes.
    fn sign(&self, input: &[u8]) -> impl Future<Output = Result<Vec<u8>, Self::Error>> + Send;
}

impl<T: Sign> Sign for &T {
    type Error = T::Error;
    fn algorithm(&self) -> Algorithm {
        (**self).algorithm()
    }
    fn sign(&self, input: &[u8]) -> impl Future<Output = Result<Vec<u8>, T::Error>> + Send {
        (**self).sign(input)
    }
}
