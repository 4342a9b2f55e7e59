//! Names that are expected, and names under constraints.

use crate::fixture::{
    AUTHORITY, CLIENT_AUTH, SPEC, build, code, constrain, constraints, directory, dns, element, email, ip, other, root,
    sequence, server, server_profile, set_names, uri,
};
use der::Tag;
use plimsoll_core::Budget;
use plimsoll_pki::{
    Certificate, CertificateError, GeneralName, Limits, code as codes,
    path::{Breach, ExpectedName, NameConstraints, PathError, PathProfile, ServerName},
};
use plimsoll_testkit::pki::{name, set_purposes};
use proptest::prelude::*;

/// The names that a certificate with these `GeneralName`s has, put to a check.
fn with_names<T>(names: &[Vec<u8>], run: impl FnOnce(&[GeneralName<'_>]) -> T) -> T {
    let leaf = server(&root("CN=Names,C=US"), "x.example", |draft| set_names(draft, names));
    run(&Certificate::from_der(&leaf.der, &Limits::default()).unwrap().subject_alt_names().unwrap())
}

fn check(permitted: &[Vec<u8>], excluded: &[Vec<u8>], name: &[u8]) -> Option<Breach> {
    let value = constraints(permitted, excluded);
    let read = NameConstraints::read(&value).unwrap();
    let mut budget = Budget::new("comparisons", 100);
    with_names(&[name.to_vec()], |names| read.check(&names[0], &mut budget).unwrap())
}

/// What is permitted by a base alone, and excluded by it.
fn both(base: &[u8], name: &[u8]) -> (Option<Breach>, Option<Breach>) {
    (check(&[base.to_vec()], &[], name), check(&[], &[base.to_vec()], name))
}

// attack: A-160
#[test]
fn a_160_a_long_name_costs_more_than_a_short_one() {
    let excluded: Vec<_> = (0..10).map(|number| email(&format!("x{number}.example"))).collect();
    let value = constraints(&[], &excluded);
    let read = NameConstraints::read(&value).unwrap();
    let ends = |name: &str, most| read.check(&GeneralName::Email(name), &mut Budget::new("comparisons", most)).is_ok();
    assert!(ends("a@example.com", 10) && !ends("a@example.com", 9));
    let long = format!("{}@example.com", "a".repeat(40_000));
    assert!(ends(&long, 1_570) && !ends(&long, 1_569));
}

const INSIDE: (Option<Breach>, Option<Breach>) = (None, Some(Breach::Excluded));
const OUTSIDE: (Option<Breach>, Option<Breach>) = (Some(Breach::NotPermitted), None);
const UNCLEAR: (Option<Breach>, Option<Breach>) = (Some(Breach::NotEvaluated), Some(Breach::NotEvaluated));
/// In neither: what a wildcard stands for is partly inside.
const ACROSS: (Option<Breach>, Option<Breach>) = (Some(Breach::NotPermitted), Some(Breach::Excluded));

fn name_of(parts: &[(&str, Tag, &str)]) -> Vec<u8> {
    let parts: Vec<_> = parts.iter().map(|(oid, tag, text)| (*oid, *tag, text.as_bytes())).collect();
    name(&parts)
}

const O: &str = "2.5.4.10";
const CN: &str = "2.5.4.3";

// attack: A-161
#[test]
fn names_are_compared_with_constraints_by_the_rules_of_their_forms() {
    let base = directory(&name_of(&[(O, Tag::Utf8String, "Harbour Works")]));
    let six = |text: &str| ip(&text.parse::<std::net::Ipv6Addr>().unwrap().octets());
    let six_base: Vec<u8> = ["2001:db8::", "ffff:ffff::"]
        .iter()
        .flat_map(|text| text.parse::<std::net::Ipv6Addr>().unwrap().octets())
        .collect();
    for (base, name, expected) in [
        (dns("example.com"), dns("example.com"), INSIDE),
        (dns("example.com"), dns("a.b.EXAMPLE.com"), INSIDE),
        (dns("EXAMPLE.com"), dns("example.com"), INSIDE),
        (dns("example.com"), dns("notexample.com"), OUTSIDE),
        (dns("example.com"), dns("com"), OUTSIDE),
        (dns(""), dns("anything.example"), INSIDE),
        (dns("example.com"), dns("*.example.com"), INSIDE),
        (dns("example.com"), dns("*.sub.example.com"), INSIDE),
        (dns("a.example.com"), dns("*.example.com"), ACROSS),
        (dns("b.a.example.com"), dns("*.example.com"), OUTSIDE),
        (dns("example.com"), dns("*.com"), ACROSS),
        (dns("example.com"), dns(".example.com"), UNCLEAR),
        (dns("example.com"), dns("example.com."), UNCLEAR),
        (dns("example.com"), dns("a..example.com"), UNCLEAR),
        (dns("example.com"), dns("f*o.example.com"), UNCLEAR),
        (dns("example.com"), dns(""), UNCLEAR),
        (dns("example.com"), dns("example.com\0.evil"), UNCLEAR),
        (email("ann@example.com"), email("ann@EXAMPLE.com"), INSIDE),
        (email("ann@example.com"), email("Ann@example.com"), OUTSIDE),
        (email("example.com"), email("bob@Example.com"), INSIDE),
        (email("example.com"), email("bob@mail.example.com"), OUTSIDE),
        (email(".example.com"), email("bob@mail.example.com"), INSIDE),
        (email(".example.com"), email("bob@example.com"), OUTSIDE),
        (email("example.com"), email("bob"), UNCLEAR),
        (email("example.com"), email("bob@evil.org@example.com"), UNCLEAR),
        (email("example.com"), email("\"bob@evil.org\"@example.com"), UNCLEAR),
        (email("example.com"), email("bob@example.com\0"), UNCLEAR),
        (email("example.com"), other("1.3.6.1.5.5.7.8.9"), UNCLEAR),
        (uri("host.example"), uri("https://host.example/path"), INSIDE),
        (uri("host.example"), uri("https://HOST.example:443/"), INSIDE),
        (uri("host.example"), uri("https://a.host.example/"), OUTSIDE),
        (uri(".example"), uri("spiffe://host.example/x"), INSIDE),
        (uri(".example"), uri("spiffe://example/x"), OUTSIDE),
        (uri("host.example"), uri("https://host.example@evil.org/"), OUTSIDE),
        (uri("host.example"), uri("https://evil.org\\@host.example/"), OUTSIDE),
        (uri("host.example"), uri("urn:host.example"), UNCLEAR),
        (uri("host.example"), uri("https://192.0.2.1/"), UNCLEAR),
        (uri("host.example"), uri("https://[2001:db8::1%25eth0]/"), UNCLEAR),
        (uri("host.example"), uri("https://host.ex%61mple/"), UNCLEAR),
        (uri("host.example"), uri("https:///path"), UNCLEAR),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), ip(&[192, 0, 2, 7]), INSIDE),
        (ip(&[192, 0, 2, 7, 255, 255, 255, 128]), ip(&[192, 0, 2, 1]), INSIDE),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), ip(&[192, 0, 3, 7]), OUTSIDE),
        (ip(&[0; 8]), ip(&[8, 8, 8, 8]), INSIDE),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), six("2001:db8::1"), OUTSIDE),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), six("::ffff:192.0.2.1"), UNCLEAR),
        (ip(&six_base), six("2001:db8:1::1"), INSIDE),
        (ip(&six_base), six("2001:db9::1"), OUTSIDE),
        (ip(&[192, 0, 2, 0, 255, 255, 255, 0]), ip(&[192, 0, 2]), UNCLEAR),
        (
            base.clone(),
            directory(&name_of(&[(O, Tag::PrintableString, "HARBOUR  works "), (CN, Tag::Utf8String, "x")])),
            INSIDE,
        ),
        (base.clone(), directory(&name_of(&[(O, Tag::Utf8String, "Harbour")])), OUTSIDE),
        (
            base.clone(),
            directory(&name_of(&[(CN, Tag::Utf8String, "x"), (O, Tag::Utf8String, "Harbour Works")])),
            OUTSIDE,
        ),
        (base.clone(), directory(&name_of(&[(CN, Tag::Utf8String, "Harbour Works")])), OUTSIDE),
        (directory(&name_of(&[])), base, INSIDE),
        (other("1.2.3"), other("1.2.4"), UNCLEAR),
        (element(0x88, &[42]), element(0x88, &[42]), UNCLEAR),
        (element(0xa3, &[]), element(0xa3, &[]), UNCLEAR),
    ] {
        assert_eq!(
            both(&base, &name),
            expected,
            "{:?} under {:?}",
            String::from_utf8_lossy(&name),
            String::from_utf8_lossy(&base)
        );
    }
}

#[test]
fn a_name_of_another_form_is_free_and_the_excluded_side_wins() {
    assert_eq!(both(&ip(&[0; 8]), &dns("example.com")), (None, None));
    assert_eq!(both(&email("example.com"), &uri("https://evil.org")), (None, None));
    assert_eq!(both(&element(0x88, &[42]), &element(0xa3, &[])), (None, None));
    assert_eq!(check(&[dns("example.com")], &[dns("example.com")], &dns("example.com")), Some(Breach::Excluded));
    assert_eq!(check(&[dns("a.example"), dns("b.example")], &[], &dns("b.example")), None);
}

// attack: A-177
#[test]
fn a_constraint_that_is_not_what_its_form_must_be_is_malformed() {
    let four = |mask: [u8; 4]| ip(&[192, 0, 2, 0, mask[0], mask[1], mask[2], mask[3]]);
    for base in [
        dns(".example.com"),
        dns("exam ple.com"),
        dns("*.example.com"),
        dns("\u{fc}.example"),
        email("a@b@example.com"),
        email("@example.com"),
        email(""),
        uri("https://example.com"),
        uri("192.0.2.1"),
        ip(&[192, 0, 2, 0]),
        ip(&[0; 16]),
        four([255, 0, 255, 0]),
        four([255, 255, 255, 5]),
        directory(b"x"),
        element(0x89, b""),
        other("1.2.3")[..4].to_vec(),
    ] {
        let read = NameConstraints::read(&constraints(std::slice::from_ref(&base), &[])).map(drop);
        assert!(matches!(read, Err(CertificateError::Der { .. })), "{:?}", String::from_utf8_lossy(&base));
    }
    let subtree = sequence(&[dns("example.com"), element(0x80, &[1])]);
    for whole in [
        sequence(&[]),
        sequence(&[element(0xa0, &[])]),
        sequence(&[element(0xa0, &subtree)]),
        sequence(&[element(0xa1, &sequence(&[dns("a.example"), element(0x81, &[1])]))]),
        sequence(&[element(0xa1, &sequence(&[dns("a.example")])), element(0xa0, &sequence(&[dns("a.example")]))]),
        [sequence(&[element(0xa0, &sequence(&[dns("a.example")]))]), vec![0]].concat(),
    ] {
        assert!(NameConstraints::read(&whole).is_err(), "{whole:02x?}");
    }
}

proptest! {
    // attack: A-177
    #[test]
    fn any_bytes_are_read_or_refused(value in proptest::collection::vec(any::<u8>(), 0..80), base in ".{0,20}", name in ".{0,20}") {
        let _ = NameConstraints::read(&value);
        let _ = NameConstraints::read(&constraints(&[element(0x82, &value)], &[email(&base), uri(&base)]));
        let _ = name.parse::<ServerName>();
    }
    #[test]
    fn whatever_is_below_a_host_is_inside_and_nothing_else(labels in proptest::collection::vec("[a-z]{1,6}", 1..4), base in "[a-z]{1,6}\\.[a-z]{2,3}") {
        let name = format!("{}.{base}", labels.join("."));
        prop_assert_eq!(both(&dns(&base), &dns(&name)), INSIDE);
        prop_assert_eq!(both(&dns(&base), &dns(&format!("{}{base}", labels.join(".")))), OUTSIDE);
    }
}

#[test]
fn constraints_hold_for_all_below_but_self_issued_authorities() {
    let harbour = root("CN=Harbour,C=US");
    let inside = [dns("example.com")];
    let authority = harbour.issue(SPEC, "CN=Limited,C=US", AUTHORITY, |draft| constrain(draft, &inside, &[]));
    let verdict = |leaf: &str| {
        let leaf_certificate = server(&authority, leaf, |_| ());
        build(&leaf_certificate.der, &[&authority.der], &[&harbour.der], &server_profile(leaf))
    };
    assert_eq!(verdict("registry.example.com").unwrap(), 3);
    let refused = verdict("registry.example.org");
    assert!(
        matches!(&refused, Err(PathError::NameConstraint { which, by, breach: Breach::NotPermitted, .. }) if (which.index, by.index) == (0, 1)),
        "{refused:?}"
    );
    assert_eq!(code(refused), codes::NAME_CONSTRAINT_VIOLATED);
    // An authority between has a name of its own that is outside.
    let between =
        |subject: &str| authority.issue(SPEC, subject, AUTHORITY, |draft| set_names(draft, &[dns("elsewhere.org")]));
    let through = |subject: &str| {
        let below = between(subject);
        let leaf = server(&below, "a.example.com", |_| ());
        build(&leaf.der, &[&authority.der, &below.der], &[&harbour.der], &server_profile("a.example.com"))
    };
    assert_eq!(code(through("CN=Other,C=US")), codes::NAME_CONSTRAINT_VIOLATED);
    assert_eq!(through("CN=Limited,C=US").unwrap(), 4, "self-issued");
}

/// RFC 5280, 6.1.3 (b): self-issued certificates are free, "unless it is the final certificate".
#[test]
fn a_leaf_with_the_name_of_its_issuer_is_not_free() {
    let harbour = root("CN=Harbour,C=US");
    let limited =
        harbour.issue(SPEC, "CN=Limited,C=US", AUTHORITY, |draft| constrain(draft, &[dns("example.com")], &[]));
    let verdict = |host: &str| {
        let leaf = server(&limited, host, |draft| draft.subject = limited.view().subject().der().to_vec());
        assert!(leaf.view().is_self_issued());
        build(&leaf.der, &[&limited.der], &[&harbour.der], &server_profile(host))
    };
    assert_eq!(verdict("a.example.com").unwrap(), 3);
    assert_eq!(code(verdict("a.example.org")), codes::NAME_CONSTRAINT_VIOLATED);
}

#[test]
fn those_of_an_anchor_count_too() {
    let limited =
        plimsoll_testkit::pki::Certified::self_signed(SPEC, "CN=Limited,C=US", crate::fixture::ANY, |draft| {
            constrain(draft, &[dns("example.com")], &[]);
        });
    let verdict = |name: &str| build(&server(&limited, name, |_| ()).der, &[], &[&limited.der], &server_profile(name));
    assert!(verdict("a.example.com").is_ok());
    assert_eq!(code(verdict("a.example.org")), codes::NAME_CONSTRAINT_VIOLATED);
}

#[test]
fn the_subject_and_the_mailboxes_in_it_are_names() {
    let harbour = root("CN=Harbour,C=US");
    let limited =
        |base: Vec<u8>| harbour.issue(SPEC, "CN=Limited,C=US", AUTHORITY, |draft| constrain(draft, &[base], &[]));
    let client = |authority: &plimsoll_testkit::pki::Certified, subject: &[u8], names: &[Vec<u8>]| {
        let leaf = server(authority, "x.example", |draft| {
            draft.subject = subject.to_vec();
            set_purposes(draft, &[CLIENT_AUTH]);
            plimsoll_testkit::pki::remove_extension(draft, crate::fixture::SAN);
            if !names.is_empty() {
                set_names(draft, names);
            }
        });
        build(&leaf.der, &[&authority.der], &[&harbour.der], &PathProfile::client())
    };
    let mail = |text: &str| name_of(&[("1.2.840.113549.1.9.1", Tag::Ia5String, text)]);
    let by_mail = limited(email("example.com"));
    assert!(client(&by_mail, &mail("ann@example.com"), &[]).is_ok());
    assert_eq!(code(client(&by_mail, &mail("ann@example.org"), &[])), codes::NAME_CONSTRAINT_VIOLATED);
    assert!(
        client(&by_mail, &mail("ann@example.org"), &[email("ann@example.com")]).is_ok(),
        "RFC 5280: only without names"
    );
    let by_name = limited(directory(&name_of(&[(O, Tag::Utf8String, "Harbour")])));
    assert!(client(&by_name, &name_of(&[(O, Tag::Utf8String, "Harbour")]), &[]).is_ok());
    assert_eq!(
        code(client(&by_name, &name_of(&[(O, Tag::Utf8String, "Other")]), &[])),
        codes::NAME_CONSTRAINT_VIOLATED
    );
    let alternative = [directory(&name_of(&[(O, Tag::Utf8String, "Harbour")]))];
    let outside = client(&by_name, &name_of(&[(O, Tag::Utf8String, "Other")]), &alternative);
    assert_eq!(code(outside), codes::NAME_CONSTRAINT_VIOLATED, "the subject is judged beside the names");
}

// attack: A-161
#[test]
fn a_server_is_named_by_its_names_and_never_by_its_common_name() {
    let harbour = root("CN=Harbour,C=US");
    let verdict = |names: &[Vec<u8>], wanted: &str| {
        let leaf = server(&harbour, "x", |draft| {
            draft.subject = name_of(&[(CN, Tag::Utf8String, "registry.example.com")]);
            set_names(draft, names);
        });
        build(&leaf.der, &[], &[&harbour.der], &server_profile(wanted))
    };
    for (presented, wanted) in [
        (dns("registry.example.com"), "registry.example.com"),
        (dns("Registry.Example.COM"), "registry.example.com"),
        (dns("*.example.com"), "registry.example.com"),
        (dns("*.Example.com"), "REGISTRY.example.com"),
        (ip(&[192, 0, 2, 1]), "192.0.2.1"),
        (ip(&std::net::Ipv6Addr::LOCALHOST.octets()), "::1"),
    ] {
        assert!(verdict(&[dns("first.example"), presented.clone()], wanted).is_ok(), "{wanted}");
    }
    for (presented, wanted) in [
        (dns("other.example"), "registry.example.com"),
        (dns("*.example.com"), "example.com"),
        (dns("*.example.com"), "a.registry.example.com"),
        (dns("*.com"), "example.com"),
        (dns("*"), "localhost"),
        (dns("re*.example.com"), "registry.example.com"),
        (dns("registry.*.com"), "registry.example.com"),
        (dns("*.*.com"), "registry.example.com"),
        (dns("registry.example.com."), "registry.example.com"),
        (dns("192.0.2.1"), "192.0.2.1"),
        (ip(&[192, 0, 2, 2]), "192.0.2.1"),
        (uri("https://registry.example.com"), "registry.example.com"),
        (email("x@registry.example.com"), "registry.example.com"),
    ] {
        assert_eq!(code(verdict(&[presented], wanted)), codes::CERTIFICATE_NAME_MISMATCH, "{wanted}");
    }
    assert_eq!(code(verdict(&[ip(&[192, 0, 2])], "192.0.2.1")), codes::MALFORMED_CERTIFICATE);
    assert_eq!(
        code(verdict(&[element(0x82, "\u{fc}".as_bytes())], "registry.example.com")),
        codes::MALFORMED_CERTIFICATE
    );
}

#[test]
fn mailboxes_and_uris_can_be_expected() {
    let harbour = root("CN=Harbour,C=US");
    let leaf = server(&harbour, "x", |draft| {
        set_purposes(draft, &[CLIENT_AUTH]);
        set_names(draft, &[email("Ann@example.com"), uri("https://ci.example/job")]);
    });
    let verdict = |name| build(&leaf.der, &[], &[&harbour.der], &PathProfile::client().with_name(name));
    let mail = |text: &str| ExpectedName::Email(text.to_owned());
    let link = |text: &str| ExpectedName::Uri(text.to_owned());
    assert!(verdict(mail("Ann@EXAMPLE.com")).is_ok() && verdict(link("https://ci.example/job")).is_ok());
    for wrong in [mail("ann@example.com"), mail("Ann"), link("https://CI.example/job"), link("Ann@example.com")] {
        assert_eq!(code(verdict(wrong)), codes::CERTIFICATE_NAME_MISMATCH);
    }
    let both = PathProfile::client().with_name(mail("Ann@example.com")).with_name(link("https://x"));
    assert_eq!(code(build(&leaf.der, &[], &[&harbour.der], &both)), codes::CERTIFICATE_NAME_MISMATCH, "all of them");
}

#[test]
fn names_of_servers_are_hosts_or_addresses() {
    for good in ["a", "a.b", "xn--bcher-kva.example", "a_b.example", "1.2.3.4", "::1", "4.example"] {
        assert_eq!(good.parse::<ServerName>().unwrap().to_string(), good);
    }
    assert_eq!("A.Example".parse::<ServerName>().unwrap().to_string(), "a.example");
    let long = "a".repeat(64);
    for bad in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "*.a",
        "a b",
        "-a",
        "a-",
        "1.2.3",
        "1.2.3.4.5",
        "b\u{fc}cher",
        "[::1]",
        "a:1",
        &long,
    ] {
        assert_eq!(code(bad.parse::<ServerName>()), codes::MALFORMED_SERVER_NAME, "{bad}");
    }
    let all = [&"a".repeat(63), &"b".repeat(63), &"c".repeat(63), &"d".repeat(61)].map(String::as_str).join(".");
    assert_eq!(all.len(), 253);
    assert!(all.parse::<ServerName>().is_ok() && format!("{all}d").parse::<ServerName>().is_err());
}

#[test]
fn every_form_of_name_is_shown() {
    let names = [
        dns("a\u{1b}.b"),
        email("a@b"),
        uri("u:x"),
        ip(&[1, 2, 3, 4]),
        ip(&[1]),
        other("1.2.3"),
        directory(&name_of(&[(CN, Tag::Utf8String, "x")])),
        element(0xa3, &[]),
        element(0xa5, &[]),
        element(0x88, &[42]),
    ];
    let shown = with_names(&names, |names| names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(
        shown,
        [
            "dNSName:a\\u{1b}.b",
            "rfc822Name:a@b",
            "uniformResourceIdentifier:u:x",
            "iPAddress:1.2.3.4",
            "iPAddress of 1 octets",
            "otherName:1.2.3",
            "directoryName:CN=x",
            "x400Address",
            "ediPartyName",
            "registeredID"
        ]
    );
}
