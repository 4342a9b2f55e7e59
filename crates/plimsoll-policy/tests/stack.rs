//! What a condition may cost on a small stack.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

/// Nests a condition into itself.
fn nested(depth: usize, inner: &str, around: impl Fn(&str, usize) -> String) -> String {
    (0..depth).fold(inner.to_owned(), |text, level| around(&text, level))
}

// attack: A-316
#[test]
fn a_316_no_condition_that_is_let_through_overflows_a_small_stack() {
    let chain = |first: &str, more: &str, times: usize| format!("{first}{}", more.repeat(times));
    let within = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(12), close.repeat(12));
    let sources = [
        chain("", "!", 48) + "true",
        chain("", "-", 46) + "1 == 1",
        chain("1", "+1", 46) + " == 1",
        chain("true", " == true", 48),
        chain("true", " && true", 48),
        chain("true", " || true", 48),
        within("(", &(chain("1", "+1", 46) + " == 1"), ")"),
        within("!(", &chain("true", " == true", 36), ")"),
        within("(!", &chain("true", " == true", 36), ")"),
        within("(true ? ", &chain("true", " == true", 24), " : true)"),
        chain("", "true ? true : ", 12) + &chain("true", " == true", 24),
        nested(12, "true", |inner, _| format!("(!true ? {inner} : true)")),
        nested(6, &chain("true", " == true", 24), |inner, level| format!("[1].all(x{level}, {inner})")),
    ];
    for source in sources {
        let run = move || {
            let rules = format!("[{{name: c, require: {{condition: {source:?}}}}}]");
            let policy = common::policy(&rules, "").unwrap();
            assert_eq!(policy.test().len(), 1, "{source}");
        };
        std::thread::Builder::new().stack_size(512 * 1024).spawn(run).unwrap().join().unwrap();
    }
    let garbage = "a ".repeat(2000);
    let garbage =
        move || assert!(common::policy(&format!("[{{name: c, require: {{condition: {garbage:?}}}}}]"), "").is_err());
    std::thread::Builder::new().stack_size(512 * 1024).spawn(garbage).unwrap().join().unwrap();
    for source in [chain("1", "+1", 48) + " == 1", chain("true", " == true", 49)] {
        let rules = format!("[{{name: c, require: {{condition: {source:?}}}}}]");
        let error = common::policy(&rules, "").unwrap_err().to_string();
        assert!(error.contains("more than 48 operators of a condition"), "{error}");
    }
}
