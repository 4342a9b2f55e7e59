//! Which manifests of an index are judged.

use crate::{ContentDescriptor, Manifest, Platform, code, media_type};
use alloc::{collections::BTreeSet, format, string::ToString, vec, vec::Vec};
use plimsoll_core::{Budget, Context, Digest, Expand, Failure, LimitExceeded, Missing, Subject};

/// Finds the images of an index: all of them, or those for some platforms.
///
/// - Nested indexes are searched, level by level, each digest once. An image that is listed for two platforms is judged as both.
/// - An entry for `unknown/unknown`, as BuildKit lists attestations, is no platform's image.
/// - All: every other entry is judged, also two for one platform, since tools differ in which they take.
/// - Some: of each platform every entry that matches, since tools differ in what they take for a match (containerd reads
///   `x86_64` as `amd64`, others do not); none is [`code::PLATFORM_NOT_FOUND`].
///
/// Every child is one of the index that was asked for, also where a nested index lists it: its digest covers them.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Platforms {
    only: Option<Vec<Platform>>,
    limits: ExpandLimits,
}

/// Limits on one expansion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExpandLimits {
    /// Levels of nested indexes: 8.
    pub depth: u64,
    /// Entries in all: 4096.
    pub nodes: u64,
}

impl Default for ExpandLimits {
    fn default() -> Self {
        Self { depth: 8, nodes: 4096 }
    }
}

impl Platforms {
    /// Every image of an index.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }
    /// The images for these platforms.
    #[must_use]
    pub fn only(platforms: impl IntoIterator<Item = Platform>) -> Self {
        Self { only: Some(platforms.into_iter().collect()), limits: ExpandLimits::default() }
    }
    /// Sets the limits.
    #[must_use]
    pub fn within(mut self, limits: ExpandLimits) -> Self {
        self.limits = limits;
        self
    }
    fn chosen(&self, images: Vec<ContentDescriptor>) -> Result<Vec<ContentDescriptor>, Failure> {
        let Some(platforms) = &self.only else { return Ok(images) };
        let mut chosen: Vec<ContentDescriptor> = Vec::new();
        for platform in platforms {
            let is_for =
                |image: &&ContentDescriptor| image.platform.as_ref().is_some_and(|found| platform.matches(found));
            let mut found = images.iter().filter(is_for).peekable();
            if found.peek().is_none() {
                let message = format!("the index lists no image for {platform}");
                return Err(Failure::new(code::PLATFORM_NOT_FOUND, message));
            }
            for image in found {
                if !chosen.contains(image) {
                    chosen.push(image.clone());
                }
            }
        }
        Ok(chosen)
    }
}

impl Expand for Platforms {
    fn children(&self, subject: &Subject, cx: &mut Context<'_>) -> Result<Vec<Subject>, Missing> {
        if !media_type::is_index(&subject.descriptor.media_type) {
            return Ok(Vec::new());
        }
        let images = Walk::new(subject, &self.limits).run(cx)?;
        // What is listed without a whole platform may be taken for any, so it is for none that is known.
        let platform = |listed: &Platform| {
            let whole = !listed.os.is_empty() && !listed.architecture.is_empty();
            whole.then(|| listed.normal().to_string().into())
        };
        let child = |image: ContentDescriptor| {
            let listed = image.platform.as_ref().and_then(platform);
            subject.child(image.descriptor, listed)
        };
        Ok(self.chosen(images)?.into_iter().map(child).collect())
    }
}

/// One walk through an index and those below it.
struct Walk<'a> {
    subject: &'a Subject,
    limits: &'a ExpandLimits,
    nodes: Budget,
    seen: BTreeSet<(Digest, Option<Platform>)>,
    images: Vec<ContentDescriptor>,
    is_open: bool,
}

impl<'a> Walk<'a> {
    fn new(subject: &'a Subject, limits: &'a ExpandLimits) -> Self {
        let nodes = Budget::new("entries of an index and those below it", limits.nodes);
        Self { subject, limits, nodes, seen: BTreeSet::new(), images: Vec::new(), is_open: false }
    }
    fn run(mut self, cx: &mut Context<'_>) -> Result<Vec<ContentDescriptor>, Missing> {
        let mut level = vec![ContentDescriptor::new(self.subject.descriptor.clone())];
        let mut depth: u64 = 0;
        while !level.is_empty() {
            LimitExceeded::check("levels of nested indexes", self.limits.depth, depth).map_err(Failure::from)?;
            let mut next = Vec::new();
            for index in &level {
                self.visit(index, cx, &mut next)?;
            }
            level = next;
            depth = depth.saturating_add(1);
        }
        if self.is_open { Err(Missing::Pending) } else { Ok(self.images) }
    }
    /// Reads one index. One that is not there yet does not keep its siblings from being asked for.
    fn visit(
        &mut self,
        index: &ContentDescriptor,
        cx: &mut Context<'_>,
        next: &mut Vec<ContentDescriptor>,
    ) -> Result<(), Missing> {
        let blob = match cx.manifest(self.subject.repository(), &index.descriptor) {
            Ok(blob) => blob,
            Err(Missing::Pending) => {
                self.is_open = true;
                return Ok(());
            }
            Err(missing) => return Err(missing),
        };
        let manifest = Manifest::parse(&blob).map_err(|error| Failure::of(&error))?;
        for entry in manifest.manifests() {
            self.nodes.spend(1).map_err(Failure::from)?;
            cx.budget.spend(1).map_err(Failure::from)?;
            let kind = &entry.descriptor.media_type;
            let is_unknown = entry.platform.as_ref().is_some_and(Platform::is_unknown);
            if is_unknown || !media_type::is_manifest(kind) {
                continue;
            }
            // A platform of an index says nothing of what it lists.
            let is_index = media_type::is_index(kind);
            let platform = entry.platform.as_ref().filter(|_| !is_index).map(Platform::normal);
            if !self.seen.insert((entry.descriptor.digest, platform)) {
                continue;
            }
            if is_index { next.push(entry.clone()) } else { self.images.push(entry.clone()) }
        }
        Ok(())
    }
}
