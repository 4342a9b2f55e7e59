#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    let _ = plimsoll_authority::Rules::parse(input, &Default::default());
});
