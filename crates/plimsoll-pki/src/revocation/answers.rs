//! Where answers come from.

use crate::code;
use alloc::boxed::Box;
use plimsoll_core::{Bytes, Context, Failure, LimitExceeded, Missing, Purpose};

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
    /// Says whether a list of this many bytes may still be read. Whoever has a budget takes them from it
    /// ([`Budget::spend_on`](plimsoll_core::Budget::spend_on)); what may not be read is not known.
    ///
    /// It is not asked about a list that the provider's memory has, read and checked.
    ///
    /// # Errors
    /// [`LimitExceeded`] if not. As it is provided: never.
    fn spend_on(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        let _ = bytes;
        Ok(())
    }
}

impl<A: StatusAnswers + ?Sized> StatusAnswers for &mut A {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        (**self).http(url, body, limit, purpose)
    }
    fn spend_on(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        (**self).spend_on(bytes)
    }
}

impl<A: StatusAnswers + ?Sized> StatusAnswers for Box<A> {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        (**self).http(url, body, limit, purpose)
    }
    fn spend_on(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        (**self).spend_on(bytes)
    }
}

impl StatusAnswers for Context<'_> {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        Context::http(self, url, body, limit, purpose)
    }
    fn spend_on(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        self.budget.spend_on(bytes)
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
