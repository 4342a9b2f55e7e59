//! What is in a registry's repository or in a layout.

use super::NewLayout;
use plimsoll::{
    core::{
        Answer, Answerer, BoxBody, Descriptor, Digest, Escaped, Fetch, Pointer, Push, Referrer, Referrers, Replay,
        Resolve, Retag, StoreError, Tag, Want,
    },
    distribution::RemoteRepository,
    store::Layout,
};

/// One repository.
pub(crate) enum Place {
    Registry(RemoteRepository),
    Layout(Layout),
    /// A layout that only comes to be when something is brought to it.
    New(NewLayout),
}

impl Place {
    /// The layout to build into, made if need be; none for a registry.
    pub(crate) fn layout(&self) -> Result<Option<&Layout>, StoreError> {
        match self {
            Self::Registry(_) => Ok(None),
            Self::Layout(place) => Ok(Some(place)),
            Self::New(place) => place.make().map(Some),
        }
    }
}

/// What a layout holds that never came to be.
fn absent(what: impl ToString) -> StoreError {
    StoreError::Absent { what: Escaped::new(&what.to_string()) }
}

impl Fetch for Place {
    async fn fetch(&self, descriptor: &Descriptor) -> Result<BoxBody, StoreError> {
        match self {
            Self::Registry(place) => place.fetch(descriptor).await,
            Self::Layout(place) => place.fetch(descriptor).await,
            Self::New(place) => place.made().ok_or_else(|| absent(descriptor.digest))?.fetch(descriptor).await,
        }
    }
}
impl Push for Place {
    async fn push(&self, descriptor: &Descriptor, content: &dyn Replay) -> Result<(), StoreError> {
        match self {
            Self::Registry(place) => place.push(descriptor, content).await,
            Self::Layout(place) => place.push(descriptor, content).await,
            Self::New(place) => place.make()?.push(descriptor, content).await,
        }
    }
}
impl Resolve for Place {
    async fn resolve(&self, pointer: &Pointer) -> Result<Descriptor, StoreError> {
        match self {
            Self::Registry(place) => place.resolve(pointer).await,
            Self::Layout(place) => place.resolve(pointer).await,
            Self::New(place) => place.made().ok_or_else(|| absent(pointer))?.resolve(pointer).await,
        }
    }
}
impl Retag for Place {
    async fn retag(&self, manifest: &Descriptor, tag: &Tag) -> Result<(), StoreError> {
        match self {
            Self::Registry(place) => place.retag(manifest, tag).await,
            Self::Layout(place) => place.retag(manifest, tag).await,
            Self::New(place) => place.made().ok_or_else(|| absent(manifest.digest))?.retag(manifest, tag).await,
        }
    }
}
impl Referrers for Place {
    async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Referrer>, StoreError> {
        match self {
            Self::Registry(place) => place.referrers(subject, artifact_type).await,
            Self::Layout(place) => place.referrers(subject, artifact_type).await,
            Self::New(place) => match place.made() {
                Some(made) => made.referrers(subject, artifact_type).await,
                None => Ok(Vec::new()),
            },
        }
    }
}
impl Answerer for Place {
    async fn answer(&self, want: &Want) -> Answer {
        match self {
            Self::Registry(place) => place.answer(want).await,
            Self::Layout(place) => place.answer(want).await,
            Self::New(place) => match place.made() {
                Some(made) => made.answer(want).await,
                None => Answer::Absent,
            },
        }
    }
}
