//! What there is to notice besides the outcome.

use crate::Exchange;
use plimsoll_core::{Digest, Escaped};
use std::{fmt, time::Duration};

/// Something that a user may want to know, and that changes no outcome.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// Fewer entries refer to a subject than the last time: somebody deleted one, or hides it.
    FewerReferrers {
        /// The subject.
        subject: Digest,
        /// How many there were.
        before: u64,
        /// How many there are.
        now: u64,
    },
    /// A registry names pages of a list at a place that is not below its API; they are asked for by their last entry.
    LinkAside {
        /// The request whose answer had the link.
        exchange: Exchange,
    },
    /// The entry of a referrers tag was lost to another writer, and is written again.
    LostRace {
        /// The subject.
        subject: Digest,
    },
    /// A transfer goes on where it broke off.
    Resumed {
        /// The request that goes on.
        exchange: Exchange,
        /// The first byte that is still to come.
        from: u64,
    },
    /// A request is sent again.
    Retrying {
        /// What went wrong, with the request.
        error: String,
        /// The number of the next attempt, from two.
        attempt: u32,
        /// The pause before it.
        pause: Duration,
    },
    /// The registry asked for a pause.
    Waiting {
        /// Who.
        registry: Escaped,
        /// How long.
        span: Duration,
    },
    /// The registry has something to say ([distribution-spec, Warnings][spec]). It is nothing to act on.
    ///
    /// [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings
    Warning {
        /// Who.
        registry: Escaped,
        /// What.
        text: Escaped,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewerReferrers { subject, before, now } => {
                write!(f, "{subject}: {now} referrers are listed, {before} were the last time")
            }
            Self::LinkAside { exchange } => {
                write!(
                    f,
                    "{exchange}: the next page is said to be outside of the API; it is asked for by the last entry"
                )
            }
            Self::LostRace { subject } => {
                write!(f, "another writer changed the referrers tag of {subject} meanwhile; it is written again")
            }
            Self::Resumed { exchange, from } => write!(f, "{exchange}: goes on at byte {from}"),
            Self::Retrying { error, attempt, pause } => {
                write!(f, "{error}; attempt {attempt} in {:.1} s", pause.as_secs_f64())
            }
            Self::Waiting { registry, span } => {
                write!(f, "{registry} asked for a pause of {} s", span.as_secs_f64().ceil())
            }
            Self::Warning { registry, text } => write!(f, "{registry} says: {text}"),
        }
    }
}
