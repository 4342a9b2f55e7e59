#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::identity_token(input));
