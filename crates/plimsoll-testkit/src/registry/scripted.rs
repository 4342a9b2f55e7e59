//! A server that answers what a script says, byte by byte, and remembers what it was asked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Recorded {
    /// The value of the first header with this name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    /// Method and target.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// An answer as bytes, and what happens after them.
#[derive(Clone, Debug)]
pub struct Reply {
    head: Vec<u8>,
    body: Vec<u8>,
    length: Option<u64>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Close,
    Endless,
    Stall,
}

impl Reply {
    /// An answer without content.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let head = format!("HTTP/1.1 {status} Scripted\r\n").into_bytes();
        Self { head, body: Vec::new(), length: None, end: End::Close }
    }
    /// Bytes that need not be HTTP.
    #[must_use]
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { head: Vec::new(), body: bytes.into(), length: None, end: End::Close }
    }
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        self
    }
    /// Sets the content.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
    /// Announces another length than the content has.
    #[must_use]
    pub fn announcing(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }
    /// Repeats the content without end.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.end = End::Endless;
        self
    }
    /// Says nothing more after the content, and keeps the connection.
    #[must_use]
    pub fn stalling(mut self) -> Self {
        self.end = End::Stall;
        self
    }
    async fn write(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        if !self.head.is_empty() {
            stream.write_all(&self.head).await?;
            let framing = match (self.end, self.length) {
                (End::Endless, None) => "connection: close\r\n\r\n".to_owned(),
                (_, length) => {
                    let own = u64::try_from(self.body.len()).unwrap_or(u64::MAX);
                    format!("connection: close\r\ncontent-length: {}\r\n\r\n", length.unwrap_or(own))
                }
            };
            stream.write_all(framing.as_bytes()).await?;
        }
        stream.write_all(&self.body).await?;
        stream.flush().await?;
        match self.end {
            End::Close => stream.shutdown().await,
            End::Stall => std::future::pending().await,
            End::Endless => loop {
                stream.write_all(&self.body).await?;
            },
        }
    }
}

/// A server on a free loopback port. It ends when it is dropped.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Recorded>>>,
    task: JoinHandle<()>,
}

impl Scripted {
    /// Starts; `script` answers each request.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (log, script) = (Arc::new(Mutex::new(Vec::new())), Arc::new(script));
        let records: Arc<Mutex<Vec<Recorded>>> = log.clone();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (script, records) = (script.clone(), records.clone());
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else {
                        // What a plain server says to a TLS handshake.
                        let _ = Reply::new(400).write(&mut stream).await;
                        return;
                    };
                    let reply = script(&request);
                    records.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                    let _ = reply.write(&mut stream).await;
                });
            }
        });
        Self { address, log, task }
    }
    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// Its URL with this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
    /// What it was asked, in order.
    #[must_use]
    pub fn log(&self) -> Vec<Recorded> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Method and target of what it was asked, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.log().iter().map(Recorded::line).collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(stream: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        let is_http = bytes.first().is_none_or(u8::is_ascii_alphabetic);
        if !is_http || bytes.len() > MOST || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = Recorded { method, target, headers, body: bytes.get(end.saturating_add(4)..)?.to_vec() };
    let length = request.header("content-length").and_then(|text| text.parse::<usize>().ok()).unwrap_or_default();
    while request.body.len() < length.min(MOST) {
        if stream.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}

/// Most bytes that are read of a head or a content: 64 MiB.
const MOST: usize = 64 * 1024 * 1024;
