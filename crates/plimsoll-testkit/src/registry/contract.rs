//! The contract of `Transport`.

use super::{Reply, Scripted};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use plimsoll_core::{BodyError, OneChunk, next_chunk};
use plimsoll_distribution::{Reach, Request, Response, Transport, TransportError, url::Url};

/// Checks that an HTTP stack keeps the contract of [`Transport`]. It talks to servers of its own on loopback.
///
/// # Panics
/// When the contract is not kept, with the sentence that was not.
pub async fn transport(transport: &impl Transport) {
    sends_exactly_the_request(transport).await;
    follows_nothing(transport).await;
    remembers_nothing(transport).await;
    decodes_nothing(transport).await;
    says_when_content_broke_off(transport).await;
    streams(transport).await;
    dials_only_what_is_permitted(transport).await;
    says_that_nobody_is_there(transport).await;
}

async fn sends_exactly_the_request(transport: &impl Transport) {
    let server = Scripted::start(|_| Reply::new(201).header("x-answer", "1").body("done")).await;
    let mut request = request(Method::PUT, &server.url("/a%2Fb?x=1&y=%20"));
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    request.size = 5;
    request.body = Box::pin(OneChunk::new(Bytes::from_static(b"hello")));
    let response = transport.send(request).await.expect("an answer");
    assert_eq!(response.status, 201, "the status is the server's");
    assert_eq!(response.headers.get("x-answer").map(HeaderValue::as_bytes), Some(&b"1"[..]), "so are the headers");
    assert_eq!(whole(response).await, Ok(b"done".to_vec()), "and the content");
    let [sent] = &server.log()[..] else { panic!("one request is sent once") };
    assert_eq!(sent.line(), "PUT /a%2Fb?x=1&y=%20", "the URL is sent as it is");
    assert_eq!(sent.body, b"hello", "the content is sent");
    assert_eq!(sent.header("content-length"), Some("5"), "with its length");
    assert_eq!(sent.header("content-type"), Some("text/plain"), "with its headers");
    for own in ["authorization", "cookie", "proxy-authorization", "referer", "accept-encoding"] {
        assert_eq!(sent.header(own), None, "no {own} of its own");
    }
}

async fn follows_nothing(transport: &impl Transport) {
    let canary = Scripted::start(|_| Reply::new(200)).await;
    let elsewhere = canary.url("/");
    let server = Scripted::start(move |_| Reply::new(307).header("location", &elsewhere)).await;
    let response = transport.send(request(Method::GET, &server.url("/"))).await.expect("an answer");
    assert_eq!(response.status, 307, "a redirect is an answer");
    assert!(canary.log().is_empty(), "and is not followed");
    let server = Scripted::start(|_| Reply::new(503).header("retry-after", "0")).await;
    let response = transport.send(request(Method::GET, &server.url("/"))).await.expect("an answer");
    assert_eq!((response.status.as_u16(), server.log().len()), (503, 1), "nothing is sent again");
}

async fn remembers_nothing(transport: &impl Transport) {
    let server = Scripted::start(|_| Reply::new(200).header("set-cookie", "a=b").header("alt-svc", "h3=\":1\"")).await;
    for _ in 0..2 {
        transport.send(request(Method::GET, &server.url("/"))).await.expect("an answer");
    }
    assert!(server.log().iter().all(|sent| sent.header("cookie").is_none()), "no cookie is kept");
    assert_eq!(server.log().len(), 2, "no alternative service is used");
}

async fn decodes_nothing(transport: &impl Transport) {
    let server = Scripted::start(|_| Reply::new(200).header("content-encoding", "gzip").body("not gzip")).await;
    let response = transport.send(request(Method::GET, &server.url("/"))).await.expect("an answer");
    assert_eq!(whole(response).await, Ok(b"not gzip".to_vec()), "content is not decoded");
}

async fn says_when_content_broke_off(transport: &impl Transport) {
    let server = Scripted::start(|_| Reply::new(200).body("short").announcing(9)).await;
    let response = transport.send(request(Method::GET, &server.url("/"))).await.expect("an answer");
    let found = whole(response).await;
    assert!(matches!(found, Err(BodyError::Broken(_))), "content that is too short broke off: {found:?}");
    let server = Scripted::start(|_| Reply::raw("nonsense\r\n\r\n")).await;
    let found = transport.send(request(Method::GET, &server.url("/"))).await.map(|response| response.status);
    assert!(matches!(found, Err(TransportError::Broken(_))), "what is not HTTP is no answer: {found:?}");
}

async fn streams(transport: &impl Transport) {
    let server = Scripted::start(|_| Reply::new(200).body(vec![7; 64 * 1024]).endless()).await;
    let mut response = transport.send(request(Method::GET, &server.url("/"))).await.expect("an answer");
    let mut seen = 0_usize;
    while seen < 1024 * 1024 {
        let chunk = next_chunk(&mut response.body).await.expect("endless content").expect("content");
        seen = seen.saturating_add(chunk.len());
    }
}

async fn dials_only_what_is_permitted(transport: &impl Transport) {
    let canary = Scripted::start(|_| Reply::new(200)).await;
    let port = canary.address().port();
    for host in ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"] {
        for reach in [Reach::Public, Reach::Site] {
            let url = Url::parse(&format!("http://{host}:{port}/")).expect("a URL");
            let found = transport.send(Request::new(Method::GET, url, reach)).await.map(|response| response.status);
            assert!(
                matches!(found, Err(TransportError::Forbidden(_))),
                "{host} is not dialled for {reach:?}: {found:?}"
            );
        }
    }
    assert!(canary.log().is_empty(), "a forbidden address sees no connection");
    let url = Url::parse(&canary.url("/")).expect("a URL");
    let found = transport.send(Request::new(Method::GET, url, Reach::Machine)).await.map(|response| response.status);
    assert!(found.is_ok(), "a permitted one is dialled: {found:?}");
}

async fn says_that_nobody_is_there(transport: &impl Transport) {
    let gone = Scripted::start(|_| Reply::new(200)).await.url("/");
    let found = transport.send(request(Method::GET, &gone)).await.map(|response| response.status);
    assert!(matches!(found, Err(TransportError::Connect(_))), "nobody is there: {found:?}");
    let plain = Scripted::start(|_| Reply::new(200)).await;
    let secure = plain.url("/").replace("http:", "https:");
    let found = transport.send(request(Method::GET, &secure)).await.map(|response| response.status);
    assert!(matches!(found, Err(TransportError::Tls(_))), "a peer that speaks no TLS is a TLS error: {found:?}");
    assert!(plain.log().is_empty(), "and is sent nothing in plain text");
}

fn request(method: Method, url: &str) -> Request {
    Request::new(method, Url::parse(url).expect("a URL"), Reach::Any)
}

async fn whole(mut response: Response) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut response.body).await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes)
}
