//! A driver of the protocol without async: blocking sockets, plain HTTP on loopback, one connection for each request.
//!
//! It is as small as it can be: what a real one needs besides is TLS, a connection that is kept, and a bound on the length of heads.

use plimsoll_core::Bytes;
use plimsoll_distribution::{
    Credential, Error, TransportError,
    http::{HeaderMap, HeaderName, HeaderValue},
    protocol::{Action, Content, Event, Head, Machine, Moment, Outgoing, Read, Rest, Step},
};
use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Drives an operation to its end. `content` is what it sends, if it sends anything; what it streams is added to `streamed`.
pub(crate) fn drive<T>(mut machine: Machine<T>, content: &[u8], streamed: &mut Vec<u8>) -> Result<T, Error> {
    let start = Instant::now();
    let (mut event, mut answer) = (Event::Begin, None);
    loop {
        let action = match machine.next(event, Moment { now: start.elapsed(), random: 0 }) {
            Step::Done(outcome) => return outcome,
            Step::Do(action) => action,
        };
        event = match action {
            Action::Send(request) => match send(&request, content) {
                Ok((head, body)) => {
                    answer = Some(body);
                    Event::Head(head)
                }
                Err(error) => Event::Failed(TransportError::Broken(error.to_string().into())),
            },
            Action::Read(read) => answer.take().map_or(Event::Body(Bytes::new()), |mut body| whole(&mut body, read)),
            Action::Stream { skip } => answer
                .take()
                .map_or(Event::Streamed { bytes: 0, outcome: Ok(()) }, |mut body| stream(&mut body, skip, streamed)),
            Action::Wait(span) => {
                std::thread::sleep(span.min(Duration::from_secs(1)));
                Event::Waited
            }
            // Nobody logs in here; and what a later version may ask for is answered by nothing that fits.
            _ => Event::Credential(Ok(Credential::Anonymous)),
        };
    }
}

type Body = io::Take<BufReader<TcpStream>>;

fn send(request: &Outgoing, content: &[u8]) -> io::Result<(Head, Body)> {
    let refused = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
    let address = request.url.socket_addrs(|| None)?.into_iter().find(|one| request.reach.permits(one.ip()));
    let mut stream = TcpStream::connect(address.ok_or_else(|| refused("no address that may be dialled"))?)?;
    let target = request.url.query().map_or(String::new(), |query| format!("?{query}"));
    let authority = address.map(|one| one.to_string()).unwrap_or_default();
    let mut text = format!("{} {}{target} HTTP/1.1\r\nHost: {authority}\r\n", request.method, request.url.path());
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().map_err(|_| refused("a header"))?));
    }
    let content = match &request.content {
        Content::Bytes(bytes) => bytes.as_ref(),
        Content::Source { from, size } => {
            let from = usize::try_from(*from).unwrap_or(usize::MAX);
            let end = from.saturating_add(usize::try_from(*size).unwrap_or(usize::MAX));
            content.get(from..end).ok_or_else(|| refused("content that there is not"))?
        }
        _ => &[],
    };
    text.push_str(&format!("Connection: close\r\nContent-Length: {}\r\n\r\n", content.len()));
    stream.write_all(text.as_bytes())?;
    stream.write_all(content)?;
    receive(BufReader::new(stream))
}

fn receive(mut stream: BufReader<TcpStream>) -> io::Result<(Head, Body)> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer");
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let name: HeaderName = name.parse().map_err(|_| wrong())?;
        headers.append(name, HeaderValue::from_str(value.trim()).map_err(|_| wrong())?);
    }
    let length = headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = stream.take(length.unwrap_or(u64::MAX));
    Ok((Head::new(status).headers(headers), body))
}

fn whole(body: &mut Body, read: Read) -> Event {
    let mut bytes = Vec::new();
    match body.take(read.limit.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(_) if u64::try_from(bytes.len()).unwrap_or(u64::MAX) <= read.limit => Event::Body(bytes.into()),
        Ok(_) if read.rest == Rest::Refuse => Event::TooLong,
        Err(error) if read.rest == Rest::Refuse => Event::Broken(broken(&error)),
        _ => {
            bytes.truncate(usize::try_from(read.limit).unwrap_or(usize::MAX));
            Event::Body(bytes.into())
        }
    }
}

fn stream(body: &mut Body, skip: u64, to: &mut Vec<u8>) -> Event {
    let skipped = io::copy(&mut body.take(skip), &mut io::sink());
    let before = to.len();
    let outcome = skipped.and_then(|_| body.read_to_end(to)).map(drop);
    // Shorter than was announced.
    let outcome = match outcome {
        Ok(()) if body.limit() > 0 && body.limit() < u64::MAX / 2 => Err(io::ErrorKind::UnexpectedEof.into()),
        other => other,
    };
    let bytes = u64::try_from(to.len().saturating_sub(before)).unwrap_or(u64::MAX);
    Event::Streamed { bytes, outcome: outcome.map_err(|error| broken(&error)) }
}

fn broken(error: &io::Error) -> plimsoll_core::BodyError {
    plimsoll_core::BodyError::Broken(error.to_string().into())
}
