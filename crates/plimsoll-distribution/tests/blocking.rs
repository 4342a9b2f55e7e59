//! The example's driver, without async on the client's side, against a real registry.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

#[path = "../examples/blocking/driver.rs"]
mod driver;

use driver::drive;
use plimsoll_core::{Bytes, Descriptor, Pointer};
use plimsoll_distribution::{Uploading, protocol::Protocol};
use plimsoll_oci::{ImageManifest, media_type};
use plimsoll_testkit::registry::{Fault, Front, Harm};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_without_async_pushes_and_pulls() {
    let front = Front::start().await;
    front.fault(Fault::new("GET", "/blobs/", Harm::Truncate(60_000)));
    let name = format!("{}/app", front.name());
    let work = move || {
        let repository = Protocol::builder().build().repository(&name.parse().unwrap()).unwrap();
        let bytes = Bytes::from(vec![7; 100_000]);
        let layer = Descriptor::of(media_type::LAYER_TAR, &bytes);
        let none = &mut Vec::new();
        drive(repository.upload(&layer, Uploading::Chunks(30_000)), &bytes, none).unwrap();
        let empty = media_type::empty_blob();
        drive(repository.upload(empty.descriptor(), Uploading::Whole), empty.bytes(), none).unwrap();
        let manifest = ImageManifest::artifact("application/x").layer(layer.clone()).to_blob();
        let tag = Pointer::Tag("v1".parse().unwrap());
        let _ = drive(repository.push_manifest(&manifest, &tag), &[], none).unwrap();
        assert_eq!(drive(repository.manifest(&tag), &[], none).unwrap(), manifest);
        let mut streamed = Vec::new();
        drive(repository.download(&layer, 0), &[], &mut streamed).unwrap();
        assert_eq!(streamed, bytes);
        let other = Pointer::Tag("v2".parse().unwrap());
        assert!(drive(repository.manifest(&other), &[], none).unwrap_err().is_absent());
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
