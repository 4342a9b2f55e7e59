//! `sign` and `verify` over many references in one call.

use crate::harbour::Harbour;
use serde_json::Value;
use std::io::Write as _;

/// A layout with three images under three tags.
fn fleet() -> Harbour {
    let harbour = Harbour::empty().with_trust();
    for tag in ["a", "b", "c"] {
        harbour.write("rootfs/etc/motd", tag);
        harbour.run(&format!("build rootfs -t oci:layout:{tag}")).succeeds();
    }
    harbour
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

const SCOPE: &str = "--scope localhost/team/app";

#[test]
fn each_result_is_a_line_and_any_no_decides_the_exit_code() {
    let harbour = fleet();
    let done = harbour.run(&format!("sign oci:layout:a oci:layout:b {SCOPE} --config publisher -o jsonl")).succeeds();
    let signed = lines(&done.stdout);
    assert_eq!(signed.len(), 3, "one for each, and the sum");
    assert_eq!(signed[2]["yes"], 2);
    assert!(signed[2].get("results").is_none(), "each was said when it came");

    let done = harbour.run(&format!(
        "verify oci:layout:a oci:layout:b oci:layout:c oci:layout:absent {SCOPE} --config consumer -o json"
    ));
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    let sum: Value = serde_json::from_str(&done.stdout).unwrap();
    let results = sum["results"].as_array().unwrap();
    let found: Vec<_> =
        results.iter().map(|one| (one["reference"].as_str().unwrap(), one["verified"].clone())).collect();
    let expected =
        [("oci:layout:a", true), ("oci:layout:b", true), ("oci:layout:c", false), ("oci:layout:absent", false)];
    assert_eq!(found, expected.map(|(reference, verified)| (reference, Value::from(verified))));
    assert_eq!((&sum["yes"], &sum["no"], &sum["unknown"]), (&2.into(), &1.into(), &1.into()));
}

#[test]
fn references_come_from_files_and_standard_input_each_once() {
    let harbour = fleet();
    harbour.write("fleet.txt", "# the fleet\noci:layout:a\n\noci:layout:b\noci:layout:a\n");
    let mut command = harbour.command(&format!("sign --from fleet.txt - {SCOPE} --config publisher -o json"));
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"oci:layout:c\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let sum: Value = serde_json::from_slice(&output.stdout).unwrap();
    let named: Vec<_> =
        sum["results"].as_array().unwrap().iter().map(|one| one["reference"].as_str().unwrap()).collect();
    assert_eq!(named, ["oci:layout:c", "oci:layout:a", "oci:layout:b"]);
    harbour.write("none.txt", "# nothing\n");
    harbour.run(&format!("sign --from none.txt {SCOPE} --config publisher")).exits(2).says("at least one reference");
}

#[test]
fn a_run_that_was_cut_off_is_resumed_and_nothing_is_signed_twice() {
    let harbour = fleet();
    let sign = |tags: &str| format!("sign {tags} {SCOPE} --config publisher --resume journal -o json");
    harbour.run(&sign("oci:layout:a oci:layout:absent")).exits(3);
    // The run was cut off in the middle of a line.
    let journal = harbour.read("journal");
    harbour.write("journal", format!("{journal}{{\"reference\":\"oci:layout:b\",\"ex"));
    let done = harbour.run(&sign("oci:layout:a oci:layout:b oci:layout:c")).succeeds();
    let sum: Value = serde_json::from_str(&done.stdout).unwrap();
    let resumed: Vec<_> = sum["results"].as_array().unwrap().iter().map(|one| one["resumed"] == true).collect();
    assert_eq!(resumed, [true, false, false]);
    for tag in ["a", "b", "c"] {
        let found = harbour.json(&format!("inspect oci:layout:{tag} {SCOPE}"));
        assert_eq!(found["signatures"].as_array().unwrap().len(), 1, "{tag}");
    }
    // The journal of other settings, and a file that is none, are refused and left as they are.
    let kept = harbour.read("journal");
    harbour
        .run(&format!("sign oci:layout:a {SCOPE} --config publisher --resume journal --expiry 1d"))
        .exits(2)
        .says("no journal of this command with these settings");
    assert_eq!(harbour.read("journal"), kept);
    harbour.write("notes", "shopping\n");
    harbour.run(&format!("sign oci:layout:a {SCOPE} --config publisher --resume notes")).exits(2).says("no journal");
    assert_eq!(harbour.read("notes"), "shopping\n");
}

/// The only result of a run over one reference with a journal.
fn only(harbour: &Harbour, line: &str) -> Value {
    harbour.run(&format!("{line} --resume journal -o json")).succeeds().json()["results"][0].clone()
}

#[test]
fn a_journal_counts_for_the_repository_that_the_layout_stood_for() {
    let harbour = fleet();
    for (command, config) in [("sign", "publisher"), ("verify", "consumer")] {
        let line = |scope: &str| format!("{command} oci:layout:a --scope {scope} --config {config}");
        only(&harbour, &line("localhost/team/app"));
        assert_eq!(only(&harbour, &line("localhost/team/app"))["resumed"], true, "{command}");
        harbour
            .run(&format!("{} --resume journal", line("localhost/team/other")))
            .exits(2)
            .says("no journal of this command with these settings");
        std::fs::remove_file(harbour.path("journal")).unwrap();
    }
}

#[test]
fn a_tag_that_moved_is_not_what_was_done_before() {
    let harbour = fleet();
    let digest = |tag: &str| harbour.json(&format!("discover oci:layout:{tag}"))["digest"].clone();
    let (a, b) = (digest("a"), digest("b"));
    let sign = format!("sign oci:layout:a {SCOPE} --config publisher");
    assert_eq!(only(&harbour, &sign)["digest"], a);
    harbour.run("tag oci:layout:b a").succeeds();
    let moved = only(&harbour, &sign);
    assert_eq!((&moved["digest"], moved.get("resumed")), (&b, None));
    // And back again: the one is known by now, and the other is still.
    assert_eq!(only(&harbour, &sign)["resumed"], true);
    harbour.run(&format!("tag oci:layout@{} a", a.as_str().unwrap())).succeeds();
    assert_eq!(only(&harbour, &sign)["resumed"], true);
    for digest in [&a, &b] {
        let found = harbour.json(&format!("inspect oci:layout@{} {SCOPE}", digest.as_str().unwrap()));
        assert_eq!(found["signatures"].as_array().unwrap().len(), 1);
    }

    std::fs::remove_file(harbour.path("journal")).unwrap();
    let verify = format!("verify oci:layout:a {SCOPE} --config consumer");
    assert_eq!(only(&harbour, &verify)["subject"], a);
    harbour.run("tag oci:layout:c a").succeeds();
    let done = harbour.run(&format!("{verify} --resume journal")).exits(1);
    done.says("no-signature").does_not_say("done before");
    // By digest there is nothing that could move.
    let by_digest = format!("verify oci:layout@{} {SCOPE} --config consumer", a.as_str().unwrap());
    only(&harbour, &by_digest);
    assert_eq!(only(&harbour, &by_digest)["resumed"], true);
}

#[test]
fn a_verdict_of_before_counts_no_longer_than_it_holds() {
    let harbour = fleet();
    harbour.run(&format!("sign oci:layout:a {SCOPE} --config publisher --expiry 30d")).succeeds();
    let verify = format!("verify oci:layout:a {SCOPE} --config consumer");
    let until = only(&harbour, &verify)["holds"]["until"].as_str().unwrap().to_owned();
    assert_eq!(only(&harbour, &verify)["resumed"], true);
    let journal = harbour.read("journal");
    assert!(journal.contains(&until));
    for passed in ["2026-01-01T00:00:00Z", "nonsense"] {
        harbour.write("journal", journal.replace(&until, passed));
        let again = only(&harbour, &verify);
        assert_eq!((again.get("resumed"), &again["verified"]), (None, &Value::from(true)), "{passed}");
    }
    // As of a time that the horizon does not reach, either.
    let late = format!("{verify} --at 2100-01-01T00:00:00Z");
    std::fs::remove_file(harbour.path("journal")).unwrap();
    harbour.run(&format!("{late} --resume journal")).exits(1);
    harbour.run(&format!("{late} --resume journal")).exits(1).does_not_say("done before");
}

#[test]
fn a_list_that_is_longer_than_what_is_read_is_refused_and_not_cut_off() {
    let harbour = Harbour::empty().with_trust();
    let mut command = harbour.command("verify - --config consumer");
    command.stdin(std::fs::File::open("/dev/zero").unwrap());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("standard input: more than 67108864 bytes (limit-exceeded)"), "{said}");
}

#[test]
fn whoever_watches_is_told_how_far_it_is() {
    let harbour = fleet();
    let line = format!("sign oci:layout:a oci:layout:b {SCOPE} --config publisher --concurrency 1");
    for report in ["json", "jsonl", "text"] {
        let done = harbour.run(&format!("{line} -o {report}")).succeeds();
        let told: Vec<_> = done.stderr.lines().filter(|line| line.contains(" of ")).collect();
        assert_eq!(told, ["1 of 2: yes, oci:layout:a", "2 of 2: yes, oci:layout:b"], "{report}");
        assert!(!done.stdout.contains("1 of 2"), "{report}");
    }
    let done = harbour.run(&format!("sign oci:layout:a {SCOPE} --config publisher -o jsonl")).succeeds();
    done.does_not_say("1 of 1");
}
