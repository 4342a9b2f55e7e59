//! Copying graphs.

use crate::support::{artifact, image, index, now};
use plimsoll_core::{
    Blob, BoxBody, Bytes, Classify as _, Descriptor, Digest, Fetch, OneChunk, Pointer, Push, Replay, Resolve, Retag,
    StoreError, Tag,
};
use plimsoll_oci::{ContentDescriptor, ImageIndex};
use plimsoll_store::{CopyOptions, Layout, Memory, copy, copy_with_referrers};
use std::sync::{Arc, Mutex};

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

fn filled() -> (Arc<Memory>, Blob, Vec<Blob>) {
    let source = Memory::new();
    let (one, one_blobs) = image(b"one", "amd64");
    let (two, two_blobs) = image(b"two", "arm64");
    let nested = index(&[&two]);
    let root = index(&[&one, &two, &nested]);
    let all: Vec<Blob> = [one_blobs, two_blobs, vec![one, two, nested, root.clone()]].concat();
    all.iter().for_each(|blob| source.put(blob));
    now(source.retag(root.descriptor(), &tag("v1"))).unwrap();
    (Arc::new(source), root, all)
}

/// Writes down the order in which it is given things.
#[derive(Default)]
struct Log(Memory, Mutex<Vec<Digest>>);

impl Push for Log {
    async fn push(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), StoreError> {
        self.1.lock().unwrap().push(descriptor.digest);
        self.0.push(descriptor, content).await
    }
}
impl Retag for Log {
    async fn retag(&self, manifest: &Descriptor, tag: &Tag) -> Result<(), StoreError> {
        self.0.retag(manifest, tag).await
    }
}

#[test]
fn blobs_come_before_children_before_parents_and_the_tag_last() {
    let (source, root, all) = filled();
    let destination = Log::default();
    let report =
        now(copy(&source, &Pointer::Tag(tag("v1")), &destination, Some(&tag("v2")), &CopyOptions::default())).unwrap();
    assert_eq!(report.root, *root.descriptor());
    let order = destination.1.lock().unwrap().clone();
    let place = |blob: &Blob| order.iter().position(|digest| *digest == blob.descriptor().digest).unwrap();
    assert_eq!(order.len(), all.len(), "each once");
    let [.., one, two, nested, root] = all.as_slice() else { panic!() };
    for blob in &all[..4] {
        assert!(place(blob) < 4);
    }
    assert!(place(two) < place(nested) && place(nested) < place(root) && place(one) < place(root));
    assert_eq!(now(destination.0.resolve(&Pointer::Tag(tag("v2")))).unwrap(), *root.descriptor());
}

#[test]
fn referrers_of_referrers_come_along_if_asked_for() {
    let (source, root, all) = filled();
    let sbom = artifact(all[4].descriptor(), "application/sbom");
    let signature = artifact(sbom.descriptor(), "application/signature");
    for blob in [&sbom, &signature, &plimsoll_oci::media_type::empty_blob()] {
        source.put(blob);
    }
    let pointer = Pointer::Digest(root.descriptor().digest);
    let options = CopyOptions::default();
    let without = Memory::new();
    now(copy(&source, &pointer, &without, None, &options)).unwrap();
    assert!(now(without.resolve(&Pointer::Digest(sbom.descriptor().digest))).is_err());

    let directory = tempfile::tempdir().unwrap();
    let layout = Layout::create(directory.path().join("layout")).unwrap();
    let report = now(copy_with_referrers(&source, &pointer, &layout, Some(&tag("v1")), &options)).unwrap();
    let signed = report.manifests.iter().position(|found| found == signature.descriptor()).unwrap();
    let subject = report.manifests.iter().position(|found| found == sbom.descriptor()).unwrap();
    assert!(subject < signed);
    assert_eq!(layout.read_manifest(&signature.descriptor().digest).unwrap(), signature);
}

/// A store whose content was changed behind its back.
struct Changed(Memory, Digest);

impl Fetch for Changed {
    async fn fetch(&self, descriptor: &Descriptor) -> Result<BoxBody, StoreError> {
        if descriptor.digest == self.1 {
            return Ok(Box::pin(OneChunk::new(Bytes::from(vec![b'x'; usize::try_from(descriptor.size).unwrap()]))));
        }
        self.0.fetch(descriptor).await
    }
}
impl Resolve for Changed {
    async fn resolve(&self, pointer: &Pointer) -> Result<Descriptor, StoreError> {
        self.0.resolve(pointer).await
    }
}

#[test]
fn changed_content_is_never_copied_and_nothing_is_tagged() {
    let (source, _, all) = filled();
    for blob in &all {
        let changed = Arc::new(Changed((*source).clone(), blob.descriptor().digest));
        let destination = Memory::new();
        let error =
            now(copy(&changed, &Pointer::Tag(tag("v1")), &destination, Some(&tag("v1")), &CopyOptions::default()))
                .unwrap_err();
        assert_eq!(error.code().name(), "digest-mismatch", "{error}");
        assert!(now(destination.resolve(&Pointer::Tag(tag("v1")))).is_err());
    }
}

// attack: A-042
#[test]
fn a_042_indexes_that_nest_or_fan_out_without_end_are_refused() {
    let source = Memory::new();
    let mut inner = image(b"x", "amd64");
    inner.1.iter().for_each(|blob| source.put(blob));
    source.put(&inner.0);
    let mut refused = None;
    for depth in 1..=9 {
        inner.0 = index(&[&inner.0]);
        source.put(&inner.0);
        let pointer = Pointer::Digest(inner.0.descriptor().digest);
        let copied = now(copy(&Arc::new(source.clone()), &pointer, &Memory::new(), None, &CopyOptions::default()));
        if depth <= 8 { assert!(copied.is_ok(), "{depth}: {copied:?}") } else { refused = copied.err() }
    }
    assert_eq!(refused.unwrap().to_string(), "more than 8 levels of indexes");

    let wide = Memory::new();
    let mut root = ImageIndex::new();
    for number in 0..5 {
        let child = ImageIndex::new().annotate("n", number.to_string()).to_blob();
        wide.put(&child);
        root = root.manifest(ContentDescriptor::new(child.descriptor().clone()));
    }
    let root = root.to_blob();
    wide.put(&root);
    let mut options = CopyOptions::default();
    options.manifests = 5;
    let pointer = Pointer::Digest(root.descriptor().digest);
    let error = now(copy(&Arc::new(wide), &pointer, &Memory::new(), None, &options)).unwrap_err();
    assert_eq!(error.to_string(), "more than 5 manifests in a copy");
}

#[test]
fn a_manifest_that_cannot_be_read_stops_the_copy() {
    let source = Memory::new();
    let blob = Blob::of(plimsoll_oci::media_type::IMAGE_INDEX, &b"{}"[..]);
    source.put(&blob);
    let pointer = Pointer::Digest(blob.descriptor().digest);
    let error = now(copy(&Arc::new(source), &pointer, &Memory::new(), None, &CopyOptions::default())).unwrap_err();
    assert_eq!(error.code().name(), "malformed-manifest");
    assert_eq!(
        error.to_string(),
        format!("manifest {}: expected the member `schemaVersion`, found none", blob.descriptor().digest)
    );
}
