//! A layout as a source of answers.

use super::Layout;
use plimsoll_core::{Answer, Answerer, Failure, Resolve, StoreError, Want, code};

/// Every question is answered from this one layout, whatever repository it names: which repository a layout stands for
/// is said by whoever opened it.
impl Answerer for Layout {
    async fn answer(&self, want: &Want) -> Answer {
        match want {
            Want::Blob { descriptor, .. } => bytes(self.read_checked(descriptor, self.0.limits.blob)),
            Want::Manifest { descriptor, .. } => bytes(self.read_checked(descriptor, self.0.limits.manifest)),
            Want::Referrers { subject, artifact_type, .. } => {
                self.list_referrers(subject, artifact_type.as_deref()).map_or_else(Into::into, Answer::Referrers)
            }
            Want::Resolve { reference } => {
                self.resolve(&reference.pointer()).await.map_or_else(Into::into, Answer::Descriptor)
            }
            _ => Answer::Failed(Failure::new(code::NOT_SUPPORTED, "an image layout cannot answer this question")),
        }
    }
}

fn bytes(read: Result<plimsoll_core::Blob, StoreError>) -> Answer {
    read.map_or_else(Into::into, |blob| Answer::Bytes(blob.to_bytes()))
}
