//! Encodings: tokens may be BER.

use super::{MESSAGE, judge, parse, refused};
use plimsoll_core::Classify;
use plimsoll_pki::{
    code,
    timestamp::{TimestampLimits, TimestampToken},
};
use plimsoll_testkit::{
    pki::KeySpec,
    timestamp::{TestTsa, indefinite},
};
use proptest::prelude::*;

// attack: A-100
#[test]
fn a_100_indefinite_lengths_and_strings_in_pieces_mean_the_same() {
    for spec in [KeySpec::P256, KeySpec::Rsa2048] {
        let tsa = TestTsa::new(spec);
        let der = tsa.token(MESSAGE);
        let ber = indefinite(&der);
        assert_ne!(ber, der);
        assert_eq!(parse(&ber).unwrap().der(), der);
        assert!(judge(&ber, &tsa.trust_store()).is_ok());
    }
}

// attack: A-100
#[test]
fn a_100_signed_attributes_are_hashed_as_a_sorted_set() {
    let tsa = TestTsa::new(KeySpec::P256);
    // The forger signs the sorted set, as it must; in the message they stand in the reverse order.
    let der = tsa.token(MESSAGE);
    let draft = tsa.draft(MESSAGE, plimsoll_testkit::pki::NOW.into());
    let sorted = draft.signing_input();
    let sorted = &sorted[header(&sorted).0..];
    let at = der.windows(sorted.len()).position(|window| window == sorted).unwrap();
    let mut attributes = Vec::new();
    let mut rest = sorted;
    while !rest.is_empty() {
        let (header, content) = header(rest);
        let (one, after) = rest.split_at(header + content);
        attributes.insert(0, one);
        rest = after;
    }
    assert_eq!(attributes.len(), 3);
    let mut reversed = der.clone();
    reversed[at..at + sorted.len()].copy_from_slice(&attributes.concat());
    assert_ne!(reversed, der);
    assert!(judge(&reversed, &tsa.trust_store()).is_ok());
}

/// Length of the header of an element, and of its content, below 256.
fn header(element: &[u8]) -> (usize, usize) {
    match element[1] {
        0x81 => (3, usize::from(element[2])),
        length => (2, usize::from(length)),
    }
}

// attack: A-100
#[test]
fn a_100_nesting_and_elements_are_bounded() {
    let deep = |levels: usize| [[0x30, 0x80].repeat(levels), [0, 0].repeat(levels)].concat();
    let limit = |bytes: &[u8]| {
        let error = parse(bytes).unwrap_err();
        assert_eq!(error.code(), plimsoll_core::code::LIMIT_EXCEEDED, "{error}");
        error.to_string()
    };
    let text = "the timestamp: the signed data is too large: more than 32 levels of nesting in one BER message";
    assert_eq!(limit(&deep(33)), text);
    assert_eq!(limit(&deep(200_000)), text);
    // Without any end, and strings in pieces in pieces.
    assert_eq!(limit(&[0x30, 0x80].repeat(200_000)), text);
    assert_eq!(limit(&[0x24, 0x80].repeat(200_000)), text);
    assert_eq!(parse(&deep(32)).unwrap_err().code(), code::MALFORMED_TIMESTAMP);
    let many = [&[0x30, 0x80][..], &[5, 0].repeat(70_000), &[0, 0]].concat();
    assert_eq!(
        limit(&many),
        "the timestamp: the signed data is too large: more than 65536 elements in one BER message"
    );
}

// attack: A-100
#[test]
fn a_100_lengths_that_lie_and_tags_that_are_none_are_refused() {
    let table: [&[u8]; 14] = [
        &[],
        &[0x30],
        &[0x30, 0x81],
        &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
        &[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x30, 0xff],
        &[0x30, 3, 4, 5, 0],    // longer than what it is in
        &[0x30, 4, 0, 0, 5, 0], // an end where there is no beginning
        &[0x04, 0x80, 0, 0],    // indefinite, but not constructed
        &[0x23, 3, 3, 1, 0],    // a BIT STRING in pieces
        &[0x24, 2, 5, 0],       // a piece that is no OCTET STRING
        &[0x1f, 0x81, 0x01, 0], // a tag of more than one octet
        &[0x30, 0, 0],          // something after it
        &[0x30, 0x80, 5, 0],    // no end
    ];
    for bytes in table {
        let error = parse(bytes).unwrap_err();
        assert_eq!(error.code(), code::MALFORMED_TIMESTAMP, "{bytes:x?}: {error}");
    }
}

// attack: A-209
#[test]
fn a_209_huge_object_identifiers_are_refused() {
    let tsa = TestTsa::new(KeySpec::P256);
    let mut oid = vec![0xff_u8; 200_000];
    oid.push(0x01);
    let oid = [&[0x06, 0x83, 0x03, 0x0d, 0x41][..], &oid].concat();
    let token = tsa.forge_info(MESSAGE, |info| info.policy.clone_from(&oid));
    assert_eq!(refused(&token, &tsa).0, code::MALFORMED_TIMESTAMP);
}

#[test]
fn every_cut_and_every_flipped_bit_is_refused_or_means_the_same() {
    let tsa = TestTsa::new(KeySpec::P256);
    let der = tsa.token(MESSAGE);
    let store = tsa.trust_store();
    let good = judge(&der, &store).unwrap();
    for at in 0..der.len() {
        assert!(parse(&der[..at]).is_err(), "cut at {at}");
        let mut flipped = der.clone();
        flipped[at] ^= 1 << (at % 8);
        // What nobody signs may change: the version, hints, certificates that are not needed. What is said may not.
        if let Ok(info) = judge(&flipped, &store) {
            assert_eq!(info, good, "flipped at {at}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = parse(&bytes);
    }
    #[test]
    fn a_damaged_token_does_not_panic(at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let tsa = TestTsa::new(KeySpec::P256);
        let mut token = indefinite(&tsa.token(MESSAGE));
        let at = at.index(token.len());
        token[at] = with;
        let _ = judge(&token, &tsa.trust_store());
    }
    #[test]
    fn a_token_is_read_as_it_was_written(second in 1_767_225_600_u64..2_082_758_400, nanosecond in 0_u32..1_000_000_000) {
        let tsa = TestTsa::new(KeySpec::P256);
        let second = plimsoll_core::UnixTime::from_secs(second).unwrap();
        let time = plimsoll_pki::timestamp::GenTime::new(second, nanosecond).unwrap();
        let token = TimestampToken::parse(&tsa.token_at(MESSAGE, time), &TimestampLimits::default()).unwrap();
        prop_assert_eq!(token.claimed().gen_time, time);
        prop_assert_eq!(parse(token.der()).unwrap(), token);
    }
}
