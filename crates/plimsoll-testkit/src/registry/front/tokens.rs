//! A token server whose tokens end, and a registry that demands them.

use super::{lock, plain};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use plimsoll_registry::ResponseBody;
use std::{collections::BTreeMap, sync::Mutex};

#[derive(Clone, Debug)]
pub(super) struct Tokens {
    authorization: String,
    uses: u32,
}

#[derive(Default, Debug)]
pub(super) struct Issued(Mutex<BTreeMap<String, Token>>);

#[derive(Debug)]
struct Token {
    scopes: Vec<String>,
    left: u32,
}

impl Tokens {
    pub(super) fn new(user: &str, password: &str, uses: u32) -> Self {
        let text = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
        Self { authorization: format!("Basic {text}"), uses }
    }
    /// Answers a request for a token.
    pub(super) fn issue<B>(&self, request: &Request<B>, issued: &Issued) -> Response<ResponseBody> {
        if authorization(request.headers()) != Some(&self.authorization) {
            return plain(StatusCode::UNAUTHORIZED, "wrong password");
        }
        let query = request.uri().query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let scopes = pairs.filter(|(name, _)| name == "scope").map(|(_, value)| value.into_owned()).collect();
        let mut issued = lock(&issued.0);
        let token = format!("token-{}", issued.len());
        issued.insert(token.clone(), Token { scopes, left: self.uses });
        plain(StatusCode::OK, &format!(r#"{{"token":"{token}","expires_in":3600}}"#))
    }
}

impl Issued {
    /// No token is good any more.
    pub(super) fn end(&self) {
        lock(&self.0).values_mut().for_each(|token| token.left = 0);
    }
    /// A challenge, unless the request has a token that is good for it.
    pub(super) fn demand<B>(&self, request: &Request<B>) -> Option<Response<ResponseBody>> {
        let action = if matches!(*request.method(), Method::GET | Method::HEAD) { "pull" } else { "push" };
        let repository = request.uri().path().strip_prefix("/v2/").unwrap_or_default();
        let token = authorization(request.headers()).and_then(|text| text.strip_prefix("Bearer "));
        if let Some(issued) = lock(&self.0).get_mut(token.unwrap_or_default())
            && issued.left > 0
        {
            issued.left = issued.left.saturating_sub(1);
            let grants = |scope: &String| {
                scope.strip_prefix("repository:").and_then(|scope| scope.rsplit_once(':')).is_some_and(
                    |(name, actions)| {
                        repository.starts_with(&format!("{name}/"))
                            && actions.split(',').any(|one| one == action || one == "*")
                    },
                )
            };
            let granted = issued.scopes.iter().any(|scope| grants(scope) || is_catalog(scope, repository));
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

fn is_catalog(scope: &str, path: &str) -> bool {
    scope == "registry:catalog:*" && (path == "_catalog" || path.is_empty())
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}
