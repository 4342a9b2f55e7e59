use plimsoll_core::*;

/// Every code of the seam with its class; a change here changes what users' scripts see.
#[test]
fn the_codes_of_the_seam_are_stable() {
    let listed: Vec<String> = code::ALL.iter().map(|code| format!("{code:?}")).collect();
    assert_eq!(
        listed,
        [
            "access-denied (unavailable)",
            "digest-mismatch (untrusted)",
            "credential-helper-failed (unavailable)",
            "limit-exceeded (malformed)",
            "malformed-answer (malformed)",
            "malformed-reference (malformed)",
            "malformed-digest (malformed)",
            "malformed-time (malformed)",
            "not-collected (unavailable)",
            "not-found (unavailable)",
            "not-recorded (unavailable)",
            "not-supported (unavailable)",
            "rounds-exhausted (unavailable)",
            "size-mismatch (untrusted)",
            "forbidden-target (untrusted)",
            "unreachable (unavailable)",
        ]
    );
}

#[test]
fn a_code_is_its_name_in_kebab_case_and_says_something() {
    for code in code::ALL {
        assert!(code.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        assert!(code.summary().len() > 20, "{code}");
    }
}

#[test]
fn store_errors_keep_their_class() {
    let absent = StoreError::Absent { what: "app:v1".into() };
    assert_eq!((absent.to_string().as_str(), absent.code()), ("app:v1 is not there", code::NOT_FOUND));
    let broken = StoreError::from(BodyError::Broken("connection reset".into()));
    assert_eq!(
        (broken.to_string().as_str(), broken.class()),
        ("the content broke off: connection reset", Class::Unavailable)
    );
    let denied = StoreError::other(code::ACCESS_DENIED, "GET https://registry.test/v2/: 403 DENIED");
    assert_eq!(
        (denied.to_string().as_str(), denied.class()),
        ("GET https://registry.test/v2/: 403 DENIED", Class::Unavailable)
    );
    assert_eq!(BodyError::Stalled { seconds: 30 }.to_string(), "the content stalled for 30 s");
}

/// Denials fold: any No beats Unknown, and untrusted is said before malformed.
#[test]
fn a_verdict_folds_its_reasons() {
    let digest = Digest::sha256_of(b"image");
    let decide = |codes: &[Code]| {
        let reasons = codes.iter().map(|code| Reason::new(*code, "rule", digest, "why")).collect();
        Verdict::of(digest, digest, reasons, vec![], Horizon::ALWAYS).decision
    };
    assert_eq!(decide(&[]), Decision::Admit);
    assert_eq!(decide(&[code::UNREACHABLE]), Decision::Deny(Class::Unavailable));
    assert_eq!(decide(&[code::UNREACHABLE, code::LIMIT_EXCEEDED]), Decision::Deny(Class::Malformed));
    assert_eq!(
        decide(&[code::UNREACHABLE, code::LIMIT_EXCEEDED, code::DIGEST_MISMATCH]),
        Decision::Deny(Class::Untrusted)
    );
}
