//! A real registry with switches: no referrers API, no conditional requests, a token server whose tokens end.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use plimsoll_registry::{Registry, ResponseBody};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::TempDir;
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
    without_referrers: Option<()>,
    without_conditions: Option<()>,
    tokens: Option<Tokens>,
}

#[derive(Clone, Debug)]
struct Tokens {
    authorization: String,
    uses: u32,
}

#[derive(Debug)]
struct State {
    registry: Registry,
    switches: FrontBuilder,
    log: Mutex<Vec<String>>,
    issued: Mutex<BTreeMap<String, Issued>>,
}

#[derive(Debug)]
struct Issued {
    scopes: Vec<String>,
    left: u32,
}

impl FrontBuilder {
    /// Takes the referrers API away: 404, and no `OCI-Subject`.
    pub fn without_referrers(mut self) -> Self {
        self.without_referrers = Some(());
        self
    }
    /// Takes `ETag`, `If-Match` and `If-None-Match` away.
    pub fn without_conditions(mut self) -> Self {
        self.without_conditions = Some(());
        self
    }
    /// Demands a Bearer token of `/token`, which this user gets for exactly the asked scopes. After `uses` requests a token is no
    /// longer valid, whatever it was said to be.
    pub fn tokens(mut self, user: &str, password: &str, uses: u32) -> Self {
        let text = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
        self.tokens = Some(Tokens { authorization: format!("Basic {text}"), uses });
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
            switches: self,
            log: Mutex::default(),
            issued: Mutex::default(),
        });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                let service = service_fn(move |request| {
                    let state = state.clone();
                    async move { Ok::<_, Infallible>(state.answer(request).await) }
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
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    async fn answer(&self, mut request: Request<Incoming>) -> Response<ResponseBody> {
        lock(&self.log).push(format!("{} {}", request.method(), request.uri()));
        if request.uri().path() == "/token" {
            return self.issue(&request);
        }
        if let Some(refusal) = self.demand(&request) {
            return refusal;
        }
        if self.switches.without_referrers.is_some() && request.uri().path().contains("/referrers/") {
            return plain(StatusCode::NOT_FOUND, "404 page not found");
        }
        if self.switches.without_conditions.is_some() {
            request.headers_mut().remove(header::IF_MATCH);
            request.headers_mut().remove(header::IF_NONE_MATCH);
        }
        let mut answer = self.registry.respond(request).await;
        if self.switches.without_referrers.is_some() {
            answer.headers_mut().remove("oci-subject");
        }
        if self.switches.without_conditions.is_some() {
            answer.headers_mut().remove(header::ETAG);
        }
        answer
    }
    /// The token server.
    fn issue(&self, request: &Request<Incoming>) -> Response<ResponseBody> {
        let Some(tokens) = &self.switches.tokens else { return plain(StatusCode::NOT_FOUND, "") };
        if authorization(request.headers()) != Some(&tokens.authorization) {
            return plain(StatusCode::UNAUTHORIZED, "wrong password");
        }
        let query = request.uri().query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let scopes = pairs.filter(|(name, _)| name == "scope").map(|(_, value)| value.into_owned()).collect();
        let mut issued = lock(&self.issued);
        let token = format!("token-{}", issued.len());
        issued.insert(token.clone(), Issued { scopes, left: tokens.uses });
        plain(StatusCode::OK, &format!(r#"{{"token":"{token}","expires_in":3600}}"#))
    }
    /// A challenge, unless the request has a token that is good for it.
    fn demand(&self, request: &Request<Incoming>) -> Option<Response<ResponseBody>> {
        self.switches.tokens.as_ref()?;
        let action = if matches!(*request.method(), Method::GET | Method::HEAD) { "pull" } else { "push" };
        let repository = request.uri().path().strip_prefix("/v2/").unwrap_or_default();
        let token = authorization(request.headers()).and_then(|text| text.strip_prefix("Bearer "));
        if let Some(issued) = lock(&self.issued).get_mut(token.unwrap_or_default())
            && issued.left > 0
        {
            issued.left = issued.left.saturating_sub(1);
            let grants = |scope: &String| {
                scope.strip_prefix("repository:").and_then(|scope| scope.rsplit_once(':')).is_some_and(
                    |(name, actions)| {
                        repository.starts_with(&format!("{name}/")) && actions.split(',').any(|one| one == action)
                    },
                )
            };
            let granted = issued.scopes.iter().any(grants);
            return (!granted).then(|| plain(StatusCode::FORBIDDEN, r#"{"errors":[{"code":"DENIED"}]}"#));
        }
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        // It asks for more than is needed, as some registries do.
        let challenge = format!(r#"Bearer realm="http://{host}/token",service="{host}",scope="registry:catalog:*""#);
        let mut refusal = plain(StatusCode::UNAUTHORIZED, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#);
        let challenge = HeaderValue::try_from(challenge).expect("visible ASCII");
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        Some(refusal)
    }
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
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
