#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| plimsoll_fuzz::round_trip(
    input,
    str::parse::<plimsoll_sbom::LicenseExpression>,
    |license| license.as_str().to_owned()
));
