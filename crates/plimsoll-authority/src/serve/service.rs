//! What is served.

use bytes::Bytes;
use http::{Request, Response};
use std::{future::Future, sync::Arc};

/// Where a service may listen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Exposure {
    /// Its answers are signed and its requests hold no secret: elsewhere than on loopback without TLS, if the operator says so.
    Public,
    /// Its requests hold secrets, such as tokens: elsewhere than on loopback only with TLS.
    Secret,
}

/// A function from request to answer. The content of a request is whole, and no larger than it said.
pub trait Service: Send + Sync + 'static {
    /// Where it may listen.
    fn exposure(&self) -> Exposure;
    /// Most bytes of the content of a request.
    fn most_bytes(&self) -> u64;
    /// Answers one request. What goes wrong is an answer, too.
    fn answer(&self, request: Request<Bytes>) -> impl Future<Output = Response<Bytes>> + Send;
}

impl<S: Service> Service for Arc<S> {
    fn exposure(&self) -> Exposure {
        (**self).exposure()
    }
    fn most_bytes(&self) -> u64 {
        (**self).most_bytes()
    }
    fn answer(&self, request: Request<Bytes>) -> impl Future<Output = Response<Bytes>> + Send {
        (**self).answer(request)
    }
}
