//! Against a real registry over HTTP, with and without its referrers API and logins.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use plimsoll_core::{
    Blob, Bytes, Classify as _, Descriptor, Digest, Fetch as _, Pointer, Push as _, Retag as _, next_chunk,
};
use plimsoll_distribution::{
    Client, Credential, Error, FixedCredentials, RemoteRepository, ReqwestTransport, TokioTimer, at_most,
};
use plimsoll_oci::{ImageManifest, media_type, referrers_tag};
use plimsoll_testkit::{contract, registry::Front};

fn client(front: &Front) -> Client {
    let transport = ReqwestTransport::builder().without_system_roots().build().unwrap();
    let login = FixedCredentials::default().with(front.name(), Credential::basic("alice", "s3cret"));
    Client::builder(transport, TokioTimer::new()).credentials(login).build()
}

fn repository(front: &Front, name: &str) -> RemoteRepository {
    client(front).repository(&format!("{}/{name}", front.name()).parse().unwrap()).unwrap()
}

async fn push(repository: &RemoteRepository, blob: &Blob) {
    repository.push(blob.descriptor(), &blob.to_bytes()).await.unwrap();
}

fn signature(subject: &Descriptor, mark: &str) -> Blob {
    ImageManifest::artifact("application/x.signature").about(subject.clone()).annotate("mark", mark).to_blob()
}

#[tokio::test]
async fn a_remote_repository_keeps_the_contract_of_a_store() {
    contract::store(&repository(&Front::start().await, "team/app")).await;
}

#[tokio::test]
async fn it_keeps_it_without_a_referrers_api() {
    contract::store(&repository(&Front::builder().without_referrers().start().await, "team/app")).await;
}

#[tokio::test]
async fn it_keeps_it_with_tokens_that_end_after_three_requests() {
    let front = Front::builder().without_referrers().tokens("alice", "s3cret", 3).start().await;
    contract::store(&repository(&front, "team/app")).await;
    assert!(front.log().iter().filter(|line| line.contains("/token?")).count() > 5);
}

#[tokio::test]
async fn large_content_streams_both_ways_and_is_sent_once() {
    let front = Front::start().await;
    let remote = repository(&front, "app");
    let bytes = Bytes::from(vec![7; 5 * 1024 * 1024 + 1]);
    let layer = Descriptor::of(media_type::LAYER_TAR, &bytes);
    remote.push(&layer, &bytes).await.unwrap();
    remote.push(&layer, &bytes).await.unwrap();
    assert_eq!(front.log().iter().filter(|line| line.starts_with("PUT")).count(), 1);
    let (mut body, mut check) = (remote.fetch(&layer).await.unwrap(), plimsoll_core::BlobCheck::new(layer.clone()));
    while let Some(chunk) = next_chunk(&mut body).await {
        check.push(&chunk.unwrap()).unwrap();
    }
    check.finish().unwrap();
    assert_eq!(remote.blob(&layer).await.unwrap().bytes().len(), bytes.len());
}

#[tokio::test]
async fn a_blob_is_mounted_from_another_repository() {
    let front = Front::start().await;
    let (one, two) = (repository(&front, "one"), repository(&front, "two"));
    let blob = Blob::of("text/plain", "content");
    push(&one, &blob).await;
    two.push_from(blob.descriptor(), one.repository(), &blob.to_bytes()).await.unwrap();
    assert!(two.exists(blob.descriptor()).await.unwrap());
    assert!(front.log().iter().any(|line| line.starts_with("POST") && line.contains("mount=")));
    let other = Blob::of("text/plain", "never pushed");
    two.push_from(other.descriptor(), one.repository(), &other.to_bytes()).await.unwrap();
    assert!(two.exists(other.descriptor()).await.unwrap());
}

#[tokio::test]
async fn tags_are_listed_and_moved() {
    let front = Front::start().await;
    let remote = repository(&front, "app");
    push(&remote, &media_type::empty_blob()).await;
    let manifests = ["1", "2"].map(|mark| ImageManifest::artifact("application/x").annotate("mark", mark).to_blob());
    for (manifest, tag) in manifests.iter().zip(["v1", "v2"]) {
        push(&remote, manifest).await;
        remote.retag(manifest.descriptor(), &tag.parse().unwrap()).await.unwrap();
    }
    remote.retag(manifests[1].descriptor(), &"v1".parse().unwrap()).await.unwrap();
    let names: Vec<_> = remote.tags().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["v1", "v2"]);
    assert_eq!(remote.manifest(&Pointer::Tag("v1".parse().unwrap())).await.unwrap(), manifests[1]);
}

#[tokio::test]
async fn the_fallback_tag_is_kept_up_to_date() {
    let front = Front::builder().without_referrers().start().await;
    let remote = repository(&front, "app");
    push(&remote, &media_type::empty_blob()).await;
    let subject = Descriptor::of(media_type::IMAGE_MANIFEST, b"not pushed yet");
    for mark in ["1", "2", "2"] {
        push(&remote, &signature(&subject, mark)).await;
    }
    let other = ImageManifest::artifact("application/x.sbom").about(subject.clone()).to_blob();
    push(&remote, &other).await;
    let all = remote.list_referrers(&subject.digest, None).await.unwrap();
    assert_eq!(all.len(), 3);
    let signatures = remote.list_referrers(&subject.digest, Some("application/x.signature")).await.unwrap();
    assert_eq!(signatures.len(), 2);
    assert_eq!(signatures[0].claimed_annotations.get("mark").map(String::as_str), Some("1"));
    let tag = remote.manifest(&Pointer::Tag(referrers_tag(&subject.digest))).await.unwrap();
    assert_eq!(&*tag.descriptor().media_type, media_type::IMAGE_INDEX);
}

// attack: A-049
#[tokio::test(flavor = "multi_thread")]
async fn a_049_concurrent_writers_of_the_fallback_tag_lose_no_entry() {
    let front = Front::builder().without_referrers().start().await;
    // Two clients share nothing, so that only the conditions and the reading back can save an entry.
    let writers = [repository(&front, "app"), repository(&front, "app")];
    push(&writers[0], &media_type::empty_blob()).await;
    let subject = Descriptor::of(media_type::IMAGE_MANIFEST, b"subject");
    let entries: Vec<_> = (0..16).map(|mark| signature(&subject, &mark.to_string())).collect();
    let work = entries.iter().enumerate().map(|(at, entry)| {
        let writer = &writers[at % 2];
        async move { writer.push(entry.descriptor(), &entry.to_bytes()).await }
    });
    at_most(8, work).await.unwrap();
    let listed = writers[0].list_referrers(&subject.digest, None).await.unwrap();
    assert_eq!(listed.len(), entries.len());
}

// attack: A-048
#[tokio::test]
async fn a_048_a_fallback_tag_that_is_no_index_is_neither_read_nor_overwritten() {
    let front = Front::builder().without_referrers().start().await;
    let remote = repository(&front, "app");
    push(&remote, &media_type::empty_blob()).await;
    let subject = Descriptor::of(media_type::IMAGE_MANIFEST, b"subject");
    let image = ImageManifest::artifact("application/x").to_blob();
    push(&remote, &image).await;
    remote.retag(image.descriptor(), &referrers_tag(&subject.digest)).await.unwrap();
    let entry = signature(&subject, "1");
    let pushed = remote.push(entry.descriptor(), &entry.to_bytes()).await;
    assert!(pushed.is_err());
    assert!(matches!(remote.list_referrers(&subject.digest, None).await, Err(Error::Referrers { .. })));
    let tag = remote.manifest(&Pointer::Tag(referrers_tag(&subject.digest))).await.unwrap();
    assert_eq!(tag, image);
}

#[tokio::test]
async fn a_wrong_password_is_access_denied_and_shown_to_nobody() {
    let front = Front::builder().tokens("alice", "other", 3).start().await;
    let error = repository(&front, "app").tags().await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::ACCESS_DENIED);
    assert!(!error.to_string().contains("s3cret") && !error.to_string().contains("scope"), "{error}");
}

#[tokio::test]
async fn content_that_is_not_the_described_one_is_not_pushed() {
    let front = Front::start().await;
    let remote = repository(&front, "app");
    let descriptor = Descriptor::new("text/plain", Digest::sha256_of(b"other"), 7);
    let error = remote.push_content(&descriptor, &Bytes::from_static(b"content")).await.unwrap_err();
    assert!(matches!(error, Error::Source(_)), "{error}");
    assert!(!remote.exists(&descriptor).await.unwrap());
}

#[tokio::test]
async fn graphs_are_copied_between_registries_and_layouts() {
    let (front, directory) = (Front::start().await, tempfile_layout());
    let layout = plimsoll_store::Layout::create(directory.path()).unwrap();
    let subject = ImageManifest::artifact("application/x").to_blob();
    let entry = signature(subject.descriptor(), "1");
    for blob in [&media_type::empty_blob(), &subject, &entry] {
        layout.put(blob).unwrap();
    }
    let remote = repository(&front, "app");
    let root = Pointer::Digest(subject.descriptor().digest);
    let options = plimsoll_store::CopyOptions::default();
    plimsoll_store::copy_with_referrers(&std::sync::Arc::new(layout), &root, &remote, None, &options).await.unwrap();
    assert_eq!(remote.list_referrers(&subject.descriptor().digest, None).await.unwrap().len(), 1);
}

fn tempfile_layout() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
