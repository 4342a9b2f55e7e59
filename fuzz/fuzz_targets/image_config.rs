#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| plimsoll_fuzz::round_trip(
    input,
    plimsoll_oci::ImageConfig::parse_bytes,
    |config| config.to_blob().to_bytes()
));
