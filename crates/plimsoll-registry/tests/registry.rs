//! The registry as a function: end-points, refusals, storage.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails loudly")]

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use plimsoll_core::{Blob, Digest};
use plimsoll_oci::{ImageIndex, ImageManifest, media_type};
use plimsoll_registry::{Limits, Registry, ResponseBody, StoredContent};
use std::time::Duration;
use tempfile::TempDir;

struct Served {
    registry: Registry,
    directory: TempDir,
}

fn served() -> Served {
    let directory = tempfile::tempdir().unwrap();
    Served { registry: Registry::builder(directory.path()).build(), directory }
}

impl Served {
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response<ResponseBody> {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:5000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.registry.respond(request.body(Full::new(Bytes::copy_from_slice(body))).unwrap()).await
    }
    async fn get(&self, path: &str) -> Response<ResponseBody> {
        self.send(Method::GET, path, &[], b"").await
    }
    async fn upload(&self, name: &str, content: &[u8]) -> Digest {
        let digest = Digest::sha256_of(content);
        let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
        assert_eq!(self.send(Method::POST, &path, &[], content).await.status(), StatusCode::CREATED);
        digest
    }
    async fn put(&self, path: &str, manifest: &Blob) -> Response<ResponseBody> {
        self.send(Method::PUT, path, &[("content-type", &manifest.descriptor().media_type)], manifest.bytes()).await
    }
    fn file(&self, name: &str, digest: &Digest) -> std::path::PathBuf {
        self.directory.path().join(name).join("_layout/blobs/sha256").join(digest.encoded())
    }
}

async fn body(response: Response<ResponseBody>) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}
async fn code(response: Response<ResponseBody>) -> (u16, String) {
    let status = response.status().as_u16();
    let document: serde_json::Value = serde_json::from_slice(&body(response).await).unwrap();
    (status, document["errors"][0]["code"].as_str().unwrap().to_owned())
}
fn text<'a>(response: &'a Response<ResponseBody>, name: &str) -> &'a str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn an_upload_comes_in_chunks_in_order() {
    let served = served();
    let begun = served.send(Method::POST, "/v2/app/blobs/uploads/", &[], b"").await;
    assert_eq!(begun.status(), StatusCode::ACCEPTED);
    let location = text(&begun, "location").to_owned();
    let chunk = |range: &'static str| [("content-range", range)];
    assert_eq!(served.send(Method::PATCH, &location, &chunk("0-3"), b"cont").await.status(), StatusCode::ACCEPTED);
    let early = served.send(Method::PATCH, &location, &chunk("5-6"), b"nt").await;
    assert_eq!((early.status(), text(&early, "range")), (StatusCode::RANGE_NOT_SATISFIABLE, "0-3"));
    let status = served.get(&location).await;
    assert_eq!((status.status(), text(&status, "range")), (StatusCode::NO_CONTENT, "0-3"));
    let digest = Digest::sha256_of(b"content");
    let done = served.send(Method::PUT, &format!("{location}?digest={digest}"), &chunk("4-6"), b"ent").await;
    assert_eq!((done.status(), text(&done, "docker-content-digest")), (StatusCode::CREATED, &*digest.to_string()));
    assert_eq!(body(served.get(text(&done, "location")).await).await, b"content");
    assert_eq!(code(served.get(&location).await).await, (404, "BLOB_UPLOAD_UNKNOWN".into()));
}

#[tokio::test]
async fn another_digest_is_refused_and_stores_nothing() {
    let served = served();
    let digest = Digest::sha256_of(b"other");
    let path = format!("/v2/app/blobs/uploads/?digest={digest}");
    assert_eq!(code(served.send(Method::POST, &path, &[], b"content").await).await, (400, "DIGEST_INVALID".into()));
    assert_eq!(code(served.get(&format!("/v2/app/blobs/{digest}")).await).await, (404, "BLOB_UNKNOWN".into()));
    let staged = served.directory.path().join("app/_layout/.staging");
    assert_eq!(std::fs::read_dir(staged).unwrap().count(), 0);
}

#[tokio::test]
async fn a_session_of_one_repository_is_none_of_another() {
    let served = served();
    let begun = served.send(Method::POST, "/v2/app/blobs/uploads/", &[], b"").await;
    let elsewhere = text(&begun, "location").replace("/app/", "/other/");
    assert_eq!(code(served.send(Method::PATCH, &elsewhere, &[], b"x").await).await.1, "BLOB_UPLOAD_UNKNOWN");
    assert_eq!(served.send(Method::DELETE, text(&begun, "location"), &[], b"").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(code(served.get(text(&begun, "location")).await).await.0, 404);
}

#[tokio::test]
async fn a_manifest_is_taken_only_with_its_children() {
    let served = served();
    let image = ImageManifest::artifact("application/x").to_blob();
    assert_eq!(code(served.put("/v2/app/manifests/v1", &image).await).await, (400, "MANIFEST_BLOB_UNKNOWN".into()));
    assert_eq!(code(served.get("/v2/app/manifests/v1").await).await, (404, "MANIFEST_UNKNOWN".into()));
    served.upload("app", b"{}").await;
    let put = served.put("/v2/app/manifests/v1", &image).await;
    assert_eq!(put.status(), StatusCode::CREATED);
    let got = served.get("/v2/app/manifests/v1").await;
    assert_eq!(text(&got, "content-type"), media_type::IMAGE_MANIFEST);
    assert_eq!(text(&got, "docker-content-digest"), image.descriptor().digest.to_string());
    assert_eq!(body(got).await, image.bytes());
    let missing = ImageManifest::artifact("application/y").to_blob();
    let index = ImageIndex::new().manifest(missing.descriptor().clone()).to_blob();
    assert_eq!(code(served.put("/v2/app/manifests/v2", &index).await).await.1, "MANIFEST_BLOB_UNKNOWN");
    let other = format!("/v2/app/manifests/{}", missing.descriptor().digest);
    assert_eq!(code(served.put(&other, &image).await).await, (400, "DIGEST_INVALID".into()));
    let broken =
        served.send(Method::PUT, "/v2/app/manifests/v3", &[("content-type", media_type::IMAGE_INDEX)], image.bytes());
    assert_eq!(code(broken.await).await, (400, "MANIFEST_INVALID".into()));
}

#[tokio::test]
async fn referrers_are_listed_filtered_and_paged() {
    let served = served();
    served.upload("app", b"{}").await;
    let subject = plimsoll_core::Descriptor::of(media_type::IMAGE_MANIFEST, b"not pushed");
    for (kind, mark) in [("application/a", "1"), ("application/a", "2"), ("application/b", "3")] {
        let entry = ImageManifest::artifact(kind).about(subject.clone()).annotate("mark", mark).to_blob();
        let put = served.put(&format!("/v2/app/manifests/{}", entry.descriptor().digest), &entry).await;
        assert_eq!(text(&put, "oci-subject"), subject.digest.to_string());
    }
    let path = format!("/v2/app/referrers/{}", subject.digest);
    let count = async |path: &str| {
        let document: serde_json::Value = serde_json::from_slice(&body(served.get(path).await).await).unwrap();
        document["manifests"].as_array().unwrap().len()
    };
    assert_eq!(count(&path).await, 3);
    assert_eq!(count(&format!("{path}?artifactType=application/a")).await, 2);
    let filtered = served.get(&format!("{path}?artifactType=application/a&n=1")).await;
    assert_eq!(text(&filtered, "oci-filters-applied"), "artifactType");
    assert_eq!(text(&filtered, "content-type"), media_type::IMAGE_INDEX);
    let next = text(&filtered, "link").trim_start_matches('<').split_once('>').unwrap().0.to_owned();
    assert_eq!(count(&next).await, 1);
    assert_eq!(count(&format!("/v2/never/pushed/referrers/{}", Digest::sha256_of(b""))).await, 0);
    assert_eq!(code(served.get("/v2/app/referrers/sha256:x").await).await, (400, "DIGEST_INVALID".into()));
}

// attack: A-023
#[tokio::test]
async fn a_023_pages_are_no_longer_than_the_limit() {
    let served = served();
    served.upload("app", b"{}").await;
    let image = ImageManifest::artifact("application/x").to_blob();
    for tag in ["c", "a", "b"] {
        served.put(&format!("/v2/app/manifests/{tag}"), &image).await;
    }
    for n in ["99999999999999999999999999", "1000000"] {
        assert_eq!(served.get(&format!("/v2/app/tags/list?n={n}")).await.status(), StatusCode::OK);
    }
    for n in ["-1", "x", ""] {
        assert_eq!(served.get(&format!("/v2/app/tags/list?n={n}")).await.status(), StatusCode::BAD_REQUEST, "{n}");
    }
    let page = served.get("/v2/app/tags/list?n=2").await;
    assert_eq!(text(&page, "link"), r#"</v2/app/tags/list?n=2&last=b>; rel="next""#);
    assert_eq!(body(page).await, br#"{"name":"app","tags":["a","b"]}"#);
    assert_eq!(body(served.get("/v2/app/tags/list?n=2&last=b").await).await, br#"{"name":"app","tags":["c"]}"#);
    let none = served.get("/v2/app/tags/list?n=0").await;
    assert_eq!((text(&none, "link"), served.get("/v2/other/tags/list").await.status()), ("", StatusCode::NOT_FOUND));
}

#[tokio::test]
async fn content_that_was_changed_in_the_storage_is_not_served() {
    let served = served();
    let config = served.upload("app", b"{}").await;
    let layer = served.upload("app", b"content").await;
    let image = ImageManifest::artifact("application/x").to_blob();
    served.put("/v2/app/manifests/v1", &image).await;
    for digest in [&layer, &image.descriptor().digest] {
        let mut changed = std::fs::read(served.file("app", digest)).unwrap();
        changed[0] ^= 1;
        let file = std::fs::OpenOptions::new().write(true).open(served.file("app", digest)).unwrap();
        std::io::Write::write_all(&mut &file, &changed).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    }
    let path = format!("/v2/app/blobs/{layer}");
    assert_eq!(code(served.get(&path).await).await, (404, "BLOB_UNKNOWN".into()));
    assert_eq!(served.send(Method::HEAD, &path, &[], b"").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(served.get(&format!("/v2/app/blobs/{config}")).await.status(), StatusCode::OK);
    assert_eq!(code(served.get("/v2/app/manifests/v1").await).await, (404, "MANIFEST_UNKNOWN".into()));
    let trusting = Registry::builder(served.directory.path()).stored_content(StoredContent::Trust).build();
    let trusting = Served { registry: trusting, directory: tempfile::tempdir().unwrap() };
    assert_eq!(body(trusting.get(&path).await).await.len(), 7);
    assert_eq!(trusting.get("/v2/app/manifests/v1").await.status(), StatusCode::OK);
    // Pushing it again heals it.
    served.upload("app", b"content").await;
    assert_eq!(body(served.get(&path).await).await, b"content");
}

#[tokio::test]
async fn parts_of_a_blob_are_served() {
    let served = served();
    let digest = served.upload("app", b"content").await;
    let path = format!("/v2/app/blobs/{digest}");
    let part = served.send(Method::GET, &path, &[("range", "bytes=2-3")], b"").await;
    assert_eq!((part.status(), text(&part, "content-range")), (StatusCode::PARTIAL_CONTENT, "bytes 2-3/7"));
    assert_eq!(body(part).await, b"nt");
    let beyond = served.send(Method::GET, &path, &[("range", "bytes=9-")], b"").await;
    assert_eq!((beyond.status(), text(&beyond, "content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */7"));
}

#[tokio::test]
async fn a_tag_changes_only_under_its_condition() {
    let served = served();
    served.upload("app", b"{}").await;
    let [one, two] = ["1", "2"].map(|mark| ImageManifest::artifact("application/x").annotate("mark", mark).to_blob());
    let put = async |image: &Blob, name: &str, value: &str| {
        let headers = [("content-type", media_type::IMAGE_MANIFEST), (name, value)];
        served.send(Method::PUT, "/v2/app/manifests/v1", &headers, image.bytes()).await.status().as_u16()
    };
    assert_eq!(put(&one, "if-match", "*").await, 412);
    assert_eq!(put(&one, "if-none-match", "*").await, 201);
    assert_eq!(put(&two, "if-none-match", "*").await, 412);
    assert_eq!(put(&two, "if-match", &format!("\"{}\"", two.descriptor().digest)).await, 412);
    assert_eq!(put(&two, "if-match", &format!("\"{}\"", one.descriptor().digest)).await, 201);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut limits = Limits::default();
    limits.manifest_bytes = 10;
    limits.blob_bytes = 10;
    limits.uploads = 1;
    let served = Served { registry: Registry::builder(directory.path()).limits(limits).build(), directory };
    let path = format!("/v2/app/blobs/uploads/?digest={}", Digest::sha256_of(b""));
    assert_eq!(served.send(Method::POST, &path, &[], &[0; 11]).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let image = ImageManifest::artifact("application/x").to_blob();
    assert_eq!(served.put("/v2/app/manifests/v1", &image).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(served.send(Method::POST, "/v2/app/blobs/uploads/", &[], b"").await.status(), StatusCode::ACCEPTED);
    let next = served.send(Method::POST, "/v2/app/blobs/uploads/", &[], b"").await;
    assert_eq!(code(next).await, (429, "TOOMANYREQUESTS".into()));
}

// attack: A-383
#[tokio::test]
async fn a_383_a_web_page_reaches_nothing() {
    let served = served();
    for headers in [&[("host", "evil.test")][..], &[("host", "127.0.0.1:5000"), ("origin", "https://evil.test")][..]] {
        let mut request = Request::builder().uri("/v2/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = served.registry.respond(request.body(Full::new(Bytes::new())).unwrap()).await;
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    }
    assert_eq!(served.get("/v2/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn deleting_by_tag_and_by_digest() {
    let served = served();
    let config = served.upload("app", b"{}").await;
    let image = ImageManifest::artifact("application/x").to_blob();
    served.put("/v2/app/manifests/v1", &image).await;
    let delete = async |path: &str| served.send(Method::DELETE, path, &[], b"").await.status().as_u16();
    let by_digest = format!("/v2/app/manifests/{}", image.descriptor().digest);
    assert_eq!(delete("/v2/app/manifests/v1").await, 202);
    assert_eq!((delete("/v2/app/manifests/v1").await, served.get(&by_digest).await.status().as_u16()), (404, 200));
    assert_eq!((delete(&by_digest).await, delete(&by_digest).await), (202, 404));
    assert_eq!(delete(&format!("/v2/app/blobs/{config}")).await, 202);
    assert_eq!(delete("/v2/").await, 405);
    let head = served.send(Method::HEAD, "/v2/", &[], b"").await;
    assert!(head.headers().get(header::CONTENT_LENGTH).is_some());
}

#[tokio::test]
async fn a_page_of_referrers_is_one_that_clients_read() {
    let served = served();
    served.upload("app", b"{}").await;
    let subject = ImageManifest::artifact("application/x").to_blob();
    assert_eq!(served.put("/v2/app/manifests/v1", &subject).await.status(), StatusCode::CREATED);
    let note = |mark: &str, size: usize| {
        let image = ImageManifest::artifact("application/y").about(subject.descriptor().clone());
        image.annotate("mark", mark).annotate("note", "x".repeat(size)).to_blob()
    };
    // One that alone would take the whole list away is not taken: an index needs less room than its own entry.
    let bytes = usize::try_from(Limits::default().manifest_bytes).unwrap();
    let subject_digest = subject.descriptor().digest;
    let lone = format!(
        r#"{{"schemaVersion":2,"manifests":[],"subject":{{"mediaType":"{}","digest":"{subject_digest}","size":{}}},"annotations":{{"a":"{}"}}}}"#,
        media_type::IMAGE_MANIFEST,
        subject.bytes().len(),
        "x".repeat(bytes - 260),
    );
    let lone = Blob::of(media_type::IMAGE_INDEX, lone);
    assert!(lone.bytes().len() <= bytes, "{}", lone.bytes().len());
    assert_eq!(code(served.put("/v2/app/manifests/lone", &lone).await).await, (413, "SIZE_INVALID".into()));
    for mark in ["1", "2", "3", "4", "5"] {
        let blob = note(mark, 3 << 20);
        let path = format!("/v2/app/manifests/{}", blob.descriptor().digest);
        assert_eq!(served.put(&path, &blob).await.status(), StatusCode::CREATED);
    }
    let mut path = format!("/v2/app/referrers/{}", subject.descriptor().digest);
    let mut seen = 0;
    loop {
        let answer = served.get(&path).await;
        let next = text(&answer, "link").to_owned();
        let page = body(answer).await;
        assert!(page.len() <= bytes, "{}", page.len());
        let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
        seen += page["manifests"].as_array().unwrap().len();
        let Some((target, _)) = next.trim_start_matches('<').split_once('>') else { break };
        path = target.to_owned();
    }
    assert_eq!(seen, 5);
}

// attack: A-383
#[tokio::test]
async fn a_383_a_web_page_changes_nothing_even_where_every_name_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served { registry: Registry::builder(directory.path()).any_host().build(), directory };
    let page = [("origin", "https://evil.test"), ("host", "registry.test")];
    let answer = served.send(Method::POST, "/v2/app/blobs/uploads/", &page, b"").await;
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn uploads_that_were_left_shut_nobody_out() {
    let directory = tempfile::tempdir().unwrap();
    let mut limits = Limits::default();
    limits.uploads = 2;
    for (idle, statuses) in [(Duration::from_secs(60), [202, 202, 429]), (Duration::ZERO, [202, 202, 202])] {
        limits.body_idle = idle;
        let registry = Registry::builder(directory.path()).limits(limits.clone()).build();
        let served = Served { registry, directory: tempfile::tempdir().unwrap() };
        let mut begun = Vec::new();
        for status in statuses {
            let answer = served.send(Method::POST, "/v2/app/blobs/uploads/", &[], b"").await;
            assert_eq!(answer.status(), status, "{idle:?}");
            begun.push(text(&answer, "location").to_owned());
        }
        let first = served.get(&begun[0]).await.status();
        assert_eq!(first.as_u16(), if idle.is_zero() { 404 } else { 204 });
        assert_eq!(served.get(&begun[1]).await.status(), StatusCode::NO_CONTENT);
    }
}
