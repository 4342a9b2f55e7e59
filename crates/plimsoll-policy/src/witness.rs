//! Counting who vouches.
//!
//! One way for signatures, attestations and provenance: rows that hold are asked whether they are the wanted ones, and
//! distinct public keys are counted, or the roles that distinct keys fill. Where too few are found, the row that came closest gives the reason.

use crate::{
    code,
    document::{Distinct, How, Identity},
    scope::{Scope, text},
    truth::Finding,
};
use plimsoll_core::{Backing, Class, Code, Digest, Escaped, Name, Outcome, Row, VerifiedIdentity};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Write as _,
};

/// Why a row is not a wanted one. The higher the rank, the closer it came.
pub(crate) struct Shortfall {
    pub(crate) rank: u8,
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Shortfall {
    pub(crate) fn new(rank: u8, code: Code, message: String) -> Self {
        Self { rank, code, message, hint: None }
    }
    pub(crate) fn hinting(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self
    }
}

/// What is wanted.
pub(crate) struct Wanted<'w> {
    /// The kind of row.
    pub(crate) kind: &'static str,
    /// The attestations whose failed checks explain why there is none, by their predicate type.
    pub(crate) instead: Option<fn(&str) -> bool>,
    /// How many distinct keys, or roles.
    pub(crate) count: u32,
    /// The roles, where each is to be filled by a key of its own.
    pub(crate) roles: Option<&'w [Identity]>,
    /// The words for it, such as `a signature by …`.
    pub(crate) words: String,
    /// The code when there is none.
    pub(crate) none: Code,
    /// Whether a row that holds is a wanted one.
    pub(crate) check: &'w dyn Fn(&Row, &VerifiedIdentity) -> Result<(), Shortfall>,
}

/// Finds at least `count` distinct keys, or roles that they fill. Enough good ones are enough whatever else is on the list; too few are a No only
/// when the list is complete and nothing on it is undecided.
pub(crate) fn find(scope: &Scope<'_>, wanted: &Wanted<'_>) -> Finding {
    // Distinct keys, not certificates: a re-issued certificate does not make a second signer.
    let mut keys = BTreeSet::new();
    let mut roles = Roles::of(wanted.roles.unwrap_or_default());
    let mut closest: Option<(Shortfall, &Row)> = None;
    let mut undecided: Option<(Shortfall, &Row)> = None;
    let mut open = 0_usize;
    let rows = scope.rows(wanted.kind).map(|row| (row, true));
    let explains =
        |row: &&Row| wanted.instead.is_some_and(|is| text(row, "predicate_type").is_none_or(|found| is(&found)));
    let instead = scope.rows("attestation").filter(explains).map(|row| (row, false));
    for (row, own) in rows.chain(instead) {
        let shortfall = match (&row.outcome, &row.backing) {
            (Outcome::Failed(code, text), _) => Shortfall::new(1, *code, format!("one whose check failed: {text}")),
            (Outcome::Held, Backing::Signed(identity)) if own => match (wanted.check)(row, identity) {
                Ok(()) => {
                    keys.insert(*identity.name().spki());
                    roles.add(identity.name());
                    continue;
                }
                Err(shortfall) => shortfall,
            },
            (Outcome::Held, _) if own => Shortfall::new(0, wanted.none, "one that nobody vouches for".into()),
            (Outcome::Held, _) => continue,
        };
        if shortfall.code.class() == Class::Unavailable {
            open = open.saturating_add(1);
            undecided.get_or_insert((shortfall, row));
        } else if closest.as_ref().is_none_or(|(best, _)| best.rank < shortfall.rank) {
            closest = Some((shortfall, row));
        }
    }
    let needed = usize::try_from(wanted.count).unwrap_or(usize::MAX);
    let enough = if wanted.roles.is_some() { roles.filled() } else { keys.len() };
    let finding = if enough >= needed {
        Finding::yes()
    } else if let Some((code, text)) = scope.gap(wanted.kind) {
        let message = format!("expected {}, and not all could be looked at: {text}", wanted.words);
        Finding::unknown(scope.reason(code, &message))
    } else if let Some((shortfall, row)) = undecided.filter(|_| enough.saturating_add(open) >= needed) {
        Finding::unknown(reason(scope, wanted, shortfall).on(row.evidence.iter().copied()))
    } else {
        Finding::no(too_few(scope, wanted, enough, closest))
    };
    scope.noting(finding, &[wanted.kind])
}

fn too_few(
    scope: &Scope<'_>,
    wanted: &Wanted<'_>,
    found: usize,
    closest: Option<(Shortfall, &Row)>,
) -> plimsoll_core::Reason {
    match closest {
        _ if found > 0 => {
            let message = format!("expected {}, found {found} distinct", wanted.words);
            scope.reason(code::TOO_FEW_SIGNERS, &message).with_hint("have another of the named identities sign it")
        }
        Some((shortfall, row)) => reason(scope, wanted, shortfall).on(row.evidence.iter().copied()),
        None => {
            let hint = format!("attach {}", wanted.words);
            scope.reason(wanted.none, &format!("expected {}, found none", wanted.words)).with_hint(hint)
        }
    }
}

fn reason(scope: &Scope<'_>, wanted: &Wanted<'_>, shortfall: Shortfall) -> plimsoll_core::Reason {
    let reason = scope.reason(shortfall.code, &format!("expected {}, found {}", wanted.words, shortfall.message));
    match shortfall.hint {
        Some(hint) => reason.with_hint(hint),
        None => reason.with_hint(format!("attach {}", wanted.words)),
    }
}

/// Roles, and the keys that could fill them. One key fills one role, however many names its certificates have, and one role is
/// filled by one key, however many keys its holder has.
struct Roles<'w> {
    wanted: &'w [Identity],
    keys: BTreeMap<Digest, BTreeSet<usize>>,
}

impl<'w> Roles<'w> {
    const fn of(wanted: &'w [Identity]) -> Self {
        Self { wanted, keys: BTreeMap::new() }
    }
    fn add(&mut self, name: &Name) {
        let named = self.wanted.iter().enumerate().filter(|(_, wanted)| wanted.names(name)).map(|(role, _)| role);
        self.keys.entry(*name.spki()).or_default().extend(named);
    }
    /// The most roles that can be filled at once: a matching of roles and keys, grown by augmenting paths (Kuhn's algorithm).
    fn filled(&self) -> usize {
        let mut holders: BTreeMap<usize, &Digest> = BTreeMap::new();
        self.keys.keys().filter(|key| self.place(key, &mut holders)).count()
    }
    /// Finds a role for a key: a free one, or one whose holder can take another. Searched breadth first, without recursion.
    fn place<'s>(&'s self, key: &'s Digest, holders: &mut BTreeMap<usize, &'s Digest>) -> bool {
        let mut from: BTreeMap<usize, &Digest> = BTreeMap::new();
        let mut waiting = VecDeque::from([key]);
        while let Some(next) = waiting.pop_front() {
            for role in self.keys.get(next).into_iter().flatten() {
                if from.contains_key(role) {
                    continue;
                }
                from.insert(*role, next);
                match holders.get(role) {
                    Some(holder) => waiting.push_back(holder),
                    None => {
                        shift(*role, &from, holders);
                        return true;
                    }
                }
            }
        }
        false
    }
}

/// Gives the free role to the key that reached it, that key's role to the one before, and so on to the first, which has none.
fn shift<'s>(free: usize, from: &BTreeMap<usize, &'s Digest>, holders: &mut BTreeMap<usize, &'s Digest>) {
    let mut role = free;
    while let Some(key) = from.get(&role).copied() {
        let before = holders.iter().find(|(_, holder)| **holder == key).map(|(role, _)| *role);
        holders.insert(role, key);
        match before {
            Some(before) => role = before,
            None => break,
        }
    }
}

/// The words for several signers.
pub(crate) fn several(count: u32, distinct: Distinct, by: Option<&[Identity]>) -> String {
    match distinct {
        Distinct::Identities => {
            let all = by.map_or(0, <[Identity]>::len);
            format!("{count} of {all} signers, each with a key of its own, of {}", who(by))
        }
        Distinct::Keys => format!("{count} distinct keys by {}", who(by)),
    }
}

/// Whether one of `by` is meant; without any, whoever the gatherer takes a fact of this kind from.
pub(crate) fn is_named(by: Option<&[Identity]>, identity: &VerifiedIdentity) -> bool {
    by.is_none_or(|by| by.iter().any(|wanted| wanted.names(identity.name())))
}

/// Whether a row is vouched for in one of the ways.
pub(crate) fn is_how(how: Option<&[How]>, row: &Row) -> bool {
    how.is_none_or(|how| text(row, "how").is_some_and(|found| how.iter().any(|how| how.as_str() == found)))
}

/// The identities in words.
pub(crate) fn who(by: Option<&[Identity]>) -> String {
    let Some(by) = by else { return "whoever may attest it".into() };
    let mut words = String::new();
    for (at, identity) in by.iter().take(MOST_SHOWN).enumerate() {
        let _ = write!(words, "{}{identity}", if at == 0 { "" } else { " or " }); // writing to a String cannot fail
    }
    if by.len() > MOST_SHOWN {
        words.push_str(" or others");
    }
    words
}

/// Who signed, safe to show.
pub(crate) fn shown(identity: &VerifiedIdentity) -> String {
    format!("`{}`", Escaped::new(&identity.name().to_string()))
}

impl Identity {
    fn names(&self, name: &Name) -> bool {
        let key = self.key.as_ref().is_none_or(|key| key == name.spki());
        match name {
            Name::X509 { subject, leaf, store, .. } => {
                key && self.spiffe.is_none()
                    && self.subject.as_ref().is_none_or(|wanted| wanted.matches(subject))
                    && self.store.as_ref().is_none_or(|wanted| wanted.matches(store))
                    && self.leaf.as_ref().is_none_or(|wanted| wanted == leaf)
            }
            // A workload is its SPIFFE ID: the subject of its certificate says nothing, and its bundle is no trust store.
            Name::Spiffe { id, leaf, .. } => {
                key && (self.spiffe.is_some() || self.is_one_key())
                    && self.spiffe.as_ref().is_none_or(|wanted| wanted.matches(id))
                    && self.leaf.as_ref().is_none_or(|wanted| wanted == leaf)
                    && self.subject.is_none()
                    && self.store.is_none()
            }
            // A bare key has neither subject nor store: who asks for one does not mean it.
            _ => key && self.key.is_some() && self.is_key_only(),
        }
    }
    /// Whether nothing but the key is wanted.
    fn is_key_only(&self) -> bool {
        self.subject.is_none() && self.spiffe.is_none() && self.store.is_none() && self.leaf.is_none()
    }
    /// Whether at most one key can be meant.
    pub(crate) fn is_one_key(&self) -> bool {
        self.key.is_some() || self.leaf.is_some()
    }
    /// Whether anything is wanted.
    pub(crate) fn is_specific(&self) -> bool {
        self.key.is_some() || self.leaf.is_some() || self.spiffe.is_some() || self.subject.is_some()
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut any = false;
        let mut part = |f: &mut std::fmt::Formatter<'_>, word: &str, value: &dyn std::fmt::Display| {
            let before = if any { " " } else { "" };
            any = true;
            write!(f, "{before}{word}{value}")
        };
        if let Some(subject) = &self.subject {
            part(f, "", subject)?;
        }
        if let Some(spiffe) = &self.spiffe {
            part(f, "", spiffe)?;
        }
        if let Some(leaf) = &self.leaf {
            part(f, "certificate ", leaf)?;
        }
        if let Some(key) = &self.key {
            part(f, "key ", key)?;
        }
        if let Some(store) = &self.store {
            part(f, "of trust store ", store)?;
        }
        Ok(())
    }
}

/// Most identities that a message lists.
const MOST_SHOWN: usize = 3;
