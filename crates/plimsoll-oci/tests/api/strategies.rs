//! Values for the round trips.

use plimsoll_core::{Blob, Descriptor, Digest};
use plimsoll_oci::{
    Annotations, ContainerConfig, ContentDescriptor, History, ImageConfig, ImageIndex, ImageManifest, Platform,
    media_type,
};
use proptest::{collection, option, prelude::*};

pub(crate) fn digest() -> impl Strategy<Value = Digest> {
    prop_oneof![any::<[u8; 32]>().prop_map(Digest::Sha256), Just(()).prop_map(|()| Digest::sha512_of(b"x"))]
}

pub(crate) fn annotations() -> impl Strategy<Value = Annotations> {
    collection::btree_map("[a-z.]{1,9}", any::<String>(), 0..4)
}

pub(crate) fn platform() -> impl Strategy<Value = Platform> {
    (
        "[a-z]{1,7}",
        "[a-z0-9]{1,7}",
        option::of("v[0-9]"),
        option::of("[0-9.]{1,9}"),
        collection::vec("[a-z0-9]{1,5}", 0..3),
    )
        .prop_map(|(os, architecture, variant, os_version, os_features)| {
            let mut platform = Platform::new(os, architecture);
            (platform.variant, platform.os_version, platform.os_features) = (variant, os_version, os_features);
            platform
        })
}

fn described() -> impl Strategy<Value = ContentDescriptor> {
    ("[a-z]{1,9}/[a-z][a-z.+]{0,8}", digest(), 0..(1_u64 << 62))
        .prop_map(|(kind, digest, size)| ContentDescriptor::new(Descriptor::new(&kind, digest, size)))
}

fn embedded() -> impl Strategy<Value = ContentDescriptor> {
    collection::vec(any::<u8>(), 0..40).prop_map(|bytes| ContentDescriptor::embedding(&Blob::of("a/b", bytes)))
}

pub(crate) fn content_descriptor() -> impl Strategy<Value = ContentDescriptor> {
    (
        prop_oneof![described(), embedded()],
        annotations(),
        collection::vec("https://[a-z]{1,9}", 0..2),
        option::of(platform()),
        option::of("[a-z]{1,9}/[a-z][a-z.+]{0,8}"),
    )
        .prop_map(|(mut entry, annotations, urls, platform, artifact_type)| {
            (entry.annotations, entry.urls, entry.platform) = (annotations, urls, platform);
            entry.artifact_type = artifact_type.map(Into::into);
            entry
        })
}

pub(crate) fn manifest() -> impl Strategy<Value = ImageManifest> {
    (
        content_descriptor(),
        collection::vec(content_descriptor(), 0..4),
        option::of(content_descriptor()),
        annotations(),
        option::of("[a-z]{1,9}/[a-z][a-z.+]{0,8}"),
    )
        .prop_map(|(config, layers, subject, annotations, artifact_type)| {
            let mut manifest = ImageManifest::new(config);
            (manifest.layers, manifest.subject, manifest.annotations) = (layers, subject, annotations);
            manifest.artifact_type = artifact_type.map(Into::into);
            manifest
        })
}

pub(crate) fn index() -> impl Strategy<Value = ImageIndex> {
    (
        collection::vec(content_descriptor(), 0..4),
        option::of(content_descriptor()),
        annotations(),
        prop_oneof![Just(media_type::IMAGE_INDEX), Just(media_type::DOCKER_MANIFEST_LIST)],
    )
        .prop_map(|(manifests, subject, annotations, media_type)| {
            let mut index = ImageIndex::new();
            (index.manifests, index.subject, index.annotations) = (manifests, subject, annotations);
            index.media_type = media_type.into();
            index
        })
}

fn text() -> impl Strategy<Value = Option<String>> {
    option::of("[^\0]{0,9}")
}

fn container() -> impl Strategy<Value = ContainerConfig> {
    let texts = || collection::vec("[^\0]{0,9}", 0..3);
    let set = || collection::btree_set("[a-z0-9/]{1,9}", 0..3);
    (
        option::of("[a-z]{1,5}(:[0-9]{1,5})?"),
        set(),
        collection::vec("[A-Z]{1,3}=[^\0]{0,9}", 0..3),
        texts(),
        texts(),
        set(),
        text(),
        annotations(),
        text(),
    )
        .prop_map(|(user, exposed_ports, env, entrypoint, cmd, volumes, working_dir, labels, stop_signal)| {
            let mut config = ContainerConfig::default();
            (config.user, config.exposed_ports, config.env) = (user, exposed_ports, env);
            (config.entrypoint, config.cmd, config.volumes) = (entrypoint, cmd, volumes);
            (config.working_dir, config.labels, config.stop_signal) = (working_dir, labels, stop_signal);
            config
        })
}

fn history() -> impl Strategy<Value = History> {
    (text(), text(), text(), text(), any::<bool>()).prop_map(|(created, author, created_by, comment, empty_layer)| {
        let mut history = History::default();
        (history.created, history.author, history.created_by) = (created, author, created_by);
        (history.comment, history.empty_layer) = (comment, empty_layer);
        history
    })
}

pub(crate) fn config() -> impl Strategy<Value = ImageConfig> {
    (text(), text(), platform(), container(), collection::vec(digest(), 0..3), collection::vec(history(), 0..3))
        .prop_map(|(created, author, platform, container, diff_ids, history)| {
            let mut config = ImageConfig::new(platform);
            (config.created, config.author, config.config) = (created, author, container);
            (config.diff_ids, config.history) = (diff_ids, history);
            config
        })
}
