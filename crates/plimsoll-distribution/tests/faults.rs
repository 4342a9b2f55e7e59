//! Faults wherever a byte may fail to come: a repeat finishes, and nothing that is half there is ever seen.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use plimsoll_core::{Blob, BlobCheck, Bytes, Classify as _, Descriptor, Pointer, Push as _, Retag as _, next_chunk};
use plimsoll_distribution::{
    Client, Credential, Error, FixedCredentials, Limits, Notice, Observe, RemoteRepository, ReqwestTransport, Retry,
    TokioTimer, Uploading, Way,
};
use plimsoll_oci::{ImageManifest, media_type};
use plimsoll_testkit::registry::{Fault, Front, Harm, Quirk};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

#[derive(Clone, Default)]
struct Watch(Arc<Mutex<(Vec<Notice>, u64, u64)>>);

impl Watch {
    fn resumed(&self) -> Vec<u64> {
        let seen = self.0.lock().unwrap();
        let at = |notice: &Notice| match notice {
            Notice::Resumed { from, .. } => Some(*from),
            _ => None,
        };
        seen.0.iter().filter_map(at).collect()
    }
    fn moved(&self) -> (u64, u64) {
        let seen = self.0.lock().unwrap();
        (seen.1, seen.2)
    }
}

impl Observe for Watch {
    fn notice(&self, notice: &Notice) {
        self.0.lock().unwrap().0.push(notice.clone());
    }
    fn moved(&self, _: &plimsoll_core::Digest, way: Way, bytes: u64) {
        let mut seen = self.0.lock().unwrap();
        match way {
            Way::Down => seen.1 += bytes,
            Way::Up => seen.2 += bytes,
        }
    }
}

fn watched(front: &Front, uploading: Uploading) -> (RemoteRepository, Watch) {
    let watch = Watch::default();
    let mut retry = Retry::default();
    retry.first = Duration::from_millis(1);
    let mut limits = Limits::default();
    limits.error_time = Duration::from_millis(200);
    let transport =
        ReqwestTransport::builder().without_system_roots().idle_time(Duration::from_millis(500)).build().unwrap();
    let login = FixedCredentials::default().with(front.name(), Credential::basic("robot$team+ci", "s3cret"));
    let client = Client::builder(transport, TokioTimer::new())
        .credentials(login)
        .observer(watch.clone())
        .uploading(uploading)
        .retry(retry)
        .limits(limits)
        .build();
    (client.repository(&format!("{}/team/app", front.name()).parse().unwrap()).unwrap(), watch)
}

/// Content in which no part is like another.
fn content(bytes: usize) -> (Descriptor, Bytes) {
    let bytes: Bytes = (0_u32..).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).take(bytes).collect();
    (Descriptor::of(media_type::LAYER_TAR, &bytes), bytes)
}

async fn read(repository: &RemoteRepository, layer: &Descriptor) -> Result<(), String> {
    let mut body = repository.open(layer).await.map_err(|error| error.to_string())?;
    let mut check = BlobCheck::new(layer.clone());
    while let Some(chunk) = next_chunk(&mut body).await {
        check.push(&chunk.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    check.finish().map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let front = Front::start().await;
    let (repository, watch) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(3_000_000);
    repository.push(&layer, &bytes).await.unwrap();
    for harm in [Harm::Truncate(1_000_000), Harm::Stall(1_000_000), Harm::Reset] {
        front.fault(Fault::new("GET", "/blobs/", harm).times(2));
        read(&repository, &layer).await.unwrap();
    }
    let resumed = watch.resumed();
    assert_eq!(resumed.len(), 4, "twice cut, twice stalled: {resumed:?}");
    // Nothing that was had is fetched again: what moved is the content, three times.
    assert_eq!(watch.moved(), (3 * layer.size, layer.size));
}

#[tokio::test]
async fn a_registry_without_ranges_is_read_over_what_was_had() {
    let front = Front::builder().quirk(Quirk::WithoutRanges).start().await;
    let (repository, watch) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(3_000_000);
    repository.push(&layer, &bytes).await.unwrap();
    front.fault(Fault::new("GET", "/blobs/", Harm::Truncate(1_500_000)));
    read(&repository, &layer).await.unwrap();
    assert_eq!(watch.resumed().len(), 1);
}

#[tokio::test]
async fn another_range_than_the_one_asked_for_is_refused() {
    let front = Front::start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(1_000_000);
    repository.push(&layer, &bytes).await.unwrap();
    front.fault(Fault::new("GET", "/blobs/", Harm::Truncate(500_000)));
    let other = "bytes 0-499999/1000000".to_owned();
    front.fault(Fault::new("GET", "/blobs/", Harm::Header("content-range", other)).always());
    let error = read(&repository, &layer).await.unwrap_err();
    assert!(error.contains("a Content-Range that begins where"), "{error}");
    let (repository, _) = watched(&front, Uploading::Whole);
    assert!(repository.open_from(&layer, 100).await.is_err());
}

#[tokio::test]
async fn a_bit_that_was_changed_on_the_way_is_seen() {
    let front = Front::start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(1_000_000);
    repository.push(&layer, &bytes).await.unwrap();
    front.fault(Fault::new("GET", "/blobs/", Harm::Flip(700_000)));
    assert!(read(&repository, &layer).await.unwrap_err().contains("expected"));
    read(&repository, &layer).await.unwrap();
}

// attack: A-034
#[tokio::test]
async fn a_034_an_upload_goes_on_where_the_registry_says() {
    for how in [Uploading::Whole, Uploading::Chunks(400_000)] {
        let front = Front::start().await;
        let (repository, watch) = watched(&front, how);
        let (layer, bytes) = content(3_000_000);
        let method = if how == Uploading::Whole { "PUT" } else { "PATCH" };
        front.fault(Fault::new(method, "/blobs/uploads/", Harm::CutRequest(300_000)));
        repository.push(&layer, &bytes).await.unwrap();
        read(&repository, &layer).await.unwrap();
        assert_eq!(watch.resumed(), [300_000], "{how:?}");
    }
}

// attack: A-034
#[tokio::test]
async fn a_034_more_than_was_sent_is_not_believed() {
    let front = Front::start().await;
    let (repository, watch) = watched(&front, Uploading::Chunks(400_000));
    let (layer, bytes) = content(1_000_000);
    front.fault(Fault::new("PATCH", "/blobs/uploads/", Harm::CutRequest(300_000)));
    // It has 300,000 bytes, and says that it has 800,000 of 400,000.
    front.fault(Fault::new("GET", "/blobs/uploads/", Harm::Header("range", "0-799999".into())));
    repository.push(&layer, &bytes).await.unwrap();
    assert_eq!(watch.resumed(), [0_u64; 0]);
    assert_eq!(front.log().iter().filter(|line| line.starts_with("POST")).count(), 2, "begun anew");
    read(&repository, &layer).await.unwrap();
    let (repository, _) = watched(&front, Uploading::Chunks(400_000));
    front.fault(Fault::new("PATCH", "/blobs/uploads/", Harm::Header("range", "0-799999".into())));
    let (layer, bytes) = content(1_000_001);
    let error = repository.push_content(&layer, &bytes).await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    assert!(!repository.exists(&layer).await.unwrap());
}

#[tokio::test]
async fn chunks_are_as_long_as_was_said() {
    let front = Front::start().await;
    let (repository, _) = watched(&front, Uploading::Chunks(1000));
    let (layer, bytes) = content(3500);
    repository.push(&layer, &bytes).await.unwrap();
    assert_eq!(front.log().iter().filter(|line| line.starts_with("PATCH")).count(), 4);
    read(&repository, &layer).await.unwrap();
    // One byte, and none: what `0-0` means is not clear.
    for size in [0, 1] {
        let (layer, bytes) = content(size);
        repository.push(&layer, &bytes).await.unwrap();
        read(&repository, &layer).await.unwrap();
    }
}

#[tokio::test]
async fn a_registry_that_takes_no_chunks_gets_one_piece() {
    let front = Front::builder().quirk(Quirk::WithoutChunks).start().await;
    let (repository, _) = watched(&front, Uploading::Chunks(1000));
    let (layer, bytes) = content(3500);
    repository.push(&layer, &bytes).await.unwrap();
    read(&repository, &layer).await.unwrap();
}

#[tokio::test]
async fn content_that_is_too_large_for_a_proxy_goes_in_chunks() {
    let front = Front::start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(100_000);
    front.fault(Fault::new("PUT", "/blobs/uploads/", Harm::Answer(413, vec![], "<html>too large")));
    repository.push(&layer, &bytes).await.unwrap();
    assert_eq!(front.log().iter().filter(|line| line.starts_with("PATCH")).count(), 1);
    read(&repository, &layer).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_was_lost_loses_nothing() {
    let front = Front::start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(100_000);
    for method in ["POST", "PUT"] {
        front.fault(Fault::new(method, "/blobs/uploads/", Harm::LoseAnswer));
    }
    repository.push(&layer, &bytes).await.unwrap();
    read(&repository, &layer).await.unwrap();
    let manifest = ImageManifest::artifact("application/x").to_blob();
    repository.push(media_type::empty_blob().descriptor(), &media_type::empty_blob().to_bytes()).await.unwrap();
    front.fault(Fault::new("PUT", "/manifests/", Harm::LoseAnswer));
    repository.push(manifest.descriptor(), &manifest.to_bytes()).await.unwrap();
}

#[tokio::test]
async fn storms_pass_and_those_that_do_not_are_errors() {
    let front = Front::start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(100_000);
    for status in [500, 502, 503, 429] {
        for method in ["HEAD", "POST", "PUT"] {
            front.fault(Fault::new(method, "/blobs/", Harm::Answer(status, vec![], "busy")).times(3));
        }
        let mut other = bytes.to_vec();
        other.extend_from_slice(&status.to_le_bytes());
        let other: Bytes = other.into();
        let descriptor = Descriptor::of(media_type::LAYER_TAR, &other);
        repository.push(&descriptor, &other).await.unwrap();
        read(&repository, &descriptor).await.unwrap();
    }
    front.fault(Fault::new("HEAD", "/blobs/", Harm::Answer(500, vec![], "down")).always());
    let error = repository.push_content(&layer, &bytes).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 500, .. }), "{error}");
    assert!(!error.is_absent());
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_an_upload_is_renewed() {
    for how in [Uploading::Whole, Uploading::Chunks(50_000)] {
        let front = Front::builder().tokens("robot$team+ci", "s3cret", 1000).start().await;
        let (repository, _) = watched(&front, how);
        let (layer, bytes) = content(200_000);
        front.fault(Fault::new("PUT", "/blobs/uploads/", Harm::TokensEnd));
        front.fault(Fault::new("PATCH", "/blobs/uploads/", Harm::TokensEnd).after(1));
        repository.push(&layer, &bytes).await.unwrap();
        front.fault(Fault::new("GET", "/blobs/", Harm::TokensEnd));
        read(&repository, &layer).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_quota_refuses_is_an_error_with_the_words_of_the_registry() {
    let front = Front::builder().quirk(Quirk::Quota(150_000)).start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let (layer, bytes) = content(100_000);
    repository.push(&layer, &bytes).await.unwrap();
    let (other, bytes) = content(100_001);
    let error = repository.push_content(&other, &bytes).await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::ACCESS_DENIED);
    assert!(error.to_string().contains("configured upper limit"), "{error}");
    assert!(!repository.exists(&other).await.unwrap());
    // The session is not left to the registry.
    assert!(front.log().iter().any(|line| line.starts_with("DELETE") && line.contains("/uploads/")));
}

#[tokio::test]
async fn a_tag_is_asked_for_on_the_condition_that_it_moved() {
    let front = Front::start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let empty = media_type::empty_blob();
    repository.push(empty.descriptor(), &empty.to_bytes()).await.unwrap();
    let manifests = ["1", "2"].map(|mark| ImageManifest::artifact("application/x").annotate("mark", mark).to_blob());
    let tag = Pointer::Tag("v1".parse().unwrap());
    for manifest in &manifests {
        repository.push(manifest.descriptor(), &manifest.to_bytes()).await.unwrap();
        repository.retag(manifest.descriptor(), &"v1".parse().unwrap()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(repository.manifest(&tag).await.unwrap(), *manifest);
            assert_eq!(repository.claimed_descriptor(&tag).await.unwrap(), *manifest.descriptor());
        }
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_no_longer_refers() {
    for without in [false, true] {
        let builder = Front::builder();
        let front = if without { builder.without_referrers() } else { builder }.start().await;
        let (repository, _) = watched(&front, Uploading::Whole);
        let empty = media_type::empty_blob();
        repository.push(empty.descriptor(), &empty.to_bytes()).await.unwrap();
        let image = ImageManifest::artifact("application/x").to_blob();
        repository.push(image.descriptor(), &image.to_bytes()).await.unwrap();
        let signatures = ["1", "2"].map(|mark| {
            ImageManifest::artifact("application/x.signature")
                .about(image.descriptor().clone())
                .annotate("mark", mark)
                .to_blob()
        });
        for signature in &signatures {
            repository.push(signature.descriptor(), &signature.to_bytes()).await.unwrap();
        }
        repository.delete_manifest(&signatures[0].descriptor().digest).await.unwrap();
        let left = repository.list_referrers(&image.descriptor().digest, None).await.unwrap();
        assert_eq!(left.len(), 1, "{without}");
        assert_eq!(left[0].descriptor.digest, signatures[1].descriptor().digest);
        assert!(!repository.exists(signatures[0].descriptor()).await.unwrap());
        repository.retag(image.descriptor(), &"v1".parse().unwrap()).await.unwrap();
        repository.delete_tag(&"v1".parse().unwrap()).await.unwrap();
        let tags: Vec<_> = repository.tags().await.unwrap();
        assert!(!tags.iter().any(|tag| tag.as_str() == "v1"), "{tags:?}");
        assert!(repository.exists(image.descriptor()).await.unwrap());
        let blob = Blob::of("text/plain", "content");
        repository.push(blob.descriptor(), &blob.to_bytes()).await.unwrap();
        repository.delete_blob(&blob.descriptor().digest).await.unwrap();
        assert!(!repository.exists(blob.descriptor()).await.unwrap());
        assert!(repository.delete_blob(&blob.descriptor().digest).await.unwrap_err().is_absent());
    }
}

#[tokio::test]
async fn a_registry_that_deletes_nothing_says_so() {
    let front = Front::builder().quirk(Quirk::WithoutDelete).start().await;
    let (repository, _) = watched(&front, Uploading::Whole);
    let error = repository.delete_tag(&"v1".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 405, .. }), "{error}");
}

#[tokio::test]
async fn a_shorter_list_of_referrers_is_noticed() {
    let front = Front::start().await;
    let (repository, watch) = watched(&front, Uploading::Whole);
    let empty = media_type::empty_blob();
    repository.push(empty.descriptor(), &empty.to_bytes()).await.unwrap();
    let image = ImageManifest::artifact("application/x").to_blob();
    repository.push(image.descriptor(), &image.to_bytes()).await.unwrap();
    let subject = image.descriptor().digest;
    let signature = ImageManifest::artifact("application/y").about(image.descriptor().clone()).to_blob();
    repository.push(signature.descriptor(), &signature.to_bytes()).await.unwrap();
    assert_eq!(repository.list_referrers(&subject, None).await.unwrap().len(), 1);
    repository.delete_manifest(&signature.descriptor().digest).await.unwrap();
    assert_eq!(repository.list_referrers(&subject, None).await.unwrap().len(), 0);
    let seen = watch.0.lock().unwrap();
    assert!(seen.0.contains(&Notice::FewerReferrers { subject, before: 1, now: 0 }), "{:?}", seen.0);
}
