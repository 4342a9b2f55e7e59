//! What may be judged by, but is probably not meant.

use crate::{Severity, require::Demand, rule::Rule};
use std::fmt;

/// What may be judged by, but is probably not meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Lint {
    /// No signature must name its repository, so an image of another repository passes under this name.
    NameNotBound,
    /// Nothing signed is demanded, so whoever may push passes.
    NothingSigned,
}

impl Lint {
    pub(crate) fn of(rules: &[Rule]) -> Vec<Self> {
        let denying = || rules.iter().filter(|rule| rule.severity == Severity::Deny);
        let mut lints = Vec::new();
        if !denying().any(|rule| rule.is_for_all() && rule.demand.needs_signed()) {
            lints.push(Self::NothingSigned);
        } else if !denying().any(|rule| binds(&rule.demand)) {
            lints.push(Self::NameNotBound);
        }
        lints
    }
}

fn binds(demand: &Demand) -> bool {
    match demand {
        Demand::All(parts) | Demand::Any(parts) => parts.iter().any(binds),
        Demand::Signature(rule) => rule.name.is_some(),
        _ => false,
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameNotBound => {
                "no rule has `name: bound`: an image of another repository, signed by the same signer, passes under this name"
            }
            Self::NothingSigned => {
                "no rule that is there for every image demands something signed: whoever may push can pass"
            }
        })
    }
}
