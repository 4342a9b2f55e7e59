#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    let _ = plimsoll_registry::Htpasswd::parse(input);
});
