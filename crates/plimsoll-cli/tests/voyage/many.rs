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
