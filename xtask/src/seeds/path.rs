//! Paths with names, constraints and policies; workload identities; distrust lists.

use super::{Outcome, Seeds};
use plimsoll_core::Digest;
use plimsoll_pki::{
    distrust::{Distrust, DistrustEntry, Subject},
    issue::{Draft, Role},
};
use plimsoll_testkit::pki::{Certified, KeySpec, NOW, extension, replace_extension, set_purposes};

const SPEC: KeySpec = KeySpec::P256;

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    let root = Certified::self_signed(SPEC, "CN=Root,C=US", Role::Root { path_length: None }, |_| ());
    let constraints = sequence(&[element(0xa0, &subtrees()), element(0xa1, &sequence(&[element(0x82, b"a.example")]))]);
    let authority = root.issue(SPEC, "CN=Sub,O=Harbour,C=US", Role::Intermediate { path_length: None }, |draft| {
        replace_extension(draft, extension("2.5.29.30", true, &constraints));
        policies(draft);
        replace_extension(draft, extension("2.5.29.33", true, &sequence(&[sequence(&[POLICY, POLICY])])));
        replace_extension(draft, extension("2.5.29.36", true, &sequence(&[element(0x80, &[3]), element(0x81, &[2])])));
        replace_extension(draft, extension("2.5.29.54", true, &[2, 1, 1]));
    });
    let leaf = |purposes: &[&str]| {
        authority.issue(SPEC, "CN=Leaf,O=Harbour,C=US", Role::Signer { ocsp: &[], crl: &[] }, |draft| {
            set_purposes(draft, purposes);
            replace_extension(draft, extension("2.5.29.17", false, &names()));
            policies(draft);
        })
    };
    let [server, signing, client] = [SERVER, SIGNING, CLIENT];
    for purposes in [&[server, client][..], &[signing]] {
        let leaf = leaf(purposes);
        seeds.add("path", [leaf.der.as_slice(), &authority.der, &root.der].concat());
        seeds.add("path", [leaf.der.as_slice(), &authority.der].concat());
        let length = u16::try_from(constraints.len())?.to_be_bytes();
        seeds.add("name_constraints", [&length[..], &constraints, &leaf.der].concat());
    }
    seeds.all("spiffe_id", ["spiffe://harbour.example/ci/release", "spiffe://a", "spiffe://a/b/*"]);
    let key = data_encoding::BASE64.encode(&root.der);
    let jwk = format!(r#"{{"use": "x509-svid", "kty": "EC", "x5c": ["{key}"]}}, {{"use": "jwt-svid"}}"#);
    seeds.add("spiffe_bundle", format!(r#"{{"keys": [{jwk}], "spiffe_sequence": 7, "spiffe_refresh_hint": 600}}"#));
    let digest = Digest::sha256_of(&root.der);
    let subjects = [Subject::Certificate(digest), Subject::Key(digest), Subject::Issuer(digest)];
    let entries = subjects.map(|subject| DistrustEntry::new(subject, "the key leaked").signed_after(NOW));
    seeds.add("distrust", Distrust::new(entries).to_json());
    Ok(())
}

fn policies(draft: &mut Draft) {
    replace_extension(draft, extension("2.5.29.32", true, &sequence(&[sequence(&[POLICY])])));
}

fn names() -> Vec<u8> {
    sequence(&[
        element(0x82, b"registry.example.com"),
        element(0x82, b"*.example.com"),
        element(0x81, b"ann@example.com"),
        element(0x86, b"spiffe://a/ci/release"),
        element(0x87, &[192, 0, 2, 1]),
    ])
}

/// The bases that the names above are in.
fn subtrees() -> Vec<u8> {
    let bases = [
        element(0x82, b"example.com"),
        element(0x81, b"example.com"),
        element(0x86, b"a"),
        element(0x87, &[192, 0, 2, 0, 255, 255, 255, 0]),
    ];
    bases.iter().flat_map(|base| sequence(&[base])).collect()
}

fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    element(0x30, &parts.iter().flat_map(|part| part.as_ref().to_vec()).collect::<Vec<u8>>())
}

/// Tag, length and value; the seeds are short.
fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
    let header = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [&header, value].concat()
}

/// 1.3.6.1.4.1.99999.2.1
const POLICY: &[u8] = &[6, 10, 0x2b, 6, 1, 4, 1, 0x86, 0x8d, 0x1f, 2, 1];
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
const SIGNING: &str = "1.3.6.1.5.5.7.3.3";
