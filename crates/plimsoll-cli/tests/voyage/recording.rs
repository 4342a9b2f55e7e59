//! Recordings: the same verdict again without a socket; and no lost answer ever turns a block into an admission.

use crate::{
    harbour::{Harbour, RULES, Verdict, files},
    images::{Lan, log_in},
    ship::two_platforms,
};
use plimsoll::core::Digest;
use plimsoll_testkit::registry::Front;
use serde_json::{Value, json};
use std::path::Path;

fn replay(harbour: &Harbour, dir: &str, more: &str) -> Verdict {
    Verdict::of(harbour.run(&format!("check --replay {dir} -o json {more}")))
}

/// A verdict without its notes, which say how it came about.
fn judged(verdict: &Verdict) -> Value {
    let mut json = verdict.json.clone();
    json.as_object_mut().unwrap().remove("notes");
    json
}

#[test]
fn a_replay_is_the_same_verdict_without_the_registry() {
    let mut harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    harbour.run(&format!("build rootfs -t {} --label bare=1", harbour.at("bare"))).succeeds();
    let live: Vec<Verdict> =
        ["v2", "bare", "absent"].map(|tag| harbour.check(&harbour.at(tag), &format!("--save {tag}"))).into();
    assert_eq!(live.iter().map(|one| one.exit).collect::<Vec<_>>(), [0, 1, 3]);
    harbour.close_registry();
    // Nor are the trust and the rules of this machine looked at.
    std::fs::rename(harbour.path("consumer"), harbour.path("moved")).unwrap();
    std::fs::rename(harbour.path("rules.yaml"), harbour.path("moved.yaml")).unwrap();
    for (tag, live) in ["v2", "bare", "absent"].into_iter().zip(&live) {
        let again = replay(&harbour, tag, "");
        assert_eq!((again.exit, judged(&again)), (live.exit, judged(live)), "{tag}");
        let notes = again.json["notes"].to_string();
        assert!(notes.contains("replayed from") && notes.contains("the recording's own rules"), "{notes}");
    }
    // A recording is not written over another, and --replay takes no reference.
    harbour.run("check --replay v2 localhost/a:v1").exits(2);
}

#[test]
fn the_recorded_rules_find_their_attesters_in_the_callers_trust() {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    // A store that the rules name and the trust policy does not.
    harbour.run("cert add --type ca --store builders pki/root.pem --config consumer").succeeds();
    harbour.write("rules.yaml", RULES.replace(r#"trustStores: ["ca:harbour"]"#, r#"trustStores: ["ca:builders"]"#));
    harbour.check(&harbour.at("v2"), "--save saved").admits();
    replay(&harbour, "saved", "--config consumer").admits();
}

#[test]
fn rules_are_recorded_whatever_their_file_is_called() {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    for name in ["gate", "trustpolicy.yaml"] {
        std::fs::copy(harbour.path("rules.yaml"), harbour.path(name)).unwrap();
        let line = format!("check {} --policy {name} --config consumer --save {name}-saved", harbour.at("v2"));
        harbour.run(&line).exits(0);
        replay(&harbour, &format!("{name}-saved"), "").admits();
    }
}

// attack: A-380
#[test]
fn a_380_the_platforms_that_a_recording_is_limited_to_are_said() {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    harbour.check(&harbour.at("v2"), "--save whole").admits();
    harbour.check(&harbour.at("v2"), "--platform linux/amd64 --save part").admits();
    let notes = |dir: &str| replay(&harbour, dir, "--config consumer --policy rules.yaml").json["notes"].to_string();
    assert!(!notes("whole").contains("platforms"));
    assert!(notes("part").contains("judged only for the recording's own platforms: linux/amd64"));
}

// attack: A-380
#[test]
fn a_380_a_recording_is_judged_by_the_callers_rules_and_trust() {
    let harbour = Harbour::open();
    harbour.authority("pki2", "stranger");
    // The forger ships under his own root, and brings the trust and the rules that let it pass.
    let line = format!("ship rootfs -t {} --app-version 2.0.0 --key release --config stranger", harbour.at("v2"));
    harbour.run(&line).succeeds();
    harbour.run("cert add --type ca --store harbour pki2/root.pem --config accomplice").succeeds();
    harbour.run("trust-policy import trustpolicy.json --config accomplice").succeeds();
    let line = format!("check {} --policy rules.yaml --config accomplice --save forged -o json", harbour.at("v2"));
    Verdict::of(harbour.run(&line)).admits();

    let own = replay(&harbour, "forged", "").admits();
    assert!(own.json["notes"].to_string().contains("the recording's own trust"));
    let trusted = replay(&harbour, "forged", "--config consumer").blocks("untrusted-chain");
    assert!(trusted.json["notes"].to_string().contains("the trust given"));
    replay(&harbour, "forged", "--config consumer --policy rules.yaml").blocks("untrusted-chain");

    // An honest recording, under stricter rules of the caller. It is of another image: what the forger hung onto the first one may
    // stand before the rest in its list, and would be the reason that is given.
    harbour.write("rootfs/etc/issue", "the third\n");
    harbour.ship(&harbour.at("v3"), "3.0.0", "");
    harbour.check(&harbour.at("v3"), "--save honest").admits();
    harbour.write("strict.yaml", RULES.replace("\"2.0.0\"", "\"9.0.0\""));
    let strict = replay(&harbour, "honest", "--policy strict.yaml").blocks("rollback");
    assert!(strict.json["notes"].to_string().contains("the rules given"));
    replay(&harbour, "honest", "--at 2120-01-01T00:00:00Z").blocks("certificate-expired");
}

#[test]
fn a_recording_that_was_changed_is_refused_or_blocks() {
    let harbour = Harbour::open();
    harbour.ship(&harbour.at("v2"), "2.0.0", "");
    harbour.check(&harbour.at("v2"), "--save saved").admits();
    harbour.check(&harbour.at("v2"), "--save saved2").admits();
    harbour.run(&format!("check {} --policy rules.yaml --config consumer --save saved", harbour.at("v2"))).exits(2);
    let text = harbour.read("saved/recording.json");
    // Bytes of content: refused by their digest.
    let (path, bytes) = files(&harbour.path("saved/blobs")).remove(0);
    std::fs::write(&path, [b"x", &*bytes].concat()).unwrap();
    harbour.run("check --replay saved").exits(1).says("recording-input-changed");
    std::fs::remove_file(&path).unwrap();
    harbour.run("check --replay saved").exits(1).says("malformed-recording");
    std::fs::write(&path, bytes).unwrap();
    for (wrong, said) in [
        (text[..text.len() / 2].to_owned(), "malformed-recording"),
        (text.replace("recording.v1+json", "recording.v9+json"), "malformed-recording"),
        (text.replacen("\"madeBy\"", "\"madeby\"", 1), "malformed-recording"),
        (text.replacen("sha256:", "sha256:../../", 1), "malformed-recording"),
    ] {
        assert_ne!(wrong, text);
        harbour.write("saved/recording.json", wrong);
        harbour.run("check --replay saved").exits(1).says(said);
        assert!(harbour.json("check --replay saved")["error"]["code"].is_string());
    }
    // The tag points elsewhere: to a digest of which the recording knows nothing.
    let mut document: Value = serde_json::from_str(&text).unwrap();
    for pair in document["answers"].as_array_mut().unwrap() {
        if pair[0]["ask"] == "resolve" {
            pair[1]["descriptor"]["digest"] = json!(Digest::sha256_of(b"elsewhere").to_string());
        }
    }
    harbour.write("saved/recording.json", document.to_string());
    replay(&harbour, "saved", "").denies("not-recorded");
}

#[test]
fn a_recording_holds_no_credential() {
    let lan = Lan::start(Front::builder().tokens("ada", "correct-horse", 3));
    let harbour = Harbour::empty().with_trust();
    log_in(&harbour, &lan.front.name(), "correct-horse");
    harbour.ship(&lan.at("v2"), "2.0.0", "");
    harbour.check(&lan.at("v2"), "--save saved").admits();
    let auth = data_encoding::BASE64.encode(b"ada:correct-horse");
    for (path, bytes) in files(&harbour.path("saved")) {
        let text = String::from_utf8_lossy(&bytes);
        for secret in ["correct-horse", &auth, "token-", "Bearer", "authorization", "PRIVATE KEY"] {
            assert!(!text.contains(secret), "{}: {secret}", path.display());
        }
    }
    replay(&harbour, "saved", "").admits();
}

/// What can happen to one answer on its way.
fn losses(answer: &Value, dir: &Path) -> Vec<Option<Value>> {
    let failed = |code: &str| Some(json!({ "failed": { "code": code, "message": "lost on the way" } }));
    let mut losses =
        vec![None, failed("unreachable"), failed("digest-mismatch"), failed("not-found"), Some(json!("absent"))];
    if let Some(digest) = answer["content"].as_str() {
        // Cut in half, and empty: consistent files, so that the check of the content has to notice.
        let bytes = std::fs::read(dir.join("blobs").join(digest.replace(':', "/"))).unwrap();
        for shorter in [&bytes[..bytes.len() / 2], b""] {
            let digest = Digest::sha256_of(shorter);
            std::fs::write(dir.join("blobs/sha256").join(digest.encoded()), shorter).unwrap();
            losses.push(Some(json!({ "content": digest.to_string() })));
        }
    }
    if let Some(listed) = answer["referrers"].as_array() {
        losses.push(Some(json!({ "referrers": [] })));
        for at in 0..listed.len() {
            let mut fewer = listed.clone();
            fewer.remove(at);
            losses.push(Some(json!({ "referrers": fewer })));
            losses.push(Some(json!({ "referrers": [listed[at]] })));
        }
    }
    losses
}

/// Loses every answer of a recording in every way, one at a time. Says how many ended in which exit code.
fn lose_each(harbour: &Harbour, dir: &str) -> [usize; 4] {
    let document: Value = serde_json::from_str(&harbour.read(&format!("{dir}/recording.json"))).unwrap();
    let mut exits = [0; 4];
    for (at, pair) in document["answers"].as_array().unwrap().iter().enumerate() {
        for loss in losses(&pair[1], &harbour.path(dir)) {
            let mut changed = document.clone();
            let answers = changed["answers"].as_array_mut().unwrap();
            match &loss {
                Some(answer) => answers[at][1] = answer.clone(),
                None => drop(answers.remove(at)),
            }
            harbour.write(&format!("{dir}/recording.json"), changed.to_string());
            let done = harbour.run(&format!("check --replay {dir}"));
            assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
            exits[usize::try_from(done.code.unwrap()).unwrap()] += 1;
            if done.code == Some(0) {
                assert!(may_be_lost(&pair[0], &loss), "admitted without {} ({loss:?})\n{}", pair[0], done.stdout);
            }
        }
    }
    harbour.write(&format!("{dir}/recording.json"), document.to_string());
    exits
}

/// A list that is shorter than it was looks like one that never was longer. Nothing else may be lost.
fn may_be_lost(want: &Value, loss: &Option<Value>) -> bool {
    want["ask"] == "referrers" && loss.as_ref().is_some_and(|loss| loss["referrers"].is_array())
}

// attack: A-376
#[test]
fn a_376_losing_any_answer_turns_no_block_into_an_admission() {
    let harbour = Harbour::empty().with_trust();
    let scope = "--scope localhost/team/app";
    let ship = |tag: &str, version: &str, more: &str| {
        let line = format!(
            "ship rootfs -t oci:layout:{tag} {scope} --app-version {version} --key release --config publisher {more}"
        );
        harbour.run(&line).succeeds();
    };
    harbour.write("bad/Cargo.lock", BAD);
    ship("good", "2.0.0", "");
    ship("old", "1.0.0", "--label old=1");
    ship("forbidden", "2.0.0", "--sbom-from bad/Cargo.lock --label bad=1");
    harbour.run("build rootfs -t oci:layout:unsigned --label unsigned=1").succeeds();
    // Two authenticated inventories, of which one lists what is forbidden.
    ship("second", "2.0.0", "--label second=1");
    harbour.run("sbom bad/Cargo.lock --output bad.json").succeeds();
    let line = format!(
        "attest oci:layout:second {scope} --type cyclonedx --predicate bad.json --key release --config publisher"
    );
    harbour.run(&line).succeeds();

    harbour.check(&format!("oci:layout:good {scope}"), "--save good").admits();
    lose_each(&harbour, "good");
    for (tag, code) in [("old", "rollback"), ("forbidden", "component-denied"), ("unsigned", "no-signature")] {
        harbour.check(&format!("oci:layout:{tag} {scope}"), &format!("--save {tag}")).blocks(code);
        let exits = lose_each(&harbour, tag);
        assert_eq!((exits[0], exits[2]), (0, 0), "{tag}: {exits:?}");
        assert!(exits[1] + exits[3] > 10, "{tag}: {exits:?}");
    }
    harbour.check(&format!("oci:layout:second {scope}"), "--save second").blocks("component-denied");
    // What only a shortened list can do stands in docs/threat-model.md: every other loss blocks.
    lose_each(&harbour, "second");
}

#[test]
fn losing_any_answer_about_an_index_turns_no_block_into_an_admission() {
    let harbour = Harbour::empty().with_trust();
    two_platforms(&harbour);
    let scope = "--scope localhost/team/app";
    harbour
        .run(&format!(
            "ship oci:layout:both -t oci:shipped:v1 {scope} --app-version 1.0.0 --key release --config publisher"
        ))
        .succeeds();
    harbour.check(&format!("oci:shipped:v1 {scope}"), "--save both").blocks("rollback");
    let exits = lose_each(&harbour, "both");
    assert_eq!((exits[0], exits[2]), (0, 0), "{exits:?}");
}

const BAD: &str = "version = 4\n\n[[package]]\nname = \"stowaway\"\nversion = \"1.0.0\"\n\
    source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
