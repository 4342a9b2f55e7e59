#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = plimsoll_catalog::cargo_lock::read(input, &Default::default());
});
