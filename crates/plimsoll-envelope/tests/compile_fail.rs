//! What does not compile: no way to the payload but through the check.

// attack: A-114
#[test]
fn the_payload_is_reachable_only_through_the_check() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
