//! Where answers come from.

use crate::code;
use alloc::boxed::Box;
use plimsoll_core::{Bytes, Context, Failure, Missing, Purpose};

/// Fetches what a URL out of a certificate or list names.
///
/// The implementer sends a GET, or a POST of `body` as `application/ocsp-request`, follows no redirect to an address that it would
/// not ask itself, counts only status 200, and returns no more than `limit` bytes. With [`Purpose::FreshCrl`] it asks past any cache. What comes is
/// checked by the caller, so a cache needs no trust.
pub trait StatusAnswers {
    /// Asks.
    ///
    /// # Errors
    /// [`Missing::Pending`] when it was asked now, and the check is to be run again; else why there is no answer.
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing>;
}

impl<A: StatusAnswers + ?Sized> StatusAnswers for &mut A {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        (**self).http(url, body, limit, purpose)
    }
}

impl<A: StatusAnswers + ?Sized> StatusAnswers for Box<A> {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        (**self).http(url, body, limit, purpose)
    }
}

impl StatusAnswers for Context<'_> {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        Context::http(self, url, body, limit, purpose)
    }
}

/// Asks nobody: only local lists count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoAnswers;

impl StatusAnswers for NoAnswers {
    fn http(&mut self, _: &str, _: Option<Bytes>, _: u64, _: Purpose) -> Result<Bytes, Missing> {
        Err(Missing::Failed(Failure::new(code::REVOCATION_UNKNOWN, "nothing is asked over the network here")))
    }
}
