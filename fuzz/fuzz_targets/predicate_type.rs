#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::round_trip(
    input,
    plimsoll_provenance::PredicateType::parse,
    |kind| kind.as_str().to_owned()
));
