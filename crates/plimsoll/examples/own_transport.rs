//! Brings an HTTP stack of its own: here, one that answers from memory, as a test double or a cache would.
//!
//! ```sh
//! cargo run -p plimsoll --example own_transport
//! ```

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unreachable,
    reason = "an example that says what it does, and stops where it is wrong"
)]

use plimsoll::{
    core::{Blob, Classify as _, OneChunk, Pointer, Replay as _, code},
    distribution::{Client, Request, Response, TokioTimer, Transport, TransportError, http},
};
use std::{collections::BTreeMap, sync::Arc};

/// Sends exactly the request it is given, to a registry that is a table.
struct Table(Arc<BTreeMap<String, Blob>>);

impl Transport for Table {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        println!("{} {}", request.method, request.url);
        let mut headers = http::HeaderMap::new();
        let Some(found) = self.0.get(request.url.path()) else {
            return Ok(Response::new(http::StatusCode::NOT_FOUND, headers, Box::pin(OneChunk::new("".into()))));
        };
        let kind = http::HeaderValue::from_str(&found.descriptor().media_type);
        headers.insert(
            http::header::CONTENT_TYPE,
            kind.map_err(|error| TransportError::Invalid(error.to_string().into()))?,
        );
        let content = if request.method == http::Method::HEAD { "".into() } else { found.to_bytes() };
        headers.insert(http::header::CONTENT_LENGTH, found.to_bytes().size().into());
        Ok(Response::new(http::StatusCode::OK, headers, content.open_at(0)))
    }
}

fn main() {
    let index = plimsoll::oci::ImageIndex::new().to_blob();
    let lie = Blob::of("application/vnd.oci.image.index.v1+json", "{}");
    let digest = index.descriptor().digest;
    let table = BTreeMap::from([
        ("/v2/app/manifests/v1".to_owned(), index),
        // Asked by digest, this registry answers with something else.
        (format!("/v2/app/manifests/{digest}"), lie),
    ]);
    let table = Arc::new(table);
    let repository = || {
        let client = Client::builder(Table(Arc::clone(&table)), TokioTimer::new()).build();
        client.repository(&"registry.example.com/app".parse().expect("a repository")).expect("a registry")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let found = repository().manifest(&Pointer::Tag("v1".parse().expect("a tag"))).await.expect("a manifest");
        assert_eq!(found.descriptor().digest, digest);
        println!("resolved by hashing what came: {digest}");

        let refused = repository().manifest(&Pointer::Digest(digest)).await.expect_err("another manifest");
        assert_eq!(refused.code(), code::DIGEST_MISMATCH);
        println!("refused: {refused}");
    });
}
