//! What the tests share.

use plimsoll_core::{Blob, Descriptor};
use plimsoll_oci::{ContentDescriptor, ImageConfig, ImageIndex, ImageManifest, Platform, media_type};
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Runs a future that waits for nothing, as all of this crate's do over layouts and memory.
pub(crate) fn now<T>(future: impl Future<Output = T> + Send) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
    panic!("a store waited for something");
}

/// An image with one layer: its manifest, then its blobs.
pub(crate) fn image(layer: &'static [u8], architecture: &str) -> (Blob, Vec<Blob>) {
    let layer = Blob::of(media_type::LAYER_TAR, layer);
    let mut config = ImageConfig::new(Platform::new("linux", architecture));
    config.diff_ids.push(layer.descriptor().digest);
    let config = config.to_blob();
    let manifest = ImageManifest::new(config.descriptor().clone()).layer(layer.descriptor().clone()).to_blob();
    (manifest, vec![config, layer])
}

/// An index of images.
pub(crate) fn index(images: &[&Blob]) -> Blob {
    let entry = |image: &&Blob| {
        ContentDescriptor::new(image.descriptor().clone()).for_platform(Platform::new("linux", "amd64"))
    };
    images.iter().map(entry).fold(ImageIndex::new(), ImageIndex::manifest).to_blob()
}

/// An artifact that refers to `subject`.
pub(crate) fn artifact(subject: &Descriptor, artifact_type: &str) -> Blob {
    let empty = media_type::empty_blob();
    ImageManifest::artifact(artifact_type)
        .layer(empty.descriptor().clone())
        .about(subject.clone())
        .annotate("a", "b")
        .to_blob()
}
