#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| plimsoll_fuzz::envelope(plimsoll_envelope::Sealed::jws_compact(
    input,
    &Default::default()
)));
