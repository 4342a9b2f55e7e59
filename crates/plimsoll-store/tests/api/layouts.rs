//! Layouts on disk.

use crate::support::{artifact, image, index, now};
use plimsoll_core::{
    Answer, Answerer as _, Blob, Bytes, Classify as _, Descriptor, Digest, Fetch as _, Pointer, Push as _,
    Referrers as _, Resolve as _, Retag as _, StoreError, Tag, Want, next_chunk,
};
use plimsoll_oci::{layout, media_type};
use plimsoll_store::{Access, Layout, Memory};
use std::{fs, io::Write as _, os::unix::fs::symlink, path::PathBuf};
use tempfile::TempDir;

fn fresh() -> (TempDir, PathBuf, Layout) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("layout");
    let layout = Layout::create(&path).unwrap();
    (directory, path, layout)
}

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, StoreError>) -> &'static str {
    result.unwrap_err().code().name()
}

#[test]
fn layout_and_memory_keep_the_contract_of_stores() {
    let (_keep, _, layout) = fresh();
    now(plimsoll_testkit::contract::store(&layout));
    now(plimsoll_testkit::contract::store(&Memory::new()));
}

#[test]
fn a_layout_has_the_files_of_the_specification() {
    let (_keep, path, layout) = fresh();
    let (manifest, blobs) = image(b"layer", "amd64");
    for blob in blobs.iter().chain([&manifest]) {
        now(layout.push(blob.descriptor(), &blob.to_bytes())).unwrap();
    }
    now(layout.retag(manifest.descriptor(), &tag("v1"))).unwrap();
    assert_eq!(fs::read_to_string(path.join("oci-layout")).unwrap(), r#"{"imageLayoutVersion":"1.0.0"}"#);
    assert_eq!(fs::read(path.join(layout::blob_path(&manifest.descriptor().digest))).unwrap(), manifest.bytes());
    assert_eq!(
        fs::read_to_string(path.join("index.json")).unwrap(),
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"v1"}}}}]}}"#,
            manifest.descriptor().digest,
            manifest.descriptor().size
        )
    );
    let again = Layout::open(&path, Access::Read).unwrap();
    assert_eq!(now(again.resolve(&Pointer::Tag(tag("v1")))).unwrap(), *manifest.descriptor());
    assert_eq!(code(again.put(&manifest).and_then(|()| again.untag(&tag("v1")))), "read-only");
    assert_eq!(code(again.stage()), "read-only");
}

#[test]
fn a_layout_of_another_tool_is_read() {
    let (_keep, path, layout) = fresh();
    let (one, blobs) = image(b"layer", "amd64");
    let root = index(&[&one]);
    let sbom = artifact(one.descriptor(), "application/sbom");
    for blob in blobs.iter().chain([&one, &root, &sbom]) {
        now(layout.push(blob.descriptor(), &blob.to_bytes())).unwrap();
    }
    // Without mediaType, with unknown members and entries, an entry of an unknown type, and the child only below the index.
    let entry = |blob: &Blob, more: &str| {
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":{}{more}}}"#,
            blob.descriptor().media_type,
            blob.descriptor().digest,
            blob.descriptor().size
        )
    };
    let text = format!(
        r#"{{"schemaVersion":2,"vendor":[1],"manifests":[{},{},{{"mediaType":"application/xml","digest":"{}","size":7}}]}}"#,
        entry(&root, r#","annotations":{"org.opencontainers.image.ref.name":"docker.io/library/x:latest"}"#),
        entry(&sbom, ""),
        Digest::sha256_of(b"missing")
    );
    fs::write(path.join("index.json"), text).unwrap();
    let read = Layout::open(&path, Access::Read).unwrap();
    assert!(read.tags().unwrap().is_empty());
    assert_eq!(now(read.resolve(&Pointer::Digest(one.descriptor().digest))).unwrap(), *one.descriptor());
    let found = now(read.referrers(&one.descriptor().digest, None)).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].claimed_artifact_type.as_deref(), Some("application/sbom"));
    assert_eq!(found[0].claimed_annotations["a"], "b");
}

#[test]
fn what_is_missing_from_a_layout_does_not_look_like_no_referrers() {
    let (_keep, path, layout) = fresh();
    let (one, _) = image(b"layer", "amd64");
    let sbom = artifact(one.descriptor(), "application/sbom");
    layout.put(&sbom).unwrap();
    fs::remove_file(path.join(layout::blob_path(&sbom.descriptor().digest))).unwrap();
    let read = Layout::open(&path, Access::Read).unwrap();
    assert_eq!(code(now(read.referrers(&one.descriptor().digest, None))), "not-found");
    let want = Want::Referrers {
        repository: "localhost/a".parse().unwrap(),
        subject: one.descriptor().digest,
        artifact_type: None,
    };
    assert!(matches!(now(read.answer(&want)), Answer::Failed(_)));
}

#[test]
fn an_answer_from_a_layout_is_checked() {
    let (_keep, path, layout) = fresh();
    let blob = Blob::of(media_type::OCTET_STREAM, &b"content"[..]);
    layout.put(&blob).unwrap();
    let repository: plimsoll_core::Repository = "localhost/a".parse().unwrap();
    let want = Want::Blob { repository: repository.clone(), descriptor: blob.descriptor().clone() };
    assert_eq!(now(layout.answer(&want)), Answer::Bytes(blob.to_bytes()));
    fs::write(path.join(layout::blob_path(&blob.descriptor().digest)), b"cOntent").unwrap();
    let Answer::Failed(failure) = now(layout.answer(&want)) else { panic!() };
    assert_eq!(failure.code.name(), "digest-mismatch");
    let absent = Want::Blob { repository: repository.clone(), descriptor: Descriptor::of("a/b", b"none") };
    assert_eq!(now(layout.answer(&absent)), Answer::Absent);
    let plugin = Want::Plugin { name: "x".into(), command: "verify-signature".into(), request: Bytes::new() };
    let Answer::Failed(failure) = now(layout.answer(&plugin)) else { panic!() };
    assert_eq!(failure.code.name(), "not-supported");
}

// attack: A-080
#[test]
fn a_080_a_changed_blob_is_not_given_out_and_a_push_heals_it() {
    let (_keep, path, layout) = fresh();
    let blob = Blob::of(media_type::OCTET_STREAM, &b"content"[..]);
    layout.put(&blob).unwrap();
    let file = path.join(layout::blob_path(&blob.descriptor().digest));
    fs::write(&file, b"cOntent").unwrap();
    assert_eq!(code(layout.read_checked(blob.descriptor(), 100)), "digest-mismatch");
    fs::write(&file, b"content!").unwrap();
    assert_eq!(code(layout.read_checked(blob.descriptor(), 100)), "size-mismatch");
    assert_eq!(now(layout.fetch(blob.descriptor())).err().unwrap().code().name(), "size-mismatch");
    now(layout.push(blob.descriptor(), &blob.to_bytes())).unwrap();
    assert_eq!(layout.read_checked(blob.descriptor(), 100).unwrap(), blob);
}

// attack: A-078
#[test]
fn a_078_links_and_pipes_in_a_layout_are_not_opened() {
    let (keep, path, layout) = fresh();
    let outside = keep.path().join("secret");
    fs::write(&outside, b"secret").unwrap();
    let blob = Blob::of(media_type::OCTET_STREAM, &b"secret"[..]);
    let blobs = path.join("blobs/sha256");
    let name = blobs.join(blob.descriptor().digest.encoded());
    symlink(&outside, &name).unwrap();
    assert_eq!(code(layout.read_checked(blob.descriptor(), 100)), "path-escape");
    assert_eq!(code(layout.put(&blob)), "path-escape");
    fs::remove_file(&name).unwrap();

    // A FIFO without a writer would block an ordinary open for ever.
    rustix::fs::mknodat(rustix::fs::CWD, &name, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(code(layout.read_checked(blob.descriptor(), 100)), "path-escape");
    fs::remove_file(&name).unwrap();
    fs::create_dir(&name).unwrap();
    assert_eq!(code(layout.read_checked(blob.descriptor(), 100)), "path-escape");
    fs::remove_dir(&name).unwrap();

    fs::rename(&blobs, keep.path().join("elsewhere")).unwrap();
    symlink(keep.path().join("elsewhere"), &blobs).unwrap();
    assert_eq!(code(layout.stat(&blob.descriptor().digest)), "path-escape");

    let index = path.join("index.json");
    fs::rename(&index, keep.path().join("index.json")).unwrap();
    symlink(keep.path().join("index.json"), &index).unwrap();
    assert_eq!(code(Layout::open(&path, Access::Read)), "path-escape");
}

// attack: A-079
#[test]
fn a_079_large_and_unknown_layouts_are_refused() {
    let (keep, path, _layout) = fresh();
    let index = fs::OpenOptions::new().write(true).open(path.join("index.json")).unwrap();
    index.set_len(1 << 30).unwrap();
    assert_eq!(code(Layout::open(&path, Access::Read)), "limit-exceeded");
    fs::write(path.join("index.json"), b"[]").unwrap();
    assert_eq!(code(Layout::open(&path, Access::Read)), "malformed-layout");
    for (header, expected) in [
        (r#"{"imageLayoutVersion":"2.0.0"}"#, "unsupported-layout"),
        (r#"{"imageLayoutVersion":1}"#, "malformed-layout"),
        ("{}", "malformed-layout"),
        ("", "malformed-layout"),
    ] {
        fs::write(path.join("oci-layout"), header).unwrap();
        assert_eq!(code(Layout::open(&path, Access::Read)), expected, "{header}");
    }
    fs::remove_file(path.join("oci-layout")).unwrap();
    assert_eq!(code(Layout::open(&path, Access::Read)), "not-found");
    assert_eq!(code(Layout::open(keep.path().join("none"), Access::Read)), "not-found");
    fs::write(keep.path().join("letter"), b"dear").unwrap();
    let error = Layout::create(keep.path()).unwrap_err();
    assert_eq!(error.code().name(), "malformed-layout");
    assert_eq!(
        error.to_string(),
        format!("`{}`: expected an OCI image layout or an empty directory", keep.path().display())
    );
}

#[test]
fn a_size_in_a_descriptor_costs_nothing() {
    let (_keep, _, layout) = fresh();
    let huge = Descriptor::new(media_type::OCTET_STREAM, Digest::sha256_of(b"x"), u64::MAX >> 1);
    assert_eq!(code(layout.read_checked(&huge, 100)), "limit-exceeded");
    assert_eq!(code(now(layout.push(&huge, &Bytes::from_static(b"x")))), "size-mismatch");
}

#[test]
fn what_is_not_committed_leaves_nothing() {
    let (_keep, path, layout) = fresh();
    let wrong = Descriptor::new(media_type::OCTET_STREAM, Digest::sha256_of(b"other"), 7);
    assert_eq!(code(now(layout.push(&wrong, &Bytes::from_static(b"content")))), "digest-mismatch");
    let mut staged = layout.stage().unwrap();
    staged.write_all(b"half").unwrap();
    // Another process that opens the layout meanwhile must not sweep it away.
    Layout::open(&path, Access::Write).unwrap();
    staged.write_all(b"-whole").unwrap();
    assert_eq!(staged.size(), 10);
    let kept = staged.commit(media_type::OCTET_STREAM).unwrap();
    assert_eq!(layout.read_checked(&kept, 100).unwrap().bytes(), b"half-whole");
    drop(layout.stage().unwrap());
    assert_eq!(fs::read_dir(path.join(".staging")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(path.join("blobs/sha256")).unwrap().count(), 1);
    // What a killed process left behind, on the other hand, goes.
    fs::write(path.join(".staging/1-1"), b"left").unwrap();
    Layout::open(&path, Access::Write).unwrap();
    assert_eq!(fs::read_dir(path.join(".staging")).unwrap().count(), 0);
}

#[test]
fn sha512_content_is_kept_and_checked() {
    let (_keep, _, layout) = fresh();
    let descriptor = Descriptor::new(media_type::OCTET_STREAM, Digest::sha512_of(b"content"), 7);
    now(layout.push(&descriptor, &Bytes::from_static(b"content"))).unwrap();
    assert_eq!(layout.read_checked(&descriptor, 100).unwrap().bytes(), b"content");
    let mut staged = layout.stage().unwrap();
    staged.write_all(b"cOntent").unwrap();
    assert_eq!(code(staged.commit_digest(&descriptor.digest)), "digest-mismatch");
}

#[test]
fn a_tag_moves_and_goes() {
    let (_keep, path, layout) = fresh();
    let (one, _) = image(b"one", "amd64");
    let (two, _) = image(b"two", "amd64");
    layout.put(&one).unwrap();
    assert_eq!(code(now(layout.retag(two.descriptor(), &tag("v1")))), "not-found");
    layout.put(&two).unwrap();
    for (blob, name) in [(&one, "v1"), (&one, "v2"), (&two, "v1")] {
        now(layout.retag(blob.descriptor(), &tag(name))).unwrap();
    }
    assert_eq!(now(layout.resolve(&Pointer::Tag(tag("v1")))).unwrap(), *two.descriptor());
    assert_eq!(layout.tags().unwrap().len(), 2);
    assert!(layout.untag(&tag("v2")).unwrap() && !layout.untag(&tag("v2")).unwrap());
    assert_eq!(code(now(layout.resolve(&Pointer::Tag(tag("v2"))))), "not-found");
    assert_eq!(now(layout.resolve(&Pointer::Digest(one.descriptor().digest))).unwrap(), *one.descriptor());
    assert!(layout.delete_manifest(&two.descriptor().digest).unwrap());
    assert_eq!(code(now(layout.resolve(&Pointer::Tag(tag("v1"))))), "not-found");
    assert_eq!(layout.stat(&two.descriptor().digest).unwrap(), None);

    // Two entries with one tag, as a broken tool leaves them: no reader may guess.
    let entry = |blob: &Blob| {
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"v1"}}}}"#,
            blob.descriptor().media_type,
            blob.descriptor().digest,
            blob.descriptor().size
        )
    };
    fs::write(
        path.join("index.json"),
        format!(r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#, entry(&one), entry(&two)),
    )
    .unwrap();
    let error = now(layout.resolve(&Pointer::Tag(tag("v1")))).unwrap_err();
    assert!(error.to_string().ends_with("expected one manifest tagged `v1` in `index.json`, found several"), "{error}");
}

#[test]
fn writers_do_not_lose_each_others_entries() {
    let (_keep, path, layout) = fresh();
    let threads: Vec<_> = (0..4_u8)
        .map(|thread| {
            // Two of them through the same handle, two as another process would.
            let layout = if thread < 2 { layout.clone() } else { Layout::open(&path, Access::Write).unwrap() };
            std::thread::spawn(move || {
                for number in 0..10_u8 {
                    let config = media_type::empty_blob().descriptor().clone();
                    let name = format!("t{thread}-{number}");
                    let blob = plimsoll_oci::ImageManifest::new(config).annotate("n", &name).to_blob();
                    layout.put(&blob).unwrap();
                    now(layout.retag(blob.descriptor(), &tag(&name))).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(layout.tags().unwrap().len(), 40);
    assert_eq!(layout.index().unwrap().entries().len(), 40);
}

#[test]
fn a_large_blob_is_streamed() {
    let (_keep, _, layout) = fresh();
    let content: Bytes = (0..300_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>().into();
    let blob = Blob::of(media_type::OCTET_STREAM, content.clone());
    now(layout.push(blob.descriptor(), &content)).unwrap();
    let file = layout.open_blob(&blob.descriptor().digest).unwrap();
    assert_eq!(file.describe(media_type::OCTET_STREAM).unwrap(), *blob.descriptor());
    let mut body = plimsoll_core::Replay::open_at(&file, 600_000);
    let mut read = Vec::new();
    let mut chunks = 0;
    while let Some(chunk) = now(next_chunk(&mut body)) {
        read.extend_from_slice(&chunk.unwrap());
        chunks += 1;
    }
    assert_eq!(read, content[600_000..]);
    assert!(chunks > 5);
}
