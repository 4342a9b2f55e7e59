//! Chains: order, profile, signatures, trust and time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use plimsoll_core::{Classify, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    ChainError, ChainOptions, Limits, PresentedChain, Profile, Rule, Strictness, TrustStore, VerifiedChain, code,
    issue::Draft, issue::Role, verify_chain,
};
use plimsoll_testkit::operations::operations;
use plimsoll_testkit::pki::{
    Certified, INTERMEDIATE, KeySpec, LEAF, Level, NOT_AFTER, NOT_BEFORE, NOW, ROOT, TestCa, extension, name,
    named_store, remove_extension, replace_extension, set_key_usage, set_purposes, set_validity, tlv,
};

const SIGNER: Role<'_> = Role::Signer { ocsp: &[], crl: &[] };
const AUTHORITY: Role<'_> = Role::Intermediate { path_length: None };
const KEY_USAGE: &str = "2.5.29.15";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const CERTIFICATE_SIGN: [u8; 2] = [0x06, 0];

fn options() -> ChainOptions {
    ChainOptions::new(Profile::NotarySigning)
}

fn verify<'a>(chain: &[&'a [u8]]) -> Result<VerifiedChain<'a>, ChainError> {
    verify_chain(chain, &options(), provider(), None)
}

/// Verifies a chain in which certificates of one level were edited.
fn forged(level: Level, edit: impl Fn(&mut Draft)) -> Result<usize, ChainError> {
    let ca = TestCa::forge(KeySpec::P256, |at, draft| {
        if at == level {
            edit(draft);
        }
    });
    verify(&ca.chain()).map(|chain| chain.warnings().len())
}

fn rule(result: Result<usize, ChainError>) -> (usize, Rule) {
    match result {
        Err(error @ ChainError::Profile { .. }) => {
            assert_eq!(error.code(), code::CERTIFICATE_PROFILE);
            let ChainError::Profile { which, rule } = error else { panic!() };
            (which.index, rule)
        }
        other => panic!("expected a broken rule, found {other:?}"),
    }
}

#[test]
fn a_chain_of_every_kind_of_key_holds() {
    for spec in KeySpec::ALL {
        let ca = TestCa::new(spec);
        let chain = verify(&ca.chain()).unwrap();
        assert_eq!(chain.certificates().len(), 3);
        assert!(chain.warnings().is_empty(), "{spec:?}: {:?}", chain.warnings());
        assert_eq!(chain.leaf().subject().to_string(), LEAF);
        let strict = options().with_strictness(Strictness::Strict);
        assert!(verify_chain(&ca.chain(), &strict, provider(), None).is_ok());
        assert!(verify_chain(&ca.chain(), &ChainOptions::new(Profile::CodeSigning), provider(), None).is_ok());
    }
}

#[test]
fn below_a_trusted_root_each_link_costs_one_check_and_nothing_else_does() {
    let ca = TestCa::new(KeySpec::P256);
    let (trusted, other) = (ca.trust_store("ca:test"), TestCa::new(KeySpec::P256).trust_store("ca:other"));
    let checks = |anchors: Option<&TrustStore>| {
        operations(|provider| assert!(verify_chain(&ca.chain(), &options(), provider, anchors).is_ok())).1
    };
    assert_eq!(checks(Some(&trusted)), 2);
    assert_eq!(checks(Some(&other)), 3);
    assert_eq!(checks(None), 3);
}

#[test]
fn the_signature_of_a_root_is_skipped_only_for_the_very_bytes_that_were_checked() {
    let ca = TestCa::new(KeySpec::P256);
    let trusted = ca.trust_store("ca:test");
    let mut root = ca.root.der.clone();
    *root.last_mut().unwrap() ^= 1;
    let chain = [&*ca.leaf.der, &ca.intermediate.der, &root];
    let error = verify_chain(&chain, &options(), provider(), Some(&trusted)).unwrap_err();
    assert!(matches!(error, ChainError::NotSelfSigned { .. }), "{error}");
    // An authority that is stored but not self-signed proves nothing about its own signature.
    let stored = TrustStore::new([named_store("ca:test", &[&root])]);
    assert!(verify_chain(&chain, &options(), provider(), Some(&stored)).is_err());
}

// attack: A-158
#[test]
fn same_name_intermediates_are_not_searched_for_a_path() {
    let root = TestCa::new(KeySpec::P256).root;
    let same: Vec<Certified> = (0..7).map(|_| root.issue(KeySpec::P256, ROOT, AUTHORITY, |_| ())).collect();
    let leaf = root.issue(KeySpec::P256, LEAF, SIGNER, |_| ());
    let mut chain: Vec<&[u8]> = vec![&leaf.der];
    chain.extend(same.iter().map(|one| &*one.der));
    chain.push(&root.der);
    let ((), spent) = operations(|provider| {
        let error = verify_chain(&chain, &options(), provider, None).unwrap_err();
        assert_eq!(error.code(), code::CHAIN_INVALID);
    });
    assert_eq!(spent, 1);
}

// attack: A-163
// spec: NP-094
#[test]
fn a_signer_with_a_forbidden_purpose_is_refused() {
    for (oid, expected) in [
        ("2.5.29.37.0", "anyExtendedKeyUsage"),
        ("1.3.6.1.5.5.7.3.1", "serverAuth"),
        ("1.3.6.1.5.5.7.3.2", "clientAuth"),
        ("1.3.6.1.5.5.7.3.4", "emailProtection"),
        ("1.3.6.1.5.5.7.3.8", "timeStamping"),
        ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ] {
        let result = forged(Level::Leaf, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", oid]));
        assert!(matches!(rule(result), (0, Rule::PurposeForbidden { purpose, .. }) if purpose == expected));
    }
    assert_eq!(forged(Level::Leaf, |draft| remove_extension(draft, "2.5.29.37")), Ok(0));
    assert_eq!(forged(Level::Leaf, |draft| set_purposes(draft, &["1.2.3.4"])), Ok(0));
}

// attack: A-163
#[test]
fn the_purposes_of_an_authority_count_under_the_code_signing_profile_only() {
    let server = |level, draft: &mut Draft| {
        if level == Level::Intermediate {
            set_purposes(draft, &["1.3.6.1.5.5.7.3.1"]);
        }
    };
    let ca = TestCa::forge(KeySpec::P256, server);
    assert!(verify(&ca.chain()).is_ok());
    let strict = ChainOptions::new(Profile::CodeSigning);
    let result = verify_chain(&ca.chain(), &strict, provider(), None).map(|_| 0);
    assert_eq!(rule(result), (1, Rule::PurposeLacks));
    // Its own purpose among others, or any at all.
    for purposes in [&["1.3.6.1.5.5.7.3.3"][..], &["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3"], &["2.5.29.37.0"]] {
        let signing = |level, draft: &mut Draft| {
            if level == Level::Intermediate {
                set_purposes(draft, purposes);
            }
        };
        let ca = TestCa::forge(KeySpec::P256, signing);
        assert!(verify_chain(&ca.chain(), &strict, provider(), None).is_ok(), "{purposes:?}");
    }
    let none = TestCa::forge(KeySpec::P256, |_, draft| remove_extension(draft, "2.5.29.37"));
    assert_eq!(rule(verify_chain(&none.chain(), &strict, provider(), None).map(|_| 0)), (0, Rule::PurposeLacks));
}

// attack: A-164
// spec: NP-151, NP-153
#[test]
fn an_issuer_that_is_no_authority_is_refused() {
    let absent = forged(Level::Intermediate, |draft| remove_extension(draft, BASIC_CONSTRAINTS));
    assert_eq!(rule(absent), (1, Rule::BasicConstraintsMissing));
    let no = extension(BASIC_CONSTRAINTS, true, &tlv(der::Tag::Sequence, &[]));
    let result = forged(Level::Intermediate, |draft| replace_extension(draft, no.clone()));
    assert_eq!(rule(result), (1, Rule::NotAuthority));
    assert_eq!(rule(forged(Level::Root, |draft| replace_extension(draft, no.clone()))), (2, Rule::NotAuthority));
}

// attack: A-164
// spec: NP-155
#[test]
fn a_path_length_that_is_used_up_is_refused() {
    let short = extension(BASIC_CONSTRAINTS, true, &tlv(der::Tag::Sequence, &[1, 1, 0xff, 2, 1, 0]));
    let result = forged(Level::Root, |draft| replace_extension(draft, short.clone()));
    assert_eq!(rule(result), (2, Rule::PathLength { allowed: 0, found: 1 }));
    let enough = extension(BASIC_CONSTRAINTS, true, &tlv(der::Tag::Sequence, &[1, 1, 0xff, 2, 1, 1]));
    assert_eq!(forged(Level::Root, |draft| replace_extension(draft, enough.clone())), Ok(0));
}

// attack: A-164
// spec: NP-152
#[test]
fn basic_constraints_that_are_not_critical_are_a_warning_and_refused_when_strict() {
    let loose = extension(BASIC_CONSTRAINTS, false, &tlv(der::Tag::Sequence, &[1, 1, 0xff]));
    let edit = |level, draft: &mut Draft| {
        if level != Level::Leaf {
            replace_extension(draft, loose.clone());
        }
    };
    let ca = TestCa::forge(KeySpec::P256, edit);
    let chain = verify(&ca.chain()).unwrap();
    assert_eq!(chain.warnings().len(), 2);
    assert!(chain.warnings()[0].to_string().ends_with("basicConstraints is not critical"));
    let strict = options().with_strictness(Strictness::Strict);
    assert!(matches!(verify_chain(&ca.chain(), &strict, provider(), None), Err(ChainError::Strict(_))));
}

// attack: A-165
// spec: NP-159, NP-162, NP-164, NP-165
#[test]
fn the_key_usage_of_a_signer_is_exact() {
    let expected = "digitalSignature";
    let absent = forged(Level::Leaf, |draft| remove_extension(draft, KEY_USAGE));
    assert_eq!(rule(absent), (0, Rule::KeyUsageMissing { expected }));
    let loose = forged(Level::Leaf, |draft| set_key_usage(draft, false, [0x80, 0]));
    assert_eq!(rule(loose), (0, Rule::KeyUsageNotCritical));
    let other = forged(Level::Leaf, |draft| set_key_usage(draft, true, [0x40, 0]));
    assert_eq!(rule(other), (0, Rule::KeyUsageLacks { expected }));
    for (bits, found) in [
        ([0xa0, 0], "keyEncipherment"),
        ([0x90, 0], "dataEncipherment"),
        ([0x88, 0], "keyAgreement"),
        ([0x84, 0], "keyCertSign"),
        ([0x82, 0], "cRLSign"),
        ([0x81, 0], "encipherOnly"),
        ([0x80, 0x80], "decipherOnly"),
    ] {
        let result = forged(Level::Leaf, |draft| set_key_usage(draft, true, bits));
        assert_eq!(rule(result), (0, Rule::KeyUsageForbidden { found }));
    }
    assert_eq!(
        forged(Level::Leaf, |draft| set_key_usage(draft, true, [0xc0, 0])),
        Ok(0),
        "contentCommitment is allowed"
    );
}

// attack: A-165
// spec: NP-150, NP-156, NP-158
#[test]
fn the_key_usage_of_an_authority_is_critical_and_signs_certificates() {
    let expected = "keyCertSign";
    for (level, at) in [(Level::Intermediate, 1), (Level::Root, 2)] {
        let absent = forged(level, |draft| remove_extension(draft, KEY_USAGE));
        assert_eq!(rule(absent), (at, Rule::KeyUsageMissing { expected }));
        let loose = forged(level, |draft| set_key_usage(draft, false, CERTIFICATE_SIGN));
        assert_eq!(rule(loose), (at, Rule::KeyUsageNotCritical));
        let other = forged(level, |draft| set_key_usage(draft, true, [0x82, 0]));
        assert_eq!(rule(other), (at, Rule::KeyUsageLacks { expected }));
    }
}

// attack: A-166
// spec: NP-173
#[test]
fn only_the_last_certificate_is_self_signed() {
    let ca = TestCa::new(KeySpec::P256);
    let lone = Certified::self_signed(KeySpec::P256, LEAF, SIGNER, |_| ());
    let error = |chain: &[&[u8]]| verify(chain).unwrap_err();
    let leaf = error(&[&lone.der, &ca.intermediate.der, &ca.root.der]);
    assert!(matches!(leaf, ChainError::SelfSigned { ref which } if which.index == 0), "{leaf}");
    let twice = error(&[&ca.leaf.der, &ca.intermediate.der, &ca.root.der, &ca.root.der]);
    assert!(matches!(twice, ChainError::SelfSigned { ref which } if which.index == 2), "{twice}");
    let no_root = error(&[&ca.leaf.der, &ca.intermediate.der]);
    assert!(matches!(no_root, ChainError::NoRoot { ref which, .. } if which.index == 1), "{no_root}");
    assert!(matches!(error(&[&ca.leaf.der]), ChainError::NoRoot { .. }));
    assert!(matches!(error(&[]), ChainError::Empty));
    for one in [leaf, twice, no_root] {
        assert_eq!(one.code(), code::CHAIN_INVALID);
    }
}

// attack: A-166
// spec: NP-161, NP-174
#[test]
fn a_lone_certificate_obeys_the_rules_of_a_signer() {
    let lone = Certified::self_signed(KeySpec::P256, LEAF, SIGNER, |_| ());
    assert!(verify(&[&lone.der]).is_ok());
    let ca = TestCa::new(KeySpec::P256);
    assert_eq!(rule(verify(&[&ca.root.der]).map(|_| 0)), (0, Rule::LeafIsAuthority));
    // Self-issued, but signed by another key.
    let other = TestCa::new(KeySpec::P256).root.issue(KeySpec::P256, ROOT, SIGNER, |_| ());
    assert!(matches!(verify(&[&other.der]), Err(ChainError::NotSelfSigned { .. })));
}

// attack: A-167
// spec: NP-175, NP-176, NP-177
#[test]
fn every_other_order_and_every_extra_certificate_is_refused() {
    let ca = TestCa::new(KeySpec::P256);
    let [leaf, middle, root] = [&*ca.leaf.der, &*ca.intermediate.der, &*ca.root.der];
    let stranger = TestCa::new(KeySpec::P256);
    for chain in [
        vec![leaf, root, middle],
        vec![middle, leaf, root],
        vec![middle, root, leaf],
        vec![root, leaf, middle],
        vec![root, middle, leaf],
        vec![leaf, leaf, middle, root],
        vec![leaf, middle, middle, root],
        vec![leaf, &stranger.leaf.der, middle, root],
        vec![leaf, middle, root, &stranger.root.der],
    ] {
        assert_eq!(verify(&chain).unwrap_err().code(), code::CHAIN_INVALID);
    }
    // The names fit, the keys do not.
    let error = verify(&[leaf, &stranger.intermediate.der, &stranger.root.der]).unwrap_err();
    assert!(matches!(error, ChainError::Signature { ref which } if which.index == 0), "{error}");
}

// attack: A-168
// spec: NP-178
#[test]
fn sha_1_and_md5_are_refused_everywhere() {
    let sha1_rsa = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 5, 5, 0];
    let md5_rsa = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 4, 5, 0];
    let sha1_ecdsa = [0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let pss_without_parameters = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 10, 0x30, 0];
    for method in [&sha1_rsa[..], &md5_rsa, &sha1_ecdsa, &pss_without_parameters] {
        for level in [Level::Root, Level::Intermediate, Level::Leaf] {
            let result = forged(level, |draft| {
                (draft.inner_method, draft.outer_method) = (method.to_vec(), method.to_vec());
            });
            assert_eq!(result.unwrap_err().code(), code::WEAK_SIGNATURE);
        }
        let lone = Certified::self_signed(KeySpec::P256, LEAF, SIGNER, |draft| {
            (draft.inner_method, draft.outer_method) = (method.to_vec(), method.to_vec());
        });
        assert_eq!(verify(&[&lone.der]).unwrap_err().code(), code::WEAK_SIGNATURE);
    }
}

/// An RSA key of `bits` bits whose numbers nobody can use.
fn rsa_spki(bits: usize, exponent: &[u8]) -> Vec<u8> {
    use der::Tag::{BitString, Integer, Sequence};
    let mut modulus = vec![0; bits.div_ceil(8)];
    modulus[0] = 1 << ((bits + 7) % 8);
    *modulus.last_mut().unwrap() |= 1;
    if modulus[0] >= 0x80 {
        modulus.insert(0, 0);
    }
    let key = tlv(Sequence, &[tlv(Integer, &modulus), tlv(Integer, exponent)].concat());
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    tlv(Sequence, &[&algorithm[..], &tlv(BitString, &[&[0], &*key].concat())].concat())
}

/// An EC key on a curve, by the octets of its identifier.
fn ec_spki(curve: &[u8], length: usize) -> Vec<u8> {
    use der::Tag::{BitString, ObjectIdentifier, Sequence};
    let algorithm = [&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1][..], &tlv(ObjectIdentifier, curve)].concat();
    let mut point = vec![1; length];
    (point[0], point[1]) = (0, 4);
    tlv(Sequence, &[tlv(Sequence, &algorithm), tlv(BitString, &point)].concat())
}

// attack: A-169
// spec: NP-170, NP-171, NP-172
#[test]
fn keys_that_are_too_small_or_of_another_kind_are_refused_without_panic() {
    let leaf = |spki: Vec<u8>| forged(Level::Leaf, move |draft| draft.spki.clone_from(&spki)).unwrap_err();
    assert_eq!(leaf(rsa_spki(1024, &[3])).code(), code::WEAK_KEY);
    assert_eq!(leaf(rsa_spki(2047, &[3])).code(), code::WEAK_KEY);
    let p224 = ec_spki(&[0x2b, 0x81, 4, 0, 33], 58);
    let secp256k1 = ec_spki(&[0x2b, 0x81, 4, 0, 10], 66);
    let dsa = tlv(der::Tag::Sequence, &[0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1, 3, 2, 0, 1]);
    for spki in [p224, secp256k1, dsa, rsa_spki(2049, &[3]), rsa_spki(8192, &[3])] {
        assert_eq!(leaf(spki).code(), code::CERTIFICATE_PROFILE);
    }
    let broken = ec_spki(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], 40);
    assert_eq!(leaf(broken).code(), code::MALFORMED_CERTIFICATE);
}

// attack: A-151
#[test]
fn the_modulus_is_counted_in_bits_and_the_exponent_is_odd() {
    let issuer = |spki: Vec<u8>| forged(Level::Root, move |draft| draft.spki.clone_from(&spki)).unwrap_err();
    for spki in [rsa_spki(2047, &[3]), rsa_spki(8193, &[3]), rsa_spki(16_384, &[3])] {
        assert_eq!(issuer(spki).code(), code::WEAK_KEY);
    }
    for exponent in [[1_u8], [2]] {
        assert_eq!(issuer(rsa_spki(2048, &exponent)).code(), code::WEAK_KEY);
    }
    // In range: what fails is the signature below it.
    assert_eq!(issuer(rsa_spki(2048, &[3])).code(), code::CERTIFICATE_ALGORITHM_UNSUPPORTED);
}

/// Edits a certificate of a level.
type Edit<'a> = &'a dyn Fn(Level, &mut Draft);

// attack: A-170
#[test]
fn odd_serial_numbers_and_an_empty_issuer_are_warnings_and_refused_when_strict() {
    let empty = name(&[]);
    let edits: [Edit<'_>; 3] =
        [&|_, draft| draft.serial = vec![0], &|_, draft| draft.serial = vec![7; 30], &|level, draft| match level {
            Level::Root => (draft.issuer, draft.subject) = (empty.clone(), empty.clone()),
            Level::Intermediate => draft.issuer.clone_from(&empty),
            Level::Leaf => {}
        }];
    for edit in edits {
        let ca = TestCa::forge(KeySpec::P256, edit);
        assert!(!verify(&ca.chain()).unwrap().warnings().is_empty());
        let strict = options().with_strictness(Strictness::Strict);
        let error = verify_chain(&ca.chain(), &strict, provider(), None).unwrap_err();
        assert_eq!(error.code(), code::CERTIFICATE_PROFILE);
        assert!(verify_chain(&ca.chain(), &ChainOptions::new(Profile::CodeSigning), provider(), None).is_err());
    }
}

// attack: A-171
// spec: NP-179
#[test]
fn unknown_critical_extensions_and_constraints_are_warnings_and_refused_when_strict() {
    let unknown = extension("1.3.6.1.4.1.99999.1", true, &[5, 0]);
    let names = extension("2.5.29.30", true, &tlv(der::Tag::Sequence, &[0xa0, 6, 0x30, 4, 0x82, 2, 0x61, 0x62]));
    let policies = extension("2.5.29.36", false, &tlv(der::Tag::Sequence, &[0x80, 1, 0]));
    for (level, new) in [
        (Level::Leaf, &unknown),
        (Level::Intermediate, &unknown),
        (Level::Root, &unknown),
        (Level::Intermediate, &names),
        (Level::Root, &policies),
    ] {
        let ca = TestCa::forge(KeySpec::P256, |at, draft| {
            if at == level {
                replace_extension(draft, new.clone());
            }
        });
        let chain = verify(&ca.chain()).unwrap();
        assert_eq!(chain.warnings().len(), 1);
        assert!(chain.warnings()[0].to_string().contains(&new.oid.to_string()));
        let strict = options().with_strictness(Strictness::Strict);
        assert!(matches!(verify_chain(&ca.chain(), &strict, provider(), None), Err(ChainError::Strict(_))));
        let signing = ChainOptions::new(Profile::CodeSigning);
        assert!(matches!(verify_chain(&ca.chain(), &signing, provider(), None), Err(ChainError::Strict(_))));
    }
}

// attack: A-172
#[test]
fn a_chain_of_more_than_ten_certificates_is_refused_before_one_is_read() {
    let chain = [&b"not a certificate"[..]; 50];
    let error = PresentedChain::from_der(&chain, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the chain is too long: more than 10 certificates in one chain");
}

// attack: A-172
#[test]
fn text_of_errors_is_bounded() {
    let huge = name(&[("2.5.4.3", der::Tag::Utf8String, &[b'x'; 40_000])]);
    let error = forged(Level::Leaf, |draft| {
        draft.subject.clone_from(&huge);
        remove_extension(draft, KEY_USAGE);
    });
    assert!(error.unwrap_err().to_string().len() < 600);
}

// attack: A-173
#[test]
fn key_identifiers_that_lie_or_are_absent_change_nothing() {
    let lie = extension("2.5.29.35", false, &tlv(der::Tag::Sequence, &[0x80, 2, 9, 9]));
    assert_eq!(forged(Level::Leaf, |draft| replace_extension(draft, lie.clone())), Ok(0));
    assert_eq!(forged(Level::Leaf, |draft| remove_extension(draft, "2.5.29.35")), Ok(0));
    assert_eq!(forged(Level::Intermediate, |draft| remove_extension(draft, "2.5.29.14")), Ok(0));
    // Identifiers that fit do not replace a signature that does not.
    let (ca, stranger) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
    let identifier = stranger.intermediate.view().subject_key_identifier().unwrap().to_vec();
    let fitting = tlv(der::Tag::Sequence, &[&[0x80, 20][..], &identifier].concat());
    let leaf = ca.intermediate.issue(KeySpec::P256, LEAF, SIGNER, |draft| {
        replace_extension(draft, extension("2.5.29.35", false, &fitting));
    });
    let error = verify(&[&leaf.der, &stranger.intermediate.der, &stranger.root.der]).unwrap_err();
    assert!(matches!(error, ChainError::Signature { .. }));
}

// attack: A-174
#[test]
fn an_issuer_that_is_named_by_url_is_missing() {
    // caIssuers, http://a
    let access =
        [0x30, 20, 6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, 8, 0x68, 0x74, 0x74, 0x70, 0x3a, 0x2f, 0x2f, 0x61];
    let ca = TestCa::forge(KeySpec::P256, |_, draft| {
        replace_extension(draft, extension("1.3.6.1.5.5.7.1.1", false, &tlv(der::Tag::Sequence, &access)));
    });
    assert!(matches!(verify(&[&ca.leaf.der]), Err(ChainError::NoRoot { .. })));
    assert_eq!(verify(&ca.chain()).unwrap().revocable().count(), 0, "caIssuers says nothing about revocation");
}

// attack: A-175
#[test]
fn every_certificate_is_valid_at_the_one_time() {
    let early = UnixTime::saturating_from_secs(NOW.as_secs() - 10);
    for (level, at) in [(Level::Leaf, 0), (Level::Intermediate, 1), (Level::Root, 2)] {
        let ca = TestCa::forge(KeySpec::P256, |one, draft| {
            if one == level {
                set_validity(draft, NOT_BEFORE, early);
            }
        });
        let chain = verify(&ca.chain()).unwrap();
        assert_eq!(chain.valid_at(early), Ok(()), "the last second is inside");
        let expired = chain.valid_at(NOW).unwrap_err();
        assert_eq!((expired.which.index, expired.code()), (at, code::CERTIFICATE_EXPIRED));
        assert_eq!(chain.horizon().until, early.saturating_add(1));
        assert_eq!(chain.valid_at(NOT_BEFORE.saturating_sub(1)).unwrap_err().code(), code::CERTIFICATE_NOT_YET_VALID);
    }
    let ca = TestCa::new(KeySpec::P256);
    assert_eq!(verify(&ca.chain()).unwrap().valid_at(NOT_AFTER), Ok(()));
}

// spec: NP-181
#[test]
fn a_certificate_may_outlive_its_issuer() {
    // Validity periods need not nest: what counts is that each holds at the one time.
    let ca = TestCa::forge(KeySpec::P256, |one, draft| match one {
        Level::Root => set_validity(draft, NOT_BEFORE, NOW),
        Level::Intermediate => set_validity(draft, NOT_BEFORE.saturating_sub(9), NOT_AFTER),
        Level::Leaf => set_validity(draft, NOT_BEFORE.saturating_sub(99), NOT_AFTER.saturating_add(99)),
    });
    assert_eq!(verify(&ca.chain()).unwrap().valid_at(NOW), Ok(()));
}

#[test]
fn an_anchor_is_any_certificate_of_the_chain_byte_by_byte() {
    let ca = TestCa::new(KeySpec::P256);
    let chain = verify(&ca.chain()).unwrap();
    let anchor_in = |stored: &[u8]| {
        let store = TrustStore::new([
            named_store("ca:other", &[&TestCa::new(KeySpec::P256).root.der]),
            named_store("ca:test", &[stored]),
        ]);
        chain.anchored_in(&store).map(|anchor| (anchor.digest(), anchor.store().to_string()))
    };
    let found = |digest| Ok((digest, "ca:test".to_owned()));
    assert_eq!(anchor_in(&ca.root.der), found(ca.root.view().digest()));
    assert_eq!(anchor_in(&ca.intermediate.der), found(ca.intermediate.view().digest()));
    // The same root with the same key, issued anew: other bytes, another certificate.
    let spec = KeySpec::Rsa2048;
    let [first, second] = [0, 1].map(|serial| {
        Certified::self_signed(spec, ROOT, Role::Root { path_length: None }, |draft| draft.serial = vec![9, serial])
    });
    let leaf = first.issue(spec, LEAF, SIGNER, |_| ());
    let chain = [&*leaf.der, &*first.der];
    let store = TrustStore::new([named_store("ca:test", &[&second.der])]);
    let untrusted = verify(&chain).unwrap().anchored_in(&store).unwrap_err();
    assert_eq!(untrusted.code(), code::UNTRUSTED_CHAIN);
}

#[test]
fn revocation_addresses_below_the_root_are_seen() {
    let ca = TestCa::new(KeySpec::P256);
    let roles = [
        Role::Signer { ocsp: &["http://ocsp.example"], crl: &[] },
        Role::Signer { ocsp: &[], crl: &["http://crl.example/a", "http://crl.example/b"] },
    ];
    for role in roles {
        let leaf = ca.intermediate.issue(KeySpec::P256, LEAF, role, |_| ());
        let chain = verify(&[&leaf.der, &ca.intermediate.der, &ca.root.der]).unwrap();
        assert_eq!(chain.revocable().map(|(index, _)| index).collect::<Vec<_>>(), [0]);
        let Role::Signer { ocsp, crl } = role else { panic!() };
        assert!(leaf.view().ocsp_urls().into_iter().eq(ocsp.iter().map(|url| url.as_bytes())));
        assert!(leaf.view().crl_urls().into_iter().eq(crl.iter().map(|url| url.as_bytes())));
    }
    assert_eq!(verify(&ca.chain()).unwrap().revocable().count(), 0);
}

#[test]
fn an_authority_may_carry_its_name_over_to_a_new_key() {
    let ca = TestCa::new(KeySpec::P256);
    let renewed = ca.root.issue(KeySpec::P256, ROOT, AUTHORITY, |_| ());
    let leaf = renewed.issue(KeySpec::P256, LEAF, SIGNER, |_| ());
    assert!(verify(&[&leaf.der, &renewed.der, &ca.root.der]).is_ok());
    assert_eq!(ca.intermediate.view().subject().to_string(), INTERMEDIATE);
}
