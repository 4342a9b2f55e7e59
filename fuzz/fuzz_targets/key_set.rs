#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = plimsoll_authority::KeySet::parse(input, &Default::default());
});
