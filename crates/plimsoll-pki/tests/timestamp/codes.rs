//! Each denial code of timestamps, produced, and the exact text of its error.

use super::{MESSAGE, parse, refused};
use plimsoll_core::{Classify, Code, Provider};
use plimsoll_pki::{
    code,
    timestamp::{FailureInfo, TimestampResponse},
};
use plimsoll_testkit::{pki::KeySpec, timestamp::TestTsa};

#[test]
fn every_code_has_its_text() {
    let tsa = TestTsa::new(KeySpec::P256);
    let mut broken = tsa.token(MESSAGE);
    // The last octet of the token is one of the signature.
    *broken.last_mut().unwrap() ^= 1;
    let unsupported = parse(&tsa.token(MESSAGE)).unwrap();
    let unsupported = unsupported.verify(MESSAGE, &tsa.trust_store(), Provider::new(&[])).unwrap_err();
    let no = TimestampResponse::rejected(FailureInfo::SystemFailure, "the clock stands still");
    let no = no.token_for(&TestTsa::request(MESSAGE)).unwrap_err();
    let sha1 = tsa.forge_info(MESSAGE, |info| info.set_imprint("1.3.14.3.2.26", &[1; 20]));
    let table: [(Code, (Code, String), &str); 6] = [
        (
            code::MALFORMED_TIMESTAMP,
            refused(b"\x30\x03no", &tsa),
            "the timestamp: the signed data is malformed: `ContentInfo` is not as BER and RFC 5652 demand, at byte 2 of it",
        ),
        (
            code::TIMESTAMP_ALGORITHM_UNSUPPORTED,
            (unsupported.code(), unsupported.to_string()),
            "the timestamp: no back end can check the signature by the algorithm 1.2.840.10045.4.3.2",
        ),
        (
            code::TIMESTAMP_HASH,
            refused(&sha1, &tsa),
            "expected an imprint with SHA-256, SHA-384 or SHA-512, found the hash function 1.3.14.3.2.26",
        ),
        (
            code::TIMESTAMP_MISMATCH,
            refused(&tsa.token(b"other"), &tsa),
            "the timestamp is for other bytes: its imprint is not that of the message",
        ),
        (
            code::TIMESTAMP_REFUSED,
            (no.code(), no.to_string()),
            "the timestamping authority gave no timestamp: rejection, systemFailure (`the clock stands still`)",
        ),
        (
            code::TIMESTAMP_SIGNATURE_INVALID,
            refused(&broken, &tsa),
            "the timestamp: the signature over the signed attributes does not hold under the key of the signer's certificate",
        ),
    ];
    for (code, found, text) in table {
        assert_eq!(found, (code, text.to_owned()));
    }
}
