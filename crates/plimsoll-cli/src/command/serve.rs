//! `serve`: the embedded registry, and the authority's services.

mod ca;
mod ocsp;
mod registry;
mod tsa;

use super::Scene;
use crate::{
    arguments::{Listen, Serve, Tls},
    failure::{Blame as _, Failure},
    report::{Report, progress},
};
use plimsoll::{
    authority::{Server, ServerBuilder, Service},
    core::Escaped,
};
use serde_json::json;
use std::net::{SocketAddr, ToSocketAddrs as _};

pub(crate) async fn run(words: Serve, scene: &Scene<'_>) -> Result<Report, Failure> {
    match words {
        Serve::Registry(words) => registry::run(words).await,
        Serve::Ca(words) => ca::run(&words, scene).await,
        Serve::Tsa(words) => tsa::run(&words).await,
        Serve::Ocsp(words) => ocsp::run(&words).await,
    }
}

/// Where to listen.
fn address(text: &str) -> Result<SocketAddr, Failure> {
    let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or_else(|| {
        let text = Escaped::new(text);
        Failure::given(format!("--addr: expected a host and a port, such as 127.0.0.1:5000, found `{text}`"))
    })
}

/// A chain and its key for TLS, both PEM.
struct Identity {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Identity {
    /// Reads the files, if any are named.
    fn read(tls: &Tls) -> Result<Option<Self>, Failure> {
        match (&tls.tls_cert, &tls.tls_key) {
            (Some(chain), Some(key)) => {
                Ok(Some(Self { chain: crate::given::read(chain)?, key: crate::given::read(key)? }))
            }
            _ => Ok(None),
        }
    }
}

/// Binds a service of the authority, and serves until it is told to stop.
async fn serve<S: Service>(service: S, addr: &str, listen: &Listen, public: bool) -> Result<Report, Failure> {
    let mut builder: ServerBuilder<S> = Server::builder(service, address(addr)?);
    for name in &listen.host {
        builder = builder.host(name);
    }
    if public {
        builder = builder.public();
    }
    if let Some(identity) = Identity::read(&listen.tls)? {
        builder = builder.tls(&identity.chain, &identity.key).given("--tls-cert, --tls-key")?;
    }
    let server = builder.bind().await.given("")?;
    let (address, shutdown) = (server.address(), server.shutdown());
    until_stopped(address, server.run(), || shutdown.shut_down()).await
}

/// Runs `reload` whenever somebody asks for it (SIGHUP), for as long as `running` does.
async fn reloading<T>(running: impl Future<Output = T>, reload: impl Fn()) -> T {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut asked) = signal(SignalKind::hangup()) {
            let mut running = std::pin::pin!(running);
            loop {
                tokio::select! {
                    done = &mut running => return done,
                    _ = asked.recv() => reload(),
                }
            }
        }
    }
    #[cfg(not(unix))]
    let _ = reload;
    running.await
}

/// Runs a server, and ends it as soon as somebody interrupts it. Requests that are under way are finished.
async fn until_stopped(
    address: SocketAddr,
    running: impl Future<Output = ()>,
    shut_down: impl FnOnce(),
) -> Result<Report, Failure> {
    // Before anybody hears that it is there: who tells it to end then is heard, too.
    let interrupted = interrupted();
    progress(format!("listening on {address}"));
    let stop = async {
        interrupted.await;
        shut_down();
    };
    both(running, stop).await;
    Ok(Report::done("stopped", json!({ "address": address.to_string() })))
}

/// Waits for Ctrl-C, or for what an init system sends. Where signals cannot be had, it waits for ever: what was acknowledged is durable.
fn interrupted() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let both = [SignalKind::interrupt(), SignalKind::terminate()];
        let mut signals: Vec<_> = both.into_iter().filter_map(|kind| signal(kind).ok()).collect();
        std::future::poll_fn(move |cx| match signals.iter_mut().any(|one| one.poll_recv(cx).is_ready()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        })
    }
    #[cfg(not(unix))]
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Runs a server until it ends, and beside it what ends it.
async fn both(running: impl Future<Output = ()>, stop: impl Future<Output = ()>) {
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
