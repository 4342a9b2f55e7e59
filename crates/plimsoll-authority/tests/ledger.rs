//! The ledger: what is in it stays in it, as it was.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

use plimsoll_authority::{Audit, CertificateStatus, Entry, Ledger, LedgerError, RevocationReason, code};
use plimsoll_core::{Classify as _, Digest};
use plimsoll_testkit::pki::NOW;
use proptest::prelude::*;
use std::{fs, io::Write as _, path::PathBuf, thread};
use tempfile::TempDir;

fn issued(serial: u8) -> Entry {
    let digest = Digest::sha256_of(&[serial]).to_string();
    Entry::Issued {
        serial: format!("{serial:02x}"),
        subject: "CN=pilot,O=Harbour,ST=WA,C=US".into(),
        not_before: NOW.to_string(),
        not_after: NOW.saturating_add(600).to_string(),
        certificate: digest.clone(),
        key: digest,
        request: None,
    }
}

fn made(count: u8) -> (TempDir, PathBuf, Ledger) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.jsonl");
    let ledger = Ledger::open(&path).unwrap();
    (1..=count).for_each(|serial| ledger.add(NOW, issued(serial)).unwrap());
    (directory, path, ledger)
}

#[test]
fn what_was_added_is_there_after_a_restart() {
    let (_directory, path, ledger) = made(2);
    ledger.revoke(&[1], NOW, RevocationReason::Superseded, None).unwrap();
    for ledger in [ledger, Ledger::open(&path).unwrap()] {
        assert_eq!(
            (ledger.lines(), ledger.status(&[2]), ledger.status(&[3])),
            (3, CertificateStatus::Good, CertificateStatus::Unknown)
        );
        let CertificateStatus::Revoked(revocation) = ledger.status(&[1]) else { panic!("expected it to be revoked") };
        assert_eq!((revocation.at, revocation.reason), (NOW, RevocationReason::Superseded));
        assert_eq!(ledger.revocations(), [revocation]);
    }
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3);
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_revocation_is_for_good() {
    let (_directory, _, ledger) = made(1);
    ledger.revoke(&[1], NOW, RevocationReason::KeyCompromise, Some(NOW)).unwrap();
    let later = NOW.saturating_add(1);
    let again = ledger.revoke(&[1], later, RevocationReason::Superseded, None).unwrap_err();
    assert_eq!(
        (again.code(), again.to_string().as_str()),
        (code::ALREADY_REVOKED, "the certificate 01 was revoked at 2026-06-01T00:00:00Z")
    );
    let other = ledger.revoke(&[9], later, RevocationReason::Superseded, None).unwrap_err();
    let message = "expected the serial number of a certificate that was issued here, found 09";
    assert_eq!((other.code(), other.to_string().as_str()), (code::UNKNOWN_SERIAL, message));
}

#[test]
fn a_line_that_was_changed_cut_out_moved_or_put_in_shows() {
    let (_directory, path, _) = made(4);
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let changed = good.replacen("\"serial\":\"02\"", "\"serial\":\"07\"", 1);
    let cut = [lines[0], lines[2], lines[3]].concat();
    let moved = [lines[0], lines[2], lines[1], lines[3]].concat();
    let twice = [lines[0], lines[1], lines[1], lines[2], lines[3]].concat();
    for bad in [changed, cut, moved, twice, good.replacen("issued", "Issued", 1), good.replacen('\n', "\n\n", 1)] {
        fs::write(&path, &bad).unwrap();
        assert!(matches!(Ledger::open(&path), Err(LedgerError::Malformed { .. })), "{bad}");
    }
    fs::write(&path, &good).unwrap();
    assert!(Ledger::open(&path).is_ok());
}

#[test]
fn a_ledger_that_became_shorter_takes_nothing_more() {
    let (_directory, path, ledger) = made(3);
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.split_inclusive('\n').next().unwrap()).unwrap();
    let error = ledger.add(NOW, issued(4)).unwrap_err();
    assert_eq!(error.code(), code::LEDGER_MALFORMED);
}

#[test]
fn half_a_line_was_never_acknowledged() {
    let (_directory, path, ledger) = made(2);
    let before = fs::read(&path).unwrap();
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"number\":3,\"at\":\"20").unwrap();
    let opened = Ledger::open(&path).unwrap();
    assert_eq!(opened.lines(), 2);
    ledger.add(NOW, issued(3)).unwrap();
    opened.refresh().unwrap();
    assert_eq!((opened.lines(), opened.status(&[3])), (3, CertificateStatus::Good));
    assert!(fs::read(&path).unwrap().starts_with(&before));
    assert_eq!(Ledger::open(&path).unwrap().lines(), 3);
}

#[test]
fn several_write_at_once_and_lose_nothing() {
    let (_directory, path, _) = made(0);
    thread::scope(|scope| {
        for writer in 0..4_u8 {
            let path = &path;
            scope.spawn(move || {
                // Each as a process of its own would: another file, another state.
                let ledger = Ledger::open(path).unwrap();
                (0..10).for_each(|number| ledger.add(NOW, issued(writer * 10 + number)).unwrap());
            });
        }
    });
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.lines(), 40);
    assert!((0..40).all(|serial| ledger.status(&[serial]) == CertificateStatus::Good));
}

#[test]
fn ledger_unavailable() {
    let error = Ledger::open("/nonexistent/ledger.jsonl").unwrap_err();
    let message = "/nonexistent/ledger.jsonl: No such file or directory (os error 2)";
    assert_eq!((error.code(), error.to_string().as_str()), (code::LEDGER_UNAVAILABLE, message));
}

#[test]
fn ledger_malformed() {
    let (_directory, path, _) = made(1);
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{}\n").unwrap();
    let error = Ledger::open(&path).unwrap_err();
    let message = format!("{}, line 2: missing field `number` at line 1 column 2", path.display());
    assert_eq!((error.code(), error.to_string()), (code::LEDGER_MALFORMED, message));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (_directory, path, _) = made(1);
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&bytes).unwrap();
        let read = Ledger::open(&path).map(|ledger| ledger.lines());
        // Two readers, one for service and one for audits, say the same.
        prop_assert_eq!(&read, &Audit::read(&path, &[]).map(|audit| audit.lines));
        prop_assert!(read.is_err() || read == Ok(1));
    }
}
