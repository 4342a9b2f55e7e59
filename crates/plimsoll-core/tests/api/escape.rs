use plimsoll_core::Escaped;
use proptest::prelude::*;

// attack: A-382
#[test]
fn foreign_text_cannot_drive_a_terminal() {
    let hostile = "a\u{1b}]0;owned\u{7}\r\n\u{202e}gpj.exe\u{200b}\u{feff}\u{9b}2J";
    let shown = Escaped::new(hostile).to_string();
    assert_eq!(shown, r"a\u{1b}]0;owned\u{7}\u{d}\u{a}\u{202e}gpj.exe\u{200b}\u{feff}\u{9b}2J");
    assert_eq!(Escaped::new("Škoda 船 <b>").to_string(), "Škoda 船 <b>");
}

#[test]
fn foreign_text_is_cut() {
    assert!(Escaped::new(&"x".repeat(1_000_000)).as_str().len() < 300);
    assert_eq!(Escaped::whole(&"x".repeat(1000)).as_str().len(), 1000);
    assert_eq!(Escaped::bytes(b"\xff\x00ok").as_str(), "\u{fffd}\\u{0}ok");
}

proptest! {
    #[test]
    fn escaping_twice_is_escaping_once(text: String) {
        let once = Escaped::whole(&text);
        let twice = Escaped::whole(once.as_str());
        prop_assert_eq!(twice.as_str(), once.as_str());
        prop_assert!(!once.as_str().chars().any(char::is_control));
    }
}
