use plimsoll_core::*;
use proptest::prelude::*;

// attack
#[test]
fn only_digests_that_can_be_checked_are_digests() {
    let hex = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert!(format!("sha256:{hex}").parse::<Digest>().is_ok());
    assert!(format!("sha512:{hex}{hex}").parse::<Digest>().is_ok());
    let upper = hex.to_uppercase();
    for bad in [
        "",
        ":",
        "sha256",
        "sha256:",
        "sha256:../../x",
        &format!("sha256:{}", &hex[1..]),
        &format!("sha256:{hex}0"),
        &format!("sha256:{upper}"),
        &format!("SHA256:{hex}"),
        &format!("sha1:{}", &hex[..40]),
        &format!("md5:{}", &hex[..32]),
        &format!("sha256:{}", &hex[..32]),
        &format!("sha384:{hex}{}", &hex[..32]),
        &format!("sha256:{}é", &hex[..62]),
    ] {
        assert!(bad.parse::<Digest>().is_err(), "{bad}");
    }
    let error = format!("sha1:{}", &hex[..40]).parse::<Digest>().unwrap_err();
    assert_eq!(error.to_string(), "expected a digest by sha256 or sha512, found the algorithm `sha1`");
    let error = "sha256:../../x".parse::<Digest>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a digest such as `sha256:` and 64 lower-case hexadecimal digits, found `sha256:../../x`"
    );
    assert_eq!((error.code(), error.class()), (code::MALFORMED_DIGEST, Class::Malformed));
}

#[test]
fn mismatches_say_what_was_expected_and_what_came() {
    let wanted = Descriptor::of("text/plain", b"abc");
    let error = Blob::check(wanted.clone(), "abcd".into()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.code()), ("expected 3 bytes, found at least 4", code::SIZE_MISMATCH));
    let error = Blob::check(wanted.clone(), "ab".into()).unwrap_err();
    assert_eq!(error.to_string(), "expected 3 bytes, found 2");
    let error = Blob::check(wanted.clone(), "abd".into()).unwrap_err();
    assert_eq!(error.code(), code::DIGEST_MISMATCH);
    assert_eq!(
        error.to_string(),
        format!("expected content with digest {}, found {}", wanted.digest, Digest::sha256_of(b"abd"))
    );
}

// attack: A-030
#[test]
fn a_stream_that_is_too_long_stops_at_the_first_byte_too_many() {
    let mut check = BlobCheck::new(Descriptor::of("layer", b"abc"));
    check.push(b"ab").unwrap();
    assert_eq!(check.push(b"cd"), Err(Mismatch::Size { expected: 3, found: 4 }));
    let mut short = BlobCheck::new(Descriptor::of("layer", b"abc"));
    short.push(b"ab").unwrap();
    assert_eq!(short.finish(), Err(Mismatch::Size { expected: 3, found: 2 }));
}

proptest! {
    #[test]
    fn digests_print_and_parse(bytes: Vec<u8>) {
        for digest in [Digest::sha256_of(&bytes), Digest::sha512_of(&bytes)] {
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        }
    }
    #[test]
    fn streamed_and_whole_checks_agree(bytes: Vec<u8>, cut in 0_usize..64, other: Vec<u8>) {
        let descriptor = Descriptor::of("x", &bytes);
        let mut check = BlobCheck::new(descriptor.clone());
        let cut = cut.min(bytes.len());
        check.push(&bytes[..cut]).unwrap();
        check.push(&bytes[cut..]).unwrap();
        let checked = check.finish().unwrap();
        prop_assert_eq!(checked.descriptor(), &descriptor);
        let mut hasher = Hasher::sha256();
        hasher.push(&bytes);
        let hashed = hasher.finish("x");
        prop_assert_eq!(hashed.descriptor(), &descriptor);
        prop_assert_eq!(Blob::check(descriptor, other.clone().into()).is_ok(), other == bytes);
    }
}
