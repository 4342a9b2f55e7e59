//! Who signed, and what.

use super::{MESSAGE, judge, parse, refused};
use plimsoll_core::{Classify, Provider};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    CmsError, Hash, code,
    issue::Role,
    timestamp::{TimestampError, TimestampLimits, TimestampToken, TimestampWarning},
};
use plimsoll_testkit::{
    operations::operations,
    pki::{Certified, KeySpec, Level, NOW, remove_extension, set_validity, tlv},
    timestamp::{
        CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V1, SIGNING_CERTIFICATE_V2, SIGNING_TIME, TestTsa,
        name_certificate, set_attribute, sign, signing_certificate_v2,
    },
};

fn token_of(spec: KeySpec) -> (TestTsa, Vec<u8>) {
    let tsa = TestTsa::new(spec);
    let token = tsa.token(MESSAGE);
    (tsa, token)
}

#[test]
fn every_kind_of_key_makes_good_tokens() {
    for spec in KeySpec::ALL {
        let (tsa, token) = token_of(spec);
        let info = judge(&token, &tsa.trust_store()).unwrap_or_else(|error| panic!("{spec:?}: {error}"));
        assert_eq!(info.gen_time.second(), NOW, "{spec:?}");
    }
}

#[test]
fn rsa_may_be_named_without_its_hash() {
    let tsa = TestTsa::new(KeySpec::Rsa2048);
    // rsaEncryption with NULL, as most authorities write it (RFC 3370, 3.2).
    let rsa = tlv_of(&[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0]);
    let token = tsa.forge_token(MESSAGE, |draft| draft.method.clone_from(&rsa));
    assert!(judge(&token, &tsa.trust_store()).is_ok());
}

fn tlv_of(content: &[u8]) -> Vec<u8> {
    tlv(der::Tag::Sequence, content)
}

// attack: A-198
#[test]
fn a_198_a_token_whose_own_signature_does_not_hold_is_refused() {
    let tsa = TestTsa::new(KeySpec::P256);
    let draft = tsa.draft(MESSAGE, NOW.into());
    // Well formed, by a key whose certificate is trusted as well, but not that of the signer.
    let by_root = draft.sealed(&sign(&draft, &tsa.root));
    let (code, text) = refused(&by_root, &tsa);
    assert_eq!(code, code::TIMESTAMP_SIGNATURE_INVALID);
    assert_eq!(
        text,
        "the timestamp: the signature over the signed attributes does not hold under the key of the signer's certificate"
    );
    let mut flipped = tsa.sign(&draft);
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&draft.sealed(&flipped), &tsa).0, code::TIMESTAMP_SIGNATURE_INVALID);
}

// attack: A-198
#[test]
fn a_198_content_that_was_changed_after_signing_is_refused() {
    let tsa = TestTsa::new(KeySpec::P256);
    let draft = tsa.draft(MESSAGE, NOW.into());
    let signature = tsa.sign(&draft);
    let mut changed = draft.clone();
    // The last octet of the content is one of the nonce.
    *changed.content.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&changed.sealed(&signature), &tsa).0, code::TIMESTAMP_SIGNATURE_INVALID);
    // A signed attribute, too, that nobody else looks at.
    let mut changed = draft;
    set_attribute(&mut changed, "1.2.3.4", Some(&[5, 0]));
    assert_eq!(refused(&changed.sealed(&signature), &tsa).0, code::TIMESTAMP_SIGNATURE_INVALID);
}

// attack: A-201
#[test]
fn a_201_a_forged_certificate_in_the_bag_changes_nothing() {
    let tsa = TestTsa::new(KeySpec::P256);
    let stranger = TestTsa::new(KeySpec::P256);
    // Same names, another root; whatever the order in which certificates stand, the signer is the one that it names.
    for at in 0..3 {
        let token = tsa.forge_token(MESSAGE, |draft| {
            draft.certificates.insert(at.min(draft.certificates.len()), stranger.authority.der.clone());
            draft.certificates.push(stranger.root.der.clone());
        });
        let token = parse(&token).unwrap();
        let store = tsa.trust_store();
        let verified = token.verify(MESSAGE, &store, provider()).unwrap();
        assert_eq!(verified.chain().leaf().der(), tsa.authority.der);
    }
    // The other way round: a stranger signs, and the trusted authority's certificates lie about.
    let forged = stranger.forge_token(MESSAGE, |draft| {
        draft.certificates.insert(0, tsa.authority.der.clone());
        draft.certificates.push(tsa.root.der.clone());
    });
    let error = judge(&forged, &tsa.trust_store()).unwrap_err();
    assert!([code::UNTRUSTED_CHAIN, code::CHAIN_INVALID].contains(&error.code()), "{error}");
}

// attack: A-201
#[test]
fn a_201_a_certificate_with_the_signers_issuer_and_number_is_not_the_signers() {
    let tsa = TestTsa::new(KeySpec::P256);
    let draft = tsa.draft(MESSAGE, NOW.into());
    let signature = tsa.sign(&draft);
    // The same key, issuer and number under other rules: only the signed hash tells them apart.
    let role = Role::TimestampAuthority { ocsp: &["http://elsewhere.test/"], crl: &[] };
    let twin = tsa.root.issue(KeySpec::P256, plimsoll_testkit::timestamp::AUTHORITY, role, |made| {
        made.spki = tsa.authority.key.public_key_spki_der().to_vec();
        made.serial = tsa.authority.view().serial().to_vec();
    });
    let mut swapped = draft;
    swapped.certificates[0] = twin.der;
    assert_eq!(judge(&swapped.sealed(&signature), &tsa.trust_store()), Err(TimestampError::CertificateMismatch));
}

// attack: A-203
#[test]
fn a_203_the_signed_certificate_must_be_named_by_a_good_hash() {
    let tsa = TestTsa::new(KeySpec::P256);
    let forge = |value: Option<&[u8]>| {
        let token = tsa.forge_token(MESSAGE, |draft| set_attribute(draft, SIGNING_CERTIFICATE_V2, value));
        refused(&token, &tsa)
    };
    let malformed = |text: &str| (code::MALFORMED_TIMESTAMP, text.to_owned());
    let missing = "the timestamp: expected the signed attribute signing-certificate-v2, found none";
    assert_eq!(forge(None), malformed(missing));
    let other = "the signed attribute signing-certificate-v2 names another certificate than the signer's";
    assert_eq!(forge(Some(&signing_certificate_v2(&tsa.root))), malformed(other));
    // SHA-1, in the attribute of RFC 5035 and in that of RFC 2634, which is no substitute.
    let sha1 = [&[6, 5, 0x2b, 14, 3, 2, 26][..], &[5, 0]].concat();
    let id = tlv_of(&[tlv_of(&sha1), tlv(der::Tag::OctetString, &[1; 20])].concat());
    let value = tlv_of(&tlv_of(&id));
    assert_eq!(
        forge(Some(&value)),
        (code::TIMESTAMP_HASH,
            "expected the signed attribute signing-certificate-v2 with SHA-256, SHA-384 or SHA-512, found the hash function 1.3.14.3.2.26".to_owned())
    );
    let first = tlv_of(&tlv_of(&tlv_of(&tlv(der::Tag::OctetString, &[1; 20]))));
    let token = tsa.forge_token(MESSAGE, |draft| {
        set_attribute(draft, SIGNING_CERTIFICATE_V2, None);
        set_attribute(draft, SIGNING_CERTIFICATE_V1, Some(&first));
    });
    assert_eq!(refused(&token, &tsa), malformed(missing));
    // Twice: one of both would go unchecked.
    let both = [signing_certificate_v2(&tsa.authority), signing_certificate_v2(&tsa.root)].concat();
    assert_eq!(
        forge(Some(&both)),
        malformed("the timestamp: expected the signed attribute signing-certificate-v2 once and with one value")
    );
    // Empty, or with something after it.
    assert_eq!(forge(Some(&tlv_of(&tlv_of(&[])))).0, code::MALFORMED_TIMESTAMP);
    assert_eq!(forge(Some(&[signing_certificate_v2(&tsa.authority), vec![0]].concat())).0, code::MALFORMED_TIMESTAMP);
}

#[test]
fn the_signed_certificate_may_be_named_by_longer_hashes_and_by_issuer_and_number() {
    let tsa = TestTsa::new(KeySpec::P256);
    for hash in [Hash::Sha384, Hash::Sha512] {
        let algorithm = tlv_of(&tlv(der::Tag::ObjectIdentifier, hash.oid().as_bytes()));
        let digest = tlv(der::Tag::OctetString, &hash.digest(&tsa.authority.der));
        let value = tlv_of(&tlv_of(&tlv_of(&[algorithm, digest].concat())));
        let token = tsa.forge_token(MESSAGE, |draft| set_attribute(draft, SIGNING_CERTIFICATE_V2, Some(&value)));
        assert!(judge(&token, &tsa.trust_store()).is_ok(), "{hash}");
    }
    // Issuer and number of another certificate, though the hash is right (RFC 5035, 4).
    let root = tsa.root.view();
    let digest = tlv(der::Tag::OctetString, &Hash::Sha256.digest(&tsa.authority.der));
    let serial = tlv(der::Tag::Integer, root.serial());
    let directory =
        |tag: u8| [&[tag, u8::try_from(root.subject().der().len()).unwrap()], root.subject().der()].concat();
    for tag in [0xa4, 0xa6] {
        let issuer = tlv_of(&[tlv_of(&directory(tag)), serial.clone()].concat());
        let value = tlv_of(&tlv_of(&tlv_of(&[digest.clone(), issuer].concat())));
        let token = tsa.forge_token(MESSAGE, |draft| set_attribute(draft, SIGNING_CERTIFICATE_V2, Some(&value)));
        assert_eq!(refused(&token, &tsa).0, code::MALFORMED_TIMESTAMP, "{tag:x}");
    }
}

// attack: A-207
#[test]
fn a_207_signed_attributes_must_be_there_and_right() {
    let tsa = TestTsa::new(KeySpec::P256);
    let forge = |oid: &str, value: Option<&[u8]>| {
        refused(&tsa.forge_token(MESSAGE, |draft| set_attribute(draft, oid, value)), &tsa)
    };
    let malformed = |text: &str| (code::MALFORMED_TIMESTAMP, format!("the timestamp: {text}"));
    assert_eq!(forge(CONTENT_TYPE, None), malformed("expected the signed attribute contentType, found none"));
    assert_eq!(forge(MESSAGE_DIGEST, None), malformed("expected the signed attribute messageDigest, found none"));
    // id-data
    let data = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 1];
    assert_eq!(
        forge(CONTENT_TYPE, Some(&data)),
        malformed("expected the content type 1.2.840.113549.1.9.16.1.4, found 1.2.840.113549.1.7.1")
    );
    assert_eq!(
        forge(MESSAGE_DIGEST, Some(&tlv(der::Tag::OctetString, &[1; 32]))),
        (code::TIMESTAMP_SIGNATURE_INVALID, "the timestamp: the signed digest is not that of the content".to_owned())
    );
    // No signed attributes at all: then the signature is over the content, and nothing names the certificate.
    let bare = tsa.forge_token(MESSAGE, |draft| draft.attributes.clear());
    assert_eq!(refused(&bare, &tsa).0, code::MALFORMED_TIMESTAMP);
    // Another content type outside, and a token that nobody signed.
    let draft = tsa.draft(MESSAGE, NOW.into());
    let mut other = draft.clone();
    other.content_type = "1.2.840.113549.1.7.1".parse().unwrap();
    assert_eq!(
        refused(&other.sealed(&tsa.sign(&draft)), &tsa),
        malformed("expected the content type 1.2.840.113549.1.9.16.1.4, found 1.2.840.113549.1.7.1")
    );
    assert_eq!(refused(&draft.sealed_by(&[]), &tsa), malformed("expected a signer, found none"));
}

// attack: A-207
#[test]
fn a_207_a_signer_named_by_key_identifier_is_refused() {
    let tsa = TestTsa::new(KeySpec::P256);
    let wrong =
        "the timestamp: expected a signer info of version 1 that names its certificate by issuer and serial number";
    let by_version = tsa.forge_token(MESSAGE, |draft| draft.signer_version = vec![3]);
    assert_eq!(refused(&by_version, &tsa), (code::MALFORMED_TIMESTAMP, wrong.to_owned()));
    let identifier = tsa.authority.view().subject_key_identifier().unwrap().to_vec();
    let by_key = tsa.forge_token(MESSAGE, |draft| {
        draft.signer_version = vec![3];
        draft.signer = [&[0x80, u8::try_from(identifier.len()).unwrap()], &*identifier].concat();
    });
    assert_eq!(refused(&by_key, &tsa), (code::MALFORMED_TIMESTAMP, wrong.to_owned()));
}

#[test]
fn weak_and_unknown_algorithms_are_refused() {
    let tsa = TestTsa::new(KeySpec::P256);
    let identifier = |oid: &str| {
        let oid: spki::ObjectIdentifier = oid.parse().unwrap();
        tlv_of(&tlv(der::Tag::ObjectIdentifier, oid.as_bytes()))
    };
    let sha1 = tsa.forge_token(MESSAGE, |draft| draft.digest_algorithm = identifier("1.3.14.3.2.26"));
    assert_eq!(
        refused(&sha1, &tsa),
        (
            code::TIMESTAMP_HASH,
            "the timestamp: expected a signature with SHA-256, SHA-384 or SHA-512, found 1.3.14.3.2.26".to_owned()
        )
    );
    let sha1 = tsa.forge_token(MESSAGE, |draft| draft.method = identifier("1.2.840.10045.4.1"));
    assert_eq!(refused(&sha1, &tsa).0, code::TIMESTAMP_HASH);
    for unknown in ["1.3.101.112", "1.2.3.4"] {
        let token = tsa.forge_token(MESSAGE, |draft| draft.method = identifier(unknown));
        let text = format!("the timestamp: no back end can check the signature by the algorithm {unknown}");
        assert_eq!(refused(&token, &tsa), (code::TIMESTAMP_ALGORITHM_UNSUPPORTED, text));
    }
    let token = parse(&tsa.token(MESSAGE)).unwrap();
    let error = token.verify(MESSAGE, &tsa.trust_store(), Provider::new(&[])).unwrap_err();
    assert_eq!(error.code(), code::TIMESTAMP_ALGORITHM_UNSUPPORTED);
}

// attack: A-176
#[test]
fn a_176_of_several_signers_one_must_hold_in_every_respect() {
    let tsa = TestTsa::new(KeySpec::P256);
    let stranger = TestTsa::new(KeySpec::P384);
    let draft = tsa.draft(MESSAGE, NOW.into());
    let good = draft.signer_info(&tsa.sign(&draft));
    let mut foreign = stranger.draft(MESSAGE, NOW.into());
    foreign.content.clone_from(&draft.content);
    let digest = tlv(der::Tag::OctetString, &Hash::Sha384.digest(&draft.content));
    set_attribute(&mut foreign, MESSAGE_DIGEST, Some(&digest));
    let untrusted = foreign.signer_info(&stranger.sign(&foreign));
    let mut mixed = draft.clone();
    mixed.certificates.extend(foreign.certificates.clone());
    for order in [[&*good, &untrusted], [&*untrusted, &good]] {
        let token = parse(&mixed.sealed_by(&order)).unwrap();
        let store = tsa.trust_store();
        let verified = token.verify(MESSAGE, &store, provider()).unwrap();
        assert_eq!(verified.chain().leaf().der(), tsa.authority.der);
        assert_eq!(verified.warnings(), [TimestampWarning::SeveralSigners { count: 2 }]);
    }
    // One has the signature, another the certificate: neither is whole, and together they are nothing.
    let mut unnamed = draft.clone();
    set_attribute(&mut unnamed, SIGNING_CERTIFICATE_V2, None);
    let unnamed = unnamed.signer_info(&tsa.sign(&unnamed));
    let broken = draft.signer_info(&[0; 64]);
    for order in [[&*unnamed, &broken], [&*unnamed, &untrusted]] {
        assert!(judge(&mixed.sealed_by(&order), &tsa.trust_store()).is_err());
    }
    assert!(
        parse(&tsa.token(MESSAGE))
            .unwrap()
            .verify(MESSAGE, &tsa.trust_store(), provider())
            .unwrap()
            .warnings()
            .is_empty()
    );
}

// attack: A-158
#[test]
fn the_searches_for_all_signers_of_a_token_share_one_budget() {
    let tsa = TestTsa::new(KeySpec::P256);
    let draft = tsa.draft(MESSAGE, NOW.into());
    let mut signers = Vec::new();
    let mut mixed = draft.clone();
    // The roots of seven strangers have one name, so that each of them is tried for each signer.
    for _ in 0..7 {
        let stranger = TestTsa::new(KeySpec::P256);
        let mut foreign = stranger.draft(MESSAGE, NOW.into());
        foreign.content.clone_from(&draft.content);
        let digest = tlv(der::Tag::OctetString, &Hash::Sha256.digest(&draft.content));
        set_attribute(&mut foreign, MESSAGE_DIGEST, Some(&digest));
        signers.push(foreign.signer_info(&stranger.sign(&foreign)));
        mixed.certificates.extend(foreign.certificates.clone());
        mixed.certificates.push(stranger.root.der.clone());
    }
    signers.push(draft.signer_info(&tsa.sign(&draft)));
    let signers: Vec<&[u8]> = signers.iter().map(Vec::as_slice).collect();
    let token = mixed.sealed_by(&signers);
    let judge = |signatures: u64, trusted: &TestTsa| {
        let mut limits = TimestampLimits::default();
        limits.path = limits.path.with_signatures(signatures);
        let store = trusted.trust_store();
        let token = TimestampToken::parse(&token, &limits).unwrap();
        operations(|crypto| token.verify(MESSAGE, &store, crypto).is_ok())
    };
    assert!(judge(1000, &tsa).0);
    // Where nobody is trusted, all are tried: one check for each signer over the content, and no more than the budget.
    let nobody = TestTsa::new(KeySpec::P256);
    let (held, count) = judge(100, &nobody);
    assert!(!held && (8 + 40..=8 + 100).contains(&count), "{count}");
    assert_eq!(judge(20, &nobody), (false, 8 + 20));
}

#[test]
fn a_signing_time_must_lie_in_the_validity_of_the_chain() {
    let tsa = TestTsa::new(KeySpec::P256);
    let forge = |time: &[u8]| {
        let value = tlv(der::Tag::GeneralizedTime, time);
        judge(&tsa.forge_token(MESSAGE, |draft| set_attribute(draft, SIGNING_TIME, Some(&value))), &tsa.trust_store())
    };
    assert!(forge(b"20260601000000Z").is_ok());
    let error = forge(b"20250601000000Z").unwrap_err();
    assert_eq!(error.code(), code::CERTIFICATE_NOT_YET_VALID);
    assert_eq!(
        error.to_string(),
        "the signed attribute signing-time of the timestamp: certificate 0 of the chain (`CN=Test Time Authority,O=Harbour,ST=WA,C=US`) is valid from 2026-01-01T00:00:00Z to 2036-01-01T00:00:00Z, not at 2025-06-01T00:00:00Z"
    );
    assert!(forge(b"2026").is_err());
}

#[test]
fn a_signer_without_its_certificate_is_not_trusted() {
    let tsa = TestTsa::new(KeySpec::P256);
    let none = tsa.forge_token(MESSAGE, |draft| draft.certificates.clear());
    let error = judge(&none, &tsa.trust_store()).unwrap_err();
    assert_eq!(error, TimestampError::Cms(CmsError::NoCertificate));
    assert_eq!(error.code(), code::UNTRUSTED_CHAIN);
    assert_eq!(error.to_string(), "the timestamp: the certificate that the signer names is not in the signed data");
}

#[test]
fn another_certificate_may_be_named_only_with_its_key() {
    let tsa = TestTsa::forge(KeySpec::P256, |level, draft| {
        if level == Level::Leaf {
            remove_extension(draft, "2.5.29.35");
            set_validity(draft, "2020-01-01T00:00:00Z".parse().unwrap(), "2040-01-01T00:00:00Z".parse().unwrap());
        }
    });
    let other = tsa.root.issue(
        KeySpec::P256,
        "CN=Second,O=Harbour,ST=WA,C=US",
        Role::TimestampAuthority { ocsp: &[], crl: &[] },
        |_| (),
    );
    let named = |certificate: &Certified| {
        tsa.forge_token(MESSAGE, |draft| {
            draft.certificates.push(certificate.der.clone());
            name_certificate(draft, certificate);
        })
    };
    assert!(judge(&named(&tsa.authority), &tsa.trust_store()).is_ok());
    assert_eq!(refused(&named(&other), &tsa).0, code::TIMESTAMP_SIGNATURE_INVALID);
}
