#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::round_trip(
    input,
    plimsoll_core::Reference::parse_normalized,
    ToString::to_string
));
