use super::*;
use crate::code;
use proptest::prelude::*;

fn ids(text: &str) -> Vec<String> {
    let expression: LicenseExpression = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(expression.as_str(), text);
    expression.identifiers().map(str::to_owned).collect()
}

#[test]
fn expressions_are_split_into_the_licences_that_they_name() {
    assert_eq!(ids("MIT"), ["MIT"]);
    assert_eq!(ids("apache-2.0 OR mit"), ["Apache-2.0", "MIT"], "in the case of the list");
    assert_eq!(ids("(GPL-2.0+ WITH Classpath-exception-2.0)AND(MIT OR(Zlib))"), ["GPL-2.0+", "MIT", "Zlib"]);
    assert_eq!(ids("Apache-2.0+"), ["Apache-2.0+"]);
    assert_eq!(ids("DocumentRef-a:LicenseRef-b AND LicenseRef-c"), ["DocumentRef-a:LicenseRef-b", "LicenseRef-c"]);
    assert_eq!(ids("Unheard-Of-1.0"), ["Unheard-Of-1.0"]);
}

#[test]
fn what_is_no_expression_is_refused() {
    for (text, message) in [
        ("", "expected a license expression, found the unfinished ``"),
        ("MIT OR", "expected a license expression, found the unfinished `MIT OR`"),
        ("(MIT", "expected a license expression, found the unfinished `(MIT`"),
        ("MIT)", "expected licenses joined by `AND`, `OR` and `WITH`, found `)`"),
        ("MIT Zlib", "expected licenses joined by `AND`, `OR` and `WITH`, found `Zlib`"),
        ("MIT and Zlib", "expected licenses joined by `AND`, `OR` and `WITH`, found `and`"),
        ("MIT AND NONE", "expected licenses joined by `AND`, `OR` and `WITH`, found `NONE`"),
        ("NOASSERTION", "expected licenses joined by `AND`, `OR` and `WITH`, found `NOASSERTION`"),
        ("MIT WITH a WITH b", "expected licenses joined by `AND`, `OR` and `WITH`, found `WITH`"),
        ("(MIT) WITH a", "expected licenses joined by `AND`, `OR` and `WITH`, found `WITH`"),
        ("GPL_2", "expected licenses joined by `AND`, `OR` and `WITH`, found `GPL_2`"),
    ] {
        let error = text.parse::<LicenseExpression>().expect_err(text);
        assert_eq!((error.to_string().as_str(), error.code()), (message, code::MALFORMED_LICENSE));
    }
}

// attack: A-297
#[test]
fn a_297_deep_and_long_expressions_are_refused() {
    let nested = |depth: usize| format!("{}MIT{}", "(".repeat(depth), ")".repeat(depth)).parse::<LicenseExpression>();
    assert!(nested(128).is_ok());
    assert_eq!(nested(129), Err(LicenseError::Depth));
    assert_eq!(nested(129).unwrap_err().code(), plimsoll_core::code::LIMIT_EXCEEDED);
    let long = "(".repeat(3 << 20).parse::<LicenseExpression>().unwrap_err();
    assert_eq!(long.to_string(), "expected a license expression of at most 65536 bytes, found 3145728 bytes");
    let chain = format!("MIT{}", " OR MIT".repeat(9_000));
    assert_eq!(ids(&chain).len(), 9_001);
}

proptest! {
    #[test]
    fn no_text_panics(text in "[A-Za-z()+.: -]{0,60}") {
        if let Ok(expression) = text.parse::<LicenseExpression>() {
            prop_assert!(expression.identifiers().count() > 0);
        }
    }
}
