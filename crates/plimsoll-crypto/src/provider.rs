//! The back ends that are used when nobody chooses others.

use plimsoll_core::Provider;

/// The back ends of the first of the features `ring`, `aws-lc-rs` and `pure` that is on; ML-DSA beside them with `ml-dsa`.
///
/// A value like any other: whoever wants another back end calls [`Provider::new`] with it. Without any of the features it is empty,
/// so that every check is answered [`Unsupported`](plimsoll_core::VerifyError::Unsupported).
#[must_use]
pub fn provider() -> Provider<'static> {
    #[cfg(feature = "ring")]
    return crate::ring::provider();
    #[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
    return crate::aws_lc::provider();
    #[cfg(all(feature = "pure", not(any(feature = "ring", feature = "aws-lc-rs"))))]
    return crate::pure::provider();
    #[cfg(all(feature = "ml-dsa", not(any(feature = "ring", feature = "aws-lc-rs", feature = "pure"))))]
    return Provider::new(&crate::fips204::ALL);
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs", feature = "pure", feature = "ml-dsa")))]
    return Provider::new(&[]);
}
