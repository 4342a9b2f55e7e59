//! What a hostile or broken registry can do, and what comes of it.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

mod common;

use common::{Fake, Sent, failing, reply};
use plimsoll_core::{
    Answer, Answerer as _, Blob, BodyError, Bytes, Classify as _, Descriptor, Digest, Pointer, Push as _, Reference,
    Referrer, Tag, Want,
};
use plimsoll_distribution::{
    Credential, Error, FixedCredentials, Limits, Reach, RemoteRepository, TransportError, code,
};
use plimsoll_oci::{ImageManifest, media_type, referrers_index, referrers_tag};
use std::sync::atomic::{AtomicUsize, Ordering};

const HOST: &str = "registry.example.com";

fn manifest(mark: &str) -> Blob {
    ImageManifest::artifact("application/x").annotate("mark", mark).to_blob()
}
fn tag(text: &str) -> Pointer {
    Pointer::Tag(text.parse::<Tag>().unwrap())
}
fn app(fake: &Fake) -> RemoteRepository {
    fake.repository(&format!("{HOST}/app"))
}
/// A client that has a password for the registry.
fn with_password(fake: &Fake) -> RemoteRepository {
    let login = FixedCredentials::default().with(HOST, Credential::basic("alice", "s3cret"));
    fake.builder().credentials(login).build().repository(&format!("{HOST}/app").parse().unwrap()).unwrap()
}
fn blob() -> (Descriptor, Bytes) {
    let bytes = Bytes::from_static(b"content");
    (Descriptor::of("text/plain", &bytes), bytes)
}

// attack: A-009
#[tokio::test]
async fn a_009_a_tag_is_asked_for_once() {
    let count = AtomicUsize::new(0);
    let fake =
        Fake::new(move |_| reply(200).manifest(manifest(&count.fetch_add(1, Ordering::Relaxed).to_string()).bytes()));
    let repository = app(&fake);
    let found = repository.manifest(&tag("v1")).await.unwrap();
    // Everything later goes by digest, and what was resolved is not fetched again.
    assert_eq!(repository.manifest(&Pointer::Digest(found.descriptor().digest)).await.unwrap(), found);
    assert_eq!(fake.log().len(), 1);
}

// attack: A-011
#[tokio::test]
async fn a_011_the_digest_header_is_never_the_digest() {
    let honest = manifest("1");
    let lie = Digest::sha256_of(b"other").to_string();
    let body = honest.to_bytes();
    let fake = Fake::new(move |_| reply(200).manifest(&*body).header("docker-content-digest", lie.clone()));
    assert_eq!(app(&fake).manifest(&tag("v1")).await.unwrap().descriptor(), honest.descriptor());
}

// attack: A-012
#[tokio::test]
async fn a_012_another_manifest_under_a_digest_is_a_mismatch() {
    let other = manifest("2");
    let own = other.descriptor().digest.to_string();
    let fake = Fake::new(move |_| reply(200).manifest(other.bytes()).header("docker-content-digest", own.clone()));
    let asked = manifest("1").descriptor().digest;
    let error = app(&fake).manifest(&Pointer::Digest(asked)).await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::DIGEST_MISMATCH);
    let reference: Reference = format!("{HOST}/app@{asked}").parse().unwrap();
    let answer = app(&fake).answer(&Want::Resolve { reference }).await;
    assert!(matches!(answer, Answer::Failed(failure) if failure.code == plimsoll_core::code::DIGEST_MISMATCH));
}

// attack: A-013
#[tokio::test]
async fn a_013_credentials_do_not_follow_a_redirect_to_another_origin() {
    for elsewhere in [
        "https://storage.example.net/x",
        "https://registry.example.com:444/x",
        "https://user:pass@storage.example.net/x",
    ] {
        let fake = Fake::new(move |sent| match (sent.url.path(), sent.header("authorization")) {
            ("/x", _) => reply(200).body("content"),
            (_, None) => reply(401).header("www-authenticate", "Basic realm=\"x\""),
            _ => reply(307).header("location", elsewhere),
        });
        let (descriptor, bytes) = blob();
        assert_eq!(with_password(&fake).blob(&descriptor).await.unwrap().to_bytes(), bytes);
        let log = fake.log();
        assert!(log[1].header("authorization").is_some());
        assert_eq!((log[2].url.path(), log[2].header("authorization"), log[2].url.username()), ("/x", None, ""));
    }
}

// attack: A-013
#[tokio::test]
async fn a_013_a_challenge_after_a_redirect_gets_no_credentials() {
    let fake = Fake::new(move |sent| match sent.url.host_str() {
        Some(HOST) => reply(307).header("location", "https://evil.example.net/x"),
        _ => reply(401).header("www-authenticate", "Basic realm=\"x\""),
    });
    let error = with_password(&fake).blob(&blob().0).await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::ACCESS_DENIED);
    assert!(fake.log().iter().all(|sent| sent.header("authorization").is_none()));
}

// attack: A-014
#[tokio::test]
async fn a_014_credentials_do_not_come_back_in_a_chain() {
    let fake = Fake::new(move |sent| match (sent.url.as_str(), sent.header("authorization")) {
        ("https://registry.example.com/back", _) => reply(200).body("content"),
        ("https://evil.example.net/x", _) => reply(302).header("location", "https://registry.example.com/back"),
        (_, None) => reply(401).header("www-authenticate", "Basic realm=\"x\""),
        _ => reply(302).header("location", "https://evil.example.net/x"),
    });
    with_password(&fake).blob(&blob().0).await.unwrap();
    let log = fake.log();
    assert_eq!(log[3].url.as_str(), "https://registry.example.com/back");
    assert_eq!(log[3].header("authorization"), None);
}

// attack: A-015
#[tokio::test]
async fn a_015_a_redirect_from_https_to_http_is_refused() {
    let fake = Fake::new(|_| reply(307).header("location", "http://registry.example.com/x"));
    let error = app(&fake).blob(&blob().0).await.unwrap_err();
    assert_eq!(error.code(), code::INSECURE_REDIRECT);
    assert_eq!(fake.log().len(), 1);
}

// attack: A-016
#[tokio::test]
async fn a_016_a_redirect_inside_is_refused_before_connecting() {
    for target in [
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://0.0.0.0/x",
        "https://[::]/x",
        "https://localhost/x",
        "ftp://example.net/x",
        "file:///etc/passwd",
    ] {
        let fake = Fake::new(move |_| reply(307).header("location", target));
        let error = app(&fake).blob(&blob().0).await.unwrap_err();
        assert_eq!(error.code(), plimsoll_core::code::FORBIDDEN_TARGET, "{target}");
        assert_eq!(fake.log().len(), 1, "{target}");
    }
}

// attack: A-017
#[tokio::test]
async fn a_017_a_name_that_a_registry_gives_reaches_no_further_inside_than_the_registry() {
    for (peer, reach) in [("93.184.216.34", Reach::Public), ("10.0.0.5", Reach::Site), ("127.0.0.1", Reach::Machine)] {
        let fake = Fake::new(move |sent| match sent.url.host_str() {
            Some(HOST) => reply(307).header("location", "https://storage.example.net/x").from(peer),
            _ => reply(200).body("content"),
        });
        app(&fake).blob(&blob().0).await.unwrap();
        let log = fake.log();
        assert_eq!((log[0].reach, log[1].reach), (Reach::Any, reach), "{peer}");
    }
    // A public storage behind a private registry leads nowhere inside.
    let fake = Fake::new(move |sent| match sent.url.host_str() {
        Some(HOST) => reply(307).header("location", "https://storage.example.net/x").from("10.0.0.5"),
        _ => reply(307).header("location", "https://10.0.0.6/x").from("93.184.216.34"),
    });
    let error = app(&fake).blob(&blob().0).await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::FORBIDDEN_TARGET);
}

fn bearer(realm: &'static str) -> Fake {
    Fake::new(move |sent| match (sent.url.path(), sent.header("authorization")) {
        ("/token", _) => reply(200).json(r#"{"token":"t0ken"}"#),
        (_, Some("Bearer t0ken")) => reply(200).json(r#"{"tags":["v1"]}"#),
        _ => reply(401).header(
            "www-authenticate",
            format!(
                r#"Bearer realm="{realm}",service="s",scope="repository:app:pull,push,delete repository:other:pull""#
            ),
        ),
    })
}

// attack: A-018
#[tokio::test]
async fn a_018_a_password_goes_only_to_a_realm_of_the_registry() {
    for realm in ["https://registry.example.com/token", "https://auth.example.com/token", "/token"] {
        let fake = bearer(realm);
        assert_eq!(with_password(&fake).tags().await.unwrap().len(), 1, "{realm}");
        assert!(fake.log()[1].header("authorization").unwrap().starts_with("Basic "));
    }
    for realm in [
        "https://evil.example.net/token",
        "http://registry.example.com/token",
        "https://registry.example.com.evil.net/token",
        "https://127.0.0.1/token",
        "https://169.254.169.254/token",
        "https://10.0.0.1/token",
        "https://evilexample.com/token",
        "https://example.com.co/token",
    ] {
        let fake = bearer(realm);
        let error = with_password(&fake).tags().await.unwrap_err();
        assert_eq!(error.code(), plimsoll_core::code::FORBIDDEN_TARGET, "{realm}");
        assert_eq!(fake.log().len(), 1, "{realm}");
    }
    // Names under one public suffix do not trust one another.
    let fake = bearer("https://evil.github.io/token");
    let login = FixedCredentials::default().with("victim.github.io", Credential::basic("alice", "s3cret"));
    let client = fake.builder().credentials(login).build();
    let victim = client.repository(&"victim.github.io/app".parse().unwrap()).unwrap();
    assert_eq!(victim.tags().await.unwrap_err().code(), plimsoll_core::code::FORBIDDEN_TARGET);
    // What the operator trusts may have it.
    let fake = bearer("https://login.example.net/token");
    let login = FixedCredentials::default().with(HOST, Credential::basic("alice", "s3cret"));
    let client = fake.builder().credentials(login).trust_realm("login.example.net").build();
    client.repository(&format!("{HOST}/app").parse().unwrap()).unwrap().tags().await.unwrap();
    // Without a secret, a token may be asked of anyone public.
    app(&bearer("https://evil.example.net/token")).tags().await.unwrap();
}

// attack: A-019
#[tokio::test]
async fn a_019_only_the_needed_scope_is_asked_for() {
    let fake = bearer("https://registry.example.com/token");
    app(&fake).tags().await.unwrap();
    let url = fake.log()[1].url.clone();
    let scopes: Vec<_> =
        url.query_pairs().filter(|(name, _)| name == "scope").map(|(_, value)| value.into_owned()).collect();
    assert_eq!(scopes, ["repository:app:pull"]);
}

// attack: A-020
#[tokio::test]
async fn a_020_an_upload_does_not_leave_the_registry() {
    for location in [
        "https://evil.example.net/up",
        "https://registry.example.com:444/up",
        "http://registry.example.com/up",
        "//evil.example.net/up",
    ] {
        let fake = Fake::new(move |sent| match sent.method.as_str() {
            "HEAD" => reply(404),
            "POST" => reply(202).header("location", location),
            _ => reply(201),
        });
        let (descriptor, bytes) = blob();
        let error = app(&fake).push_content(&descriptor, &bytes).await.unwrap_err();
        assert_eq!(error.code(), plimsoll_core::code::FORBIDDEN_TARGET, "{location}");
        assert!(fake.log().iter().all(|sent| sent.body.is_empty()));
    }
    let fake = Fake::new(move |sent| match sent.method.as_str() {
        "HEAD" => reply(404),
        "POST" => reply(202).header("location", "/up?_state=a%2Fb"),
        _ => reply(201),
    });
    let (descriptor, bytes) = blob();
    app(&fake).push(&descriptor, &bytes).await.unwrap();
    let digest = descriptor.digest.to_string().replace(':', "%3A");
    assert_eq!(fake.lines()[2], format!("PUT https://{HOST}/up?_state=a%2Fb&digest={digest}"));
    assert_eq!(fake.log()[2].body, b"content");
}

// attack: A-021
#[tokio::test]
async fn a_021_a_next_page_does_not_leave_the_registry() {
    let fake = Fake::new(|_| {
        reply(200).json(r#"{"tags":["a"]}"#).header("link", "<https://evil.example.net/x>; rel=\"next\"")
    });
    assert_eq!(app(&fake).tags().await.unwrap_err().code(), plimsoll_core::code::FORBIDDEN_TARGET);
    let empty = referrers_index(&[]);
    let fake = Fake::new(move |_| {
        reply(200).index(empty.bytes()).header("link", "<https://evil.example.net/x>; rel=\"next\"")
    });
    let error = app(&fake).list_referrers(&Digest::sha256_of(b""), None).await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::FORBIDDEN_TARGET);
    assert_eq!(fake.log().len(), 1);
}

// attack: A-022
#[tokio::test]
async fn a_022_endless_pages_end_at_the_limit() {
    let fake = Fake::new(|_| reply(200).json(r#"{"tags":["a"]}"#).header("link", "</v2/app/tags/list>; rel=\"next\""));
    let error = app(&fake).tags().await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::LIMIT_EXCEEDED);
    assert_eq!(fake.log().len(), 1000);
    let mut limits = Limits::default();
    limits.entries = 2;
    let fake = Fake::new(|_| reply(200).json(r#"{"tags":["a","b","c"]}"#));
    let client = fake.builder().limits(limits).build();
    let error = client.repository(&format!("{HOST}/app").parse().unwrap()).unwrap().tags().await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::LIMIT_EXCEEDED);
}

// attack: A-022
#[tokio::test]
async fn a_022_large_pages_and_slow_pages_end_at_the_limit() {
    let note = "x".repeat(2 << 20);
    let mut entry = Referrer::new(manifest("1").descriptor().clone(), None);
    entry.claimed_annotations.insert("note".into(), note);
    let large = referrers_index(&[entry]);
    let fake = Fake::new(move |_| reply(200).index(large.bytes()).header("link", "<?next>; rel=next"));
    let error = app(&fake).list_referrers(&Digest::sha256_of(b""), None).await.unwrap_err();
    assert!(error.to_string().contains("bytes of a list"), "{error}");
    assert!(fake.log().len() <= 33, "{}", fake.log().len());
    let slow = Fake::new(|_| reply(200).json(r#"{"tags":["a"]}"#).header("link", "<?next>; rel=next"))
        .taking(std::time::Duration::from_secs(59));
    assert_eq!(app(&slow).tags().await.unwrap_err().code(), code::TIMED_OUT);
    assert_eq!(slow.log().len(), 11);
}

// attack: A-028
#[tokio::test]
async fn a_028_a_document_without_end_stops_at_the_limit() {
    static ZEROS: [u8; 65536] = [0; 65536];
    let fake = Fake::new(|_| reply(200).header("content-type", media_type::IMAGE_INDEX).endless(&ZEROS));
    let limit = plimsoll_core::code::LIMIT_EXCEEDED;
    assert_eq!(app(&fake).manifest(&tag("v1")).await.unwrap_err().code(), limit);
    assert_eq!(app(&fake).tags().await.unwrap_err().code(), limit);
    assert_eq!(app(&fake).list_referrers(&Digest::sha256_of(b""), None).await.unwrap_err().code(), limit);
}

// attack: A-029
#[tokio::test]
async fn a_029_a_token_or_error_without_end_stops_at_the_limit() {
    static TEXT: [u8; 65536] = [b'x'; 65536];
    let fake = Fake::new(|_| reply(500).endless(&TEXT));
    let error = app(&fake).tags().await.unwrap_err();
    assert!(error.to_string().len() < 1024);
    let fake = Fake::new(|sent| match sent.url.path() {
        "/token" => reply(200).endless(&TEXT),
        _ => reply(401).header("www-authenticate", "Bearer realm=\"/token\""),
    });
    assert_eq!(app(&fake).tags().await.unwrap_err().code(), plimsoll_core::code::LIMIT_EXCEEDED);
}

// attack: A-030
#[tokio::test]
async fn a_030_a_body_of_another_length_is_a_mismatch() {
    for body in ["conten", "contents"] {
        let fake = Fake::new(move |_| reply(200).body(body));
        assert_eq!(app(&fake).blob(&blob().0).await.unwrap_err().code(), plimsoll_core::code::SIZE_MISMATCH);
    }
    static MORE: [u8; 1024] = [0; 1024];
    let fake = Fake::new(|_| reply(200).endless(&MORE));
    assert_eq!(app(&fake).blob(&blob().0).await.unwrap_err().code(), plimsoll_core::code::SIZE_MISMATCH);
    let fake = Fake::new(|_| reply(200).header("content-length", "99").body("content"));
    app(&fake).blob(&blob().0).await.unwrap();
    assert_eq!(fake.log()[0].header("accept-encoding"), Some("identity"));
}

// attack: A-031
#[tokio::test]
async fn a_031_a_described_size_reserves_nothing() {
    let fake = Fake::new(|_| reply(200).body("content"));
    let huge = Descriptor::new("text/plain", Digest::sha256_of(b""), u64::MAX);
    assert_eq!(app(&fake).blob(&huge).await.unwrap_err().code(), plimsoll_core::code::LIMIT_EXCEEDED);
    assert!(fake.log().is_empty());
}

// attack: A-032
#[tokio::test]
async fn a_032_an_answer_that_stalls_ends_at_the_deadline() {
    let fake = Fake::new(|_| reply(200).header("content-type", media_type::IMAGE_INDEX).stalling());
    assert_eq!(app(&fake).manifest(&tag("v1")).await.unwrap_err().code(), code::TIMED_OUT);
    assert_eq!(app(&fake).blob(&blob().0).await.unwrap_err().code(), code::TIMED_OUT);
}

// attack: A-032
#[tokio::test]
async fn a_032_a_refusal_or_redirect_whose_body_stalls_holds_nobody_up() {
    let (descriptor, bytes) = blob();
    for status in [307, 400, 503] {
        let fake = Fake::new(move |sent| match sent.url.path() {
            "/x" => reply(404),
            _ => reply(status).header("location", "/x").body("why").stalling(),
        });
        app(&fake).push_content(&descriptor, &bytes).await.unwrap_err();
    }
}

// attack: A-032
#[tokio::test]
async fn a_032_a_blob_that_trickles_ends_and_a_slow_one_does_not() {
    let huge = Descriptor::new("text/plain", Digest::sha256_of(b""), u64::MAX);
    let read = async |size: usize| {
        let fake = Fake::new(move |_| reply(200).body(vec![0; size]).trickling(std::time::Duration::from_secs(20)));
        let mut body = app(&fake).open(&huge).await.unwrap();
        for chunk in 0..100 {
            match plimsoll_core::next_chunk(&mut body).await.unwrap() {
                Ok(_) => {}
                Err(BodyError::Stalled { .. }) => return Some(chunk),
                Err(error) => panic!("{error}"),
            }
        }
        None
    };
    // Each of five attempts brings three bytes, which is no progress.
    assert_eq!(read(1).await, Some(15));
    assert_eq!(read(20 * 10 * 1024).await, None);
}

// attack: A-034
#[tokio::test]
async fn a_034_an_upload_session_that_is_lost_is_begun_anew_a_few_times() {
    let fake = Fake::new(|sent| match sent.method.as_str() {
        "HEAD" => reply(404),
        "POST" => reply(202).header("location", "/up"),
        _ => reply(416),
    });
    let (descriptor, bytes) = blob();
    let error = app(&fake).push_content(&descriptor, &bytes).await.unwrap_err();
    assert_eq!(error.code(), code::UPLOAD_CONFLICT);
    assert_eq!(fake.log().iter().filter(|sent| sent.method == "POST").count(), 5);
}

// attack: A-035
#[tokio::test]
async fn a_035_another_digest_in_the_answer_is_a_mismatch() {
    let fake = Fake::new(|sent| match sent.method.as_str() {
        "HEAD" => reply(404),
        "POST" => reply(202).header("location", "/up"),
        _ => reply(201).header("docker-content-digest", Digest::sha256_of(b"other").to_string()),
    });
    let (descriptor, bytes) = blob();
    let error = app(&fake).push_content(&descriptor, &bytes).await.unwrap_err();
    assert_eq!(error.code(), plimsoll_core::code::DIGEST_MISMATCH);
    let pushed = app(&fake).push_manifest(&manifest("1"), &tag("v1")).await.unwrap_err();
    assert_eq!(pushed.code(), plimsoll_core::code::DIGEST_MISMATCH);
    // A mount that was acknowledged is asked for.
    let fake = Fake::new(|sent| match (sent.method.as_str(), sent.url.query()) {
        ("HEAD", _) => reply(404),
        ("POST", Some(_)) => reply(201),
        ("POST", None) => reply(202).header("location", "/up"),
        _ => reply(201),
    });
    let from = format!("{HOST}/other").parse().unwrap();
    app(&fake).push_from(&descriptor, &from, &bytes).await.unwrap();
    assert_eq!(fake.log().last().unwrap().body, b"content");
}

// attack: A-036
#[tokio::test]
async fn a_036_a_challenge_that_cannot_be_read_is_malformed() {
    for challenge in [r#"Bearer realm="a",realm="b""#, r#"Bearer realm="a"#] {
        let fake = Fake::new(move |_| reply(401).header("www-authenticate", challenge));
        assert_eq!(app(&fake).tags().await.unwrap_err().code(), code::MALFORMED_CHALLENGE);
    }
    let fake = Fake::new(|_| reply(401).header("www-authenticate", "Negotiate YII="));
    assert_eq!(app(&fake).tags().await.unwrap_err().code(), plimsoll_core::code::ACCESS_DENIED);
}

// attack: A-037
#[tokio::test]
async fn a_037_a_token_serves_one_repository() {
    let issue = |sent: &Sent| {
        let scope = sent.url.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
        reply(200).json(format!(r#"{{"token":"for-{}","expires_in":100}}"#, scope.replace(':', "-")))
    };
    let fake = Fake::new(move |sent| match sent.url.path() {
        "/token" => issue(sent),
        path => {
            let name = path.split('/').nth(2).unwrap();
            match sent.header("authorization") {
                Some(token) if token == format!("Bearer for-repository-{name}-pull") => {
                    reply(200).json(r#"{"tags":[]}"#)
                }
                Some(_) => reply(403),
                None => reply(401).header("www-authenticate", "Bearer realm=\"/token\""),
            }
        }
    });
    let client = fake.builder().build();
    let [one, two] = ["one", "two"].map(|name| client.repository(&format!("{HOST}/{name}").parse().unwrap()).unwrap());
    for repository in [&one, &two, &one, &two] {
        repository.tags().await.unwrap();
    }
    let tokens = |fake: &Fake| fake.log().iter().filter(|sent| sent.url.path() == "/token").count();
    assert_eq!(tokens(&fake), 2);
    // What has expired is not used again.
    fake.pass(std::time::Duration::from_secs(101));
    one.tags().await.unwrap();
    assert_eq!(tokens(&fake), 3);
}

// attack: A-046
#[tokio::test]
async fn a_046_a_filter_that_was_said_to_be_applied_is_applied_again() {
    let entries = ["application/a", "application/b"].map(|kind| {
        let manifest = ImageManifest::artifact(kind).to_blob();
        Referrer::new(manifest.descriptor().clone(), Some(kind))
    });
    let index = referrers_index(&entries);
    let fake = Fake::new(move |_| reply(200).index(index.bytes()).header("oci-filters-applied", "artifactType"));
    let found = app(&fake).list_referrers(&Digest::sha256_of(b""), Some("application/b")).await.unwrap();
    assert_eq!(found, [entries[1].clone()]);
}

#[tokio::test]
async fn only_a_404_means_that_there_are_no_referrers() {
    for status in [400, 401, 403, 429, 500, 503] {
        let fake = Fake::new(move |_| reply(status));
        assert!(app(&fake).list_referrers(&Digest::sha256_of(b""), None).await.is_err(), "{status}");
        // The same on the fallback tag.
        let fake =
            Fake::new(move |sent| if sent.url.path().contains("/referrers/") { reply(404) } else { reply(status) });
        assert!(app(&fake).list_referrers(&Digest::sha256_of(b""), None).await.is_err(), "{status}");
    }
    let fake = Fake::new(|_| reply(404));
    let repository = app(&fake);
    for _ in 0..2 {
        assert_eq!(repository.list_referrers(&Digest::sha256_of(b""), None).await, Ok(vec![]));
    }
    let tag = referrers_tag(&Digest::sha256_of(b""));
    assert_eq!(fake.lines().iter().filter(|line| line.ends_with(&format!("/manifests/{tag}"))).count(), 2);
    assert_eq!(fake.lines().iter().filter(|line| line.contains("/referrers/")).count(), 2);
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_retry_after_is_honoured() {
    let count = AtomicUsize::new(0);
    let fake = Fake::new(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => reply(429).header("retry-after", "7"),
        1 => failing(TransportError::Broken("reset".into())),
        2 => reply(503).header("retry-after", "60"),
        _ => reply(200).json(r#"{"tags":[]}"#),
    });
    app(&fake).tags().await.unwrap();
    let least = std::time::Duration::from_millis(7_000 + 500 + 60_000);
    assert!(fake.slept() >= least && fake.slept() <= least * 5 / 4, "{:?}", fake.slept());
    let fake = Fake::new(|_| reply(400));
    app(&fake).tags().await.unwrap_err();
    assert_eq!(fake.log().len(), 1);
}

#[tokio::test]
async fn a_limit_that_a_registry_announces_is_kept_for_every_question_to_it() {
    let fake = Fake::new(|_| reply(429).header("retry-after", "100000"));
    let repository = app(&fake);
    let error = repository.tags().await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 429, .. }), "{error}");
    // Longer than anybody waits: nothing more is sent.
    let error = repository.manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert_eq!((fake.log().len(), fake.slept()), (1, std::time::Duration::ZERO));
    // A success that says that it was the last one for now is followed by a pause.
    let fake = Fake::new(|_| {
        reply(200).json(r#"{"tags":[]}"#).header("ratelimit-remaining", "0").header("ratelimit-reset", "20")
    });
    let repository = app(&fake);
    repository.tags().await.unwrap();
    assert_eq!(fake.slept(), std::time::Duration::ZERO);
    repository.tags().await.unwrap();
    assert_eq!(fake.slept(), std::time::Duration::from_secs(20));
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let fake = Fake::new(|sent| reply(307).header("location", sent.url.as_str()));
    assert_eq!(app(&fake).blob(&blob().0).await.unwrap_err().code(), plimsoll_core::code::LIMIT_EXCEEDED);
    assert_eq!(fake.log().len(), 11);
}

#[tokio::test]
async fn a_media_type_that_disagrees_with_the_header_is_refused() {
    let index = plimsoll_oci::ImageIndex::new().to_blob();
    let fake = Fake::new(move |_| reply(200).manifest(index.bytes()));
    let error = app(&fake).manifest(&tag("v1")).await.unwrap_err();
    assert!(matches!(error, Error::MediaType { .. }), "{error}");
}

#[tokio::test]
async fn docker_hub_answers_under_its_own_name() {
    let fake = Fake::new(|_| reply(200).json(r#"{"tags":[]}"#));
    fake.repository("docker.io/library/alpine").tags().await.unwrap();
    assert_eq!(fake.lines(), ["GET https://registry-1.docker.io/v2/library/alpine/tags/list"]);
    fake.repository("127.0.0.1:5000/app").tags().await.unwrap();
    assert_eq!(fake.lines()[1], "GET http://127.0.0.1:5000/v2/app/tags/list");
}

#[tokio::test]
async fn an_identity_token_is_posted_as_a_refresh_token() {
    let fake = bearer("https://registry.example.com/token");
    let login = FixedCredentials::default()
        .with(HOST, Credential::IdentityToken(plimsoll_distribution::Secret::new("refresh")));
    let client = fake.builder().credentials(login).build();
    client.repository(&format!("{HOST}/app").parse().unwrap()).unwrap().tags().await.unwrap();
    let sent = &fake.log()[1];
    assert_eq!((sent.method.as_str(), sent.header("authorization")), ("POST", None));
    let form = String::from_utf8(sent.body.clone()).unwrap();
    assert_eq!(
        form,
        "grant_type=refresh_token&client_id=plimsoll&service=s&scope=repository%3Aapp%3Apull&refresh_token=refresh"
    );
}
