//! Reading one certificate.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

use der::{Decode, Encode, Tag};
use plimsoll_core::{Classify, UnixTime};
use plimsoll_pki::{
    Certificate, CertificateError, KeyKind, Limits, OwnedCertificate, SignatureMethod, Usage, Validity, code,
    issue::Draft, issue::Role,
};
use plimsoll_testkit::pki::{Certified, KeySpec, LEAF, TestCa, extension, name, replace_extension, tlv};
use proptest::prelude::*;

const SIGNER: Role<'_> = Role::Signer { ocsp: &["http://ocsp.example"], crl: &["http://crl.example"] };

fn forged(edit: impl FnOnce(&mut Draft)) -> Vec<u8> {
    Certified::self_signed(KeySpec::P256, LEAF, SIGNER, edit).der
}

fn read(der: &[u8]) -> Result<Certificate<'_>, CertificateError> {
    Certificate::from_der(der, &Limits::default())
}

fn refused(edit: impl FnOnce(&mut Draft)) -> CertificateError {
    let error = read(&forged(edit)).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), code::MALFORMED_CERTIFICATE);
    error
}

#[test]
fn what_is_read_is_what_another_reader_reads() {
    for spec in KeySpec::ALL {
        let der = Certified::self_signed(spec, LEAF, SIGNER, |_| ()).der;
        let ours = read(&der).unwrap();
        let theirs = x509_cert::Certificate::from_der(&der).unwrap();
        let tbs = theirs.tbs_certificate();
        assert_eq!(ours.tbs(), tbs.to_der().unwrap());
        assert_eq!(ours.signature(), theirs.signature().raw_bytes());
        assert_eq!(ours.serial(), tbs.serial_number().as_bytes());
        assert_eq!(ours.subject().der(), tbs.subject().to_der().unwrap());
        assert_eq!(ours.issuer().der(), tbs.issuer().to_der().unwrap());
        assert_eq!(ours.public_key().spki_der(), tbs.subject_public_key_info().to_der().unwrap());
        assert_eq!(ours.validity().not_after.as_secs(), tbs.validity().not_after.to_unix_duration().as_secs());
        let extensions: Vec<_> = ours.extensions().iter().map(|one| (one.oid, one.critical, one.value)).collect();
        let expected = tbs.extensions().unwrap();
        assert!(extensions.iter().copied().eq(expected.iter().map(|one| (
            one.extn_id,
            one.critical,
            one.extn_value.as_bytes()
        ))));
        assert_eq!(ours.version(), 3);
    }
}

#[test]
fn keys_and_methods_are_told_apart() {
    let kinds: Vec<String> = KeySpec::ALL
        .map(|spec| {
            let one = Certified::self_signed(spec, LEAF, SIGNER, |_| ());
            let view = one.view();
            assert_eq!(view.signature_method().under(view.key()), Some(spec.certificate_algorithm()));
            format!("{}, {}", view.key(), view.signature_method())
        })
        .into();
    assert_eq!(
        kinds,
        [
            "P-256, ECDSA with SHA-256",
            "P-384, ECDSA with SHA-384",
            "P-521, ECDSA with SHA-512",
            "RSA-2048, RSA PKCS#1 v1.5 with SHA-256",
            "RSA-3072, RSA PKCS#1 v1.5 with SHA-384",
            "RSA-4096, RSA PKCS#1 v1.5 with SHA-512",
        ]
    );
    let view = Certified::self_signed(KeySpec::P256, LEAF, SIGNER, |_| ());
    assert_eq!(view.view().signature_method().under(KeyKind::Rsa { bits: 2048, sound: true }), None);
    assert!(!view.view().key_usage().unwrap().allows(Usage::KeyCertSign));
}

// attack: A-100
#[test]
fn lengths_that_lie_and_other_encodings_than_der_are_refused() {
    let good = forged(|_| ());
    let broken = |der: Vec<u8>| read(&der).map(|_| ()).unwrap_err().code() == code::MALFORMED_CERTIFICATE;
    assert!(broken(good[..good.len() - 1].to_vec()), "cut");
    assert!(broken([&good[..], &[0]].concat()), "more after the end");
    assert!(broken(vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), "four gigabytes are claimed");
    assert!(broken([&[0x30, 0x80], &good[4..], &[0, 0]].concat()), "indefinite length");
    let [high, low] = [good[2], good[3]];
    assert!(broken([&[0x30, 0x83, 0, high, low], &good[4..]].concat()), "length in more octets than needed");
    assert!(broken(vec![]));
    assert!(broken(b"-----BEGIN CERTIFICATE-----".to_vec()));
    // 20 000 nested sequences: one level is looked at, whatever lies below.
    let mut nested = vec![5, 0];
    for _ in 0..10_000 {
        nested = tlv(Tag::Sequence, &nested);
    }
    assert!(broken(nested));
    // An object identifier without end.
    let endless = [&[0x06, 60][..], &[0x81; 60]].concat();
    refused(move |draft| draft.spki = tlv(Tag::Sequence, &tlv(Tag::Sequence, &endless)));
}

// attack: A-101
#[test]
fn dates_that_are_none_are_refused() {
    let time = |tag, text: &str| tlv(tag, text.as_bytes());
    for text in [
        "261301000000Z",
        "260231000000Z",
        "260101000060Z",
        "260101240000Z",
        "260101006000Z",
        "2601010000Z",
        "260101000000+0000",
        "26010100000Z",
        "ab0101000000Z",
        "",
    ] {
        let error = refused(|draft| draft.not_before = time(Tag::UtcTime, text));
        assert!(matches!(error, CertificateError::Time { field: "notBefore", .. }), "{text}");
    }
    for text in [
        "20261301000000Z",
        "20270229000000Z",
        "00000101000000Z",
        "20260101000000.5Z",
        "20260101000000+2500",
        "100000101000000Z",
        "202601010000Z",
    ] {
        let error = refused(|draft| draft.not_after = time(Tag::GeneralizedTime, text));
        assert!(matches!(error, CertificateError::Time { field: "notAfter", .. }), "{text}");
    }
    refused(|draft| draft.not_after = time(Tag::Ia5String, "20260101000000Z"));
}

#[test]
fn dates_before_1970_are_held_as_1970_and_the_year_9999_is_read() {
    let read_times = |not_before: Vec<u8>, not_after: Vec<u8>| {
        let der = forged(|draft| (draft.not_before, draft.not_after) = (not_before, not_after));
        read(&der).map(|one| one.validity())
    };
    let found = read_times(tlv(Tag::UtcTime, b"500229000000Z"), tlv(Tag::GeneralizedTime, b"99991231235959Z"));
    assert!(found.is_err(), "1950 is no leap year");
    let found = read_times(tlv(Tag::UtcTime, b"520229000000Z"), tlv(Tag::GeneralizedTime, b"99991231235959Z"));
    assert_eq!(found, Ok(Validity { not_before: UnixTime::MIN, not_after: UnixTime::MAX }));
    let found = read_times(tlv(Tag::UtcTime, b"700101000001Z"), tlv(Tag::UtcTime, b"491231235959Z")).unwrap();
    assert_eq!(found.not_before.as_secs(), 1);
    assert_eq!(found.not_after.to_string(), "2049-12-31T23:59:59Z");
}

// attack: A-170
#[test]
fn old_versions_with_extensions_negative_serials_and_twins_are_refused() {
    let error = refused(|draft| draft.version = None);
    assert_eq!(error, CertificateError::ExtensionsInOldVersion { version: 1 });
    let error = refused(|draft| draft.version = Some(vec![1]));
    assert_eq!(error, CertificateError::ExtensionsInOldVersion { version: 2 });
    assert_eq!(refused(|draft| draft.version = Some(vec![3])), CertificateError::Version);
    assert_eq!(refused(|draft| draft.serial = vec![0xff]), CertificateError::NegativeSerial);
    assert!(matches!(refused(|draft| draft.serial = vec![0, 1]), CertificateError::Der { field: "serialNumber", .. }));
    let error = refused(|draft| draft.extensions.push(draft.extensions[0].clone()));
    assert!(matches!(error, CertificateError::DuplicateExtension { .. }));
    let unknown = || extension("1.3.6.1.4.1.99999.1", false, &[5, 0]);
    let error = refused(|draft| draft.extensions.extend([unknown(), unknown()]));
    assert!(matches!(error, CertificateError::DuplicateExtension { .. }));
    let plain = forged(|draft| (draft.version, draft.extensions) = (None, vec![]));
    assert_eq!(read(&plain).unwrap().version(), 1);
}

#[test]
fn the_algorithm_beside_the_signature_is_the_signed_one() {
    let other = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    assert_eq!(refused(|draft| draft.outer_method = other.to_vec()), CertificateError::SignatureAlgorithmMismatch);
}

// attack: A-172
#[test]
fn a_certificate_of_five_megabytes_is_refused_before_it_is_read() {
    let error = read(&vec![0x30; 5_000_000]).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "the certificate is too large: more than 65536 bytes in one certificate");
}

// attack: A-172
#[test]
fn a_hundred_thousand_names_and_extensions_without_end_are_refused() {
    let names = tlv(Tag::Sequence, &[0x82, 1, 0x61].repeat(100_000));
    let der = forged(|draft| replace_extension(draft, extension("2.5.29.17", false, &names)));
    assert!(matches!(read(&der), Err(CertificateError::Limit(_))));
    let many = forged(|draft| {
        draft.extensions.extend((0..100).map(|number| extension(&format!("1.3.6.1.4.1.{number}"), false, &[5, 0])));
    });
    let error = read(&many).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "the certificate is too large: more than 64 extensions in one certificate");
}

// attack: A-177
#[test]
fn malformed_extensions_are_refused_without_panic() {
    let sequence = |content: &[u8]| tlv(Tag::Sequence, content);
    let oversized = sequence(&tlv(Tag::Integer, &[1; 5]));
    for (oid, value) in [
        ("2.5.29.17", vec![]),
        ("2.5.29.17", sequence(&[])),
        ("2.5.29.17", sequence(&[0x82, 200, 1])),
        ("2.5.29.17", sequence(&[0x30, 0])),
        ("2.5.29.30", sequence(&[])),
        ("2.5.29.30", sequence(&[0xa0, 0x80, 0, 0])),
        ("2.5.29.19", vec![0x30, 0x80]),
        ("2.5.29.19", sequence(&[1, 1, 1])),
        ("2.5.29.19", sequence(&[1, 1, 0xff, 2, 1, 0xff])),
        ("2.5.29.19", oversized),
        ("2.5.29.15", vec![3, 1, 8]),
        ("2.5.29.15", vec![3, 2, 1, 0xff]),
        ("2.5.29.15", vec![3, 0]),
        ("2.5.29.15", vec![3, 4, 0, 1, 1, 1]),
        ("2.5.29.37", sequence(&[])),
        ("2.5.29.37", sequence(&[6, 0])),
        ("2.5.29.14", vec![4, 9, 1]),
        ("2.5.29.35", vec![4, 0]),
        ("1.3.6.1.5.5.7.1.1", sequence(&[0x30, 0])),
        ("2.5.29.31", sequence(&[0x30, 4, 0xa0, 2, 0xa0, 9])),
    ] {
        refused(|draft| replace_extension(draft, extension(oid, false, &value)));
    }
}

#[test]
fn strings_in_names_keep_the_rules_of_their_type() {
    let subject = |tag, value: &[u8]| name(&[("2.5.4.3", tag, value)]);
    for (tag, value) in [
        (Tag::Utf8String, &b"\xff"[..]),
        (Tag::PrintableString, b"a@b"),
        (Tag::Ia5String, b"\x80"),
        (Tag::NumericString, b"1a"),
        (Tag::BmpString, b"\xd8\x00"),
        (Tag::BmpString, b"a"),
        (Tag::OctetString, b"a"),
    ] {
        let found = subject(tag, value);
        assert!(matches!(refused(|draft| draft.subject = found), CertificateError::Der { field: "name", .. }), "{tag}");
    }
    for (tag, value) in [
        (Tag::TeletexString, &b"Zo\xeb"[..]),
        (Tag::BmpString, b"\0Z\0o\0\xeb\0\0"),
        (Tag::Utf8String, "Zoë".as_bytes()),
    ] {
        let der = forged(|draft| draft.subject = subject(tag, value));
        assert_eq!(read(&der).unwrap().subject().to_string(), "CN=Zoë");
    }
}

#[test]
fn pss_parameters_are_the_recommended_ones_or_another_method() {
    let method = |parameters: &[u8]| {
        let oid = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 10];
        let method = tlv(Tag::Sequence, &[&oid[..], &tlv(Tag::Sequence, parameters)].concat());
        let der = forged(|draft| (draft.inner_method, draft.outer_method) = (method.clone(), method.clone()));
        read(&der).map(|one| one.signature_method().to_string())
    };
    let sha256 = [0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
    let mgf1 = tlv(Tag::Sequence, &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 8][..], &sha256].concat());
    let part = |number: u8, value: &[u8]| [&[0xa0 + number, u8::try_from(value.len()).unwrap()], value].concat();
    let (hash, mask) = (part(0, &sha256), part(1, &mgf1));
    assert_eq!(method(&[&hash[..], &mask, &part(2, &[2, 1, 32])].concat()), Ok("RSA-PSS with SHA-256".to_owned()));
    let other = Ok("the algorithm 1.2.840.113549.1.1.10".to_owned());
    assert_eq!(method(&[&hash[..], &mask, &part(2, &[2, 1, 20])].concat()), other, "another salt");
    assert_eq!(method(&[&hash[..], &mask].concat()), other, "the default salt of 20");
    assert_eq!(method(&hash), other, "the default mask with SHA-1");
    assert!(method(&[&mask[..], &hash].concat()).is_err());
}

#[test]
fn an_owned_certificate_is_read_again() {
    let der = forged(|_| ());
    let owned = OwnedCertificate::from_der(&*der, &Limits::default()).unwrap();
    assert_eq!(owned.view(&Limits::default()).unwrap(), read(&der).unwrap());
    assert_eq!(read(&der).unwrap().to_owned(), owned);
    assert!(OwnedCertificate::from_der(&b"x"[..], &Limits::default()).is_err());
    assert!(!matches!(owned.view(&Limits::default()).unwrap().signature_method(), SignatureMethod::Broken(_)));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
    #[test]
    fn no_change_of_a_certificate_makes_it_panic(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let ca = TestCa::new(KeySpec::P256);
        let mut der = ca.leaf.der.clone();
        let at = at.index(der.len());
        der[at] = value;
        if let Ok(one) = read(&der) {
            let _ = (one.subject().to_string(), one.extensions().iter().count(), one.ocsp_urls(), one.crl_urls());
        }
    }
}
