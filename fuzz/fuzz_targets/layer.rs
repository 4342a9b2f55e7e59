#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| plimsoll_fuzz::layer(input, plimsoll_oci::media_type::LAYER_TAR));
