#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::pkcs11_uri(input));
