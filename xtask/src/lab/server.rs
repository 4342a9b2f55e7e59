//! Registries, each a process of its own that ends with its value.

use super::{Folder, Program};
use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

/// A running registry.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    /// The embedded registry over a folder.
    pub(crate) fn plimsoll(program: &Program, store: &str, address: &str) -> Result<Self, String> {
        Self::ours(program, &["serve", "registry", "--addr", address, "--store", store])
    }
    /// A server of ours, which says where it listens.
    pub(crate) fn ours(program: &Program, words: &[&str]) -> Result<Self, String> {
        let mut command = program.command(words);
        let failed = |error: std::io::Error| format!("plimsoll serve: {error}");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(said) = child.stderr.take() {
            BufReader::new(said).read_line(&mut line).map_err(failed)?;
        }
        // Made before the answer is judged, so that the process ends with it.
        let mut server = Self { child, address: String::new() };
        let address = line.trim().strip_prefix("listening on ");
        server.address = address.ok_or_else(|| format!("plimsoll serve does not start: {}", line.trim()))?.to_owned();
        Ok(server)
    }
    /// The registry of go-containerregistry, with the referrers API, in memory.
    pub(crate) fn interop(program: &Program) -> Result<Self, String> {
        let address = free()?;
        Self::start(program, &["registry", "--addr", &address], &address, "interop registry")
    }
    /// Distribution v3, over a folder: without the referrers API.
    pub(crate) fn distribution(program: &Program, folder: &Folder) -> Result<Self, String> {
        let address = free()?;
        let store = folder.at("distribution");
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {store}}}}}\nhttp: {{addr: {address}}}\n"
        );
        let config = folder.write("distribution.yml", config)?;
        Self::start(program, &["serve", &config], &address, "distribution")
    }
    fn start(program: &Program, words: &[&str], address: &str, name: &str) -> Result<Self, String> {
        let child = program.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("{name}: {error}"))?;
        let server = Self { child, address: address.to_owned() };
        let socket: SocketAddr = address.parse().map_err(|error| format!("{address}: {error}"))?;
        let began = Instant::now();
        while TcpStream::connect_timeout(&socket, Duration::from_millis(200)).is_err() {
            if began.elapsed() > START {
                return Err(format!("{name} does not listen on {address} after {START:?}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }
    /// Ends it as a power cut would: no signal that it could handle.
    pub(crate) fn kill(mut self) {
        self.end();
    }
    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port that was free a moment ago, for servers that cannot say which one they took.
pub(crate) fn free() -> Result<String, String> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map(|address| address.to_string()).map_err(|error| format!("no free port: {error}"))
}

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(10);
