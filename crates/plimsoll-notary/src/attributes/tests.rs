use super::*;
use crate::EnvelopeDraft;
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use plimsoll_core::Algorithm;
use plimsoll_envelope::{CoseDraft, HeaderValue, JwsDraft, Limits, Member, Sealed};
use proptest::prelude::*;

/// Writes the attributes into an envelope and reads them again.
fn round(format: Format, attributes: &SignedAttributes<'_>, check: impl FnOnce(&SignedAttributes<'_>)) {
    let draft = EnvelopeDraft::new(format, Algorithm::EcdsaP256Sha256Fixed, attributes, b"{}").unwrap();
    let bytes = draft.attach(&[0; 64], &[b"certificate"], "agent").unwrap();
    let sealed = match format {
        Format::Jws => Sealed::jws_flattened(&bytes, &Limits::default()),
        Format::Cose => Sealed::cose_sign1(&bytes, &Limits::default()),
    };
    let sealed = sealed.unwrap();
    let header = sealed.unverified(0).unwrap().claimed_protected().unwrap();
    check(&SignedAttributes::read(&header, format).unwrap());
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        cose in any::<bool>(),
        authority in any::<bool>(),
        time in 0_u64..4_000_000_000,
        lasting in proptest::option::of(1_u64..4_000_000_000),
        plugin in proptest::option::of("[a-z.]{1,12}"),
        extended in proptest::collection::btree_map("x\\.[a-zA-Z0-9]{1,8}", ("\\PC{0,8}", any::<bool>()), 0..4),
    ) {
        let scheme = if authority { SigningScheme::X509SigningAuthority } else { SigningScheme::X509 };
        let time = UnixTime::from_secs(time).unwrap();
        let mut attributes = SignedAttributes::new(scheme, time);
        attributes.expiry = lasting.map(|seconds| time.saturating_add(seconds));
        attributes.plugin_min_version = plugin.as_ref().map(|_| "1.0.0".into());
        attributes.plugin = plugin.map(Into::into);
        attributes.extended = extended.iter().map(|(name, (value, critical))| {
            let criticality = if *critical { Criticality::Critical } else { Criticality::Ignorable };
            ExtendedAttribute::new(name.as_str(), criticality, HeaderValue::from(value.as_str()))
        }).collect();
        round(if cose { Format::Cose } else { Format::Jws }, &attributes, |read| {
            let mut read = read.clone();
            read.extended.sort_by(|one, other| one.name.cmp(&other.name));
            assert_eq!(read, attributes);
        });
    }
}

#[test]
fn a_least_version_without_a_plugin_is_a_demand_that_nobody_meets() {
    let mut attributes = SignedAttributes::new(SigningScheme::X509, UnixTime::MIN);
    attributes.plugin_min_version = Some("1.0.0".into());
    for format in [Format::Jws, Format::Cose] {
        round(format, &attributes, |read| {
            assert_eq!(read.unknown_critical().collect::<Vec<_>>(), [read::PLUGIN_MIN_VERSION]);
        });
    }
}

/// What is said of a header whose signing time is this value.
fn refused(format: Format, value: &HeaderValue<'_>) -> String {
    let (critical, scheme) = (HeaderValue::from([read::SIGNING_SCHEME]), HeaderValue::from("notary.x509"));
    let members: [Member<'_>; 3] = [
        (if format == Format::Jws { "crit".into() } else { 2.into() }, critical),
        (read::SIGNING_SCHEME.into(), scheme),
        (read::SIGNING_TIME.into(), value.clone()),
    ];
    let algorithm = Algorithm::EcdsaP256Sha256Fixed;
    let bytes = match format {
        Format::Jws => JwsDraft::new(algorithm, &members, b"{}").unwrap().attach(&[0; 64], &[]),
        Format::Cose => CoseDraft::new(algorithm, &members, b"{}").unwrap().attach(&[0; 64], &[]),
    };
    let bytes = bytes.unwrap();
    let sealed = match format {
        Format::Jws => Sealed::jws_flattened(&bytes, &Limits::default()),
        Format::Cose => Sealed::cose_sign1(&bytes, &Limits::default()),
    };
    let sealed = sealed.unwrap();
    let header = sealed.unverified(0).unwrap().claimed_protected().unwrap();
    SignedAttributes::read(&header, format).unwrap_err().to_string()
}

/// signature-envelope-jws.md and -cose.md, Protected Headers: the time is text there, and CBOR tag 1 here.
#[test]
fn a_time_of_another_type_is_refused_by_what_it_is() {
    for (value, found) in [
        (HeaderValue::Bool(true), "a boolean"),
        (HeaderValue::from(&b"now"[..]), "bytes"),
        (HeaderValue::Float(1.5), "a number with a fraction"),
        (HeaderValue::Int(1), "an integer"),
        (HeaderValue::List(vec![]), "a list"),
        (HeaderValue::Map(vec![]), "a map"),
        (HeaderValue::Null, "null"),
        (HeaderValue::Tagged(0, Box::new("2026".into())), "a tagged value"),
        (HeaderValue::Simple(23), "something else"),
        (HeaderValue::Time(-1), "a time out of range"),
        ("2026-11-23T16:08:46Z".into(), "`2026-11-23T16:08:46Z`"),
    ] {
        let expected = format!("expected a time with CBOR tag 1 as `io.cncf.notary.signingTime`, found {found}");
        assert_eq!(refused(Format::Cose, &value), expected);
    }
    for (value, found) in [(HeaderValue::Int(1), "an integer"), ("now".into(), "`now`")] {
        let expected = format!("expected a time as RFC 3339 writes it as `io.cncf.notary.signingTime`, found {found}");
        assert_eq!(refused(Format::Jws, &value), expected);
    }
}

#[test]
fn a_scheme_is_shown_by_its_name() {
    for scheme in [SigningScheme::X509, SigningScheme::X509SigningAuthority] {
        assert_eq!(scheme.to_string(), scheme.as_str());
    }
}
