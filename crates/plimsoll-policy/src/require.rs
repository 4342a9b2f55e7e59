//! What rules can demand, one file for each, and how demands are combined.

use crate::{
    code,
    condition::Condition,
    document::{FactWanted, Image, Inventory, Provenance, Signature},
    scope::Scope,
    truth::{Finding, Truth},
};
use std::collections::BTreeSet;

pub(crate) mod attestation;
mod fact;
mod image;
mod inventory;
pub(crate) mod signature;

/// What must hold.
#[derive(Debug)]
pub(crate) enum Demand {
    All(Vec<Demand>),
    Any(Vec<Demand>),
    Attestation(crate::document::Attestation),
    Condition(Condition),
    /// A fact of any kind, and whether an index passes that kind on.
    Fact(FactWanted, bool),
    Image(Image),
    Inventory(Inventory),
    Not(Box<Demand>),
    Provenance(Provenance),
    Signature(Signature),
}

impl Demand {
    /// Judges; `None` where it is not asked of this target.
    pub(crate) fn judge(&self, scope: &Scope<'_>) -> Option<Finding> {
        // What is inside an image belongs to a platform: it is asked of the manifests, never of the index that lists them.
        let of_content = || !scope.lists_children;
        match self {
            Self::All(parts) => parts.iter().filter_map(|part| part.judge(scope)).reduce(Finding::and),
            Self::Any(parts) => parts.iter().filter_map(|part| part.judge(scope)).reduce(Finding::or),
            Self::Attestation(rule) => Some(attestation::judge(rule, scope)),
            Self::Condition(rule) => (!rule.is_of_content() || of_content()).then(|| rule.judge(scope)),
            Self::Fact(rule, inherited) => (*inherited || of_content()).then(|| fact::judge(rule, scope)),
            Self::Image(rule) => of_content().then(|| image::judge(rule, scope)),
            Self::Inventory(rule) => of_content().then(|| inventory::judge(rule, scope)),
            Self::Not(part) => part.judge(scope).map(|finding| not(finding, scope)),
            Self::Provenance(rule) => Some(attestation::judge_provenance(rule, scope)),
            Self::Signature(rule) => Some(signature::judge(rule, scope)),
        }
    }
    /// Adds the kinds of fact that it reads.
    pub(crate) fn reads(&self, kinds: &mut BTreeSet<String>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.reads(kinds)),
            Self::Attestation(_) => kinds.extend(["attestation".into()]),
            Self::Condition(rule) => kinds.extend(rule.kinds().map(Into::into)),
            Self::Fact(rule, _) => kinds.extend([rule.kind.clone()]),
            Self::Image(_) => kinds.extend(["image".into()]),
            Self::Inventory(_) => kinds.extend(["inventory".into(), "attestation".into()]),
            Self::Not(part) => part.reads(kinds),
            Self::Provenance(_) => kinds.extend(["provenance".into(), "attestation".into()]),
            Self::Signature(_) => kinds.extend(["signature".into()]),
        }
    }
    /// Whether it cannot hold without something that is signed.
    pub(crate) fn needs_signed(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(Self::needs_signed),
            Self::Any(parts) => parts.iter().all(Self::needs_signed),
            Self::Attestation(_) | Self::Inventory(_) | Self::Provenance(_) | Self::Signature(_) => true,
            Self::Condition(_) | Self::Image(_) | Self::Not(_) => false,
            Self::Fact(rule, _) => rule.backing == crate::document::WantedBacking::Signed,
        }
    }
    /// Whether it reads evidence that a registry can hide.
    pub(crate) fn is_hideable(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_hideable),
            Self::Condition(rule) => rule.is_hideable(),
            Self::Image(_) => false,
            Self::Not(part) => part.is_hideable(),
            Self::Attestation(_) | Self::Fact(..) | Self::Inventory(_) | Self::Provenance(_) | Self::Signature(_) => {
                true
            }
        }
    }
}

fn not(finding: Finding, scope: &Scope<'_>) -> Finding {
    let truth = !finding.truth;
    let reasons = match truth {
        Truth::No => {
            vec![scope.reason(code::EXCLUDED, "expected that what the rule excludes is not the case, found that it is")]
        }
        Truth::Unknown => finding.reasons,
        Truth::Yes => Vec::new(),
    };
    Finding { truth, reasons, ..finding }
}
