#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = plimsoll_oci::layout::check_header(input);
});
