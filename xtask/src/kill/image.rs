//! Images that nobody else has.

use plimsoll_core::Digest;
use serde_json::json;

/// Blobs, and the manifest that lists them.
pub(super) struct Image {
    pub(super) blobs: Vec<Vec<u8>>,
    pub(super) manifest: Vec<u8>,
}

impl Image {
    /// Two layers of some size and a configuration, all of them different for each number.
    pub(super) fn new(number: u64) -> Self {
        let config = json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": [] }, "number": number });
        let blobs =
            vec![config.to_string().into_bytes(), noise(number, 700_000), noise(number.wrapping_add(1 << 32), 60_000)];
        let describe = |media_type: &str, blob: &[u8]| json!({ "mediaType": media_type, "digest": Digest::sha256_of(blob).to_string(), "size": blob.len() });
        let mut described = blobs.iter().enumerate().map(|(place, blob)| match place {
            0 => describe("application/vnd.oci.image.config.v1+json", blob),
            _ => describe("application/vnd.oci.image.layer.v1.tar", blob),
        });
        let config = described.next();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": described.collect::<Vec<_>>(),
        });
        Self { manifest: manifest.to_string().into_bytes(), blobs }
    }
}

/// Bytes that no two seeds share (xorshift64).
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(|| next().to_le_bytes()).take(size / 8).flatten().collect()
}

/// Media type of an image manifest.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
