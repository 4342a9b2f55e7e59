//! `policy test`.

use crate::harbour::{Harbour, RULES};

#[test]
fn examples_beside_the_rules_are_run() {
    let harbour = Harbour::empty();
    let example = |expect: &str| {
        format!(
            "{RULES}examples:\n  - name: nothing\n    reference: localhost/a:v1\n    facts: {{}}\n    expect: {expect}\n"
        )
    };
    harbour.write("good.yaml", example("{deny: no-signature}"));
    let report = harbour.json("policy test good.yaml");
    assert_eq!((&report["failed"], &report["examples"][0]["passed"]), (&0.into(), &true.into()));
    harbour.write("bad.yaml", example("admit"));
    let done = harbour.run("policy test bad.yaml -o json").exits(1);
    assert_eq!(done.json()["failed"], 1);
    harbour.run("policy test bad.yaml").exits(1).says("FAILED");
}

#[test]
fn a_policy_that_is_wrong_says_where() {
    let harbour = Harbour::empty();
    for (text, place) in [
        ("version: 1\nname: x\nrulez: []\n", "line 3"),
        ("version: 1\nname: x\nrules:\n  - name: a\n    require: {image: {labelz: {}}}\n", "labelz"),
        ("version: 1\nname: x\nname: y\nrules: []\n", "name"),
        (
            "version: 1\nname: x\nrules:\n  - name: a\n    require: {condition: 'signatures.exists(s, s.nothing)'}\n",
            "nothing",
        ),
        ("version: 2\nname: x\nrules: []\n", "version"),
        ("{", "line 1"),
    ] {
        harbour.write("rules.yaml", text);
        harbour.run("policy test rules.yaml").exits(2).says("policy-invalid").says(place);
        let done = harbour.run("policy test rules.yaml -o json").exits(2);
        assert_eq!(done.json()["error"]["code"], "policy-invalid");
    }
}
