//! Ending every program at once, in a process of its own: afterwards none starts.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use plimsoll_host::{
    notation::NotationDirectory,
    plugin::{PluginDirectory, PluginEnvironment, PluginFault, PluginRunError, PluginRunner},
    stop_programs,
};
use rustix::process::{Pid, test_kill_process};
use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

// attack: A-349
#[tokio::test]
async fn a_349_programs_are_gone_when_all_are_told_to_end_and_none_starts_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("plugins/kms");
    fs::create_dir_all(&folder).unwrap();
    let (program, started) = (folder.join("notation-kms"), home.path().join("started"));
    // The program, and one that it starts.
    let script =
        format!("#!/bin/sh\nsleep 600 &\necho $$ $! >'{0}.new'\nmv '{0}.new' '{0}'\nwait\n", started.display());
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let directory = PluginDirectory::find(&|_: &str| None, &NotationDirectory::at(home.path())).unwrap();
    let runner = PluginRunner::new(directory, PluginEnvironment::new(std::env::vars_os()));
    let plugin = "kms".parse().unwrap();
    let (asked, ()) = tokio::join!(runner.metadata(&plugin), async {
        while !started.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop_programs();
    });
    assert!(matches!(asked, Err(PluginRunError::Failed { fault: PluginFault::Cancelled, .. })), "{asked:?}");
    for id in fs::read_to_string(&started).unwrap().split_whitespace() {
        let id = Pid::from_raw(id.parse().unwrap()).unwrap();
        // Whoever has taken in the child of the child may need a moment to forget it.
        while test_kill_process(id).is_ok() && !is_zombie(id) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    fs::remove_file(&started).unwrap();
    let again = runner.metadata(&plugin).await;
    assert!(matches!(again, Err(PluginRunError::Failed { fault: PluginFault::Cancelled, .. })), "{again:?}");
    assert!(!started.exists());
}

fn is_zombie(id: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}
