#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| plimsoll_fuzz::notary_envelope(input, plimsoll_notary::Format::Jws));
