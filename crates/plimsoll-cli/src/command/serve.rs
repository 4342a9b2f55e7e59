//! `serve registry`: the embedded registry.

use crate::{
    arguments::{Serve, ServeRegistry},
    failure::{Blame as _, Failure},
    report::{Report, progress},
};
use plimsoll::registry::{Htpasswd, Registry, Server, StoredContent};
use serde_json::json;
use std::net::ToSocketAddrs as _;

pub(crate) async fn run(words: Serve) -> Result<Report, Failure> {
    let Serve::Registry(words) = words;
    let server = open(words).await?;
    let (address, shutdown) = (server.address(), server.shutdown());
    progress(format!("listening on {address}"));
    let running = server.run();
    let stop = async {
        // Where signals cannot be had, the server runs until it is killed: what it acknowledged is durable.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        shutdown.shut_down();
    };
    futures(running, stop).await;
    Ok(Report::done("stopped", json!({ "address": address.to_string() })))
}

/// Runs a server until it ends, and beside it what ends it.
async fn futures(running: impl Future<Output = ()>, stop: impl Future<Output = ()>) {
    let (mut running, mut stop) = (std::pin::pin!(running), std::pin::pin!(stop));
    let mut stopping = false;
    std::future::poll_fn(|cx| {
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
        }
        running.as_mut().poll(cx)
    })
    .await;
}

async fn open(words: ServeRegistry) -> Result<Server, Failure> {
    let found = words.addr.to_socket_addrs().ok().and_then(|mut found| found.next());
    let address = found.ok_or_else(|| {
        let text = plimsoll::core::Escaped::new(&words.addr);
        Failure::given(format!("--addr: expected a host and a port, such as 127.0.0.1:5000, found `{text}`"))
    })?;
    let mut registry = Registry::builder(&words.store);
    if words.unchecked {
        registry = registry.stored_content(StoredContent::Trust);
    }
    if let Some(path) = &words.htpasswd {
        let text = crate::given::read(path)?;
        let text = String::from_utf8_lossy(&text);
        registry = registry.htpasswd(Htpasswd::parse(&text).given(path.display())?);
    }
    // A page in a browser can reach loopback under any name (DNS rebinding), so names are checked there. Behind a password and TLS
    // the certificate says which names are meant.
    if words.htpasswd.is_some() && words.tls_cert.is_some() {
        registry = registry.any_host();
    }
    let mut server = Server::builder(registry.build(), address);
    if let (Some(chain), Some(key)) = (&words.tls_cert, &words.tls_key) {
        let (certificates, private) = (crate::given::read(chain)?, crate::given::read(key)?);
        server = server.tls(&certificates, &private).given(chain.display())?;
    }
    server.bind().await.given("")
}
