//! Random bytes of the system.

use super::backend::{SecureRandom as _, SystemRandom};
use crate::KeyError;

/// Fills an array with random bytes of the system: for serial numbers and nonces.
///
/// # Errors
/// [`KeyError::Random`] when the system gives none.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}
