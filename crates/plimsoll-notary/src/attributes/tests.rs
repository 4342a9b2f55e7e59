use super::*;
use crate::EnvelopeDraft;
use alloc::vec::Vec;
use plimsoll_core::Algorithm;
use plimsoll_envelope::{HeaderValue, Limits, Sealed};
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
