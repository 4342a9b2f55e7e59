//! `directoryName` constraints: a name whose first RDNs are those of the base.

use crate::{
    Name,
    asn1::{Walk, sequence, tag},
};
use alloc::{string::String, vec::Vec};
use spki::ObjectIdentifier;

/// Says whether the first RDNs of `name` are those of `base`, compared as RFC 5280, 7.1 wants: whatever the type of the string, the
/// case of letters and the width of spaces. A stricter comparison would let names slip out of what is excluded.
pub(super) fn is_within(name: Name<'_>, base: Name<'_>) -> bool {
    let (name, base) = (rdns(name), rdns(base));
    name.len() >= base.len() && base.iter().zip(&name).all(|(base, name)| base == name)
}

/// The RDNs, each as a sorted list, because it is a set.
fn rdns(name: Name<'_>) -> Vec<Vec<(ObjectIdentifier, String)>> {
    let mut found = Vec::new();
    // INVARIANT: `Name::from_der` read every element once, so that none fails here.
    let Ok(mut walk) = sequence(name.der(), "name") else { return found };
    while let Ok(set) = walk.expect(tag::SET) {
        found.push(rdn(set));
    }
    found
}

fn rdn(set: &[u8]) -> Vec<(ObjectIdentifier, String)> {
    let mut walk = Walk::new(set, "name");
    let mut found = Vec::new();
    while let Ok(one) = crate::name::attribute(&mut walk) {
        found.push((one.oid, normal(&one.text())));
    }
    found.sort();
    found
}

/// Lower case, without spaces at the ends, with one space for several within.
fn normal(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}
