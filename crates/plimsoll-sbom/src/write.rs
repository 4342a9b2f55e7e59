//! What both writers need beside the inventory.

use crate::{Component, Inventory};
use plimsoll_core::{Digest, UnixTime};
use std::collections::{BTreeMap, BTreeSet};

/// What a written SBOM says of itself. Same inventory and same `Writing`, same bytes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Writing<'a> {
    /// The time of creation.
    pub created: UnixTime,
    /// The name of the program that made the inventory.
    pub tool: &'a str,
    /// Its version.
    pub tool_version: &'a str,
    /// The digest of what the SBOM is about: it goes into the document's own identifier.
    pub subject: Option<Digest>,
}

impl<'a> Writing<'a> {
    /// Says when and by which program. Add the subject where there is one.
    #[must_use]
    pub const fn new(created: UnixTime, tool: &'a str, tool_version: &'a str) -> Self {
        Self { created, tool, tool_version, subject: None }
    }
    /// Says what it is about.
    #[must_use]
    pub const fn about(mut self, subject: Digest) -> Self {
        self.subject = Some(subject);
        self
    }
    /// A UUID made of the document's content and the subject: [RFC 9562, 5.8], version 8.
    ///
    /// [RFC 9562, 5.8]: https://www.rfc-editor.org/rfc/rfc9562#section-5.8
    pub(crate) fn uuid(&self, content: &[u8]) -> String {
        let content = Digest::sha256_of(content);
        let subject = self.subject.map(|digest| digest.to_string()).unwrap_or_default();
        let hash = Digest::sha256_of(format!("plimsoll-sbom {content} {subject}").as_bytes()).encoded();
        let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
        // The four bits of the variant are `10xx`: 8, 9, a or b.
        let variant = match hash.as_bytes().get(16).map(|byte| byte & 3) {
            Some(1) => '9',
            Some(2) => 'a',
            Some(3) => 'b',
            _ => '8',
        };
        format!("{}-{}-8{}-{variant}{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
    }
}

/// An id for each component, root first: its own where nobody else has it, else made of what it is.
pub(crate) fn ids(inventory: &Inventory) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut counts = BTreeMap::<String, u64>::new();
    let mut unique = |component: &Component| {
        let wish = match (&component.id, &component.purl, &component.version) {
            (Some(id), ..) if !id.is_empty() => id.to_string(),
            (_, Some(purl), _) => purl.to_string(),
            (.., Some(version)) => format!("{}@{version}", component.name),
            _ => component.name.to_string(),
        };
        let count = counts.entry(wish.clone()).or_insert(0);
        let mut id = wish.clone();
        while id.is_empty() || !taken.insert(id.clone()) {
            *count = count.saturating_add(1);
            id = format!("{wish}#{count}");
        }
        id
    };
    inventory.all().map(&mut unique).collect()
}

/// The ids under which the inventory's dependencies know the components, mapped to the ids that are written.
pub(crate) fn written<'i, 's>(inventory: &'i Inventory, ids: &'s [String]) -> BTreeMap<&'i str, &'s str> {
    let mut map = BTreeMap::new();
    for (component, id) in inventory.all().zip(ids) {
        if let Some(own) = component.id.as_deref() {
            map.entry(own).or_insert(id.as_str());
        }
    }
    map
}
