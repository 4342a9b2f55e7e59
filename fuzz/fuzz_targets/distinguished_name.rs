#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::round_trip(
    input,
    plimsoll_pki::DistinguishedName::parse,
    ToString::to_string
));
