//! Images of a known size whose layers nobody can compress, as layouts.

use crate::lab::Folder;
use plimsoll_core::Digest;

/// The layout of one image in a folder, and the digests of its layers.
pub(super) struct Image {
    pub(super) path: String,
    pub(super) layers: Vec<Digest>,
}

impl Image {
    /// Writes an image of `layers` layers that have `bytes` together, tagged `v1`.
    pub(super) fn write(folder: &Folder, name: &str, layers: u64, bytes: u64) -> Result<Self, String> {
        let blob = |content: &[u8]| {
            let digest = Digest::sha256_of(content);
            folder.write(&format!("{name}/blobs/sha256/{}", digest.encoded()), content).map(|_| digest)
        };
        let each = usize::try_from(bytes / layers.max(1)).map_err(|error| error.to_string())?;
        let mut written = Vec::new();
        for number in 0..layers {
            written.push(blob(&noise(number, each))?);
        }
        let ids: Vec<String> = written.iter().map(ToString::to_string).collect();
        let config = serde_json::json!({
            "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids},
        });
        let config = config.to_string();
        let descriptor = |kind: &str, digest: &str, size: usize| {
            serde_json::json!({
                "mediaType": format!("application/vnd.oci.image.{kind}"), "digest": digest, "size": size,
            })
        };
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("config.v1+json", &blob(config.as_bytes())?.to_string(), config.len()),
            "layers": ids.iter().map(|id| descriptor("layer.v1.tar", id, each)).collect::<Vec<_>>(),
        });
        let manifest = manifest.to_string();
        let mut entry = descriptor("manifest.v1+json", &blob(manifest.as_bytes())?.to_string(), manifest.len());
        entry["annotations"] = serde_json::json!({"org.opencontainers.image.ref.name": "v1"});
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [entry]});
        folder.write(&format!("{name}/index.json"), index.to_string())?;
        folder.write(&format!("{name}/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        Ok(Self { path: folder.at(name), layers: written })
    }
}

/// Bytes that look random and are the same each time (xorshift64*).
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut out = Vec::with_capacity(bytes.saturating_add(8));
    while out.len() < bytes {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        out.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    out.truncate(bytes);
    out
}
