//! Rules inside rules.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use plimsoll_policy::{Policy, Syntax};

// attack: A-089
#[test]
fn a_089_rules_inside_rules_do_not_overflow_a_small_stack() {
    let nested = |open: &str, close: &str, depth: usize| {
        let rule = r#"{"image": {}}"#;
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        format!(r#"{{"version": 1, "name": "n", "rules": [{{"name": "r", "require": {open}{rule}{close}}}]}}"#)
    };
    let run = move || {
        for syntax in [Syntax::Json, Syntax::Yaml] {
            for (open, close) in [(r#"{"not": "#, "}"), (r#"{"all": ["#, "]}")] {
                assert!(Policy::parse(nested(open, close, 8).as_bytes(), Some(syntax)).is_ok(), "{syntax:?} {open}");
                for depth in [40, 60, 100, 5000] {
                    let read = Policy::parse(nested(open, close, depth).as_bytes(), Some(syntax));
                    assert!(read.is_err(), "{syntax:?} {open} {depth}");
                }
            }
        }
        let deep = nested(r#"{"not": "#, "}", 40);
        let error = Policy::parse(deep.as_bytes(), Some(Syntax::Json)).unwrap_err();
        assert_eq!(error.to_string(), "more than 32 levels of a policy");
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(run).unwrap().join().unwrap();
}
