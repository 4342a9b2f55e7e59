//! Images, layers and inventories.

use super::{Outcome, Seeds};
use plimsoll_core::{Blob, Descriptor, Digest, Referrer, UnixTime};
use plimsoll_image::LayerBuilder;
use plimsoll_oci::{
    ContentDescriptor, History, ImageConfig, ImageIndex, ImageManifest, LayoutIndex, Platform, TarEntry, TarKind,
    TarWriter, layout, media_type, referrers_index,
};
use plimsoll_sbom::{Component, Hash, Inventory, Kind, Writing, cyclonedx, spdx};

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    layers(seeds)?;
    manifests(seeds)?;
    inventories(seeds)?;
    catalogs(seeds);
    Ok(())
}

const RELEASE: &str = "# the distribution\nID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian 12'\n";
const STATUS: &str = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nSource: curl-src (7.0)\n\
    Version: 7.88.1-10\nDescription: gets\n more\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n";
const INSTALLED: &str = "C:Q1abc=\nP:musl\nV:1.2.5-r10\nA:x86_64\nL:MIT AND Zlib\no:musl-src\nF:lib\n\nP:zlib\nV:1\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"ship\"\nversion = \"0.1.0\"\ndependencies = [\"itoa 1.0.15\", \"tide\"]\n\n\
    [[package]]\nname = \"itoa\"\nversion = \"1.0.15\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
    checksum = \"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\"\n\n\
    [[package]]\nname = \"tide\"\nversion = \"2.0.0\"\nsource = \"git+https://u:p@example.com/tide?branch=main#0123456789\"\n";

fn catalogs(seeds: &mut Seeds) {
    seeds.add("os_release", RELEASE);
    seeds.add("dpkg", STATUS);
    seeds.add("apk", INSTALLED);
    seeds.add("cargo_lock", LOCK);
}

/// Path, what it is, and its content.
type Entry<'a> = (&'a str, TarKind<'a>, &'a str);

fn file<'a>(path: &'a str, content: &'a str) -> Entry<'a> {
    (path, TarKind::File(u64::try_from(content.len()).unwrap_or_default()), content)
}

fn layers(seeds: &mut Seeds) -> Outcome {
    let long = "directory/".repeat(30) + "file";
    let lower = [
        ("etc", TarKind::Directory, ""),
        file("etc/os-release", RELEASE),
        file("var/lib/dpkg/status", STATUS),
        ("lib", TarKind::Symlink(b"usr/lib"), ""),
        file("usr/lib/apk/db/installed", INSTALLED),
        ("etc/again", TarKind::HardLink(b"etc/os-release"), ""),
    ];
    let upper = [
        ("etc", TarKind::Directory, ""),
        file("etc/.wh.again", ""),
        file("usr/.wh..wh..opq", ""),
        file("src/Cargo.lock", LOCK),
        file(&long, "x"),
        ("etc/loop", TarKind::Symlink(b"../etc/loop"), ""),
    ];
    let (mut lower, mut upper) = (tar(&lower)?, tar(&upper)?);
    for layer in [&lower, &upper] {
        seeds.add("layer", layer.clone());
    }
    seeds.add("layer_gzip", gzip(&[file("etc/motd", "ship"), file(&long, "x")])?);
    seeds.add("layer_gzip", gzip(&[("a", TarKind::Symlink(long.as_bytes()), "")])?);
    // The target takes the halves of its input, so both must be as long as the longer one; zeros may follow an archive.
    let longer = lower.len().max(upper.len());
    lower.resize(longer, 0);
    upper.resize(longer, 0);
    seeds.add("root_fs", [lower, upper].concat());
    Ok(())
}

fn tar(entries: &[Entry<'_>]) -> std::io::Result<Vec<u8>> {
    let mut tar = TarWriter::new(Vec::new());
    for (path, kind, content) in entries {
        tar.entry(&TarEntry { path: path.as_bytes(), kind: *kind, mode: 0o644, mtime: 1 })?;
        tar.content(content.as_bytes())?;
    }
    tar.finish()
}

fn gzip(entries: &[Entry<'_>]) -> std::io::Result<Vec<u8>> {
    let mut layer = LayerBuilder::new(Vec::new());
    for (path, kind, content) in entries {
        layer.entry(&TarEntry { path: path.as_bytes(), kind: *kind, mode: 0o644, mtime: 1 })?;
        layer.content(content.as_bytes())?;
    }
    layer.finish().map(|(bytes, _)| bytes)
}

fn manifests(seeds: &mut Seeds) -> Outcome {
    let mut config = ImageConfig::new("linux/arm64/v8".parse()?);
    config.created = Some("2026-11-23T16:08:46Z".into());
    config.config.env.push("PATH=/bin".into());
    config.config.user = Some("1000:1000".into());
    config.config.exposed_ports.insert("80/tcp".into());
    config.config.labels.insert("key".into(), "value".into());
    config.config.entrypoint.push("/ship".into());
    config.diff_ids.push(Digest::sha256_of(b"layer"));
    config.history.push(History::new(config.created.clone(), "build"));
    let config = config.to_blob();
    seeds.add("image_config", config.bytes().to_vec());
    seeds.add("image_config", ImageConfig::new(Platform::new("linux", "amd64")).to_blob().bytes().to_vec());

    let layer = Descriptor::of(media_type::LAYER_TAR_GZIP, b"layer");
    let image = ImageManifest::new(config.descriptor().clone()).layer(layer.clone()).annotate("key", "value").to_blob();
    let artifact = ImageManifest::artifact("application/x").layer(layer).about(image.descriptor().clone()).to_blob();
    let mut entry = ContentDescriptor::new(image.descriptor().clone());
    entry.platform = Some("linux/arm64/v8".parse()?);
    let index = ImageIndex::new().manifest(entry).about(image.descriptor().clone()).annotate("key", "value").to_blob();
    seeds.all("manifest", [&image, &artifact, &index].map(|blob| blob.bytes().to_vec()));

    let mut listed = LayoutIndex::default();
    listed.tag(image.descriptor(), &"v1".parse()?);
    listed.add(artifact.descriptor().clone());
    seeds.add("layout_index", listed.to_blob().bytes().to_vec());
    seeds.add("layout_header", layout::header());
    let mut referrer = Referrer::new(artifact.descriptor().clone(), Some("application/x"));
    referrer.claimed_annotations.insert("key".into(), "value".into());
    seeds.add("referrers", referrers_index(&[referrer]).bytes().to_vec());
    seeds.add("referrers", r#"{"schemaVersion":2,"manifests":null}"#);
    registries(seeds, &image);
    Ok(())
}

/// Both ends of one pull and one push.
fn registries(seeds: &mut Seeds, image: &Blob) {
    let (digest, media_type) = (image.descriptor().digest, &image.descriptor().media_type);
    let text = String::from_utf8_lossy(image.bytes());
    let page = "200\nContent-Type: application/json\nLink: </v2/team/app/tags/list?last=b&n=2>; rel=\"next\"\n\n{\"tags\":[\"a\",\"b\"]}";
    let denied = "401\nWWW-Authenticate: Bearer realm=\"https://registry.test/token\",scope=\"repository:team/app:pull\"\n\n\
        {\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"who\",\"detail\":null}]}";
    let token = "200\nContent-Type: application/json\n\n{\"token\":\"abc\",\"expires_in\":300,\"issued_at\":\"2026-11-23T16:08:46Z\"}";
    let manifest = format!("200\nContent-Type: {media_type}\nDocker-Content-Digest: {digest}\n\n{text}");
    let moved = "307\nLocation: https://cdn.test/blob\nRetry-After: 1\n\n";
    let busy = "429\nRetry-After: Fri, 31 Dec 2027 23:59:59 GMT\n\n";
    let accepted = "202\nLocation: /v2/team/app/blobs/uploads/1?state=x\nRange: 0-1\nOCI-Chunk-Min-Length: 1\n\n";
    seeds.add("registry_answer", [denied, token, &manifest, page].join("\x1e"));
    seeds.add("registry_answer", [moved, busy, accepted, "201\n\n", "404\n\n"].join("\x1e"));
    seeds.add("registry_answer", "200\nContent-Type: application/octet-stream\n\n{}");
    seeds.all("content_range", ["bytes 5-9/10", "bytes 0-0/*"]);

    let put = format!("PUT /v2/team/app/manifests/v1\nContent-Type: {media_type}\n\n{text}");
    let upload =
        format!("POST /v2/team/app/blobs/uploads/?digest={}\nContent-Length: 2\n\n{{}}", Digest::sha256_of(b"{}"));
    let get = format!("GET /v2/team/app/blobs/{}\nRange: bytes=0-1\n\n", Digest::sha256_of(b"{}"));
    let referrers = format!("GET /v2/team/app/referrers/{digest}?artifactType=application%2Fx\n\n");
    seeds.add("registry_request", [&*upload, &get, &put, "GET /v2/team/app/manifests/v1\n\n"].join("\x1e"));
    seeds.add(
        "registry_request",
        [&*referrers, "GET /v2/team/app/tags/list?n=1&last=a\n\n", "GET /v2/\n\n"].join("\x1e"),
    );
    seeds.add("registry_request", "POST /v2/team/app/blobs/uploads/?mount=sha256:x&from=team/other\n\n");
    seeds.add(
        "registry_request",
        "PATCH /v2/team/app/blobs/uploads/1\nContent-Range: 0-1\n\n{}\x1eDELETE /v2/team/app/manifests/v1\n\n",
    );
}

fn inventories(seeds: &mut Seeds) -> Outcome {
    let mut library = Component::package(Kind::library(), &"pkg:deb/debian/curl@7.88.1-10?arch=amd64".parse()?);
    library.set_licenses(["MIT OR (Apache-2.0 WITH LLVM-exception)"]);
    library.hashes.push(Hash::of(&Digest::sha256_of(b"curl")));
    library.cpe = Some("cpe:2.3:a:haxx:curl:7.88.1:*:*:*:*:*:*:*".into());
    library.id = Some("curl".into());
    let mut other = Component::new(Some(Kind::operating_system()), "Debian");
    other.set_licenses(["Own licence", "GPL-2.0-only"]);
    let mut root = Component::new(Some(Kind::application()), "ship");
    root.id = Some("ship".into());
    let mut inventory = Inventory::default();
    inventory.dependencies.insert("ship".into(), vec!["curl".into()]);
    inventory.dependencies.insert("curl".into(), Vec::new());
    inventory.components.extend([library, other]);
    let writing = Writing::new(UnixTime::MIN, "seeds", "0").about(Digest::sha256_of(b"{}"));
    for root in [None, Some(root)] {
        inventory.root = root;
        seeds.all("sbom", [cyclonedx::write(&inventory, &writing), spdx::write(&inventory, &writing)]);
    }
    Ok(())
}
