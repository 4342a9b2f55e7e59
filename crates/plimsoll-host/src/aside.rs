//! Work that waits for a disk, beside those who wait for a network.

use std::io;

/// Does something on a thread of its own, so that nobody else who runs on this one is held up. It goes on to its end when nobody waits
/// for it any more.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = futures_channel::oneshot::channel();
    std::thread::Builder::new().spawn(move || {
        let _ = sender.send(work());
    })?;
    receiver.await.map_err(|_| io::ErrorKind::Other.into())
}
