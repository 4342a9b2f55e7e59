//! `plimsoll.yaml` and `network.yaml`.

use super::Home;
use plimsoll_host::{NetworkSettings, ResponderScope, Settings};
use std::{path::Path, time::Duration};

#[track_caller]
fn refused<T: std::fmt::Debug>(found: Result<T, plimsoll_host::DocumentError>, message: &str) {
    let home = Home::new();
    home.says(&found.unwrap_err(), "malformed-configuration", &format!("`x`, {message}"));
}

#[test]
fn what_is_absent_is_empty() {
    let home = Home::new();
    assert_eq!(Settings::load(&home.notation()).unwrap().value, Settings::default());
    let network = NetworkSettings::load(&home.notation()).unwrap().value;
    assert_eq!((network.responders(), network.hosts().count()), (ResponderScope::Site, 0));
}

#[test]
fn settings_are_read() {
    let text = "mounted-stores: ['ca:release']\nplugins:\n  kms:\n    environment: [AWS_REGION, 'AWS_WEB_*']\n    \
                sha256: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08\n    timeout: 90\n";
    let settings = Settings::parse(Path::new("x"), text.as_bytes()).unwrap();
    assert!(settings.is_mounted(&"ca:release".parse().unwrap()));
    assert!(!settings.is_mounted(&"tsa:release".parse().unwrap()));
    let (name, plugin) = settings.plugins().next().unwrap();
    assert_eq!((name, plugin.time), ("kms", Some(Duration::from_secs(90))));
    assert_eq!(plugin.environment, ["AWS_REGION", "AWS_WEB_*"]);
    assert!(plugin.sha256.unwrap().to_string().starts_with("sha256:9f86d081"));
    assert_eq!(settings.signing().lasting, None);
    for (span, seconds) in [("45s", 45), ("90m", 5400), ("24h", 86_400), ("30d", 2_592_000)] {
        let settings = Settings::parse(Path::new("x"), format!("signing: {{lasting: {span}}}").as_bytes()).unwrap();
        assert_eq!(settings.signing().lasting, Some(Duration::from_secs(seconds)), "{span}");
    }
}

#[test]
fn settings_are_strict() {
    let settings = |text: &str| Settings::parse(Path::new("x"), text.as_bytes());
    refused(
        settings("mounted: []"),
        "line 1, column 1, at `mounted`: unknown field `mounted`, expected one of mounted-stores, mounted-bundles, signing, plugins",
    );
    refused(
        settings("plugins: {kms: {timeout: 601}}"),
        "line 1, column 26, at `plugins.kms.timeout`: expected a time from 1 to 600 seconds, found 601",
    );
    refused(
        settings("signing: {lasting: soon}"),
        "line 1, column 20, at `signing.lasting`: expected a whole number and a unit, such as 90m, 24h or 30d, found `soon`",
    );
    for span in ["0d", "30", "d", "-1d", "1.5h", "99999999999999999999d", "213503982334602d", "''"] {
        assert!(settings(&format!("signing: {{lasting: {span}}}")).is_err(), "{span}");
    }
    for (name, problem) in [
        ("'*'", "expected the name of a variable, perhaps with a `*` at its end, found `*`"),
        ("A=B", "expected the name of a variable, perhaps with a `*` at its end, found `A=B`"),
        ("NOTATION_PASSWORD", "`NOTATION_PASSWORD` is a secret that no plugin gets"),
        ("PLIMSOLL_*", "`PLIMSOLL_*` is a secret that no plugin gets"),
    ] {
        let error = settings(&format!("plugins: {{kms: {{environment: [{name}]}}}}")).unwrap_err().to_string();
        assert!(error.ends_with(problem), "{error}");
    }
    for bad in [
        "plugins: {kms: {sha256: abc}}",
        "plugins: {../kms: {}}",
        "mounted-stores: ['ca:../x']",
        "mounted-stores: ['ca:a']\nmounted-stores: ['ca:b']",
        "a: &a [1]\nb: *a",
        "[]",
        "\u{0}",
        "plugins: {}\n---\nplugins: {}",
    ] {
        let home = Home::new();
        let error = settings(bad).unwrap_err();
        assert_eq!(
            plimsoll_core::Classify::code(&error).name(),
            "malformed-configuration",
            "{bad}: {}",
            home.text(&error)
        );
    }
}

#[test]
fn network_settings_are_read() {
    let text = "responders: listed\nallow:\n  - host: OCSP.corp.example\n    port: 8080\n  - {host: 'fd12::1'}\n  - \
                network: 10.20.0.0/16\n  - network: 'fd12::/16'\n  - network: 127.0.0.1/32\n";
    let network = NetworkSettings::parse(Path::new("x"), text.as_bytes()).unwrap();
    assert_eq!(network.responders(), ResponderScope::Listed);
    assert_eq!(network.hosts().collect::<Vec<_>>(), ["ocsp.corp.example:8080", "[fd12::1]"]);
    let networks: Vec<_> = network.networks().map(|(address, prefix)| format!("{address}/{prefix}")).collect();
    assert_eq!(networks, ["10.20.0.0/16", "fd12::/16", "127.0.0.1/32"]);
}

#[test]
fn network_settings_are_strict() {
    let network = |text: &str| NetworkSettings::parse(Path::new("x"), text.as_bytes());
    refused(
        network("allowed: []"),
        "line 1, column 1, at `allowed`: unknown field `allowed`, expected one of responders, allow",
    );
    for (entry, problem) in [
        ("{host: a, network: 10.0.0.0/8}", "expected either `host`, with or without `port`, or `network`"),
        ("{port: 80}", "expected either `host`, with or without `port`, or `network`"),
        ("{network: 10.0.0.0/8, port: 80}", "expected either `host`, with or without `port`, or `network`"),
        ("{host: 'https://a/'}", "expected the name or address of one host, found `https://a/`"),
        ("{host: '*.corp.example'}", "expected the name or address of one host, found `*.corp.example`"),
        ("{network: 10.0.0.1/8}", "expected a network such as 10.20.0.0/16, found `10.0.0.1/8`"),
        ("{network: 10.0.0.0/33}", "expected a network such as 10.20.0.0/16, found `10.0.0.0/33`"),
        ("{network: 10.0.0.0}", "expected a network such as 10.20.0.0/16, found `10.0.0.0`"),
        ("{host: a, ports: 1}", "unknown field `ports`, expected one of host, port, network"),
    ] {
        let error = network(&format!("allow: [{entry}]")).unwrap_err().to_string();
        assert!(error.ends_with(problem), "{entry}: {error}");
    }
}

// attack: A-016
#[test]
fn a_016_metadata_cannot_even_be_listed() {
    for bad in [
        "169.254.169.254",
        "fd00:42::42",
        "fd00:c1::a9fe:a9fe",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "0.0.0.0",
        "fe80::1",
        "'::ffff:169.254.169.254'",
    ] {
        let text = format!("allow: [{{host: {bad}}}]");
        let error = NetworkSettings::parse(Path::new("x"), text.as_bytes()).unwrap_err().to_string();
        let problem =
            format!("metadata and link-local addresses are never contacted, found `{}`", bad.trim_matches('\''));
        assert!(error.ends_with(&problem), "{error}");
    }
    for bad in ["169.254.0.0/16", "169.254.169.254/32", "fe80::/64"] {
        assert!(
            NetworkSettings::parse(Path::new("x"), format!("allow: [{{network: {bad}}}]").as_bytes()).is_err(),
            "{bad}"
        );
    }
}

// attack: A-222
#[cfg(unix)]
#[test]
fn a_222_settings_behind_a_link_are_refused_and_open_ones_warned_about() {
    let home = Home::new();
    home.write("real.yaml", "{}");
    for name in ["plimsoll.yaml", "network.yaml"] {
        home.link("real.yaml", name);
    }
    let message = |name| format!("`HOME/{name}`: expected a regular file, found a symbolic link");
    home.says(&Settings::load(&home.notation()).unwrap_err(), "unsafe-path", &message("plimsoll.yaml"));
    home.says(&NetworkSettings::load(&home.notation()).unwrap_err(), "unsafe-path", &message("network.yaml"));
    std::fs::remove_file(home.at("network.yaml")).unwrap();
    home.write("network.yaml", "{}");
    home.mode("network.yaml", 0o666);
    let warnings = NetworkSettings::load(&home.notation()).unwrap().warnings;
    assert_eq!(
        home.text(&warnings[0]),
        "others can write `HOME/network.yaml`: whoever does decides what is trusted (chmod go-w)"
    );
}
