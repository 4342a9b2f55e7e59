//! A time-stamping authority on loopback: one thread, one request at a time.

use plimsoll::{
    core::UnixTime,
    host::clock,
    pki::timestamp::{TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken},
};
use plimsoll_testkit::{pki::KeySpec, timestamp::TestTsa};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Answers queries until the test ends.
pub(crate) struct Clock {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
}

impl Clock {
    /// Answers each query with what `answer` makes of it: the status and the body.
    pub(crate) fn answering(answer: impl Fn(&[u8]) -> (u16, Vec<u8>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                // A client that went away has no use for an answer.
                let _ = serve(&stream, &answer);
            }
        });
        Self { url, asked }
    }
    /// A good authority, right to within a second.
    pub(crate) fn of(tsa: TestTsa) -> Self {
        Self::answering(move |query| (200, granted(&tsa, query, clock::now())))
    }
    /// How many queries came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// An authority that is valid today.
pub(crate) fn authority() -> TestTsa {
    TestTsa::forge(KeySpec::P256, |_, draft| crate::notary::lasting(draft))
}

/// The answer that grants a query.
pub(crate) fn granted(tsa: &TestTsa, query: &[u8], at: UnixTime) -> Vec<u8> {
    let request = TimestampRequest::parse(query, &TimestampLimits::default()).unwrap();
    let token = tsa.seal(&tsa.answer(&request, at.into()));
    TimestampResponse::granted(TimestampToken::parse(&token, &TimestampLimits::default()).unwrap()).to_der()
}

fn serve(stream: &TcpStream, answer: &impl Fn(&[u8]) -> (u16, Vec<u8>)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut query = vec![0; length];
    reader.read_exact(&mut query)?;
    let (status, body) = answer(&query);
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}
