//! Listening: where it may, with whom, and how it ends. Each denial code, with its exact words.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use plimsoll_core::Classify as _;
use plimsoll_registry::{Htpasswd, Limits, Registry, Server, code};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn ask(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses need not read to the end.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn insecure_listener() {
    let directory = tempfile::tempdir().unwrap();
    let users = Htpasswd::parse(&format!("alice:{}", bcrypt::hash("x", 4).unwrap())).unwrap();
    let open = Registry::builder(directory.path()).build();
    let closed = Registry::builder(directory.path()).htpasswd(users).any_host().build();
    // A password alone would be sent in clear.
    for registry in [open, closed] {
        for address in ["0.0.0.0:0", "[::]:0"] {
            let error = Server::builder(registry.clone(), address.parse().unwrap()).bind().await.unwrap_err();
            let message = format!("{address} is not a loopback address: expected a password file and TLS");
            assert_eq!((error.code(), error.to_string()), (code::INSECURE_LISTENER, message));
        }
    }
}

#[tokio::test]
async fn listen_failed() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::builder(directory.path()).build();
    let first = Server::builder(registry.clone(), "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let error = Server::builder(registry, first.address()).bind().await.unwrap_err();
    let message = format!("{}: Address already in use (os error 98)", first.address());
    assert_eq!((error.code(), error.to_string()), (code::LISTEN_FAILED, message));
}

#[test]
fn malformed_htpasswd() {
    let error = Htpasswd::parse("alice:secret").unwrap_err();
    let message = "line 1: expected USER:BCRYPT-HASH, as `htpasswd -B` writes it";
    assert_eq!((error.code(), error.to_string().as_str()), (code::MALFORMED_HTPASSWD, message));
}

#[test]
fn malformed_tls_identity() {
    let registry = Registry::builder("unused").build();
    let error = Server::builder(registry, "127.0.0.1:0".parse().unwrap()).tls(b"", b"").unwrap_err();
    let message = "the TLS identity cannot be used: the key: no items found";
    assert_eq!((error.code(), error.to_string().as_str()), (code::MALFORMED_TLS_IDENTITY, message));
}

#[test]
fn every_code_has_a_test_here() {
    let names: Vec<_> = code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names, ["insecure-listener", "listen-failed", "malformed-htpasswd", "malformed-tls-identity"]);
}

#[tokio::test]
async fn a_password_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let users = Htpasswd::parse(&format!("alice:{}", bcrypt::hash("x", 4).unwrap())).unwrap();
    let registry = Registry::builder(directory.path()).htpasswd(users).build();
    let server = Server::builder(registry, "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());
    let refused = ask(address, "GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 401") && refused.contains("www-authenticate: Basic"), "{refused}");
    let login = "Authorization: Basic YWxpY2U6eA==\r\n";
    let admitted =
        ask(address, &format!("GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{login}Connection: close\r\n\r\n")).await;
    assert!(admitted.starts_with("HTTP/1.1 200"), "{admitted}");
}

// attack: A-032
#[tokio::test]
async fn a_032_a_slow_client_is_let_go_and_a_shutdown_ends() {
    let directory = tempfile::tempdir().unwrap();
    let mut limits = Limits::default();
    limits.head_time = Duration::from_millis(50);
    limits.body_idle = Duration::from_millis(50);
    let registry = Registry::builder(directory.path()).limits(limits).build();
    let server = Server::builder(registry, "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let (address, shutdown) = (server.address(), server.shutdown());
    let running = tokio::spawn(server.run());
    // A head that does not come to its end; a body that stops.
    ask(address, "GET /v2/ HTTP/1.1\r\nHost: 127").await;
    let slow = ask(address, "POST /v2/app/blobs/uploads/?digest=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nx").await;
    assert!(slow.starts_with("HTTP/1.1 408"), "{slow}");
    let large = "x".repeat(1024 * 1024);
    let large = ask(address, &format!("GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {large}\r\n\r\n")).await;
    assert!(!large.contains(" 200 "), "{large}");
    // A connection that is kept and not used.
    ask(address, "GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    shutdown.shut_down();
    running.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

// attack: A-032
#[tokio::test]
async fn a_032_a_client_that_takes_nothing_holds_no_connection() {
    let directory = tempfile::tempdir().unwrap();
    let mut limits = Limits::default();
    limits.connections = 1;
    limits.body_idle = Duration::from_millis(100);
    let registry = Registry::builder(directory.path()).limits(limits).build();
    let server = Server::builder(registry, "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());
    let content = vec![0; 32 << 20];
    let digest = plimsoll_core::Digest::sha256_of(&content);
    let head = format!(
        "POST /v2/app/blobs/uploads/?digest={digest} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        content.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&content).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let mut greedy = TcpStream::connect(address).await.unwrap();
    let asked = format!("GET /v2/app/blobs/{digest} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    greedy.write_all(asked.as_bytes()).await.unwrap();
    let next = ask(address, "GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    let next = tokio::time::timeout(Duration::from_secs(20), next).await.unwrap();
    assert!(next.starts_with("HTTP/1.1 200"), "{next}");
    drop(greedy);
}

#[test]
fn the_defaults_fit_into_what_a_process_may_open() {
    let limits = Limits::default();
    // A connection and the file that it serves; an upload's file and directory; layouts that are kept open.
    assert!(2 * limits.connections + 2 * limits.uploads + 64 < 1000);
}
