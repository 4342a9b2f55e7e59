#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = plimsoll_catalog::OsRelease::read(input).map(|release| release.distro());
});
