#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| plimsoll_fuzz::round_trip(
    input,
    plimsoll_oci::LayoutIndex::parse,
    |index| index.to_blob().to_bytes()
));
