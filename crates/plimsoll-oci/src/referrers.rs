//! Lists of referrers: the API's answer and the index under the fallback tag have the same form.

use crate::{ContentDescriptor, ImageIndex, Limits, ManifestError, json, json::Node, manifest, media_type};
use alloc::{collections::BTreeSet, format, string::String, vec::Vec};
use plimsoll_core::{Blob, Digest, Escaped, LimitExceeded, Referrer, Tag};

/// Reads a list of referrers: the answer of the referrers API, or the index under [`referrers_tag`].
///
/// `declared` is its media type. What the list says of an entry is a claim, so its types need not have the form of media types;
/// `manifests: null` is the empty list, as Go registries write it; an entry that stands twice counts once.
///
/// # Errors
/// [`ManifestError`], also for what is no index: whether that is an empty list or a reason to stop is the caller's to say.
pub fn parse_referrers(declared: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Referrer>, ManifestError> {
    if !media_type::is_index(declared) {
        return Err(ManifestError::UnsupportedMediaType { found: Escaped::new(declared) });
    }
    LimitExceeded::check("bytes of a referrers list", limits.bytes, bytes.len().try_into().unwrap_or(u64::MAX))?;
    let value = json::parse(bytes)?;
    let root = Node::root(&value).object()?;
    if root.nullable("manifests").is_none() && root.has("manifests") {
        return Ok(Vec::new());
    }
    manifest::check_head(&root, declared)?;
    let list = root.required("manifests")?;
    let entries = manifest::list(&list, ("referrers", limits.manifests), limits, ContentDescriptor::claimed)?;
    let mut seen = BTreeSet::new();
    Ok(entries.into_iter().filter(|entry| seen.insert(entry.descriptor.digest)).map(referrer).collect())
}

fn referrer(entry: ContentDescriptor) -> Referrer {
    let mut referrer = Referrer::new(entry.descriptor, entry.artifact_type.as_deref());
    referrer.claimed_annotations = entry.annotations;
    referrer
}

/// Writes a list of referrers as an image index: what the API answers, and what stands under [`referrers_tag`].
#[must_use]
pub fn referrers_index(referrers: &[Referrer]) -> Blob {
    let mut index = ImageIndex::new();
    index.manifests = referrers
        .iter()
        .map(|referrer| ContentDescriptor {
            artifact_type: referrer.claimed_artifact_type.clone(),
            annotations: referrer.claimed_annotations.clone(),
            ..ContentDescriptor::new(referrer.descriptor.clone())
        })
        .collect();
    index.to_blob()
}

/// The tag under which referrers of `subject` are listed where a registry has no API for them.
///
/// The algorithm is cut to 32 characters and the rest to 64 ([distribution-spec, Referrers Tag Schema][spec]); oras-go and
/// go-containerregistry do not cut, which gives SHA-512 a tag that no registry takes.
///
/// ```
/// use plimsoll_core::Digest;
/// let tag = plimsoll_oci::referrers_tag(&Digest::sha512_of(b""));
/// assert_eq!(tag.as_str().len(), "sha512-".len() + 64);
/// ```
/// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
#[must_use]
#[expect(clippy::expect_used, reason = "an algorithm name, `-` and 64 hexadecimal digits are a tag")]
pub fn referrers_tag(subject: &Digest) -> Tag {
    let encoded: String = subject.encoded().chars().take(64).collect();
    format!("{}-{encoded}", subject.algorithm()).parse().expect("a tag")
}
