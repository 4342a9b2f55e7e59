//! What a verification asks of the world outside.

use crate::code;
use alloc::format;
use plimsoll_core::{Bytes, Context, Failure, Missing, Purpose};
use plimsoll_pki::revocation::{NoAnswers, StatusAnswers};

/// Answers to what a verification asks: whether certificates were revoked, and what a plugin says.
///
/// It is asked only for a signature that holds, whose chain meets a trust store and whose signer is trusted; a plugin, moreover, only if
/// the statement of the trust policy lists it.
///
/// The implementer starts the plugin of exactly this name from its own plugin folder, without a shell, with the command as its
/// only argument and the request on its standard input, and bounds its time and output. What comes is checked by the caller.
pub trait Answers: StatusAnswers {
    /// Asks a plugin.
    ///
    /// # Errors
    /// [`Missing::Absent`] if it is not installed, [`Missing::Pending`] when it was asked now, and the verification is to be run
    /// again, else why there is no answer.
    fn plugin(&mut self, name: &str, command: &str, request: Bytes) -> Result<Bytes, Missing>;
}

impl<A: Answers + ?Sized> Answers for &mut A {
    fn plugin(&mut self, name: &str, command: &str, request: Bytes) -> Result<Bytes, Missing> {
        (**self).plugin(name, command, request)
    }
}

impl Answers for Context<'_> {
    fn plugin(&mut self, name: &str, command: &str, request: Bytes) -> Result<Bytes, Missing> {
        Context::plugin(self, name, command, request)
    }
}

impl Answers for NoAnswers {
    fn plugin(&mut self, name: &str, _: &str, _: Bytes) -> Result<Bytes, Missing> {
        let message = format!("the plugin `{name}` is not asked where a signature is verified from memory");
        Err(Missing::Failed(Failure::new(code::NOT_ASKED, message)))
    }
}

/// Asks nobody, because the signature has given no reason to.
pub(crate) struct Closed;

impl StatusAnswers for Closed {
    fn http(&mut self, _: &str, _: Option<Bytes>, _: u64, _: Purpose) -> Result<Bytes, Missing> {
        let message = "nothing is asked before the chain meets a trust store and its signer is trusted";
        Err(Missing::Failed(Failure::new(code::NOT_ASKED, message)))
    }
}
