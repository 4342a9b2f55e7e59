//! Copying a manifest with all that it needs from one store to another.

use plimsoll_core::{
    Blob, Budget, Classify, Code, Descriptor, Digest, Fetch, LimitExceeded, Pointer, Push, Referrer, Referrers,
    Resolve, Retag, StoreError, Tag, next_chunk,
};
use plimsoll_oci::{Manifest, ManifestError, media_type};
use remote::Remote;
use std::{collections::BTreeSet, sync::Arc};

mod remote;
mod walk;

/// How to copy, and within which limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CopyOptions {
    /// Blobs that are on their way at once: 3, as oras.
    pub concurrency: usize,
    /// Bytes of one manifest: 4 MiB.
    pub manifest: u64,
    /// Manifests in one copy, referrers included: 4096.
    pub manifests: u64,
    /// Deepest nesting of indexes, and of referrers of referrers: 8.
    pub depth: u64,
}

impl Default for CopyOptions {
    fn default() -> Self {
        Self { concurrency: 3, manifest: 4 << 20, manifests: 4096, depth: 8 }
    }
}

/// What a copy did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CopyReport {
    /// The manifest that was asked for.
    pub root: Descriptor,
    /// Every manifest that is now there, children before parents, referrers after their subjects.
    pub manifests: Vec<Descriptor>,
    /// Every blob that is now there.
    pub blobs: Vec<Descriptor>,
}

/// Copies the manifest that `pointer` means with its blobs and children, then tags it.
///
/// Blobs come first, then children, then parents, the tag last, so an interrupted copy is never tagged. Blobs are streamed: memory
/// does not grow with them. The destination checks every byte. What is there already is not sent again where the destination
/// knows that ([`Push`]).
///
/// # Errors
/// [`CopyError`]; nothing is tagged then.
pub async fn copy<S, D>(
    source: &Arc<S>,
    pointer: &Pointer,
    destination: &D,
    tag: Option<&Tag>,
    options: &CopyOptions,
) -> Result<CopyReport, CopyError>
where
    S: Fetch + Resolve + 'static,
    D: Push + Retag,
{
    let root = source.resolve(pointer).await?;
    let mut graph = walk::Graph::new(options);
    graph.add(&**source, &root).await?;
    graph.send(source, destination).await?;
    finish(destination, root, graph, tag).await
}

/// Copies as [`copy`] does, and everything that refers to what is copied, and what refers to that.
///
/// # Errors
/// [`CopyError`], also where the source cannot say what refers to a manifest; nothing is tagged then.
pub async fn copy_with_referrers<S, D>(
    source: &Arc<S>,
    pointer: &Pointer,
    destination: &D,
    tag: Option<&Tag>,
    options: &CopyOptions,
) -> Result<CopyReport, CopyError>
where
    S: Fetch + Resolve + Referrers + 'static,
    D: Push + Retag,
{
    let root = source.resolve(pointer).await?;
    let mut graph = walk::Graph::new(options);
    graph.add(&**source, &root).await?;
    graph.add_referrers(&**source).await?;
    graph.send(source, destination).await?;
    finish(destination, root, graph, tag).await
}

async fn finish<D: Retag>(
    destination: &D,
    root: Descriptor,
    graph: walk::Graph,
    tag: Option<&Tag>,
) -> Result<CopyReport, CopyError> {
    if let Some(tag) = tag {
        destination.retag(&root, tag).await?;
    }
    let (manifests, blobs) = graph.into_parts();
    Ok(CopyReport { root, manifests, blobs })
}

/// Why a copy did not come to its end.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The graph is larger than the limits.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    /// A manifest cannot be read, so nobody knows what it needs.
    #[error("manifest {digest}: {source}")]
    Manifest {
        /// Which.
        digest: Digest,
        /// Why.
        source: ManifestError,
    },
    /// One of the two stores failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for CopyError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            Self::Manifest { source, .. } => source.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// Reads a manifest from a store, checked.
async fn read<S: Fetch>(source: &S, descriptor: &Descriptor, limit: u64) -> Result<Blob, CopyError> {
    LimitExceeded::check("bytes of a manifest", limit, descriptor.size)?;
    let mut body = source.fetch(descriptor).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut body).await {
        bytes.extend_from_slice(&chunk.map_err(StoreError::from)?);
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > descriptor.size {
            break; // the check says so
        }
    }
    Ok(Blob::check(descriptor.clone(), bytes.into()).map_err(StoreError::from)?)
}
