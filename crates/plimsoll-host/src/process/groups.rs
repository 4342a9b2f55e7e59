//! The process groups that run now, so that all of them can be ended at once.

use super::Fault;
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    collections::BTreeSet,
    io,
    process::{Child, Command},
    sync::{Mutex, MutexGuard, PoisonError},
};

struct Groups {
    running: BTreeSet<u32>,
    stopped: bool,
}

/// Starts the first process of a group, and lists it. Nothing comes between the two; after [`stop`] nothing starts.
pub(super) fn start(command: &mut Command) -> Result<io::Result<Child>, Fault> {
    let mut groups = groups();
    if groups.stopped {
        return Err(Fault::Cancelled);
    }
    let started = command.spawn();
    if let Ok(child) = &started {
        groups.running.insert(child.id());
    }
    Ok(started)
}

/// Takes a group off the list. This comes before its first process is waited for: then its number may be another's.
pub(super) fn forget(group: u32) {
    groups().running.remove(&group);
}

/// Whether all were told to end.
pub(super) fn are_stopped() -> bool {
    groups().stopped
}

/// Ends all of them, and whatever would start from now on.
pub(super) fn stop() {
    let mut groups = groups();
    groups.stopped = true;
    groups.running.iter().for_each(|group| kill(*group));
}

/// Ends a group, if anybody is left in it.
pub(super) fn kill(group: u32) {
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn groups() -> MutexGuard<'static, Groups> {
    // INVARIANT: a set and a flag are never half changed.
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

static GROUPS: Mutex<Groups> = Mutex::new(Groups { running: BTreeSet::new(), stopped: false });
