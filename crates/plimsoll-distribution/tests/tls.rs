//! TLS and a password, from end to end.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use plimsoll_core::Classify as _;
use plimsoll_distribution::{
    Client, Credential, FixedCredentials, PlainHttp, RemoteRepository, ReqwestTransport, ReqwestTransportBuilder,
    Retry, TokioTimer, code,
};
use plimsoll_registry::{Htpasswd, Registry, Server};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use std::net::SocketAddr;

/// Self-signed, for localhost and 127.0.0.1, valid until 2126; `openssl req -x509 -newkey ec`.
const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");
async fn serve(directory: &std::path::Path) -> SocketAddr {
    // The lowest cost that bcrypt has.
    let users = Htpasswd::parse(&format!("alice:{}", bcrypt::hash("s3cret", 4).unwrap())).unwrap();
    let registry = Registry::builder(directory).htpasswd(users).any_host().build();
    // With a login and TLS any address will do.
    let server = Server::builder(registry, "0.0.0.0:0".parse().unwrap()).tls(CERTIFICATE, KEY).unwrap();
    let server = server.bind().await.unwrap();
    let port = server.address().port();
    tokio::spawn(server.run());
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn repository(transport: ReqwestTransportBuilder, address: SocketAddr, password: &str) -> RemoteRepository {
    let login = FixedCredentials::default().with(address.to_string(), Credential::basic("alice", password));
    let client = Client::builder(transport.build().unwrap(), TokioTimer::new()).credentials(login);
    let client = client.plain_http(PlainHttp::Nowhere).retry(Retry::never()).build();
    client.repository(&format!("{address}/app").parse().unwrap()).unwrap()
}

#[tokio::test]
async fn a_registry_with_tls_and_a_login_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let address = serve(directory.path()).await;
    let bare = || ReqwestTransport::builder().without_system_roots();
    let der = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let trusting = || bare().root_certificate(der.to_vec());
    plimsoll_testkit::contract::store(&repository(trusting(), address, "s3cret")).await;
    let error = repository(trusting(), address, "wrong").tags().await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::ACCESS_DENIED);
    // Nobody vouches for the certificate.
    let error = repository(bare(), address, "s3cret").tags().await.unwrap_err();
    assert_eq!(error.code(), code::TLS_FAILED);
}
