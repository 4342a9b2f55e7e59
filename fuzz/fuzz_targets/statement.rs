#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| plimsoll_fuzz::round_trip(
    input,
    |input: &[u8]| plimsoll_provenance::Statement::read(input, &Default::default()),
    plimsoll_provenance::Statement::to_json
));
