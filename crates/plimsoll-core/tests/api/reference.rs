use plimsoll_core::*;
use proptest::prelude::*;

fn error(text: &str) -> String {
    text.parse::<Reference>().unwrap_err().to_string()
}

// attack
#[test]
fn what_could_mislead_a_path_or_a_host_is_no_reference() {
    for bad in [
        "",
        "/",
        "registry.test",
        "registry.test/",
        "registry.test//app",
        "registry.test/a//b",
        "registry.test/../app",
        "registry.test/a/../b",
        "registry.test/a/./b",
        "registry.test/App",
        "registry.test/%2e%2e/app",
        "registry.test/app%00",
        "registry.test/äpp",
        "registry.test/app ",
        " registry.test/app",
        "registry.test/app\n",
        "registry.test/app\r\nHost: x",
        "user@registry.test/app",
        "user:pass@registry.test/app",
        "registry.test:0/app",
        "registry.test:99999/app",
        "registry.test:+80/app",
        "[fe80::1%25eth0]/app",
        "[::1/app",
        "::1]/app",
        "[]/app",
        "[::1]x/app",
        "https://registry.test/app",
        "registry.test/app:",
        "registry.test/app:.x",
        "registry.test/app@",
        "registry.test/app@sha256:abc",
        "registry.test/app:a:b",
        "registry.test/-app",
        "registry.test/app-",
        "registry.test/a___b",
        "registry..test/app",
        "-registry.test/app",
        "registry.test/app@sha256",
    ] {
        assert!(bad.parse::<Reference>().is_err(), "{bad}");
    }
    assert_eq!(
        error("registry.test/App"),
        "expected HOST/REPOSITORY[:TAG][@DIGEST] in lower case, found `registry.test/App`"
    );
    assert_eq!(error("alpine"), "expected a registry in front, as in `registry.example.com/app`, found `alpine`");
    assert_eq!(
        "registry.test/app:v1".parse::<Repository>().unwrap_err().to_string(),
        "expected a repository without tag and digest, found `registry.test/app:v1`"
    );
    assert_eq!(
        "a b".parse::<Tag>().unwrap_err().to_string(),
        "expected a tag of 1 to 128 letters, digits, `_`, `.` and `-`, found `a b`"
    );
    let error = format!("registry.test/app@sha1:{}", "0".repeat(40)).parse::<Reference>().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("expected a sha256 or sha512 digest after `@`, found `registry.test/app@sha1:{}`", "0".repeat(40))
    );
    assert_eq!((error.code(), error.class()), (code::MALFORMED_REFERENCE, Class::Malformed));
}

// attack: A-004
#[test]
fn a_megabyte_is_refused_by_its_length() {
    let long = "a/".repeat(500_000);
    assert_eq!(error(&long), "expected a reference of at most 1024 bytes, found 1000000 bytes");
    assert!(format!("registry.test/{}", "a".repeat(256)).parse::<Reference>().is_err());
    assert!(format!("registry.test/app:{}", "a".repeat(129)).parse::<Reference>().is_err());
}

// attack
#[test]
fn a_host_has_no_case() {
    for text in ["Registry.TEST:5000/app:v1", "registry.test:5000/app:v1", "REGISTRY.test:5000/app:v1"] {
        let reference: Reference = text.parse().unwrap();
        assert_eq!(reference.to_string(), "registry.test:5000/app:v1");
        assert_eq!(reference, "registry.test:5000/app:v1".parse().unwrap());
        assert_eq!(reference.repository().registry(), "registry.test:5000");
    }
    assert_eq!("[2001:DB8::1]/app".parse::<Repository>().unwrap().as_str(), "[2001:db8::1]/app");
    assert_eq!("Docker.IO/alpine".parse::<Repository>().unwrap().as_str(), "docker.io/library/alpine");
}

// attack: A-005
#[test]
fn docker_hub_has_one_name() {
    for alias in [
        "alpine",
        "library/alpine",
        "docker.io/alpine",
        "docker.io/library/alpine",
        "index.docker.io/alpine",
        "registry-1.docker.io/library/alpine:latest",
    ] {
        assert_eq!(
            Reference::parse_normalized(alias).unwrap().to_string(),
            "docker.io/library/alpine:latest",
            "{alias}"
        );
    }
    let direct: Reference = "index.docker.io/alpine".parse().unwrap();
    assert_eq!(direct.repository().as_str(), "docker.io/library/alpine");
    let other = Reference::parse_normalized("docker.io.evil.test/alpine").unwrap();
    assert_eq!(other.repository().registry(), "docker.io.evil.test");
}

#[test]
fn a_path_is_not_too_long_with_what_is_filled_in() {
    // Found by fuzzing: `library/` made a path of more than 255 bytes, and its text was no reference.
    let longest = "a".repeat(255 - "library/".len());
    for text in [longest.clone(), format!("docker.io/{longest}"), format!("aa/{}", "a".repeat(252))] {
        let reference = Reference::parse_normalized(&text).unwrap();
        assert_eq!(reference.to_string().parse(), Ok(reference));
        assert!(Reference::parse_normalized(&(text + "a")).is_err());
    }
    assert!(format!("docker.io/{longest}a:v1").parse::<Reference>().is_err());
}

// attack: A-002
#[test]
fn a_digest_beats_a_tag() {
    let digest = Digest::sha256_of(b"image");
    let both: Reference = format!("registry.test/app:v1@{digest}").parse().unwrap();
    assert_eq!(both.pointer(), Pointer::Digest(digest));
    assert_eq!(both.to_string(), format!("registry.test/app:v1@{digest}"));
    assert_eq!(both.at(digest).to_string(), format!("registry.test/app@{digest}"));
}

#[test]
fn hosts_of_every_form() {
    for (text, host, path) in [
        ("127.0.0.1:5000/a", "127.0.0.1:5000", "a"),
        ("[::1]:5000/team/app:v1", "[::1]:5000", "team/app"),
        ("localhost/app", "localhost", "app"),
        ("xn--n3h.test/a__b/c--d", "xn--n3h.test", "a__b/c--d"),
    ] {
        let reference: Reference = text.parse().unwrap();
        assert_eq!((reference.repository().registry(), reference.repository().path()), (host, path));
    }
}

proptest! {
    #[test]
    fn references_print_and_parse(
        host in "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5}){1,2}(:[1-9][0-9]{0,3})?",
        path in "[a-z0-9]{1,6}((\\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}(/[a-z0-9]{1,6}){0,3}",
        tag in proptest::option::of("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}"),
        content in proptest::option::of(any::<[u8; 4]>()),
    ) {
        let mut text = format!("{host}/{path}");
        if let Some(tag) = &tag { text = format!("{text}:{tag}"); }
        if let Some(content) = &content { text = format!("{text}@{}", Digest::sha256_of(content)); }
        let reference: Reference = text.parse().unwrap();
        prop_assert_eq!(reference.to_string(), text);
        prop_assert_eq!(reference.repository().registry(), host);
    }
    #[test]
    fn any_text_is_a_reference_or_an_error(text in ".{0,80}") {
        if let Ok(reference) = text.parse::<Reference>() {
            prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
        }
        if let Ok(reference) = Reference::parse_normalized(&text) {
            prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
        }
    }
}
