//! Addresses out of certificates, time-stamping authorities, and what the operator allows beyond the rules.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

mod common;

use common::{Fake, reply};
use plimsoll_core::{Answer, Answerer as _, Bytes, Classify as _, Purpose, Want};
use plimsoll_distribution::{
    Client, ClientBuilder, Error, Network, Reach, ReqwestTransport, Responders, StatusTime, TokioTimer, code,
};
use plimsoll_testkit::registry::{Reply, Scripted};
use std::time::Duration;

fn want(url: &str, purpose: Purpose) -> Want {
    Want::Http { url: url.into(), body: None, limit: 64, purpose }
}
async fn ask(client: &Client, url: &str) -> Result<Bytes, (&'static str, String)> {
    match client.answer(&want(url, Purpose::Crl)).await {
        Answer::Bytes(bytes) => Ok(bytes),
        Answer::Failed(failure) => Err((failure.code.name(), failure.to_string())),
        other => Err(("", format!("{other:?}"))),
    }
}
fn real() -> ClientBuilder {
    let transport = ReqwestTransport::builder().without_system_roots().build().unwrap();
    Client::builder(transport, TokioTimer::new())
}
fn network(address: &str, prefix: u8) -> Network {
    Network::new(address.parse().unwrap(), prefix).unwrap()
}

// attack: A-184
#[tokio::test]
async fn a_184_a_certificate_names_no_address_of_this_machine_and_no_other_scheme() {
    let fake = Fake::new(|_| reply(200).body("list"));
    let client = fake.builder().build();
    let scheme = "expected an http or https URL";
    let closed = "it is an address that the network settings do not allow";
    let nobody = "it is an address that nobody may name";
    for (url, reason) in [
        ("file:///etc/passwd", scheme),
        ("ldap://ca.example/cn=x", scheme),
        ("ftp://ca.example/x.crl", scheme),
        ("http://127.0.0.1/x", closed),
        ("http://localhost/x", closed),
        ("http://[::1]/x", closed),
        ("http://169.254.169.254/latest", nobody),
        ("http://[fd00:ec2::254]/latest", nobody),
        ("http://100.100.100.200/latest", nobody),
        ("http://0.0.0.0/x", nobody),
        ("x", "it is no URL"),
    ] {
        let message = format!("a certificate named {url} as its revocation address: {reason}");
        assert_eq!(ask(&client, url).await, Err(("forbidden-target", message)));
    }
    assert_eq!(fake.log().len(), 0, "nothing was sent");
    // Private authorities run at private addresses.
    assert_eq!(ask(&client, "http://10.0.0.5/x.crl").await, Ok("list".into()));
    assert_eq!(ask(&client, "https://ca.example/x.crl").await, Ok("list".into()));
    assert_eq!(fake.log().iter().map(|sent| sent.reach).collect::<Vec<_>>(), [Reach::Site; 2]);
}

// attack: A-184
#[tokio::test]
async fn a_184_a_redirect_of_a_responder_is_not_followed() {
    let canary = Scripted::start(|_| Reply::new(200).body("secret")).await;
    let to = canary.url("/latest");
    let responder = Scripted::start(move |_| Reply::new(302).header("location", &to)).await;
    let client = real().allow_host("127.0.0.1").build();
    let url = responder.url("/x.crl");
    let expected = Err(("registry-refused", format!("GET {url}: status 302")));
    assert_eq!(ask(&client, &url).await, expected);
    assert_eq!((responder.log().len(), canary.log().len()), (1, 0));
}

// attack: A-197
#[tokio::test]
async fn a_197_only_a_200_is_an_answer() {
    for (status, code) in
        [(204, "registry-refused"), (404, "not-found"), (500, "unreachable"), (206, "registry-refused")]
    {
        let fake = Fake::new(move |_| reply(status).body("list"));
        let found = ask(&fake.builder().build(), "http://ca.example/x.crl").await.unwrap_err();
        assert_eq!(found.0, code, "{status}");
        assert!(found.1.starts_with(&format!("GET http://ca.example/x.crl: status {status}")), "{}", found.1);
    }
}

// attack: A-185
#[tokio::test]
async fn a_185_an_answer_may_have_the_limit_and_no_byte_more() {
    for (length, ok) in [(63, true), (64, true), (65, false)] {
        let fake = Fake::new(move |_| reply(200).body(vec![7; length]));
        let found = ask(&fake.builder().build(), "http://ca.example/x.crl").await;
        let refused =
            Err(("limit-exceeded", "GET http://ca.example/x.crl: more than 64 bytes of an answer".to_owned()));
        assert_eq!(found, if ok { Ok(vec![7; length].into()) } else { refused });
    }
    let endless = Fake::new(|_| reply(200).endless(&[7; 40]));
    assert_eq!(ask(&endless.builder().build(), "http://ca.example/x").await.unwrap_err().0, "limit-exceeded");
}

// attack: A-017
// attack: A-016
#[tokio::test]
async fn a_017_an_allowed_network_counts_by_the_address_that_is_dialled() {
    let responder = Scripted::start(|_| Reply::new(200).body("list")).await;
    let port = responder.address().port();
    let by_name = format!("http://localhost:{port}/x.crl");
    let by_address = format!("http://127.0.0.1:{port}/x.crl");
    for client in [real().build(), real().allow_network(network("10.0.0.0", 8)).build()] {
        for url in [&by_name, &by_address] {
            assert_eq!(ask(&client, url).await.unwrap_err().0, "forbidden-target", "{url}");
        }
    }
    assert_eq!(responder.log().len(), 0, "a forbidden address sees no connection");
    for client in [
        real().allow_network(network("127.0.0.0", 8)).build(),
        real().allow_network(network("127.0.0.0", 8)).responders(Responders::Listed).build(),
        real().allow_host("localhost").allow_host(format!("127.0.0.1:{port}")).responders(Responders::Listed).build(),
    ] {
        for url in [&by_name, &by_address] {
            assert_eq!(ask(&client, url).await, Ok("list".into()), "{url}");
        }
    }
    let other_port = real().allow_host(format!("127.0.0.1:{}", port.wrapping_add(1))).build();
    assert_eq!(ask(&other_port, &by_address).await.unwrap_err().0, "forbidden-target");
}

// attack: A-016
#[tokio::test]
async fn a_016_metadata_is_asked_by_nobody_whatever_is_allowed() {
    for url in ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/latest", "http://100.100.100.200/x"] {
        let fake = Fake::new(|_| reply(200).body("secret"));
        let host = url.split('/').nth(2).unwrap();
        let everything = [network("0.0.0.0", 0), network("::", 0)];
        let client = everything.into_iter().fold(fake.builder().allow_host(host), ClientBuilder::allow_network).build();
        assert_eq!(ask(&client, url).await.unwrap_err().0, "forbidden-target", "{url}");
        assert_eq!(client.timestamp(url, "x".into()).await.unwrap_err().code().name(), "forbidden-target", "{url}");
        assert_eq!(fake.log().len(), 0, "{url}");
        // Nor does a registry lead there by a host that is allowed.
        let fake = Fake::new(move |_| reply(307).header("location", url.replace("http:", "https:")));
        let client = everything.into_iter().fold(fake.builder().allow_host(host), ClientBuilder::allow_network).build();
        let repository = client.repository(&"registry.example.com/app".parse().unwrap()).unwrap();
        assert_eq!(repository.tags().await.unwrap_err().code().name(), "forbidden-target", "{url}");
        assert_eq!(fake.log().len(), 1, "{url}");
    }
}

#[tokio::test]
async fn only_listed_responders_are_asked_where_the_operator_says_so() {
    let fake = Fake::new(|_| reply(200).body("list"));
    let client = fake.builder().responders(Responders::Listed).allow_host("OCSP.corp.example").build();
    let refused =
        "a certificate named http://ca.example/x as its revocation address: the network settings do not list it";
    assert_eq!(ask(&client, "http://ca.example/x").await, Err(("forbidden-target", refused.into())));
    assert_eq!(ask(&client, "http://10.0.0.1/x").await.unwrap_err().0, "forbidden-target");
    assert_eq!(ask(&client, "http://ocsp.corp.example/x").await, Ok("list".into()));
    assert_eq!(fake.log()[0].reach, Reach::Machine);
    let client = fake.builder().responders(Responders::Public).build();
    assert_eq!(ask(&client, "http://10.0.0.1/x").await.unwrap_err().0, "forbidden-target");
    assert_eq!(ask(&client, "http://ca.example/x").await, Ok("list".into()));
}

#[tokio::test]
async fn a_registry_leads_to_an_allowed_network() {
    let fake = Fake::new(|sent| match sent.url.host_str() {
        Some("10.0.0.6") => reply(200).json(r#"{"tags": ["v1"]}"#),
        _ => reply(307).header("location", "https://10.0.0.6/tags").from("93.184.216.34"),
    });
    let tags = |client: Client| async move {
        client.repository(&"registry.example.com/app".parse().unwrap()).unwrap().tags().await
    };
    assert_eq!(tags(fake.builder().build()).await.unwrap_err().code().name(), "forbidden-target");
    assert_eq!(tags(fake.builder().allow_network(network("10.0.0.0", 24)).build()).await.unwrap().len(), 1);
}

// attack: A-184
#[tokio::test]
async fn a_184_forty_slow_addresses_cost_ten_seconds_in_all() {
    let fake = Fake::new(|_| reply(500)).taking(Duration::from_secs(4));
    let answers = StatusTime::new(fake.builder().build(), fake.timer());
    let mut asked = 0;
    let mut last = None;
    for _ in 0..40 {
        last = Some(answers.answer(&want("http://ca.example/x", Purpose::Crl)).await);
        asked = fake.log().len();
    }
    assert_eq!(asked, 3, "after 12 s nobody is asked any more");
    let Some(Answer::Failed(failure)) = last else { return assert_eq!(last, None) };
    assert_eq!(
        (failure.code, failure.to_string().as_str()),
        (code::TIMED_OUT, "http://ca.example/x: not asked to the end: the questions about revocation took 10 s in all")
    );
    // Other questions are not about revocation.
    let manifest = Want::Resolve { reference: "registry.example.com/app:v1".parse().unwrap() };
    answers.answer(&manifest).await;
    assert!(fake.log().len() > 3);
}

// attack: A-184
#[tokio::test]
async fn a_184_an_address_that_never_answers_ends_with_the_time() {
    let silent = Scripted::start(|_| Reply::new(200).announcing(9).stalling()).await;
    let client = real().allow_host("127.0.0.1").build();
    let answers = StatusTime::new(client, TokioTimer::new()).with_most(Duration::from_millis(50));
    let url = silent.url("/x");
    let (one, two) = (want(&url, Purpose::Crl), want(&url, Purpose::Ocsp));
    let both = futures_util::future::join(answers.answer(&one), answers.answer(&two)).await;
    for answer in [both.0, both.1] {
        assert!(matches!(answer, Answer::Failed(failure) if failure.code == code::TIMED_OUT));
    }
}

async fn stamp(client: &Client, url: &str) -> Result<Bytes, Error> {
    client.timestamp(url, Bytes::from_static(b"query")).await
}

#[tokio::test]
async fn a_timestamp_is_asked_for_as_rfc_3161_says() {
    let authority =
        Scripted::start(|_| Reply::new(200).header("content-type", "application/timestamp-reply").body("token")).await;
    let url = authority.url("/tsa");
    // On this machine, and nothing is allowed: the operator named it.
    assert_eq!(stamp(&real().build(), &url).await.unwrap(), "token");
    let sent = &authority.log()[0];
    assert_eq!(sent.line(), "POST /tsa");
    assert_eq!(sent.header("content-type"), Some("application/timestamp-query"));
    assert_eq!(sent.body, b"query");
}

#[tokio::test]
async fn what_is_no_timestamp_is_refused() {
    const URL: &str = "http://tsa.example/";
    let ask = |fake: Fake| async move {
        let error = stamp(&fake.builder().build(), URL).await.unwrap_err();
        (error.code().name(), error.to_string())
    };
    for (found, shown) in
        [("text/html", "text/html"), ("application/timestamp-reply; x=y", "application/timestamp-reply; x=y")]
    {
        let page = Fake::new(move |_| reply(200).header("content-type", found).body("token"));
        let message = format!("POST {URL}: expected an answer of type application/timestamp-reply, found `{shown}`");
        assert_eq!(ask(page).await, ("malformed-answer", message));
    }
    let refused = ("registry-refused", format!("POST {URL}: status 400: no"));
    assert_eq!(ask(Fake::new(|_| reply(400).body("no"))).await, refused);
    let gone = ("registry-refused", format!("POST {URL}: status 302"));
    assert_eq!(ask(Fake::new(|_| reply(302).header("location", "http://other.example/"))).await, gone);
    let stalls = Fake::new(|_| reply(200).header("content-type", "application/timestamp-reply").stalling());
    assert_eq!(ask(stalls).await, ("timed-out", format!("POST {URL}: not done within 15 s")));
    let fake = Fake::new(|_| reply(200));
    for (url, message) in [
        ("tsa", "the configuration named tsa as its time-stamping authority: it is no URL"),
        ("ftp://a/", "the configuration named ftp://a/ as its time-stamping authority: expected an http or https URL"),
    ] {
        assert_eq!(stamp(&fake.builder().build(), url).await.unwrap_err().to_string(), message);
    }
    assert!(fake.log().is_empty());
}

// attack: A-208
#[tokio::test]
async fn a_208_a_timestamp_is_bounded_and_leads_no_further_inside() {
    let reply_of = |length| {
        Fake::new(move |_| reply(200).header("content-type", "application/timestamp-reply").body(vec![7; length]))
    };
    let most = 1024 * 1024;
    assert_eq!(stamp(&reply_of(most).builder().build(), "http://tsa.example/").await.unwrap().len(), most);
    let error = stamp(&reply_of(most + 1).builder().build(), "http://tsa.example/").await.unwrap_err();
    let message = "POST http://tsa.example/: more than 1048576 bytes of a timestamp";
    assert_eq!((error.code().name(), error.to_string().as_str()), ("limit-exceeded", message));

    let to = |target: &'static str, peer: &'static str| {
        Fake::new(move |sent| match sent.url.path() {
            "/tsa" => reply(307).header("location", target).from(peer),
            _ => reply(200).header("content-type", "application/timestamp-reply").body("token"),
        })
    };
    let public = to("http://10.0.0.1/inner", "93.184.216.34");
    let error = stamp(&public.builder().build(), "http://tsa.example/tsa").await.unwrap_err();
    assert_eq!(error.code().name(), "forbidden-target");
    assert_eq!(public.log().len(), 1);
    let private = to("http://10.0.0.1/inner", "10.0.0.5");
    assert_eq!(stamp(&private.builder().build(), "http://tsa.corp.example/tsa").await.unwrap(), "token");
    assert_eq!(private.log()[1].body, b"query", "the request goes along");
    let down = to("http://tsa.example/inner", "93.184.216.34");
    let error = stamp(&down.builder().build(), "https://tsa.example/tsa").await.unwrap_err();
    assert_eq!(error.code(), code::INSECURE_REDIRECT);
    let round = to("/tsa", "93.184.216.34");
    let error = stamp(&round.builder().build(), "https://tsa.example/tsa").await.unwrap_err();
    assert_eq!(error.to_string(), "POST https://tsa.example/tsa: more than 10 redirects");
}
