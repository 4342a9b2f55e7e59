//! From a token to a certificate, as a function.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod common;

use common::{AUDIENCE, Ci, Job, RULES, claims, world, world_with};
use data_encoding::HEXLOWER;
use plimsoll_authority::{IssuingError, IssuingRequest, Ledger, Limits, Rate, Rules, code};
use plimsoll_core::{Classify as _, Digest};
use plimsoll_crypto::{PrivateKey, provider};
use plimsoll_pki::{ChainOptions, Limits as PkiLimits, OwnedCertificate, Profile, verify_chain};
use plimsoll_testkit::pki::{KeySpec, NOW, pem};
use std::fs;

#[tokio::test]
async fn a_token_is_swapped_for_a_certificate_that_verifies() {
    for spec in [KeySpec::P256, KeySpec::P521, KeySpec::Rsa2048] {
        let world = world_with(spec, RULES);
        let job = Job::new();
        let issued = world.service.issue(&job.request(&world.ci.token(|_| ()))).await.unwrap();
        let chain: Vec<&[u8]> = issued.chain.iter().map(OwnedCertificate::der).collect();
        let verified = verify_chain(&chain, &ChainOptions::new(Profile::NotarySigning), provider(), None).unwrap();
        assert!(verified.anchored_in(&world.ca.trust_store("ca:test")).is_ok());
        let leaf = verified.leaf();
        assert_eq!(leaf.subject().to_string(), "CN=harbour/pilot,OU=release,O=Harbour,ST=WA,C=US");
        assert_eq!(leaf.public_key(), job.0.public_key());
        assert_eq!(leaf.validity().not_before, NOW.saturating_sub(30));
        assert_eq!(leaf.validity().not_after, NOW.saturating_add(15 * 60));
        let uri = b"https://gitlab.example.com/harbour/pilot";
        assert!(leaf.der().windows(uri.len()).any(|window| window == uri));
        assert_eq!(leaf.ocsp_urls(), [b"http://127.0.0.1:1/ocsp"]);
    }
}

#[tokio::test]
async fn each_of_the_six_kinds_of_key_gets_one_and_no_other_does() {
    let world = world();
    for spec in KeySpec::ALL {
        let job = Job(spec.key());
        let token = world.ci.token(|claims| claims["jti"] = format!("{spec:?}").into());
        assert!(world.service.issue(&job.request(&token)).await.is_ok(), "{spec:?}");
    }
    // Ed25519 (RFC 8410, 10.1) signs, but no Notary signature is made with it.
    let key = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    let request = IssuingRequest::with_proof(world.ci.token(|_| ()), key, "a.b.c");
    let error = world.service.issue(&request).await.unwrap_err();
    assert_eq!(error.code(), code::ISSUING_KEY_REFUSED);
}

fn proof(key: &PrivateKey, typ: &str, token: &str) -> IssuingRequest {
    let digest = HEXLOWER.encode(Digest::sha256_of(token.as_bytes()).as_bytes());
    let header = [("typ".into(), typ.into())];
    let proof = common::jws(key, &header, digest.as_bytes());
    IssuingRequest::with_proof(token, pem("PUBLIC KEY", key.public_key_spki_der()), proof)
}

#[tokio::test]
async fn possession_is_shown_by_a_jws_over_this_very_token() {
    let world = world();
    let (job, token) = (Job::new(), world.ci.token(|_| ()));
    let other = world.ci.token(|claims| claims["jti"] = "other".into());
    assert!(world.service.issue(&proof(&job.0, "plimsoll-possession+jws", &token)).await.is_ok());
    let refused = world.service.issue(&proof(&job.0, "JWT", &other)).await.unwrap_err();
    assert_eq!(refused, IssuingError::ProofPayload);
    // A proof for one token, sent with another; a proof by another key.
    let made =
        serde_json::from_str::<serde_json::Value>(&proof(&job.0, "plimsoll-possession+jws", &token).to_json()).unwrap();
    let (key, made) = (made["publicKey"].as_str().unwrap(), made["proof"].as_str().unwrap());
    let moved = world.service.issue(&IssuingRequest::with_proof(&*other, key, made)).await.unwrap_err();
    assert_eq!(moved, IssuingError::ProofPayload);
    let foreign = pem("PUBLIC KEY", Job::new().0.public_key_spki_der());
    let foreign = world.service.issue(&IssuingRequest::with_proof(&*token, foreign, made)).await.unwrap_err();
    assert!(matches!(foreign, IssuingError::Proof(_)), "{foreign}");
}

#[tokio::test]
async fn a_token_is_for_one_key_which_may_ask_again() {
    let world = world();
    let (job, thief, token) = (Job::new(), Job::new(), world.ci.token(|_| ()));
    let first = world.service.issue(&job.request(&token)).await.unwrap();
    let again = world.service.issue(&job.request(&token)).await.unwrap();
    assert_ne!(first.serial, again.serial, "no serial number is used twice");
    assert_eq!(world.service.issue(&thief.request(&token)).await, Err(IssuingError::TokenReused));
    // The same after a restart: the ledger remembers.
    let ledger = Ledger::open(world.directory.path().join("ledger.jsonl")).unwrap();
    assert_eq!(ledger.lines(), 3);
    let again = common::world_on(&world);
    assert_eq!(again.issue(&thief.request(&token)).await, Err(IssuingError::TokenReused));
    // ECDSA signatures can be written in two ways (r, -s): the token is still the same one.
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let twin = format!("{signed}.{}", common::negated(signature));
    assert_eq!(world.service.issue(&thief.request(&twin)).await, Err(IssuingError::TokenReused));
}

#[tokio::test]
async fn without_a_rule_there_is_no_certificate_and_the_ledger_says_so() {
    let world = world();
    let token = world.ci.token(|claims| claims["project_path"] = "harbour-evil/pilot".into());
    let error = world.service.issue(&Job::new().request(&token)).await.unwrap_err();
    assert_eq!(error.code(), code::NO_ISSUING_RULE);
    let ledger = fs::read_to_string(world.directory.path().join("ledger.jsonl")).unwrap();
    assert!(ledger.contains(r#""refused":{"code":"no-issuing-rule""#), "{ledger}");
    assert!(!ledger.contains("issued"), "{ledger}");
    // A token that proves nothing leaves no line: anybody could fill the disk.
    let stranger = Ci::new();
    assert!(world.service.issue(&Job::new().request(&stranger.token(|_| ()))).await.is_err());
    assert_eq!(world.authority.ledger().refresh().map(|()| world.authority.ledger().lines()), Ok(1));
}

#[tokio::test]
async fn the_first_rule_that_fits_is_taken() {
    let world = world();
    let subject = async |edit: fn(&mut serde_json::Value)| {
        let issued = world.service.issue(&Job::new().request(&world.ci.token(edit))).await.unwrap();
        issued.chain[0].view(&PkiLimits::default()).unwrap().subject().to_string()
    };
    assert_eq!(subject(|_| ()).await, "CN=harbour/pilot,OU=release,O=Harbour,ST=WA,C=US");
    assert_eq!(subject(|c| c["ref_protected"] = true.into()).await, "CN=harbour/pilot,OU=release,O=Harbour,ST=WA,C=US");
    let plain = "CN=harbour/pilot,O=Harbour,ST=WA,C=US";
    assert_eq!(subject(|c| c["ref_protected"] = "false".into()).await, plain);
    assert_eq!(subject(|c| c["ref"] = "main-v1".into()).await, plain);
    assert_eq!(subject(|c| c["ref"] = "v1/evil".into()).await, plain);
}

#[tokio::test]
async fn rules_can_be_replaced_while_the_service_runs() {
    let world = world();
    let only = RULES.split("  - name: rest").next().unwrap().replace("harbour/pilot", "harbour/other");
    world.service.replace_rules(Rules::parse(&only, &Limits::default()).unwrap());
    let error = world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.unwrap_err();
    assert_eq!(error.code(), code::NO_ISSUING_RULE);
}

#[tokio::test]
async fn more_than_the_rate_allows_is_refused_for_one_identity_alone() {
    let mut world = world();
    let service = std::sync::Arc::get_mut(&mut world.service).unwrap();
    let rate = |burst| Rate { burst, per_hour: 3600 };
    *service = common::service(&world.authority, &world.ci).with_rates(rate(3), rate(2));
    let ask = async |name: &str, jti: &str| {
        let token = world.ci.token(|claims| {
            claims["sub"] = name.into();
            claims["jti"] = jti.into();
        });
        world.service.issue(&Job::new().request(&token)).await.map(drop)
    };
    assert!(ask("a", "1").await.is_ok() && ask("a", "2").await.is_ok());
    assert_eq!(ask("a", "3").await, Err(IssuingError::Rate));
    assert!(ask("b", "4").await.is_ok(), "another identity has its own");
    assert_eq!(ask("c", "5").await, Err(IssuingError::Rate), "and all have one together");
    world.time.pass(1);
    assert!(ask("c", "6").await.is_ok());
}

#[tokio::test]
async fn without_the_ledger_there_is_no_certificate() {
    let world = world();
    let path = world.directory.path().join("ledger.jsonl");
    fs::rename(&path, world.directory.path().join("away")).unwrap();
    let error = world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.unwrap_err();
    assert_eq!(error.code(), code::LEDGER_UNAVAILABLE);
    fs::rename(world.directory.path().join("away"), &path).unwrap();
    fs::write(&path, "{}\n").unwrap();
    let error = world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.unwrap_err();
    assert_eq!(error.code(), code::LEDGER_MALFORMED);
}

#[tokio::test]
async fn a_certificate_does_not_outlive_its_issuers() {
    let world = world();
    let end = world.ca.intermediate.view().validity().not_after;
    world.time.pass(end.as_secs() - NOW.as_secs() - 60);
    let now = world.time.now().as_secs();
    let token = world.ci.token(|claims| {
        claims["iat"] = now.into();
        claims["exp"] = (now + 600).into();
    });
    let job = Job::new();
    let issued = world.service.issue(&job.request(&token)).await.unwrap();
    assert_eq!(issued.validity.not_after, end);
    world.time.pass(61);
    let error = world.service.issue(&job.request(&token)).await.unwrap_err();
    assert_eq!(error.code(), code::ISSUING_FAILED);
}

#[tokio::test]
async fn what_cannot_stand_in_a_subject_is_refused_and_what_can_is_escaped() {
    let rules = RULES.replace("{glob: 'harbour/*'}", "{glob: 'harbour/**'}");
    let world = world_with(KeySpec::P256, &rules);
    let ask = async |path: &str| {
        let token = world.ci.token(|claims| claims["project_path"] = path.into());
        world.service.issue(&Job::new().request(&token)).await
    };
    let evil = ask("harbour/x,O=Evil+CN=y").await.unwrap();
    let view = evil.chain[0].view(&PkiLimits::default()).unwrap();
    let values: Vec<_> = view.subject().attributes().map(|one| one.text().into_owned()).collect();
    assert_eq!(values, ["US", "WA", "Harbour", "harbour/x,O=Evil+CN=y"]);
    for bad in ["harbour/\u{202e}x", "harbour/a=#b", &format!("harbour/{}", "x".repeat(64))] {
        assert_eq!(ask(bad).await.unwrap_err().code(), code::ISSUING_SUBJECT_REFUSED, "{bad}");
    }
}

#[test]
fn the_claims_of_tests_are_those_of_a_rule() {
    assert_eq!(claims()["aud"], AUDIENCE);
}

#[test]
fn a_request_does_not_show_its_token() {
    for request in [IssuingRequest::with_csr("eyJsecret", "x"), IssuingRequest::with_csr("eyJsecret", "x").by_svid()] {
        assert!(!format!("{request:?}").contains("secret"), "{request:?}");
    }
}
