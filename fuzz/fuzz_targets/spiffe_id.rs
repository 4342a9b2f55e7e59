#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::spiffe_id(input));
