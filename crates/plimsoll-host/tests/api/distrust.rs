//! `distrust.json`.

use super::Home;
use plimsoll_core::{Classify as _, Digest};
use plimsoll_host::notation::{NotationDirectory, add_distrust, load_distrust, remove_distrust};
use plimsoll_pki::distrust::{DistrustEntry, Subject};
use plimsoll_testkit::pki::NOW;

fn key(text: &str) -> Subject {
    Subject::Key(Digest::sha256_of(text.as_bytes()))
}

#[test]
fn entries_come_and_go() {
    let home = Home::new();
    let directory = NotationDirectory::at(home.at("new"));
    assert!(load_distrust(&directory).unwrap().value.is_empty());
    let entry = DistrustEntry::new(key("a"), "stolen").signed_after(NOW);
    assert_eq!(add_distrust(&directory, entry.clone()).unwrap(), None);
    assert_eq!(add_distrust(&directory, DistrustEntry::new(key("b"), "left")).unwrap(), None);
    assert_eq!(load_distrust(&directory).unwrap().value.entries().len(), 2);
    assert_eq!(add_distrust(&directory, DistrustEntry::new(key("a"), "burnt")).unwrap(), Some(entry));
    assert!(remove_distrust(&directory, &key("b")).unwrap().is_some());
    assert_eq!(remove_distrust(&directory, &key("b")).unwrap(), None);
    let left = load_distrust(&directory).unwrap().value;
    assert_eq!(left.entries().iter().map(DistrustEntry::reason).collect::<Vec<_>>(), ["burnt"]);
}

#[test]
fn no_entry_is_lost_to_another_writer() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let directory = home.notation();
            scope.spawn(move || {
                for turn in 0..5 {
                    add_distrust(&directory, DistrustEntry::new(key(&format!("{thread}.{turn}")), "x")).unwrap();
                }
            });
        }
    });
    assert_eq!(load_distrust(&home.notation()).unwrap().value.entries().len(), 20);
}

#[test]
fn a_list_that_is_not_understood_is_an_error_and_stays_as_it_is() {
    let home = Home::new();
    for bad in ["", "[]", r#"{"entries": [], "more": 1}"#, r#"{"entries": [{"key": "x", "reason": ""}]}"#] {
        home.write("distrust.json", bad);
        let error = load_distrust(&home.notation()).unwrap_err();
        assert_eq!(error.class(), plimsoll_core::Class::Malformed, "{bad}");
        assert!(home.text(&error).starts_with("`HOME/distrust.json`: "), "{error}");
        assert!(add_distrust(&home.notation(), DistrustEntry::new(key("a"), "x")).is_err());
        assert_eq!(std::fs::read_to_string(home.at("distrust.json")).unwrap(), bad);
    }
}

// attack: A-222
#[cfg(unix)]
#[test]
fn a_222_a_list_behind_a_link_is_refused() {
    let home = Home::new();
    home.write("real.json", r#"{"entries": []}"#);
    home.link("real.json", "distrust.json");
    let message = "`HOME/distrust.json`: expected a regular file, found a symbolic link";
    home.says(&load_distrust(&home.notation()).unwrap_err(), "unsafe-path", message);
}
