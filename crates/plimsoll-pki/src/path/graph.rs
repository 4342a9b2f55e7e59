//! Policy processing (RFC 5280, 6.1, as a graph by [RFC 9618]), which grows with the path and not with its power.
//!
//! [RFC 9618]: https://www.rfc-editor.org/rfc/rfc9618#section-5

use super::policy::Policies;
use crate::oid;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec,
    vec::Vec,
};
use plimsoll_core::{Budget, LimitExceeded};
use spki::ObjectIdentifier;

/// What the caller wants of policies (RFC 5280, 6.1.1 c to g).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct PolicyOptions {
    /// The policies of which one must hold for the path; `None` for any.
    pub acceptable: Option<BTreeSet<ObjectIdentifier>>,
    /// Whether the path must be valid for at least one policy.
    pub explicit: ExplicitPolicy,
}

/// Whether a path must be valid for a policy (`initial-explicit-policy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ExplicitPolicy {
    /// Only where a certificate of the path says so.
    #[default]
    AsCertificatesSay,
    /// In any case.
    Required,
}

/// One policy at one depth.
#[derive(Default)]
struct Node {
    /// Policies by which the next certificate may name it.
    expected: BTreeSet<ObjectIdentifier>,
    /// The policies one depth up from which it comes.
    parents: BTreeSet<ObjectIdentifier>,
}

type Level = BTreeMap<ObjectIdentifier, Node>;

/// The policies of a path, from the anchor to the leaf.
struct Graph {
    /// Depth 0 holds `anyPolicy`. Empty means that no policy holds any more.
    levels: Vec<Level>,
    explicit: u32,
    mapping: u32,
    any: u32,
}

/// No policy that the caller or a certificate demands holds for the path.
#[derive(Debug)]
pub(super) struct NoPolicy;

/// Processes the policies of a path: first what the anchor constrains (as RFC 5937, 4 wants it), then each certificate below it with whether it
/// is self-issued, the leaf last. Returns the policies that hold, `anyPolicy` among them if there is no limit.
pub(super) fn process(
    anchor: &Policies,
    path: &[(Policies, bool)],
    options: &PolicyOptions,
    budget: &mut Budget,
) -> Result<Result<BTreeSet<ObjectIdentifier>, NoPolicy>, LimitExceeded> {
    let beyond = u32::try_from(path.len()).unwrap_or(u32::MAX).saturating_add(1);
    let unless = |now: bool| if now { 0 } else { beyond };
    let any = Node { expected: [oid::ANY_POLICY].into(), parents: BTreeSet::new() };
    let mut graph = Graph {
        levels: vec![BTreeMap::from([(oid::ANY_POLICY, any)])],
        explicit: unless(options.explicit == ExplicitPolicy::Required || anchor.require_explicit.is_some()),
        mapping: unless(anchor.inhibit_mapping.is_some()),
        any: unless(anchor.inhibit_any.is_some()),
    };
    for (index, (policies, self_issued)) in path.iter().enumerate() {
        let last = index.saturating_add(1) == path.len();
        graph.assert(policies, graph.any > 0 || (!last && *self_issued), budget)?;
        if graph.explicit == 0 && graph.levels.is_empty() {
            return Ok(Err(NoPolicy));
        }
        if last {
            graph.explicit = graph.explicit.saturating_sub(1);
            graph.explicit = if policies.require_explicit == Some(0) { 0 } else { graph.explicit };
        } else {
            graph.map(&policies.mapped, budget)?;
            graph.count(policies, *self_issued);
        }
    }
    let held = graph.held(options.acceptable.as_ref());
    Ok(if graph.explicit == 0 && held.is_empty() { Err(NoPolicy) } else { Ok(held) })
}

impl Graph {
    /// RFC 9618, 5.3 (6.1.3 d and e): the policies of one certificate become the next depth.
    fn assert(&mut self, policies: &Policies, any: bool, budget: &mut Budget) -> Result<(), LimitExceeded> {
        let (Some(asserted), Some(above)) = (&policies.asserted, self.levels.last()) else {
            self.levels.clear();
            return Ok(());
        };
        let expecting = expecting(above, budget)?;
        let mut level = Level::new();
        for policy in asserted.iter().filter(|policy| **policy != oid::ANY_POLICY) {
            budget.spend(1)?;
            let parents = match expecting.get(policy) {
                Some(parents) => parents.clone(),
                None if above.contains_key(&oid::ANY_POLICY) => [oid::ANY_POLICY].into(),
                None => continue,
            };
            level.insert(*policy, Node { expected: [*policy].into(), parents });
        }
        if any && asserted.contains(&oid::ANY_POLICY) {
            for (policy, parents) in &expecting {
                budget.spend(1)?;
                let new = || Node { expected: [*policy].into(), parents: parents.clone() };
                level.entry(*policy).or_insert_with(new);
            }
        }
        self.levels.push(level);
        self.prune(budget)
    }
    /// 6.1.4 b: a policy of this authority goes by other names below it, or by none.
    fn map(
        &mut self,
        mapped: &[(ObjectIdentifier, ObjectIdentifier)],
        budget: &mut Budget,
    ) -> Result<(), LimitExceeded> {
        if mapped.is_empty() {
            return Ok(());
        }
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let mut names: BTreeMap<ObjectIdentifier, BTreeSet<ObjectIdentifier>> = BTreeMap::new();
        for (issuer, subject) in mapped {
            budget.spend(1)?;
            names.entry(*issuer).or_default().insert(*subject);
        }
        for (issuer, subjects) in names {
            if self.mapping == 0 {
                level.remove(&issuer);
                continue;
            }
            let any = level.get(&oid::ANY_POLICY).map(|any| any.parents.clone());
            match (level.get_mut(&issuer), any) {
                (Some(node), _) => node.expected = subjects,
                // The policy is among "any", and comes from where that comes from.
                (None, Some(parents)) => drop(level.insert(issuer, Node { expected: subjects, parents })),
                (None, None) => {}
            }
        }
        self.prune(budget)
    }
    /// 6.1.4 h, i and j.
    fn count(&mut self, policies: &Policies, self_issued: bool) {
        let step = u32::from(!self_issued);
        let least = |counter: u32, limit: Option<u32>| {
            let counter = counter.saturating_sub(step);
            limit.map_or(counter, |limit| limit.min(counter))
        };
        self.explicit = least(self.explicit, policies.require_explicit);
        self.mapping = least(self.mapping, policies.inhibit_mapping);
        self.any = least(self.any, policies.inhibit_any);
    }
    /// 6.1.3 d 3: what has nothing below it is no more; what is left at every depth reaches the last.
    fn prune(&mut self, budget: &mut Budget) -> Result<(), LimitExceeded> {
        let mut used: Option<BTreeSet<ObjectIdentifier>> = None;
        for level in self.levels.iter_mut().rev() {
            if let Some(used) = &used {
                level.retain(|policy, _| used.contains(policy));
            }
            let mut above = BTreeSet::new();
            for node in level.values() {
                budget.spend(u64::try_from(node.parents.len()).unwrap_or(u64::MAX))?;
                above.extend(node.parents.iter().copied());
            }
            used = Some(above);
        }
        if self.levels.last().is_none_or(BTreeMap::is_empty) {
            self.levels.clear();
        }
        Ok(())
    }
    /// 6.1.5 g: the policies, as the anchor's side calls them, that hold down to the leaf and that the caller accepts.
    fn held(&self, acceptable: Option<&BTreeSet<ObjectIdentifier>>) -> BTreeSet<ObjectIdentifier> {
        let from_any = |node: &Node| node.parents.contains(&oid::ANY_POLICY);
        let below = self.levels.iter().skip(1).flatten();
        let constrained: BTreeSet<_> = below.filter(|(_, node)| from_any(node)).map(|(policy, _)| *policy).collect();
        let unlimited = self.levels.last().is_some_and(|last| last.contains_key(&oid::ANY_POLICY));
        match acceptable {
            Some(acceptable) if unlimited => acceptable.clone(),
            Some(acceptable) => constrained.intersection(acceptable).copied().collect(),
            None if unlimited => constrained.into_iter().chain([oid::ANY_POLICY]).collect(),
            None => constrained.into_iter().filter(|policy| *policy != oid::ANY_POLICY).collect(),
        }
    }
}

/// For each policy that is expected, the nodes that expect it.
fn expecting(
    level: &Level,
    budget: &mut Budget,
) -> Result<BTreeMap<ObjectIdentifier, BTreeSet<ObjectIdentifier>>, LimitExceeded> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (policy, node) in level {
        budget.spend(u64::try_from(node.expected.len()).unwrap_or(u64::MAX))?;
        for expected in &node.expected {
            found.entry(*expected).or_default().insert(*policy);
        }
    }
    Ok(found)
}
