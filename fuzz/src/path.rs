//! Paths, name constraints, workload identities and distrust lists.

use crate::revocation::Credulous;
use plimsoll_core::{Budget, Provider, SignatureAlgorithm, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Certificate, Limits, NamedStore, TrustStore,
    distrust::Distrust,
    path::{Conformance, LeafKind, NameConstraints, PathBuilder, PathLimits, PathProfile},
    read_certificates,
    svid::{SpiffeBundle, SpiffeBundles, SpiffeId, SpiffePattern, verify_svid},
};
use std::sync::Arc;

/// The input is a file of certificates: the leaf, what came along, and the anchor.
pub fn path(input: &[u8]) {
    let Ok(certificates) = read_certificates(input, &Limits::default()) else { return };
    let certificates: Vec<_> = certificates.iter().map(|one| one.der()).collect();
    let Some((anchor, rest)) = certificates.split_last() else { return };
    let leaf = rest.first().unwrap_or(anchor);
    let credulous: Vec<Credulous> = provider().algorithms().iter().map(|one| Credulous(one.algorithm())).collect();
    let all: Vec<&dyn SignatureAlgorithm> = credulous.iter().map(|one| one as &dyn SignatureAlgorithm).collect();
    let crypto = Provider::new(&all);
    let Ok(store) = NamedStore::load("ca:fuzz".parse().expect("a name"), [*anchor], crypto, &Limits::default()) else {
        return;
    };
    let anchors = TrustStore::new([Arc::new(store)]);
    let at = UnixTime::saturating_from_secs(1_780_272_000);
    let custom = PathProfile::custom().with_leaf(LeafKind::OrAuthority);
    let server = PathProfile::server("registry.example.com".parse().expect("a host"));
    let profiles = [
        PathProfile::code_signing(),
        PathProfile::time_stamping().with_conformance(Conformance::WebPki),
        server.with_conformance(Conformance::WebPki),
        custom.clone().with_policies(["1.3.6.1.4.1.99999.2.1".parse().expect("a policy")]),
        custom.with_conformance(Conformance::Validation),
    ];
    for profile in profiles {
        let Ok(path) = PathBuilder::new(&anchors, &profile, crypto).build(leaf, rest, at) else { continue };
        // Whatever the signatures say: it begins and ends where it must, each issued the one below it, and all are valid now.
        let chain = path.chain().certificates();
        assert_eq!((chain[0].der(), chain[chain.len() - 1].der()), (*leaf, *anchor));
        assert!(chain.windows(2).all(|pair| pair[0].issuer() == pair[1].subject() && pair[1].is_ca()));
        assert!(chain.iter().all(|one| one.validity().contains(at)));
    }
    let Ok(bundle) = SpiffeBundle::from_pem("a".parse().expect("a domain"), anchor, crypto, &Limits::default()) else {
        return;
    };
    let _ = verify_svid(leaf, rest, &SpiffeBundles::new([bundle]), at, crypto, &PathLimits::default());
}

/// The input is what is in the extension, and a certificate whose names are judged.
pub fn name_constraints(input: &[u8]) {
    let Some((length, rest)) = input.split_at_checked(2) else { return };
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let Some((value, der)) = rest.split_at_checked(length) else { return };
    let Ok(constraints) = NameConstraints::read(value) else { return };
    let Ok(certificate) = Certificate::from_der(der, &Limits::default()) else { return };
    let mut budget = Budget::new("comparisons", 10_000);
    for name in certificate.subject_alt_names().unwrap_or_default() {
        let _ = (constraints.check(&name, &mut budget), name.to_string());
    }
}

/// An ID has one spelling, and a pattern that is the ID means it alone.
pub fn spiffe_id(input: &str) {
    crate::round_trip(input, str::parse::<SpiffePattern>, SpiffePattern::to_string);
    let Ok(id) = input.parse::<SpiffeId>() else { return };
    assert_eq!(id.to_string(), input);
    let pattern: SpiffePattern = input.parse().expect("an ID is a pattern");
    assert!(pattern.matches(&id));
}

pub fn spiffe_bundle(input: &[u8]) {
    let _ = SpiffeBundle::from_json("a".parse().expect("a domain"), input, provider(), &Limits::default());
}

pub fn distrust(input: &[u8]) {
    crate::round_trip(input, Distrust::from_json, |list| list.to_json().into_bytes());
}
