//! A file under a lock that all processes of this machine honour.

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// The file, locked until it is dropped.
pub(super) struct LockedFile(File);

impl LockedFile {
    /// Makes the file, if it is not there, for its owner alone; the directory entry is on the disk, too.
    pub(super) fn create(path: &Path) -> io::Result<()> {
        match OpenOptions::new().append(true).create_new(true).mode(0o600).open(path) {
            Ok(file) => {
                file.sync_all()?;
                let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Self::lock(OpenOptions::new().read(true).open(path)?, FlockOperation::NonBlockingLockShared)
    }
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        Self::lock(OpenOptions::new().read(true).write(true).open(path)?, FlockOperation::NonBlockingLockExclusive)
    }
    /// Waits for the lock, but not for ever: others hold it for the time of one line, and whoever holds it longer must not take every
    /// thread that comes after.
    fn lock(file: File, operation: FlockOperation) -> io::Result<Self> {
        let started = Instant::now();
        loop {
            match flock(&file, operation) {
                Ok(()) => return Ok(Self(file)),
                Err(Errno::WOULDBLOCK | Errno::INTR) if started.elapsed() < LOCK => thread::sleep(TURN),
                Err(Errno::WOULDBLOCK) => {
                    let late = format!("somebody else has kept it locked for {LOCK:?}");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, late));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
    pub(super) fn read_from(&mut self, start: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.seek(SeekFrom::Start(start))?;
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
    /// Cuts off what stands behind `start`, writes a line there, and waits for the disk. What could not be written whole is cut off
    /// again.
    pub(super) fn write_at(&mut self, start: u64, line: &[u8]) -> io::Result<()> {
        self.0.set_len(start)?;
        self.0.seek(SeekFrom::Start(start))?;
        let written = self.0.write_all(line).and_then(|()| self.0.sync_data());
        if written.is_err() {
            // If this fails, too, then the next that adds finds half a line or a whole one that nobody acknowledged.
            let _ = self.0.set_len(start);
        }
        written
    }
}

/// Writes a small file so that its old content or its new one is there, whenever the machine stops.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let new = directory.join(format!(".{name}.{}", std::process::id()));
    // What an earlier process of the same number left.
    let _ = std::fs::remove_file(&new);
    let written = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&new).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        File::open(directory)?.sync_all()
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

/// How long to wait for the lock. A line takes some milliseconds, on a slow disk some hundred.
const LOCK: Duration = Duration::from_secs(5);
/// How long to wait before it is tried again.
const TURN: Duration = Duration::from_millis(2);
