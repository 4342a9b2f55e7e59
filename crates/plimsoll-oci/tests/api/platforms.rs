//! Platforms as text, and which of them match.

use plimsoll_core::Classify as _;
use plimsoll_oci::Platform;

fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

#[test]
fn platforms_are_read_and_shown() {
    for (text, shown) in [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/i686", "linux/386"),
        ("windows/amd64", "windows/amd64"),
    ] {
        assert_eq!(platform(text).to_string(), shown);
    }
    for text in [
        "",
        "linux",
        "linux/",
        "/amd64",
        "linux/amd64/v1/x",
        "Linux/amd64",
        "linux/amd64\n",
        "../x/y/z",
        &"a/".repeat(100),
    ] {
        assert!(text.parse::<Platform>().is_err(), "{text:?}");
    }
    let error = "linux".parse::<Platform>().unwrap_err();
    assert_eq!(error.to_string(), "expected a platform such as `linux/amd64` or `linux/arm/v7`, found `linux`");
    assert_eq!(error.code().name(), "malformed-platform");
}

#[test]
fn a_missing_variant_means_the_usual_one() {
    for (asked, found, matches) in [
        ("linux/arm64", "linux/arm64/v8", true),
        ("linux/arm64/v8", "linux/arm64", true),
        ("linux/arm64/v9", "linux/arm64", false),
        ("linux/arm", "linux/arm/v7", true),
        ("linux/arm", "linux/arm/v6", false),
        ("linux/arm/7", "linux/arm/v7", true),
        ("linux/amd64", "linux/amd64/v1", true),
        ("linux/amd64", "linux/amd64/v3", false),
        ("linux/amd64", "windows/amd64", false),
        ("linux/riscv64", "linux/riscv64", true),
    ] {
        assert_eq!(platform(asked).matches(&platform(found)), matches, "{asked} {found}");
    }
    let mut windows = platform("windows/amd64");
    windows.os_version = Some("10.0.1".into());
    windows.os_features = vec!["win32k".into()];
    assert!(platform("windows/amd64").matches(&windows));
    assert!(!windows.matches(&platform("windows/amd64")));
}
