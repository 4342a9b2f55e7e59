//! Signing on a thread of its own, and checking what came back.

use crate::{Pkcs11Error, mechanism::Plan};
use cryptoki::{mechanism::Mechanism, object::ObjectHandle, session::Session};
use futures_channel::oneshot;
use plimsoll_core::{Algorithm, Escaped, Message, Provider, PublicKey, Sign, VerifyError};
use std::{
    fmt,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// A key on a token as a [`Sign`]. Its session lives on a thread of its own, which ends with the signer.
///
/// PKCS#11 has no way to stop a call, so a token that hangs keeps that thread. It keeps nobody else: a caller that no longer waits
/// drops the future, and a request that was not begun by then is never begun. Each signature was checked under the key's public
/// half before it is handed out.
///
/// Dropping the signer waits until the session is closed, for a second at most: a program that ends while its module is at work may be taken down by it.
pub struct TokenSigner {
    algorithm: Algorithm,
    spki: Vec<u8>,
    crypto: Provider<'static>,
    /// None only while it is dropped.
    requests: Option<Sender<Request>>,
    /// Hears when the thread has ended.
    ended: Mutex<Receiver<()>>,
}

impl TokenSigner {
    pub(crate) fn start(
        plan: Plan,
        key: impl RawSign,
        spki: Vec<u8>,
        crypto: Provider<'static>,
    ) -> Result<Self, Pkcs11Error> {
        let (requests, received) = channel();
        let (ending, ended) = channel();
        let started = thread::Builder::new().name("pkcs11".into()).spawn(move || {
            // Dropped after the key, and with it the session.
            let _ending: Sender<()> = ending;
            serve(plan, key, &received);
        });
        match started {
            Ok(_) => {
                let (requests, ended) = (Some(requests), Mutex::new(ended));
                Ok(Self { algorithm: plan.algorithm(), spki, crypto, requests, ended })
            }
            Err(error) => Err(Pkcs11Error::Failed { function: "thread", what: Escaped::new(&error.to_string()) }),
        }
    }
    /// The public key that every signature is checked under.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'_> {
        PublicKey::from_spki_der(&self.spki)
    }
    /// Signs, and waits at most this long, blocking the thread.
    ///
    /// # Errors
    /// [`Pkcs11Error::TimedOut`], [`Pkcs11Error::Failed`] as the token says, [`Pkcs11Error::SignatureInvalid`].
    pub fn sign_within(&self, input: &[u8], time: Duration) -> Result<Vec<u8>, Pkcs11Error> {
        let deadline = Instant::now().checked_add(time);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut signature = pin!(self.sign(input));
        loop {
            if let Poll::Ready(signature) = signature.as_mut().poll(&mut Context::from_waker(&waker)) {
                return signature;
            }
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return Err(Pkcs11Error::TimedOut { seconds: time.as_secs() }),
                Some(left) => thread::park_timeout(left),
                // A time beyond what the clock counts.
                None => thread::park(),
            }
        }
    }

    fn send(&self, input: &[u8], answer: Answer) -> Result<(), Pkcs11Error> {
        let requests = self.requests.as_ref().ok_or_else(gone)?;
        requests.send(Request { input: input.to_vec(), answer }).map_err(|_| gone())
    }

    fn checked(&self, input: &[u8], signature: Vec<u8>) -> Result<Vec<u8>, Pkcs11Error> {
        match self.crypto.verify(self.algorithm, self.public_key(), Message::Parts(&[input]), &signature) {
            Ok(()) => Ok(signature),
            Err(VerifyError::BadSignature) => Err(Pkcs11Error::SignatureInvalid),
            Err(VerifyError::Unsupported) => {
                let what = Escaped::new("no back end was given that checks its signatures");
                Err(Pkcs11Error::KeyUnsupported { what })
            }
        }
    }
}

impl Sign for TokenSigner {
    type Error = Pkcs11Error;
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        let (answer, answered) = oneshot::channel();
        self.send(input, answer)?;
        let signature = answered.await.map_err(|_| gone())??;
        self.checked(input, signature)
    }
}

impl Drop for TokenSigner {
    fn drop(&mut self) {
        // Without it there is nothing more to wait for.
        self.requests = None;
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(CLOSING);
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSigner({:?})", self.algorithm)
    }
}

/// What a token does: one signature by one mechanism.
pub(crate) trait RawSign: Send + 'static {
    fn sign(&mut self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, Pkcs11Error>;
}

/// A private key in a session that is logged in.
pub(crate) struct Handle {
    session: Session,
    object: ObjectHandle,
}

impl Handle {
    pub(crate) const fn new(session: Session, object: ObjectHandle) -> Self {
        Self { session, object }
    }
}

impl RawSign for Handle {
    fn sign(&mut self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        self.session.sign(mechanism, self.object, data).map_err(Pkcs11Error::failed("C_Sign"))
    }
}

struct Request {
    input: Vec<u8>,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<Vec<u8>, Pkcs11Error>>;

/// Wakes a thread that waits for a token.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The thread: one request after the other, until the signer is gone.
fn serve(plan: Plan, mut key: impl RawSign, received: &Receiver<Request>) {
    while let Ok(Request { input, answer }) = received.recv() {
        // Nobody waits: a signature that nobody asked for is not made.
        if answer.is_canceled() {
            continue;
        }
        let signature = key.sign(&plan.mechanism(), &plan.data(&input)).and_then(|raw| plan.signature(raw));
        // Whoever stopped waiting meanwhile has no use for it.
        drop(answer.send(signature));
    }
}

fn gone() -> Pkcs11Error {
    Pkcs11Error::Failed { function: "thread", what: Escaped::new("it ended") }
}

/// A session is closed within a few milliseconds; one that hangs keeps nobody longer.
const CLOSING: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
