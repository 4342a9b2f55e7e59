#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = plimsoll_catalog::apk::read(input, &plimsoll_fuzz::debian(), &Default::default());
});
