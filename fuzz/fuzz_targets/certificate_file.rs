#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = plimsoll_pki::read_certificates(input, &Default::default());
});
