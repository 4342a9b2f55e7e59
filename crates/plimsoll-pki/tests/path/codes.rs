//! Each denial code of paths, names and SVIDs, produced, and the exact text of its error.

use crate::fixture::{
    ANY, AUTHORITY, SPEC, build, constrain, dns, root, server, server_profile, set_names, store, uri,
};
use der::Tag;
use plimsoll_core::{Classify, Code, Provider};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Limits, code,
    path::{PathBuilder, PathError, PathLimits, PathProfile, ServerName},
    svid::{SpiffeBundle, SpiffeBundles, SpiffeId, verify_svid},
};
use plimsoll_testkit::pki::{Certified, NOW, extension, replace_extension, set_purposes, tlv};

const NAME: &str = "registry.example.com";
const LEAF: &str = "certificate 0 of the chain (`CN=Server,O=Harbour,C=US`)";

fn said<T>(result: Result<T, impl Classify + std::fmt::Display>) -> (Code, String) {
    let Err(error) = result else { panic!("expected an error") };
    let text = error.to_string();
    assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    (error.code(), text)
}

fn path(leaf: &Certified, anchor: &Certified) -> (Code, String) {
    said(build(&leaf.der, &[], &[&anchor.der], &server_profile(NAME)))
}

#[test]
fn of_names() {
    let harbour = root("CN=Harbour,C=US");
    assert_eq!(
        path(&server(&harbour, "a.example", |_| ()), &harbour),
        (code::CERTIFICATE_NAME_MISMATCH, format!("{LEAF}: expected the name `{NAME}`, found `dNSName:a.example`"))
    );
    let nameless = server(&harbour, NAME, |draft| plimsoll_testkit::pki::remove_extension(draft, "2.5.29.17"));
    assert_eq!(
        path(&nameless, &harbour).1,
        format!("{LEAF}: expected the name `{NAME}`, found none in subjectAltName")
    );
    let limited = |permitted: &[Vec<u8>], excluded: &[Vec<u8>]| {
        Certified::self_signed(SPEC, "CN=Limited,C=US", ANY, |draft| constrain(draft, permitted, excluded))
    };
    let by = "by the name constraints of certificate 1 of the chain (`CN=Limited,C=US`)";
    let named = format!("{LEAF}: the name `dNSName:{NAME}` is in");
    for (authority, expected) in [
        (limited(&[], &[dns("com")]), format!("{named} a subtree that is excluded, {by}")),
        (limited(&[dns("a.example")], &[]), format!("{named} no subtree that is permitted, {by}")),
    ] {
        assert_eq!(path(&server(&authority, NAME, |_| ()), &authority), (code::NAME_CONSTRAINT_VIOLATED, expected));
    }
    let authority = limited(&[uri("host.example")], &[]);
    let leaf = server(&authority, NAME, |draft| set_names(draft, &[dns(NAME), uri("urn:x")]));
    let expected = format!(
        "{LEAF}: the name `uniformResourceIdentifier:urn:x` is of a form that is constrained, and cannot be evaluated, {by}"
    );
    assert_eq!(path(&leaf, &authority).1, expected);
    assert_eq!(
        said("a b".parse::<ServerName>()),
        (code::MALFORMED_SERVER_NAME, "expected a host name in ASCII or an IP address, found `a b`".to_owned())
    );
}

#[test]
fn of_paths() {
    let (harbour, other) = (root("CN=Harbour,C=US"), root("CN=Other,C=US"));
    let leaf = server(&harbour, NAME, |_| ());
    let nobody = format!("{LEAF}: no anchor and no certificate that came with it is its issuer `CN=Harbour,C=US`");
    assert_eq!(path(&leaf, &other), (code::UNTRUSTED_CHAIN, nobody.clone()));
    assert_eq!(
        said(build(&leaf.der, &[b"x"], &[&other.der], &server_profile(NAME))).1,
        format!(
            "{nobody}; one of them cannot be read: the certificate is malformed: `Certificate` is not as DER and RFC 5280 demand, at byte 0 of it"
        )
    );
    let twin = root("CN=Harbour,C=US");
    assert_eq!(
        path(&leaf, &twin),
        (code::CHAIN_INVALID, format!("{LEAF}: its signature does not hold under the key of `CN=Harbour,C=US`"))
    );
    let strange = server(&harbour, NAME, |draft| replace_extension(draft, extension("1.2.3.4", true, &[5, 0])));
    assert_eq!(
        path(&strange, &harbour),
        (code::UNKNOWN_CRITICAL_EXTENSION, format!("{LEAF}: the critical extension 1.2.3.4 is not known"))
    );
    let wanted = server_profile(NAME).with_policies(["1.2.3".parse().unwrap()]);
    assert_eq!(
        said(build(&leaf.der, &[], &[&harbour.der], &wanted)),
        (
            code::CERTIFICATE_POLICY_MISSING,
            format!("{LEAF}: the path is valid for none of the certificate policies that are demanded")
        )
    );
    let (anchors, profile) = (store(&[&harbour.der]), server_profile(NAME));
    let bare = PathBuilder::new(&anchors, &profile, Provider::new(&[]));
    assert_eq!(
        said(bare.build(&leaf.der, &[], NOW)),
        (
            code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
            format!("{LEAF}: no back end can check its signature (ECDSA with SHA-256, issuer's key P-256)")
        )
    );
    let broken: Result<(), _> =
        Err(PathError::Leaf(plimsoll_pki::Certificate::from_der(b"", &Limits::default()).unwrap_err()));
    assert_eq!(
        said(broken).1,
        "the certificate of the signer: the certificate is malformed: `Certificate` is not as DER and RFC 5280 demand, at byte 0 of it"
    );
}

#[test]
fn of_rules() {
    let harbour = root("CN=Harbour,C=US");
    let profile = |leaf: &Certified, profile: &PathProfile| said(build(&leaf.der, &[], &[&harbour.der], profile));
    let rule = |text: &str| (code::CERTIFICATE_PROFILE, format!("{LEAF}: {text}"));
    let signing = server(&harbour, NAME, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.1"]));
    assert_eq!(
        profile(&signing, &PathProfile::code_signing()),
        rule("expected no extended key usage 1.3.6.1.5.5.7.3.1 beside the one that is needed")
    );
    assert_eq!(
        profile(&signing, &PathProfile::time_stamping()),
        rule("expected the extended key usage 1.3.6.1.5.5.7.3.8, which is not there alone in a critical extension")
    );
    assert_eq!(
        profile(&signing, &PathProfile::client()),
        rule("expected the extended key usage 1.3.6.1.5.5.7.3.2, which is not there")
    );
    let serial = server(&harbour, NAME, |draft| draft.serial = vec![0]);
    assert_eq!(
        path(&serial, &harbour),
        rule("expected a serial number above zero of at most 20 octets, found one of 1 octets")
    );
    let access = server(&harbour, NAME, |draft| {
        replace_extension(draft, extension("2.5.29.14", true, &tlv(Tag::OctetString, b"x")));
    });
    assert_eq!(path(&access, &harbour), rule("the extension 2.5.29.14 must not be critical"));
    let below = harbour.issue(SPEC, "CN=Sub,C=US", AUTHORITY, |_| ());
    let limits = PathLimits::default().with_authorities(0);
    let (anchors, profile) = (store(&[&harbour.der]), server_profile(NAME));
    let leaf = server(&below, NAME, |_| ());
    assert_eq!(
        said(PathBuilder::new(&anchors, &profile, provider()).with_limits(limits).build(&leaf.der, &[&below.der], NOW))
            .1,
        "certificate 2 of the chain (`CN=Harbour,C=US`): expected at most 0 authorities below it that are not self-issued, found 1"
    );
}

#[test]
fn of_workloads() {
    let harbour = root("CN=Harbour,C=US");
    let leaf = server(&harbour, NAME, |_| ());
    let bundles = SpiffeBundles::default();
    let limits = PathLimits::default();
    let verify = |leaf: &Certified| said(verify_svid(&leaf.der, &[], &bundles, NOW, provider(), &limits));
    assert_eq!(
        verify(&leaf),
        (code::SVID_INVALID, format!("{LEAF}: expected exactly one URI in subjectAltName, found 0"))
    );
    let workload = server(&harbour, NAME, |draft| {
        set_names(draft, &[uri("spiffe://a.example/x")]);
        set_purposes(draft, &["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    });
    assert_eq!(verify(&workload).1, format!("{LEAF}: there is no bundle for the trust domain `a.example`"));
    assert_eq!(
        said("spiffe://A/x".parse::<SpiffeId>()),
        (
            code::MALFORMED_SPIFFE_ID,
            "the SPIFFE ID is malformed: expected a trust domain of 1 to 255 of a-z, 0-9, `.`, `-` and `_`, found `A`"
                .to_owned()
        )
    );
    let bundle =
        |json: &[u8]| said(SpiffeBundle::from_json("a".parse().unwrap(), json, provider(), &Limits::default()));
    assert_eq!(
        bundle(br#"{"keys": [{"use": "x509-svid"}]}"#),
        (
            code::MALFORMED_SPIFFE_BUNDLE,
            "the SPIFFE bundle is malformed: key 0: expected `kty`, and `x5c` with exactly one certificate in base64"
                .to_owned()
        )
    );
    assert_eq!(bundle(b"{}").1, "the SPIFFE bundle is malformed: missing field `keys` at line 1 column 2");
}
