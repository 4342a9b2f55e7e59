//! A process that is killed while it adds to the ledger.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails loudly")]

use plimsoll_authority::{Audit, CertificateStatus, Entry, Ledger};
use plimsoll_core::Digest;
use plimsoll_testkit::pki::NOW;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

const LEDGER: &str = "PLIMSOLL_TEST_LEDGER";

fn issued(serial: u64) -> Entry {
    let digest = Digest::sha256_of(&serial.to_be_bytes()).to_string();
    Entry::Issued {
        serial: format!("{serial:08x}"),
        // Long, so that a line is more than one block.
        subject: format!("CN={},O=Harbour,ST=WA,C=US", "x".repeat(20_000)),
        not_before: NOW.to_string(),
        not_after: NOW.saturating_add(600).to_string(),
        certificate: digest.clone(),
        key: digest,
        request: None,
    }
}

/// Not a test of its own: what the other one starts, and kills. It says each number that was acknowledged.
#[test]
fn child() {
    let Some(path) = std::env::var_os(LEDGER) else { return };
    let ledger = Ledger::open(path).unwrap();
    let mut out = std::io::stdout();
    for serial in ledger.lines() + 1.. {
        ledger.add(NOW, issued(serial)).unwrap();
        writeln!(out, "\nadded {serial}").unwrap();
        out.flush().unwrap();
    }
}

// attack: A-362
#[test]
fn a_362_what_was_acknowledged_survives_kill_9_and_what_was_not_is_no_tampering() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.jsonl");
    for round in 1..=12_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--nocapture"])
            .env(LEDGER, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let added = lines.filter_map(|line| line.strip_prefix("added ").and_then(|serial| serial.parse::<u64>().ok()));
        // Some entries, and then in the middle of whatever it does.
        let acknowledged = added.take(usize::try_from(round).unwrap()).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let audit = Audit::read(&path, &[]).unwrap();
        assert!(audit.lines >= acknowledged, "{} of {acknowledged}", audit.lines);
        let ledger = Ledger::open(&path).unwrap();
        for serial in 1..=acknowledged {
            let serial = u32::try_from(serial).unwrap().to_be_bytes();
            assert_eq!(ledger.status(&serial), CertificateStatus::Good);
        }
    }
}
