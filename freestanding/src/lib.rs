//! Verifies a Notary signature without a standard library.

#![no_std]

use core::panic::PanicInfo;
use plimsoll_core::{Descriptor, UnixTime};
use plimsoll_notary::{TrustContext, verify_signature};

/// Whether the envelope is a signature of `app` by a signer who is trusted.
#[must_use]
pub fn holds(envelope: &[u8], media_type: &str, app: &Descriptor, trust: &TrustContext, now: UnixTime) -> bool {
    verify_signature(envelope, media_type, app, trust, now, plimsoll_crypto::pure::provider()).verified().is_some()
}

/// The one of the standard library would be a second.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
