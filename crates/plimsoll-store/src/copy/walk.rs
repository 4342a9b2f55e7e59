//! The graph of a copy.

use super::{
    Arc, BTreeSet, Blob, Budget, CopyError, CopyOptions, Descriptor, Digest, Fetch, LimitExceeded, Manifest, Push,
    Referrer, Referrers, Remote, media_type, read,
};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use plimsoll_core::StoreError;

/// Manifests, children before parents and subjects before what refers to them, and blobs, each once.
pub(super) struct Graph {
    manifests: Vec<Blob>,
    blobs: Vec<Descriptor>,
    seen: BTreeSet<Digest>,
    sent: BTreeSet<Digest>,
    budget: Budget,
    entries: Budget,
    limits: CopyOptions,
}

impl Graph {
    pub(super) fn new(options: &CopyOptions) -> Self {
        Self {
            manifests: Vec::new(),
            blobs: Vec::new(),
            seen: BTreeSet::new(),
            sent: BTreeSet::new(),
            budget: Budget::new("manifests in a copy", options.manifests),
            // The same child may stand in several indexes, and is only put aside once it was read.
            entries: Budget::new("entries of indexes in a copy", options.manifests.saturating_mul(16)),
            limits: *options,
        }
    }
    /// Adds a manifest after its children, by an own stack: no recursion, each digest once.
    pub(super) async fn add<S: Fetch>(&mut self, source: &S, root: &Descriptor) -> Result<(), CopyError> {
        let mut stack = vec![Step::Enter(root.clone(), 0)];
        while let Some(step) = stack.pop() {
            match step {
                Step::Leave(blob) => self.manifests.push(blob),
                Step::Enter(descriptor, depth) => {
                    LimitExceeded::check("levels of indexes", self.limits.depth, depth)?;
                    if self.seen.insert(descriptor.digest) {
                        self.enter(source, &descriptor, depth, &mut stack).await?;
                    }
                }
            }
        }
        Ok(())
    }
    async fn enter<S: Fetch>(
        &mut self,
        source: &S,
        descriptor: &Descriptor,
        depth: u64,
        stack: &mut Vec<Step>,
    ) -> Result<(), CopyError> {
        self.budget.spend(1)?;
        let blob = read(source, descriptor, self.limits.manifest).await?;
        let manifest =
            Manifest::parse(&blob).map_err(|source| CopyError::Manifest { digest: descriptor.digest, source })?;
        stack.push(Step::Leave(blob));
        for entry in manifest.blobs().chain(manifest.manifests()) {
            // An entry of a type that is no manifest is an opaque blob.
            let is_child =
                matches!(manifest, Manifest::Index(_)) && media_type::is_manifest(&entry.descriptor.media_type);
            if is_child && !self.seen.contains(&entry.descriptor.digest) {
                self.entries.spend(1)?;
                stack.push(Step::Enter(entry.descriptor.clone(), depth.saturating_add(1)));
            } else if !is_child && self.sent.insert(entry.descriptor.digest) {
                self.blobs.push(entry.descriptor.clone());
            }
        }
        Ok(())
    }
    /// Adds what refers to the manifests so far, and what refers to that.
    pub(super) async fn add_referrers<S: Fetch + Referrers>(&mut self, source: &S) -> Result<(), CopyError> {
        let mut subjects: Vec<Digest> = self.manifests.iter().map(|blob| blob.descriptor().digest).collect();
        let mut depth: u64 = 0;
        while !subjects.is_empty() {
            LimitExceeded::check("levels of referrers", self.limits.depth, depth)?;
            let before = self.manifests.len();
            for subject in subjects {
                for Referrer { descriptor, .. } in source.referrers(&subject, None).await? {
                    self.add(source, &descriptor).await?;
                }
            }
            let new = self.manifests.get(before..).unwrap_or_default();
            subjects = new.iter().map(|blob| blob.descriptor().digest).collect();
            depth = depth.saturating_add(1);
        }
        Ok(())
    }
    /// Sends blobs, some at once, then manifests one by one: children before parents, subjects before what refers to them.
    pub(super) async fn send<S, D>(&self, source: &Arc<S>, destination: &D) -> Result<(), CopyError>
    where
        S: Fetch + 'static,
        D: Push,
    {
        let mut waiting = self.blobs.iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.limits.concurrency.max(1)
                && let Some(descriptor) = waiting.next()
            {
                running.push(send_blob(source.clone(), descriptor.clone(), destination));
            }
            match running.next().await {
                Some(sent) => sent?,
                None => break,
            }
        }
        for blob in &self.manifests {
            destination.push(blob.descriptor(), &blob.to_bytes()).await?;
        }
        Ok(())
    }
    pub(super) fn into_parts(self) -> (Vec<Descriptor>, Vec<Descriptor>) {
        (self.manifests.iter().map(|blob| blob.descriptor().clone()).collect(), self.blobs)
    }
}

/// A step of the walk.
enum Step {
    Enter(Descriptor, u64),
    Leave(Blob),
}

async fn send_blob<S, D>(source: Arc<S>, descriptor: Descriptor, destination: &D) -> Result<(), StoreError>
where
    S: Fetch + 'static,
    D: Push,
{
    let content = Remote { source, descriptor: descriptor.clone() };
    destination.push(&descriptor, &content).await
}
