//! Registries that die, lie, truncate and loop: an error with its code, within limits, and nothing half done.

use crate::harbour::Harbour;
use plimsoll::core::Digest;
use plimsoll_testkit::registry::{Recorded, Reply, Scripted};

/// A scripted registry in this process.
struct Evil {
    server: Scripted,
    // After the server, whose task it runs.
    _runtime: tokio::runtime::Runtime,
}

impl Evil {
    fn start(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(Scripted::start(script));
        Self { server, _runtime: runtime }
    }
    fn at(&self, tag: &str) -> String {
        format!("{}/team/app:{tag}", self.server.address())
    }
    fn by(&self, digest: &Digest) -> String {
        format!("{}/team/app@{digest}", self.server.address())
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const IMAGE: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

fn manifest(text: &str) -> Reply {
    Reply::new(200).header("content-type", MANIFEST).body(text)
}
fn is_manifest(request: &Recorded) -> bool {
    request.target.contains("/manifests/")
}
/// No evidence refers to anything.
fn nothing() -> Reply {
    let empty = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    Reply::new(200).header("content-type", "application/vnd.oci.image.index.v1+json").body(empty)
}
fn a_layout() -> Harbour {
    Harbour::empty().with_trust()
}

// attack: A-012
#[test]
fn a_012_another_manifest_than_the_one_asked_for_is_refused() {
    let harbour = a_layout();
    let evil = Evil::start(|_| {
        // A well-formed manifest, and a header that fits it.
        manifest(IMAGE).header("docker-content-digest", &Digest::sha256_of(IMAGE.as_bytes()).to_string())
    });
    let asked = Digest::sha256_of(b"another manifest");
    for line in
        ["discover REF", "copy REF oci:out:v1", "sbom REF", "sign REF --key release --config publisher", "tag REF new"]
    {
        let done = harbour.run(&line.replace("REF", &evil.by(&asked))).exits(1);
        assert!(
            done.stderr.contains("digest-mismatch") || done.stderr.contains("size-mismatch"),
            "{line}: {}",
            done.stderr
        );
    }
    harbour.check(&evil.by(&asked), "").blocks("digest-mismatch");
    harbour.run("discover oci:out:v1").exits(3);
}

#[test]
fn a_registry_that_dies_half_way_is_unavailable() {
    let harbour = a_layout();
    // The connection ends before the content does, each time it is tried.
    let evil = Evil::start(|_| manifest(&IMAGE[..40]).announcing(IMAGE.len() as u64));
    let line = format!("check {} --policy rules.yaml --config consumer -o json", evil.at("v1"));
    let done = harbour.run(&line);
    assert_eq!(done.json()["decision"], "BLOCK");
    assert_eq!(done.code, Some(3), "{}", done.stdout);
    assert!(evil.server.log().len() <= 12, "asked {} times", evil.server.log().len());
    let failing = Evil::start(|_| Reply::new(503));
    harbour.run(&format!("verify {} --config consumer", failing.at("v1"))).exits(3);
    let garbage = Evil::start(|_| Reply::raw("this is no HTTP\r\n\r\n"));
    harbour.run(&format!("discover {}", garbage.at("v1"))).exits(3);
}

#[test]
fn answers_that_are_no_manifests_are_malformed() {
    let harbour = a_layout();
    for (body, kind) in [("<html>log in</html>", MANIFEST), ("{}", MANIFEST), (IMAGE, "text/html"), ("", MANIFEST)] {
        let evil = Evil::start(move |_| Reply::new(200).header("content-type", kind).body(body));
        let done = harbour.run(&format!("copy {} oci:out:v1", evil.at("v1")));
        assert!(matches!(done.code, Some(1 | 3)), "{body}: {done:?}");
        let done = harbour.run(&format!("check {} --policy rules.yaml --config consumer", evil.at("v1")));
        assert!(matches!(done.code, Some(1 | 3)), "{body}: {done:?}");
        assert!(!done.stderr.contains("panicked"));
    }
    harbour.run("discover oci:out:v1").exits(3);
}

#[test]
fn a_registry_without_end_is_cut_off() {
    let harbour = a_layout();
    // A manifest that does not end.
    let evil = Evil::start(|_| manifest(&" ".repeat(64 * 1024)).endless());
    let done = harbour.run(&format!("discover {}", evil.at("v1")));
    assert!(matches!(done.code, Some(1 | 3)), "{done:?}");
    done.says("limit-exceeded");
    // A blob that is longer than it was said to be.
    let evil = Evil::start(
        |request| if is_manifest(request) { manifest(IMAGE) } else { Reply::new(200).body("{}{}").endless() },
    );
    let done = harbour.run(&format!("copy {} oci:out:v1", evil.at("v1")));
    assert!(matches!(done.code, Some(1 | 3)), "{done:?}");
    harbour.run("discover oci:out:v1").exits(3);
}

#[test]
fn pages_and_redirects_in_a_circle_end() {
    let harbour = a_layout();
    let evil = Evil::start(|request| {
        if request.target.contains("/referrers/") {
            let link = format!("<{}>; rel=\"next\"", request.target);
            return nothing().header("link", &link);
        }
        manifest(IMAGE)
    });
    let done = harbour.run(&format!("discover {}", evil.at("v1")));
    assert!(matches!(done.code, Some(1 | 3)), "{done:?}");
    assert!(evil.server.log().len() <= 1100, "asked {} times", evil.server.log().len());
    harbour.check(&evil.at("v1"), "").denies("limit-exceeded");
    let circle = Evil::start(|request| Reply::new(307).header("location", &request.target.clone()));
    let done = harbour.run(&format!("discover {}", circle.at("v1")));
    assert!(matches!(done.code, Some(1 | 3)), "{done:?}");
    assert!(circle.server.log().len() <= 60, "asked {} times", circle.server.log().len());
}

// attack: A-228
#[test]
fn a_228_endless_signatures_are_not_looked_at_without_end() {
    let harbour = a_layout();
    let evil = Evil::start(|request| {
        if !request.target.contains("/referrers/") {
            return manifest(IMAGE);
        }
        let entry = |at: usize| {
            let digest = Digest::sha256_of(at.to_string().as_bytes());
            format!(
                r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":{},"artifactType":"application/vnd.cncf.notary.signature"}}"#,
                IMAGE.len()
            )
        };
        let entries: Vec<String> = (0..500).map(entry).collect();
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
            entries.join(",")
        );
        Reply::new(200).header("content-type", "application/vnd.oci.image.index.v1+json").body(text)
    });
    let line = format!("verify {} --config consumer -o json", evil.at("v1"));
    let done = harbour.run(&line);
    assert!(matches!(done.code, Some(1 | 3)), "{done:?}");
    done.says("signature-attempts-exhausted");
    let manifests = evil.server.lines().iter().filter(|line| line.contains("/manifests/sha256")).count();
    assert!(manifests <= 120, "asked for {manifests} signatures");
}

// attack: A-013
#[test]
fn a_013_a_login_does_not_follow_a_redirect_to_another_place() {
    let harbour = a_layout();
    let thief = Evil::start(|_| Reply::new(200).body("{}"));
    let target = thief.server.url("/stolen");
    let evil = Evil::start(move |request| {
        if request.header("authorization").is_none() {
            return Reply::new(401).header("www-authenticate", "Basic realm=\"x\"");
        }
        if is_manifest(request) { manifest(IMAGE) } else { Reply::new(307).header("location", &target) }
    });
    crate::images::log_in(&harbour, &evil.server.address().to_string(), "hunter2hunter2");
    harbour.run(&format!("copy {} oci:out:v1", evil.at("v1"))).does_not_say("hunter2");
    assert!(evil.server.log().iter().any(|request| request.header("authorization").is_some()), "the login was used");
    for request in thief.server.log() {
        assert_eq!(request.header("authorization"), None);
        assert!(!format!("{request:?}").contains("hunter2"));
    }
}

// attack: A-018
#[test]
fn a_018_a_password_does_not_go_to_the_realm_that_a_registry_names() {
    let harbour = a_layout();
    let thief = Evil::start(|_| Reply::new(200).body(r#"{"token":"t"}"#));
    // The registry is `localhost` here, so that an address is another host.
    for realm in [thief.server.url("/token"), "http://169.254.169.254/latest".into(), "file:///etc/passwd".into()] {
        let challenge = format!("Bearer realm=\"{realm}\",service=\"x\"");
        let evil = Evil::start(move |_| Reply::new(401).header("www-authenticate", &challenge));
        let registry = format!("localhost:{}", evil.server.address().port());
        crate::images::log_in(&harbour, &registry, "hunter2hunter2");
        let done = harbour.run(&format!("discover {registry}/team/app:v1"));
        assert!(matches!(done.code, Some(1 | 3)), "{realm}: {done:?}");
        done.does_not_say("hunter2");
        assert!(!evil.server.log().is_empty());
    }
    for request in thief.server.log() {
        assert_eq!(request.header("authorization"), None, "{request:?}");
        assert!(!format!("{request:?}").contains("hunter2"));
    }
}
