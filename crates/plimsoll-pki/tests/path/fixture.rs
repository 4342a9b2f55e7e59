//! Authorities for these tests.

use der::{Encode, Tag};
use plimsoll_core::{Classify, Code};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Limits, NamedStore, TrustStore,
    issue::{Draft, Role},
    path::{PathBuilder, PathError, PathProfile},
};
pub(crate) use plimsoll_testkit::operations::operations;
use plimsoll_testkit::pki::{
    Certified, KeySpec, NOW, extension, remove_extension, replace_extension, set_purposes, tlv,
};
use spki::ObjectIdentifier;
use std::sync::Arc;

pub(crate) const SPEC: KeySpec = KeySpec::P256;
pub(crate) const AUTHORITY: Role<'_> = Role::Intermediate { path_length: None };
pub(crate) const ANY: Role<'_> = Role::Root { path_length: None };
pub(crate) const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
pub(crate) const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
pub(crate) const SAN: &str = "2.5.29.17";

pub(crate) fn root(subject: &str) -> Certified {
    Certified::self_signed(SPEC, subject, ANY, |_| ())
}

/// A leaf for a server, edited.
pub(crate) fn server(issuer: &Certified, name: &str, edit: impl FnOnce(&mut Draft)) -> Certified {
    issuer.issue(SPEC, "CN=Server,O=Harbour,C=US", Role::Signer { ocsp: &[], crl: &[] }, |draft| {
        set_purposes(draft, &[SERVER_AUTH]);
        set_names(draft, &[dns(name)]);
        edit(draft);
    })
}

/// A second certificate for the name and key of an authority.
pub(crate) fn cross(issuer: &Certified, of: &Certified) -> Vec<u8> {
    cross_with(issuer, of, |_| ())
}

pub(crate) fn cross_with(issuer: &Certified, of: &Certified, edit: impl FnOnce(&mut Draft)) -> Vec<u8> {
    let (subject, key) = (of.view().subject().der().to_vec(), of.key.public_key_spki_der().to_vec());
    let serial = rand_serial(&issuer.der, &of.der);
    issuer
        .issue(SPEC, "CN=x", AUTHORITY, |draft| {
            (draft.subject, draft.spki, draft.serial) = (subject, key, serial);
            edit(draft);
        })
        .der
}

fn rand_serial(one: &[u8], other: &[u8]) -> Vec<u8> {
    let digest = plimsoll_core::Digest::sha256_of(&[one, other].concat());
    [&[1], &digest.as_bytes()[..12]].concat()
}

pub(crate) fn store(anchors: &[&[u8]]) -> TrustStore {
    let anchors = anchors.iter().copied();
    let store = NamedStore::load("ca:test".parse().unwrap(), anchors, provider(), &Limits::default());
    TrustStore::new([Arc::new(store.unwrap())])
}

pub(crate) fn server_profile(name: &str) -> PathProfile {
    PathProfile::server(name.parse().unwrap())
}

/// Builds a path, and says how many certificates it has.
pub(crate) fn build(leaf: &[u8], bag: &[&[u8]], anchors: &[&[u8]], profile: &PathProfile) -> Result<usize, PathError> {
    let anchors = store(anchors);
    let path = PathBuilder::new(&anchors, profile, provider()).build(leaf, bag, NOW)?;
    Ok(path.chain().certificates().len())
}

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, impl Classify>) -> Code {
    match result {
        Ok(found) => panic!("expected an error, found {found:?}"),
        Err(error) => error.code(),
    }
}

/// An element with any tag octet.
pub(crate) fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut whole = tlv(Tag::OctetString, value);
    whole[0] = tag;
    whole
}

pub(crate) fn dns(text: &str) -> Vec<u8> {
    element(0x82, text.as_bytes())
}
pub(crate) fn email(text: &str) -> Vec<u8> {
    element(0x81, text.as_bytes())
}
pub(crate) fn uri(text: &str) -> Vec<u8> {
    element(0x86, text.as_bytes())
}
pub(crate) fn ip(octets: &[u8]) -> Vec<u8> {
    element(0x87, octets)
}
pub(crate) fn directory(name: &[u8]) -> Vec<u8> {
    element(0xa4, name)
}
pub(crate) fn other(kind: &str) -> Vec<u8> {
    element(0xa0, &[oid(kind), element(0xa0, &tlv(Tag::Utf8String, b"x"))].concat())
}

pub(crate) fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new(text).unwrap().to_der().unwrap()
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(Tag::Sequence, &parts.concat())
}

pub(crate) fn set_names(draft: &mut Draft, names: &[Vec<u8>]) {
    replace_extension(draft, extension(SAN, false, &sequence(names)));
}

pub(crate) fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let side = |tag, bases: &[Vec<u8>]| {
        let subtrees: Vec<_> = bases.iter().map(|base| sequence(std::slice::from_ref(base))).collect();
        if bases.is_empty() { Vec::new() } else { element(tag, &subtrees.concat()) }
    };
    sequence(&[side(0xa0, permitted), side(0xa1, excluded)])
}

pub(crate) fn constrain(draft: &mut Draft, permitted: &[Vec<u8>], excluded: &[Vec<u8>]) {
    replace_extension(draft, extension("2.5.29.30", true, &constraints(permitted, excluded)));
}

pub(crate) fn without(oid: &str) -> impl Fn(&mut Draft) + '_ {
    move |draft| remove_extension(draft, oid)
}
