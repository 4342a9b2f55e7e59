#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = plimsoll_pki::Name::from_der(input).map(|name| name.to_string());
});
