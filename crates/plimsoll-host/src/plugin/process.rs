//! One run of a program: bytes in, bytes out, within limits, and nothing left behind.

use super::{PluginFault, RunLimits, Stream};
use plimsoll_core::LimitExceeded;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};
use std::{
    io::{self, Read as _, Write as _},
    os::{fd::AsFd, unix::process::CommandExt as _},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What came of a run.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs a program until it has ended and nobody holds its output any more.
///
/// One thread does all of it, without waiting on any one pipe: a child that does not read its input, or says much before it does, does
/// not hang. When this returns, the child's process group is gone, and so are our ends of its pipes, whoever holds the others.
pub(super) fn run(
    mut command: Command,
    request: &[u8],
    limits: &RunLimits,
    cancelled: impl Fn() -> bool,
) -> Result<Output, PluginFault> {
    let deadline = Instant::now().checked_add(limits.time).ok_or(PluginFault::TimeOut(limits.time))?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut running = Running(start(&mut command, deadline)?, false);
    let mut pipes = Pipes::of(&mut running.0, request, limits)?;
    while !pipes.is_done() || !running.has_ended()? {
        if cancelled() {
            return Err(PluginFault::Cancelled);
        }
        if Instant::now() >= deadline {
            return Err(PluginFault::TimeOut(limits.time));
        }
        pipes.turn()?;
    }
    let (stdout, stderr) = (pipes.stdout.found, pipes.stderr.found);
    // What is left of the group goes before the child is forgotten: until then its number is nobody else's.
    running.kill_group();
    let status = running.0.wait().map_err(|error| fault(&error))?;
    running.1 = true;
    Ok(Output { status, stdout, stderr })
}

/// Starts the child. A program that was written a moment ago may still be open for writing in a child that another thread is just
/// starting, and is then busy for that moment (golang/go#22315).
fn start(command: &mut Command, deadline: Instant) -> Result<Child, PluginFault> {
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < deadline => {
                thread::sleep(TURN);
            }
            started => return started.map_err(|error| fault(&error)),
        }
    }
}

fn fault(error: &io::Error) -> PluginFault {
    PluginFault::Io(error.kind())
}

/// The three pipes of a child, none of which is waited for alone.
struct Pipes<'a> {
    stdin: Option<ChildStdin>,
    left: &'a [u8],
    stdout: Reader<ChildStdout>,
    stderr: Reader<ChildStderr>,
}

struct Reader<R> {
    pipe: Option<R>,
    found: Vec<u8>,
    limit: u64,
    stream: Stream,
}

impl<'a> Pipes<'a> {
    fn of(child: &mut Child, request: &'a [u8], limits: &RunLimits) -> Result<Self, PluginFault> {
        let pipes = Self {
            stdin: child.stdin.take(),
            left: request,
            stdout: Reader::of(child.stdout.take(), limits.output, Stream::Output),
            stderr: Reader::of(child.stderr.take(), limits.output, Stream::Error),
        };
        let (stdin, stdout, stderr) = (pipes.stdin.as_ref(), &pipes.stdout.pipe, &pipes.stderr.pipe);
        let fds = [stdin.map(AsFd::as_fd), stdout.as_ref().map(AsFd::as_fd), stderr.as_ref().map(AsFd::as_fd)];
        for fd in fds.into_iter().flatten() {
            rustix::io::ioctl_fionbio(fd, true).map_err(|error| fault(&error.into()))?;
        }
        Ok(pipes)
    }
    fn is_done(&self) -> bool {
        self.stdout.pipe.is_none() && self.stderr.pipe.is_none()
    }
    /// Waits for a moment until something can be done, and does it.
    fn turn(&mut self) -> Result<(), PluginFault> {
        let mut fds = Vec::with_capacity(3);
        fds.extend(self.stdin.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        fds.extend(self.stdout.pipe.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(self.stderr.pipe.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        if fds.is_empty() {
            thread::sleep(TURN);
            return Ok(());
        }
        let moment = Timespec::try_from(TURN).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
        match poll(&mut fds, Some(&moment)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(fault(&error.into())),
        }
        self.write()?;
        self.stdout.read()?;
        self.stderr.read()
    }
    /// Writes what the child takes. A child that does not want to read is not thereby wrong.
    fn write(&mut self) -> Result<(), PluginFault> {
        let Some(pipe) = &mut self.stdin else { return Ok(()) };
        while !self.left.is_empty() {
            match pipe.write(self.left) {
                Ok(count) => self.left = self.left.get(count..).unwrap_or_default(),
                Err(error) if is_later(&error) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                Err(error) => return Err(fault(&error)),
            }
        }
        self.stdin = None;
        Ok(())
    }
}

impl<R: io::Read> Reader<R> {
    fn of(pipe: Option<R>, limit: u64, stream: Stream) -> Self {
        Self { pipe, found: Vec::new(), limit, stream }
    }
    fn read(&mut self) -> Result<(), PluginFault> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        // At most so much in one turn, so that the time is looked at again.
        let read = pipe.by_ref().take(PIECE).read_to_end(&mut self.found);
        LimitExceeded::check("bytes", self.limit, u64::try_from(self.found.len()).unwrap_or(u64::MAX))
            .map_err(|limit| PluginFault::Limit { stream: self.stream, limit })?;
        match read {
            // Less than was asked for is the end.
            Ok(count) if u64::try_from(count).is_ok_and(|count| count < PIECE) => self.pipe = None,
            Ok(_) => {}
            Err(error) if is_later(&error) => {}
            Err(error) => return Err(fault(&error)),
        }
        Ok(())
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// A child that is stopped, with its process group, however its run ends; and whether it was waited for.
struct Running(Child, bool);

impl Running {
    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.0.id()).ok().and_then(Pid::from_raw)
    }
    /// Says whether the child has ended, and leaves its status where it is.
    fn has_ended(&self) -> Result<bool, PluginFault> {
        let Some(pid) = self.pid() else { return Ok(true) };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(pid), options) {
            Ok(status) => Ok(status.is_some()),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(fault(&error.into())),
        }
    }
    fn kill_group(&self) {
        if let Some(group) = self.pid() {
            // Nobody may be left in it.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Not if the child was waited for: its number may be another's by now. `run` has done all of this then.
        if self.1 {
            return;
        }
        self.kill_group();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How long nothing is looked at.
const TURN: Duration = Duration::from_millis(10);
/// Bytes of an output that are read in one turn.
const PIECE: u64 = 256 * 1024;
