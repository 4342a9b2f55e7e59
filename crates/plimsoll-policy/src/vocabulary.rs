//! What facts there are, beside those that rules know by themselves.

use crate::{code, schema};
use plimsoll_core::{Code, Schema};

/// The kinds of fact and the denial codes of a build, against which a policy is checked when it is loaded.
///
/// Empty, it stands for the kinds that Plimsoll's own rules read. A kind that is given here and has the name of one of
/// those takes its place.
#[derive(Clone, Copy, Default, Debug)]
pub struct Vocabulary<'v> {
    /// The kinds.
    pub kinds: &'v [&'static Schema],
    /// The codes that examples may name, beside those of core and of this crate.
    pub codes: &'v [Code],
}

impl Vocabulary<'_> {
    pub(crate) fn kind(&self, name: &str) -> Option<&'static Schema> {
        let known = |list: &[&'static Schema]| list.iter().find(|schema| schema.kind == name).copied();
        known(self.kinds).or_else(|| known(schema::KINDS))
    }
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static Schema> {
        let ours = schema::KINDS.iter().filter(|own| self.kinds.iter().all(|known| known.kind != own.kind));
        self.kinds.iter().chain(ours).copied()
    }
    pub(crate) fn code(&self, name: &str) -> Option<Code> {
        let all = self.codes.iter().chain(code::ALL).chain(plimsoll_core::code::ALL);
        all.copied().find(|code| code.name() == name)
    }
}
