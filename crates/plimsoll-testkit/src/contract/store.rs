//! The contract of a store.

#![allow(clippy::expect_used, clippy::panic, reason = "a contract that is not kept is a panic")]

use plimsoll_core::{
    Blob, BoxBody, Bytes, Classify as _, Descriptor, Digest, Fetch, OneChunk, Pointer, Replay, Store, StoreError, Tag,
    next_chunk,
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.empty.v1+json";

/// Checks that an empty repository keeps the contracts of [`Fetch`], [`Push`](plimsoll_core::Push), [`Resolve`](plimsoll_core::Resolve), [`Retag`](plimsoll_core::Retag) and
/// [`Referrers`](plimsoll_core::Referrers). Needs no runtime of its own.
///
/// # Panics
/// When a contract is not kept, with the sentence that was not.
pub async fn store<S: Store>(store: &S) {
    let config = Blob::of(CONFIG, Bytes::from_static(b"{}"));
    absent(store, &config).await;
    pushes(store, &config).await;
    let subject = manifest(&config, None, "1");
    tags(store, &subject).await;
    referrers(store, &config, &subject).await;
}

/// Content that is known to be missing is `Absent`, by descriptor, digest and tag.
async fn absent<S: Store>(store: &S, blob: &Blob) {
    let fetched = store.fetch(blob.descriptor()).await.map(|_| ());
    assert!(matches!(fetched, Err(StoreError::Absent { .. })), "missing content is absent: {fetched:?}");
    for pointer in [Pointer::Digest(Digest::sha256_of(b"none")), Pointer::Tag(tag("none"))] {
        let resolved = store.resolve(&pointer).await;
        assert!(matches!(resolved, Err(StoreError::Absent { .. })), "missing {pointer} is absent: {resolved:?}");
    }
    let none = store.referrers(&Digest::sha256_of(b"none"), None).await.expect("no referrers is an empty list");
    assert!(none.is_empty(), "no referrers is an empty list");
}

/// `push` commits only what was checked, leaves nothing behind otherwise, and may be repeated.
async fn pushes<S: Store>(store: &S, blob: &Blob) {
    let descriptor = blob.descriptor();
    for wrong in [&b"[]"[..], b"{", b"{} "] {
        let refused =
            store.push(descriptor, &Bytes::copy_from_slice(wrong)).await.expect_err("wrong content is refused");
        assert_ne!(
            refused.code().class(),
            plimsoll_core::Class::Malformed,
            "a mismatch is no malformed input: {refused}"
        );
        let left = store.fetch(descriptor).await.map(|_| ());
        assert!(matches!(left, Err(StoreError::Absent { .. })), "what fails leaves nothing behind: {left:?}");
    }
    store.push(descriptor, &Broken).await.expect_err("a stream that breaks off is refused");
    for time in ["first", "second"] {
        store.push(descriptor, &blob.to_bytes()).await.unwrap_or_else(|error| panic!("the {time} push: {error}"));
        assert_eq!(read(store, descriptor).await, blob.bytes(), "what was pushed is fetched after the {time} push");
    }
}

/// A tag leads to the manifest that it was moved to last, and never to what is not there.
async fn tags<S: Store>(store: &S, first: &Blob) {
    let config = Blob::of(CONFIG, Bytes::from_static(b"{}"));
    let second = manifest(&config, None, "2");
    let never = manifest(&config, None, "never pushed");
    for blob in [first, &second] {
        store.push(blob.descriptor(), &blob.to_bytes()).await.expect("a manifest is pushed");
        let by_digest = store.resolve(&Pointer::Digest(blob.descriptor().digest)).await.expect("it resolves by digest");
        assert_eq!(by_digest, *blob.descriptor(), "a digest resolves to the manifest with its type and size");
        store.retag(blob.descriptor(), &tag("moves")).await.expect("it is tagged");
        let by_tag = store.resolve(&Pointer::Tag(tag("moves"))).await.expect("it resolves by tag");
        assert_eq!(by_tag, *blob.descriptor(), "the tag leads to what it was moved to last");
    }
    store.retag(never.descriptor(), &tag("moves")).await.expect_err("what is not there is not tagged");
    let by_tag = store.resolve(&Pointer::Tag(tag("moves"))).await.expect("the tag stays");
    assert_eq!(by_tag, *second.descriptor(), "a tag that could not be moved stays");
    let old = store.resolve(&Pointer::Digest(first.descriptor().digest)).await.expect("the old manifest stays");
    assert_eq!(old, *first.descriptor(), "a manifest that lost its tag stays");
}

/// The list of referrers is whole, each once, and filtered by artifact type.
async fn referrers<S: Store>(store: &S, config: &Blob, subject: &Blob) {
    let one = manifest(config, Some((subject.descriptor(), "application/one")), "r1");
    let two = manifest(config, Some((subject.descriptor(), "application/two")), "r2");
    let other = manifest(config, Some((one.descriptor(), "application/one")), "r3");
    for blob in [&one, &two, &other, &one] {
        store.push(blob.descriptor(), &blob.to_bytes()).await.expect("a referrer is pushed");
    }
    let of = async |artifact_type: Option<&str>| {
        let list = store.referrers(&subject.descriptor().digest, artifact_type).await.expect("referrers are listed");
        let mut digests: Vec<_> = list.iter().map(|referrer| referrer.descriptor.clone()).collect();
        digests.sort();
        (digests, list)
    };
    let mut both = vec![one.descriptor().clone(), two.descriptor().clone()];
    both.sort();
    assert_eq!(of(None).await.0, both, "all referrers are listed, each once, and no others");
    let (filtered, list) = of(Some("application/two")).await;
    assert_eq!(filtered, [two.descriptor().clone()], "referrers are filtered by artifact type");
    for referrer in list {
        assert_eq!(referrer.claimed_artifact_type.as_deref(), Some("application/two"), "the artifact type is told");
        assert_eq!(referrer.claimed_annotations.get("n").map(String::as_str), Some("r2"), "annotations are told");
    }
    assert!(of(Some("application/three")).await.0.is_empty(), "no referrer of a type is an empty list");
}

fn manifest(config: &Blob, refers: Option<(&Descriptor, &str)>, name: &str) -> Blob {
    let entry = |descriptor: &Descriptor| {
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":{}}}"#,
            descriptor.media_type, descriptor.digest, descriptor.size
        )
    };
    let (kind, subject) = match refers {
        Some((subject, kind)) => (kind, format!(r#","subject":{}"#, entry(subject))),
        None => ("application/none", String::new()),
    };
    let config = entry(config.descriptor());
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","artifactType":"{kind}","config":{config},"layers":[{config}]{subject},"annotations":{{"n":"{name}"}}}}"#
    );
    Blob::of(MANIFEST, text.into_bytes())
}

fn tag(text: &str) -> Tag {
    text.parse().expect("a tag")
}

async fn read<S: Fetch>(store: &S, descriptor: &Descriptor) -> Vec<u8> {
    let mut body = store.fetch(descriptor).await.expect("what was pushed is there");
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut body).await {
        bytes.extend_from_slice(&chunk.expect("a chunk"));
    }
    bytes
}

/// Content that breaks off after half of its bytes.
struct Broken;

impl Replay for Broken {
    fn size(&self) -> u64 {
        2
    }
    fn open_at(&self, _: u64) -> BoxBody {
        Box::pin(OneChunk::new(Bytes::from_static(b"{")))
    }
}
