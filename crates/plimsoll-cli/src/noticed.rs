//! What registries do besides answering, on standard error.

use crate::report::{progress, warn};
use plimsoll::distribution::{Notice, Observe};

/// Says what there is to notice: what somebody should know as a warning, what only explains the time it takes as a line.
pub(crate) struct Noticed;

impl Observe for Noticed {
    fn notice(&self, notice: &Notice) {
        match notice {
            Notice::Resumed { .. } | Notice::Retrying { .. } | Notice::Waiting { .. } | Notice::LostRace { .. } => {
                progress(notice);
            }
            other => warn(other),
        }
    }
}
