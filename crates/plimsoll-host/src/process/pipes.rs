//! A run on Unix, by `poll` and a process group.

use super::{Errors, Fault, Limits, Output, Stream, groups};
use plimsoll_core::LimitExceeded;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, WaitId, WaitIdOptions, waitid},
};
use std::{
    io::{self, Read, Write as _},
    os::{fd::AsFd, unix::process::CommandExt as _},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

pub(super) fn run(
    mut command: Command,
    input: &[u8],
    limits: Limits,
    errors: Errors,
    cancelled: impl Fn() -> bool,
) -> Result<Output, Fault> {
    let deadline = Instant::now().checked_add(limits.time).ok_or(Fault::TimeOut(limits.time))?;
    let stderr = match errors {
        Errors::Ignored => Stdio::null(),
        Errors::Read => Stdio::piped(),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).process_group(0);
    let mut running = Running(start(&mut command, deadline)?, false);
    let mut pipes = Pipes::of(&mut running.0, input, limits.output)?;
    while !pipes.is_done() || !running.has_ended()? {
        if cancelled() || groups::are_stopped() {
            return Err(Fault::Cancelled);
        }
        if Instant::now() >= deadline {
            return Err(Fault::TimeOut(limits.time));
        }
        pipes.turn()?;
    }
    let (stdout, stderr) = (pipes.stdout.found, pipes.stderr.found);
    // What is left of the group goes before the child is forgotten: until then its number is nobody else's.
    running.end_group();
    if groups::are_stopped() {
        return Err(Fault::Cancelled);
    }
    let status = running.0.wait().map_err(|error| Fault::of(&error))?;
    running.1 = true;
    Ok(Output { status, stdout, stderr })
}

/// Starts the child. A program that was written a moment ago may still be open for writing in a child that another thread is just
/// starting, and is then busy for that moment (golang/go#22315).
fn start(command: &mut Command, deadline: Instant) -> Result<Child, Fault> {
    loop {
        match groups::start(command)? {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < deadline => {
                thread::sleep(TURN);
            }
            started => return started.map_err(|error| Fault::of(&error)),
        }
    }
}

/// The three pipes of a child, none of which is waited for alone.
struct Pipes<'a> {
    stdin: Option<ChildStdin>,
    left: &'a [u8],
    stdout: Reader<ChildStdout>,
    stderr: Reader<ChildStderr>,
}

impl<'a> Pipes<'a> {
    fn of(child: &mut Child, input: &'a [u8], limit: u64) -> Result<Self, Fault> {
        let pipes = Self {
            stdin: child.stdin.take(),
            left: input,
            stdout: Reader::of(child.stdout.take(), limit, Stream::Output),
            stderr: Reader::of(child.stderr.take(), limit, Stream::Error),
        };
        let (stdin, stdout, stderr) = (pipes.stdin.as_ref(), &pipes.stdout.pipe, &pipes.stderr.pipe);
        let fds = [stdin.map(AsFd::as_fd), stdout.as_ref().map(AsFd::as_fd), stderr.as_ref().map(AsFd::as_fd)];
        for fd in fds.into_iter().flatten() {
            rustix::io::ioctl_fionbio(fd, true).map_err(|error| Fault::of(&error.into()))?;
        }
        Ok(pipes)
    }
    fn is_done(&self) -> bool {
        self.stdout.pipe.is_none() && self.stderr.pipe.is_none()
    }
    /// Waits for a moment until something can be done, and does it.
    fn turn(&mut self) -> Result<(), Fault> {
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
            Err(error) => return Err(Fault::of(&error.into())),
        }
        self.write()?;
        self.stdout.read()?;
        self.stderr.read()
    }
    /// Writes what the child takes. A child that does not want to read is not thereby wrong.
    fn write(&mut self) -> Result<(), Fault> {
        let Some(pipe) = &mut self.stdin else { return Ok(()) };
        while !self.left.is_empty() {
            match pipe.write(self.left) {
                Ok(count) => self.left = self.left.get(count..).unwrap_or_default(),
                Err(error) if is_later(&error) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                Err(error) => return Err(Fault::of(&error)),
            }
        }
        self.stdin = None;
        Ok(())
    }
}

/// What a child says, as far as it was read.
struct Reader<R> {
    pipe: Option<R>,
    found: Zeroizing<Vec<u8>>,
    limit: u64,
    stream: Stream,
}

impl<R: Read> Reader<R> {
    fn of(pipe: Option<R>, limit: u64, stream: Stream) -> Self {
        Self { pipe, found: Zeroizing::default(), limit, stream }
    }
    fn read(&mut self) -> Result<(), Fault> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let mut piece = Zeroizing::new([0; PIECE]);
        // At most so much in one turn, so that the time is looked at again.
        for _ in 0..PIECES {
            let count = match pipe.read(&mut *piece) {
                Ok(0) => {
                    self.pipe = None;
                    return Ok(());
                }
                Ok(count) => count,
                Err(error) if is_later(&error) => return Ok(()),
                Err(error) => return Err(Fault::of(&error)),
            };
            let new = piece.get(..count).unwrap_or_default();
            let length = u64::try_from(self.found.len().saturating_add(new.len())).unwrap_or(u64::MAX);
            LimitExceeded::check("bytes", self.limit, length)
                .map_err(|limit| Fault::Limit { stream: self.stream, limit })?;
            append(&mut self.found, new);
        }
        Ok(())
    }
}

/// Adds bytes. A vector that grows by itself leaves a copy behind, which nobody wipes.
fn append(found: &mut Zeroizing<Vec<u8>>, new: &[u8]) {
    let length = found.len().saturating_add(new.len());
    if length > found.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(length.max(found.capacity().saturating_mul(2))));
        larger.extend_from_slice(found);
        *found = larger;
    }
    found.extend_from_slice(new);
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
    fn has_ended(&self) -> Result<bool, Fault> {
        let Some(pid) = self.pid() else { return Ok(true) };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(pid), options) {
            Ok(status) => Ok(status.is_some()),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(Fault::of(&error.into())),
        }
    }
    fn end_group(&self) {
        groups::kill(self.0.id());
        groups::forget(self.0.id());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Not if the child was waited for: its number may be another's by now. `run` has done all of this then.
        if self.1 {
            return;
        }
        self.end_group();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How long nothing is looked at.
const TURN: Duration = Duration::from_millis(10);
/// Bytes that are read at once, and how often in one turn.
const PIECE: usize = 16 * 1024;
const PIECES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(output: u64, millis: u64) -> Limits {
        Limits { output, time: Duration::from_millis(millis) }
    }
    fn sh(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }
    fn done(script: &str, input: &[u8], errors: Errors) -> Result<Output, Fault> {
        run(sh(script), input, limits(100_000, 30_000), errors, || false)
    }

    #[test]
    fn what_is_said_comes_as_it_was_said() {
        // No UTF-8 on either stream, and more than one reallocation.
        let output =
            done("printf '\\377\\0\\376'; head -c 70000 /dev/zero; printf '\\200' >&2; exit 3", b"", Errors::Read);
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!((output.stdout.len(), &output.stdout[..4]), (70_003, &b"\xff\0\xfe\0"[..]));
        assert_eq!(&output.stderr[..], b"\x80");
        let output = done("cat; echo lost >&2", b"in\xff", Errors::Ignored).unwrap();
        assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"in\xff"[..], &b""[..]));
    }

    // attack: A-348
    #[test]
    fn a_348_a_child_that_ends_before_it_has_read_is_no_failure() {
        // EPIPE in the middle of a mebibyte, with its input closed, and with its input never looked at.
        for script in ["exec <&-; echo ok", "echo ok", "head -c 1 >/dev/null; echo ok"] {
            let output = done(script, &vec![b'x'; 1 << 20], Errors::Read).unwrap();
            assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"ok\n"[..]), "{script}");
        }
        // Its input ends: a child that waits for the end of it gets there.
        assert_eq!(&done("cat; echo end", b"", Errors::Read).unwrap().stdout[..], b"end\n");
    }

    // attack: A-348
    #[test]
    fn a_348_a_flood_ends_at_the_limit_and_not_before() {
        let flood = |bytes: u32| done(&format!("head -c {bytes} /dev/zero"), b"", Errors::Read);
        assert_eq!(flood(100_000).unwrap().stdout.len(), 100_000);
        let limit = LimitExceeded { what: "bytes", limit: 100_000 };
        assert_eq!(flood(100_001).unwrap_err(), Fault::Limit { stream: Stream::Output, limit });
        let noisy = done("cat /dev/zero >&2", b"", Errors::Read).unwrap_err();
        assert_eq!(noisy, Fault::Limit { stream: Stream::Error, limit });
        // Nobody reads it, so it has no limit.
        assert!(done("head -c 1000000 /dev/zero >&2", b"", Errors::Ignored).is_ok());
    }

    // attack: A-349
    #[test]
    fn a_349_a_child_that_hangs_and_a_grandchild_that_holds_the_pipe_end_with_the_time() {
        for script in
            ["sleep 600", "sleep 600 & echo answer", "setsid sleep 600 & echo answer", "trap '' TERM; sleep 600"]
        {
            let started = Instant::now();
            let fault = run(sh(script), b"", limits(100, 300), Errors::Read, || false).unwrap_err();
            assert_eq!(fault, Fault::TimeOut(Duration::from_millis(300)), "{script}");
            assert!(started.elapsed() < Duration::from_secs(60), "{script}");
        }
        let fault = run(sh("sleep 600"), b"", limits(100, 600_000), Errors::Read, || true).unwrap_err();
        assert_eq!(fault, Fault::Cancelled);
    }

    #[test]
    fn a_vector_grows_without_leaving_its_bytes_behind() {
        let mut found = Zeroizing::default();
        for piece in [&b"one"[..], b"", b"two", &[7; 100], b"three"] {
            append(&mut found, piece);
        }
        assert_eq!(found.len(), 111);
        assert!(found.starts_with(b"onetwo\x07") && found.ends_with(b"\x07three"));
    }

    #[test]
    fn a_program_that_is_not_there_is_said() {
        let fault = run(Command::new("/nowhere/x"), b"", limits(100, 1000), Errors::Read, || false).unwrap_err();
        assert_eq!(fault, Fault::Io(io::ErrorKind::NotFound));
    }
}
