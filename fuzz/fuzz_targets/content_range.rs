#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    if let Some((first, last)) = plimsoll_distribution::protocol::content_range(input) {
        assert!(first <= last);
    }
});
