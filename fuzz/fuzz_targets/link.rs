#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    let _ = plimsoll_distribution::next_link(input);
});
