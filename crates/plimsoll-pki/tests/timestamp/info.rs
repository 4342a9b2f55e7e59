//! What a timestamp says.

use super::{MESSAGE, judge, parse, refused};
use plimsoll_core::{Classify, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Hash, code,
    timestamp::{GenTime, MessageImprint, TimestampError, TstInfo},
};
use plimsoll_testkit::{
    pki::{KeySpec, NOW},
    timestamp::{InfoForge, TestTsa},
};
use std::time::Duration;

fn info(edit: impl Fn(&mut InfoForge)) -> Result<TstInfo, TimestampError> {
    let tsa = TestTsa::new(KeySpec::P256);
    judge(&tsa.forge_info(MESSAGE, edit), &tsa.trust_store())
}

fn malformed(edit: impl Fn(&mut InfoForge)) -> String {
    let error = info(edit).unwrap_err();
    assert_eq!(error.code(), code::MALFORMED_TIMESTAMP, "{error}");
    error.to_string()
}

// attack: A-199
#[test]
fn a_199_a_timestamp_for_other_bytes_or_by_a_weak_hash_is_refused() {
    let tsa = TestTsa::new(KeySpec::P256);
    let token = tsa.token(b"other bytes");
    let mismatch = "the timestamp is for other bytes: its imprint is not that of the message";
    assert_eq!(refused(&token, &tsa), (code::TIMESTAMP_MISMATCH, mismatch.to_owned()));
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let set = |message: &[u8]| {
            let digest = hash.digest(message);
            tsa.forge_info(MESSAGE, move |info| info.set_imprint(&hash.oid().to_string(), &digest))
        };
        assert!(judge(&set(MESSAGE), &tsa.trust_store()).is_ok(), "{hash}");
        assert_eq!(refused(&set(b"other"), &tsa).0, code::TIMESTAMP_MISMATCH);
    }
    let sha1 = tsa.forge_info(MESSAGE, |info| info.set_imprint("1.3.14.3.2.26", &[1; 20]));
    let text = "expected an imprint with SHA-256, SHA-384 or SHA-512, found the hash function 1.3.14.3.2.26";
    assert_eq!(refused(&sha1, &tsa), (code::TIMESTAMP_HASH, text.to_owned()));
    let short = malformed(|info| info.set_imprint(&Hash::Sha256.oid().to_string(), &[1; 31]));
    assert_eq!(
        short,
        "the timestamp is malformed: `messageImprint` is not as DER and RFC 3161 demand, at byte 0 of it"
    );
}

// attack: A-200
#[test]
fn a_200_what_is_timestamped_is_the_very_message_that_is_given() {
    let tsa = TestTsa::new(KeySpec::P256);
    let over_payload = tsa.token(b"the payload of the envelope");
    let over_hash = tsa.token(&Hash::Sha256.digest(MESSAGE));
    for token in [over_payload, over_hash] {
        assert_eq!(refused(&token, &tsa).0, code::TIMESTAMP_MISMATCH);
    }
}

// attack: A-210
#[test]
fn a_210_gen_time_is_der_in_utc() {
    for (text, expected) in [
        ("20260601000000Z", ("2026-06-01T00:00:00Z", 0)),
        ("20260601000000.5Z", ("2026-06-01T00:00:00Z", 500_000_000)),
        ("20260601000000.000000001Z", ("2026-06-01T00:00:00Z", 1)),
        ("20280229235959.884Z", ("2028-02-29T23:59:59Z", 884_000_000)),
    ] {
        let found = info(|info| info.set_time(text)).unwrap().gen_time;
        let second: UnixTime = expected.0.parse().unwrap();
        assert_eq!(found, GenTime::new(second, expected.1).unwrap());
    }
    for text in [
        "20260601000000",       // no Z
        "20260601000000+0000Z", // an offset
        "20260601000000+0100",
        "20260601000000.50Z", // trailing zeros
        "20260601000000.0Z",
        "20260601000000.Z",
        "20260601000000,5Z",
        "260601000000Z", // two digits of a year
        "202606010000Z", // no seconds
        "2026060100Z",
        "20260601000000z",
        "20260601000000Z ",
        " 0260601000000Z",
        "",
        "Z",
        "20260601000000.5",
        "20260601000000.-5Z",
    ] {
        let text = malformed(|info| info.set_time(text));
        assert!(text.starts_with("expected genTime as `YYYYMMDDhhmmss[.f]Z`, found `"), "{text}");
    }
    let long = info(|info| info.set_time("20260601000000.0000000001Z")).unwrap_err();
    assert_eq!(long.to_string(), "the timestamp is too large: more than 9 digits of a fraction of a second");
}

// attack: A-101
#[test]
fn a_101_a_date_that_is_none_is_refused() {
    for text in [
        "20261301000000Z",
        "20260001000000Z",
        "20260231000000Z",
        "20270229000000Z",
        "20260600000000Z",
        "20260601240000Z",
        "20260601006000Z",
        "20260601000060Z", // a leap second
        "00000101000000Z",
        "19691231235959Z",
    ] {
        malformed(|info| info.set_time(text));
    }
}

#[test]
fn the_accuracy_widens_the_time() {
    let accuracy = |bytes: &[u8]| info(|info| info.accuracy = bytes.to_vec());
    for (bytes, expected) in [
        (&[][..], Duration::ZERO),
        (&[0x30, 0], Duration::ZERO),
        (&[0x30, 3, 2, 1, 60], Duration::from_secs(60)),
        (&[0x30, 4, 0x80, 2, 1, 0xf4], Duration::from_millis(500)),
        (&[0x30, 10, 2, 1, 2, 0x80, 1, 3, 0x81, 2, 1, 0xf4], Duration::from_micros(2_003_500)),
        (&[0x30, 7, 2, 5, 0, 0xff, 0xff, 0xff, 0xff], Duration::from_secs(u64::from(u32::MAX))),
    ] {
        assert_eq!(accuracy(bytes).unwrap().accuracy(), expected, "{bytes:x?}");
    }
    for bytes in [
        &[0x30, 3, 2, 1, 0xff][..],               // negative
        &[0x30, 3, 0x80, 1, 0],                   // millis are 1 to 999
        &[0x30, 4, 0x80, 2, 3, 0xe8],             // 1000
        &[0x30, 4, 0x81, 2, 3, 0xe8],             // micros as well
        &[0x30, 6, 0x81, 1, 1, 0x80, 1, 1],       // out of order
        &[0x30, 8, 2, 6, 1, 0, 0, 0, 0, 0],       // more than 2^32 seconds
        &[0x30, 9, 2, 7, 0, 0xff, 0, 0, 0, 0, 0], // and more
        &[0x30, 6, 2, 1, 1, 2, 1, 1],             // twice
    ] {
        assert_eq!(accuracy(bytes).unwrap_err().code(), code::MALFORMED_TIMESTAMP, "{bytes:x?}");
    }
}

#[test]
fn the_baseline_policy_states_a_second() {
    let set = |policy: &str, accuracy: &[u8]| {
        info(|info| {
            info.set_policy(policy);
            info.accuracy = accuracy.to_vec();
        })
        .unwrap()
        .accuracy()
    };
    assert_eq!(set("0.4.0.2023.1.1", &[]), Duration::from_secs(1));
    assert_eq!(set("0.4.0.2023.1.1", &[0x30, 0]), Duration::from_secs(1));
    assert_eq!(set("0.4.0.2023.1.1", &[0x30, 3, 0x80, 1, 5]), Duration::from_millis(5));
    assert_eq!(set("0.4.0.2023.1.2", &[]), Duration::ZERO);
}

#[test]
fn earliest_and_latest_are_whole_seconds_that_hold_the_range() {
    let at = |nanosecond| GenTime::new(NOW, nanosecond).unwrap();
    let (half, second) = (Duration::from_millis(500), Duration::from_secs(1));
    let range = |time: GenTime, accuracy| {
        let offset = |time: UnixTime| i128::from(time.as_secs()) - i128::from(NOW.as_secs());
        (offset(time.earliest(accuracy)), offset(time.latest(accuracy)))
    };
    assert_eq!(range(at(0), Duration::ZERO), (0, 0));
    assert_eq!(range(at(0), second), (-1, 1));
    assert_eq!(range(at(0), half), (-1, 1));
    assert_eq!(range(at(500_000_000), half), (0, 1));
    assert_eq!(range(at(500_000_001), half), (0, 2));
    assert_eq!(range(at(999_999_999), second), (-1, 2));
    assert_eq!(range(at(1), Duration::ZERO), (0, 1));
    assert_eq!(GenTime::new(NOW, 1_000_000_000), None);
    let far = GenTime::from(UnixTime::MAX);
    assert_eq!((far.latest(Duration::MAX), far.earliest(Duration::MAX)), (UnixTime::MAX, UnixTime::MIN));
    assert_eq!(at(884_000_000).to_string(), "2026-06-01T00:00:00.884Z");
    assert_eq!(at(0).to_string(), "2026-06-01T00:00:00Z");

    let tsa = TestTsa::new(KeySpec::P256);
    let token = parse(&tsa.token(MESSAGE)).unwrap();
    let store = tsa.trust_store();
    let verified = token.verify(MESSAGE, &store, provider()).unwrap();
    assert_eq!((verified.earliest(), verified.latest()), (NOW.saturating_sub(1), NOW.saturating_add(1)));
    assert_eq!(verified.policy(), plimsoll_testkit::timestamp::POLICY);
}

#[test]
fn versions_and_extensions_that_are_not_known_are_refused() {
    assert_eq!(malformed(|info| info.version = vec![2, 1, 2]), "expected version 1 of TSTInfo");
    // [1] IMPLICIT Extensions: 1.2.3, once critical and once not.
    let critical = [0xa1, 11, 0x30, 9, 6, 2, 0x2a, 3, 1, 1, 0xff, 4, 0];
    let ignorable = [0xa1, 8, 0x30, 6, 6, 2, 0x2a, 3, 4, 0];
    assert_eq!(
        malformed(|info| info.extensions = critical.to_vec()),
        "expected no extension that must be understood, found 1.2.3"
    );
    assert!(info(|info| info.extensions = ignorable.to_vec()).is_ok());
    // A name of the authority is a hint; order and nonce are read.
    let read = info(|info| {
        info.ordering = vec![1, 1, 0xff];
        info.nonce = Vec::new();
        info.tsa = vec![0xa0, 4, 0x82, 2, b'a', b'b'];
    });
    let read = read.unwrap();
    assert!(read.ordering && read.nonce.is_none());
    assert_eq!(
        malformed(|info| info.nonce = vec![2, 2, 0, 1]),
        "the timestamp is malformed: `nonce` is not as DER and RFC 3161 demand, at byte 0 of it"
    );
    for broken in [&[0x30, 0][..], &[2, 0], &[2, 2, 0xff, 0xff]] {
        malformed(|info| info.serial_number = broken.to_vec());
    }
}

#[test]
fn an_imprint_has_the_length_of_its_hash() {
    assert_eq!(MessageImprint::new(Hash::Sha384, [0; 32]), None);
    let imprint = MessageImprint::new(Hash::Sha384, Hash::Sha384.digest(MESSAGE)).unwrap();
    assert_eq!(imprint, MessageImprint::of(Hash::Sha384, MESSAGE));
    assert!(imprint.is_of(MESSAGE) && !imprint.is_of(b"other"));
    assert_eq!((imprint.hash(), imprint.digest().len()), (Hash::Sha384, 48));
}
