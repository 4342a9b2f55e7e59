use plimsoll_core::{Classify, UnixTime, code};
use proptest::prelude::*;

// attack: A-101
#[test]
fn only_real_times_are_times() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T23:59:59Z", 951_868_799),
        ("2024-05-06t07:08:09z", 1_714_979_289),
        ("2024-05-06T07:08:09.999999999Z", 1_714_979_289),
        ("2026-11-24T01:08:46+09:00", 1_795_450_126),
        ("2016-12-31T23:59:60Z", 1_483_228_799),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ] {
        assert_eq!(text.parse::<UnixTime>().unwrap().as_secs(), seconds, "{text}");
    }
    for bad in [
        "",
        "2024",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:61Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2024-01-01T00:00:00+25:00",
        "2024-01-01T00:00:00",
        "2024-01-01 00:00:00Z",
        "24-01-01T00:00:00Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00ZZ",
        "+024-01-01T00:00:00Z",
        "2024-01-01T00:00:00+0100",
        "9999-12-31T23:59:59-00:01",
    ] {
        assert!(bad.parse::<UnixTime>().is_err(), "{bad}");
    }
    let refused = "soon".parse::<UnixTime>().unwrap_err();
    assert_eq!(
        (refused.code(), refused.to_string().as_str()),
        (
            code::MALFORMED_TIME,
            "expected a time such as `2026-11-23T16:08:46Z`, in the years 1970 to 9999, found `soon`"
        )
    );
}

proptest! {
    #[test]
    fn times_print_and_parse(seconds in 0..=UnixTime::MAX.as_secs()) {
        let time = UnixTime::from_secs(seconds).unwrap();
        prop_assert_eq!(time.to_string().parse(), Ok(time));
        let [y, m, d, h, min, s] = time.to_civil();
        prop_assert_eq!(UnixTime::from_civil(y, m, d, h, min, s), Some(time));
    }
    #[test]
    fn any_text_is_a_time_or_an_error(text: String) {
        let _ = text.parse::<UnixTime>();
    }
}
