//! The program in `interop/`, built.

use crate::lab::{Folder, Program};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Builds the judge. With the environment of the caller: Go keeps its caches at home.
pub(super) fn build(go: &Program, folder: &Folder) -> Result<Program, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop");
    let built = folder.path().join("judge");
    let mut command = Command::new(go.path());
    command.arg("build").arg("-o").arg(&built).arg(".").current_dir(&source).stdin(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(Program::new(&built, folder)),
        Ok(status) => Err(format!("go build -C interop: {status}")),
        Err(error) => Err(format!("go build -C interop: {error}")),
    }
}
