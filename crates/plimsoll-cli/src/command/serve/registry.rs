//! `serve registry`: the embedded registry.

use super::{Identity, address, until_stopped};
use crate::{
    arguments::ServeRegistry,
    failure::{Blame as _, Failure},
    report::Report,
};
use plimsoll::registry::{Htpasswd, Registry, Server, StoredContent};

pub(super) async fn run(words: ServeRegistry) -> Result<Report, Failure> {
    let server = open(words).await?;
    let (address, shutdown) = (server.address(), server.shutdown());
    until_stopped(address, server.run(), || shutdown.shut_down()).await
}

async fn open(words: ServeRegistry) -> Result<Server, Failure> {
    let address = address(&words.addr)?;
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
    if words.htpasswd.is_some() && words.tls.tls_cert.is_some() {
        registry = registry.any_host();
    }
    let mut server = Server::builder(registry.build(), address);
    if let Some(identity) = Identity::read(&words.tls)? {
        server = server.tls(&identity.chain, &identity.key).given("--tls-cert, --tls-key")?;
    }
    server.bind().await.given("")
}
