//! What is to be undone when the command is told to end, by Ctrl-C or SIGTERM: one thread waits for that, and does all of it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, Once, PoisonError, mpsc},
    thread,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What undoes something.
pub(crate) type Action = Box<dyn FnOnce() + Send>;

/// As long as this is there, an action is done when the command is told to end.
#[must_use]
pub(crate) struct Undo(u64);

/// Makes what must not stay behind, and lists what undoes it. No signal comes between the two.
pub(crate) fn guarded<T, E>(make: impl FnOnce() -> Result<(T, Action), E>) -> Result<(T, Undo), E> {
    heed();
    let mut list = list();
    let (made, action) = make()?;
    Ok((made, Undo(list.add(action))))
}

/// From here on, the command that is told to end undoes what is listed, and exits with 128 and the number of the signal, as shells say
/// it. Where signals cannot be had, the system ends the command as it does any other.
pub(crate) fn heed() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (ready, is_ready) = mpsc::channel();
        // A thread of its own: packing does not wait for anything, so nothing else would notice.
        let waiting = thread::Builder::new().spawn(move || wait(&ready));
        if waiting.is_ok() {
            // The other end is dropped where signals cannot be had.
            let _ = is_ready.recv();
        }
    });
}

/// Waits for the end, if the command was told to end: what came of it meanwhile is nobody's answer.
pub(crate) fn settle() {
    drop(list());
}

fn wait(ready: &mpsc::Sender<()>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
    let received = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).ok()?;
        let mut terminate = signal(SignalKind::terminate()).ok()?;
        ready.send(()).ok()?;
        Some(either(&mut interrupt, &mut terminate).await)
    });
    let Some(status) = received else { return };
    // Held until the end: who waits for a program that is ended here must not take that for an answer, and say so.
    let mut list = list();
    // Plugins and credential helpers have process groups of their own, which no terminal reaches.
    plimsoll::host::stop_programs();
    list.undo();
    std::process::exit(status);
}

/// Waits for one of both.
async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    std::future::poll_fn(|cx| {
        if interrupt.poll_recv(cx).is_ready() {
            return std::task::Poll::Ready(130);
        }
        terminate.poll_recv(cx).map(|_| 143)
    })
    .await
}

/// Actions in the order in which they were listed.
struct List {
    next: u64,
    actions: BTreeMap<u64, Action>,
}

impl List {
    const fn new() -> Self {
        Self { next: 0, actions: BTreeMap::new() }
    }
    fn add(&mut self, action: Action) -> u64 {
        let key = self.next;
        self.next = key.wrapping_add(1);
        self.actions.insert(key, action);
        key
    }
    /// Does all of it, the last first: a program that still writes to a directory is ended before the directory is removed.
    fn undo(&mut self) {
        while let Some((_, action)) = self.actions.pop_last() {
            action();
        }
    }
}

fn list() -> MutexGuard<'static, List> {
    LIST.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Undo {
    fn drop(&mut self) {
        let _done = list().actions.remove(&self.0);
    }
}

static LIST: Mutex<List> = Mutex::new(List::new());

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn all_that_is_left_is_undone_the_last_first() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let action = |name: &'static str| -> Action {
            let done = Arc::clone(&done);
            Box::new(move || done.lock().unwrap().push(name))
        };
        let mut list = List::new();
        list.add(action("directory"));
        let gone = list.add(action("gone"));
        list.add(action("program"));
        list.actions.remove(&gone);
        list.undo();
        list.undo();
        assert_eq!(*done.lock().unwrap(), ["program", "directory"]);
    }
}
