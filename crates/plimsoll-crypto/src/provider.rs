use crate::{p521_backend, ring_backend};
use plimsoll_core::{Provider, SignatureAlgorithm};

/// The back ends of this crate: every [`Algorithm`](plimsoll_core::Algorithm), by `ring`, and by `p521` for P-521.
///
/// An explicit value; nothing is installed anywhere.
///
/// ```
/// use plimsoll_core::{Algorithm, Message, PublicKey, VerifyError};
/// let provider = plimsoll_crypto::provider();
/// let key = PublicKey::from_spki_der(b"no key");
/// let refused = provider.verify(Algorithm::EcdsaP256Sha256Fixed, key, Message::Parts(&[b"text"]), &[0; 64]);
/// assert_eq!(refused, Err(VerifyError::BadSignature));
/// ```
#[must_use]
pub fn provider() -> Provider<'static> {
    Provider::new(&BACKENDS)
}

static BACKENDS: [&dyn SignatureAlgorithm; 15] = {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m] = &ring_backend::ALL;
    [a, d, &p521_backend::FIXED, h, i, j, b, c, e, f, g, k, l, m, &p521_backend::DER]
};
