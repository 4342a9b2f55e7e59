//! A directory for what is only needed while a command runs.

use crate::failure::Failure;
use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, path::PathBuf, thread, time::Duration};
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Makes a directory for nobody else. It is removed with the value, and when the command is told to end.
pub(crate) fn directory() -> Result<TempDir, Failure> {
    let made = private("plimsoll-")?;
    let path = made.path().to_path_buf();
    // A thread of its own: packing does not wait for anything, so nothing else would notice.
    let _ = thread::Builder::new().spawn(move || remove_on_signal(path));
    Ok(made)
}

/// Makes a directory for nobody else. It is removed with the value.
pub(crate) fn private(prefix: &str) -> Result<TempDir, Failure> {
    let made = tempfile::Builder::new().prefix(prefix).permissions(Permissions::from_mode(0o700)).tempdir();
    made.map_err(|error| Failure::unknown(format!("no temporary directory: {error}")))
}

/// Where signals cannot be had, the system ends the command as it does any other.
fn remove_on_signal(path: PathBuf) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
    let received = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).ok()?;
        let mut terminate = signal(SignalKind::terminate()).ok()?;
        Some(either(&mut interrupt, &mut terminate).await)
    });
    let Some(status) = received else { return };
    // Whoever is still writing there makes new files for a moment.
    for _ in 0..20 {
        if std::fs::remove_dir_all(&path).is_ok() || !path.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    std::process::exit(status);
}

/// Waits for one of both: 128 and the number of the signal, as shells say it.
async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    std::future::poll_fn(|cx| {
        if interrupt.poll_recv(cx).is_ready() {
            return std::task::Poll::Ready(130);
        }
        terminate.poll_recv(cx).map(|_| 143)
    })
    .await
}
