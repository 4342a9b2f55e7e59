#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::text_round_trip::<plimsoll_sbom::Purl>(input));
