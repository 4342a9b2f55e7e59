#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    let _ = input.parse::<plimsoll_store::LayoutReference>().map(|reference| reference.to_string());
});
