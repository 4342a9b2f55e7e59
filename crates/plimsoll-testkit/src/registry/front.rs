//! A real registry with switches: tokens that end, quirks of registries of the field, and faults.

mod cut;
mod fault;
mod profile;
mod quirk;
mod tokens;

pub use fault::{Fault, Harm};
pub use profile::Profile;
pub use quirk::Quirk;

use bytes::Bytes;
use fault::Faults;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use plimsoll_registry::{Registry, ResponseBody};
use quirk::Quirks;
use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::TempDir;
use tokens::{Issued, Tokens};
use tokio::{net::TcpListener, task::JoinHandle};

/// A `plimsoll-registry` on a free loopback port, behind switches. It ends, and its directory goes, when it is dropped.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    state: Arc<State>,
    directory: TempDir,
    task: JoinHandle<()>,
}

/// What a [`Front`] is made of.
#[must_use]
#[derive(Clone, Default, Debug)]
pub struct FrontBuilder {
    quirks: Vec<Quirk>,
    tokens: Option<Tokens>,
}

#[derive(Debug)]
struct State {
    registry: Registry,
    quirks: Quirks,
    tokens: Option<Tokens>,
    faults: Faults,
    log: Mutex<Vec<String>>,
    issued: Issued,
}

impl FrontBuilder {
    /// Does one thing in its own way.
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }
    /// Behaves as a registry of the field.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.quirks.extend(profile.quirks());
        self
    }
    /// Takes the referrers API away: 404, and no `OCI-Subject`.
    pub fn without_referrers(self) -> Self {
        self.quirk(Quirk::WithoutReferrers)
    }
    /// Takes `ETag`, `If-Match` and `If-None-Match` away.
    pub fn without_conditions(self) -> Self {
        self.quirk(Quirk::WithoutConditions)
    }
    /// Demands a Bearer token of `/token`, which this user gets for exactly the asked scopes. After `uses` requests a token is no
    /// longer valid, whatever it was said to be.
    pub fn tokens(mut self, user: &str, password: &str, uses: u32) -> Self {
        self.tokens = Some(Tokens::new(user, password, uses));
        self
    }
    /// Starts.
    ///
    /// # Panics
    /// When there is no free port or no temporary directory.
    pub async fn start(self) -> Front {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            registry: Registry::builder(directory.path()).build(),
            quirks: Quirks::new(self.quirks),
            tokens: self.tokens,
            faults: Faults::default(),
            log: Mutex::default(),
            issued: Issued::default(),
        });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                let service = service_fn(move |request| {
                    let state = state.clone();
                    async move { state.answer(request).await }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Front { address, state, directory, task }
    }
}

impl Front {
    /// A registry without switches.
    pub async fn start() -> Self {
        Self::builder().start().await
    }
    /// Starts with no switches.
    pub fn builder() -> FrontBuilder {
        FrontBuilder::default()
    }
    /// Host and port, as references write them.
    #[must_use]
    pub fn name(&self) -> String {
        self.address.to_string()
    }
    /// The directory with the layouts.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
    /// Method, path and query of each request, in order.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        lock(&self.state.log).clone()
    }
    /// Something goes wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.add(fault);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    /// The answer; an error ends the connection without one.
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<ResponseBody>> {
        lock(&self.log).push(format!("{} {}", request.method(), request.uri()));
        let harm = self.faults.harm(&request);
        match harm {
            Some(Harm::Reset) => Err(ended()),
            Some(Harm::Answer(status, headers, text)) => Ok(fault::answer(status, headers, text)),
            Some(Harm::CutRequest(bytes)) => {
                self.serve(fault::cut_request(request, bytes)).await;
                Err(ended())
            }
            Some(Harm::LoseAnswer) => {
                self.serve(request).await;
                Err(ended())
            }
            Some(Harm::TokensEnd) => {
                self.issued.end();
                Ok(self.serve(request).await)
            }
            Some(harm) => Ok(fault::spoil(self.serve(request).await, harm)),
            None => Ok(self.serve(request).await),
        }
    }
    async fn serve<B>(&self, mut request: Request<B>) -> Response<ResponseBody>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        if let Some(tokens) = &self.tokens {
            if request.uri().path() == "/token" {
                return tokens.issue(&request, &self.issued);
            }
            // Beside the API there are only pages for everybody.
            if request.uri().path().starts_with("/v2/")
                && let Some(refusal) = self.issued.demand(&request)
            {
                return refusal;
            }
        }
        let answer = self.quirks.before(&self.registry, &mut request).await;
        let put = quirk::closes_upload(&request);
        match answer {
            Some(answer) => answer,
            None => self.quirks.after(put, self.registry.respond(request).await),
        }
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the test ends it here")
}

fn plain(status: StatusCode, text: &str) -> Response<ResponseBody> {
    let body = Full::new(Bytes::copy_from_slice(text.as_bytes())).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
