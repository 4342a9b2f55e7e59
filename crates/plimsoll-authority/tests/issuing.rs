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
use plimsoll_authority::{
    Audit, Issuer, Issuers, IssuingError, IssuingRequest, IssuingService, KeySet, Keys, KeysError, Ledger, Limits,
    Rate, RuleWarning, Rules, code,
};
use plimsoll_core::{Classify as _, Digest, UnixTime};
use plimsoll_crypto::{PrivateKey, provider};
use plimsoll_pki::{ChainOptions, Limits as PkiLimits, OwnedCertificate, Profile, verify_chain};
use plimsoll_testkit::pki::{KeySpec, NOW, pem};
use std::{fs, future::Future, sync::Arc};

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
async fn rules_are_reloaded_all_or_none() {
    let world = world();
    let job = Job::new();
    let ask = async |project: &str| {
        let token = world.ci.token(|claims| claims["project_path"] = project.into());
        world.service.issue(&job.request(&token)).await.map(drop)
    };
    // The first rule is good, the last is broken: nothing of it counts, and what was in force is in force.
    let open = RULES.replace("harbour/pilot", "evil/app");
    let broken = format!("{open}  - {{name: last, issuer: x, claims: {{}}, subject: 'CN=x,O=x,ST=x,C=US'}}\n");
    let error = world.service.reload_rules(&broken).unwrap_err();
    assert_eq!(error.code(), code::MALFORMED_ISSUING_RULES);
    assert!(error.to_string().starts_with("rule `last`"), "{error}");
    assert!(ask("harbour/pilot").await.is_ok());
    assert_eq!(ask("evil/app").await.unwrap_err().code(), code::NO_ISSUING_RULE);
    // Whole, they take the place of all, and say what is likely not meant.
    let narrow = RULES.split("  - name: rest").next().unwrap().replace("harbour/pilot", "harbour/other");
    let warnings = world.service.reload_rules(&narrow).unwrap();
    assert!(matches!(warnings.as_slice(), [RuleWarning::NameOnly { claim: "project_path", .. }]), "{warnings:?}");
    assert_eq!(ask("harbour/pilot").await.unwrap_err().code(), code::NO_ISSUING_RULE);
    assert!(ask("harbour/other").await.is_ok());
}

#[tokio::test]
async fn more_than_the_rate_allows_is_refused_for_one_project_alone() {
    let mut world = world();
    let service = Arc::get_mut(&mut world.service).unwrap();
    let rate = |burst| Rate { burst, per_hour: 3600 };
    *service = common::service(&world.authority, &world.ci).with_rates(rate(3), rate(9), rate(2));
    let ask = async |project: &str, jti: &str| {
        let token = world.ci.token(|claims| {
            claims["project_id"] = project.into();
            claims["jti"] = jti.into();
        });
        world.service.issue(&Job::new().request(&token)).await.map(drop)
    };
    assert!(ask("1", "1").await.is_ok() && ask("1", "2").await.is_ok());
    assert_eq!(ask("1", "3").await, Err(IssuingError::Rate));
    assert!(ask("2", "4").await.is_ok(), "another project has its own");
    assert_eq!(ask("3", "5").await, Err(IssuingError::Rate), "and all have one together");
    world.time.pass(1);
    assert!(ask("3", "6").await.is_ok());
}

#[tokio::test]
async fn what_a_job_chooses_itself_gives_it_no_rate_of_its_own() {
    let mut world = world();
    let service = Arc::get_mut(&mut world.service).unwrap();
    let rate = |burst| Rate { burst, per_hour: 0 };
    *service = common::service(&world.authority, &world.ci).with_rates(rate(100), rate(8), rate(2));
    let ask = async |number: u64, edit: &dyn Fn(&mut serde_json::Value)| {
        let token = world.ci.token(|claims| {
            claims["jti"] = number.into();
            // Branches without end, and whatever else a job has a say in.
            claims["sub"] = format!("project_path:harbour/pilot:ref_type:branch:ref:{number}").into();
            claims["ref"] = format!("v{number}").into();
            claims["environment"] = number.into();
            edit(claims);
        });
        world.service.issue(&Job::new().request(&token)).await.map(drop)
    };
    assert!(ask(1, &|_| ()).await.is_ok() && ask(2, &|_| ()).await.is_ok());
    for number in 3..20 {
        assert_eq!(ask(number, &|_| ()).await, Err(IssuingError::Rate), "{number}");
    }
    // Who has names without end, has the rate of one rule: there are six left, though each name may have two.
    let mut issued = 0;
    for number in 20..40_u64 {
        issued += u64::from(ask(number, &|claims| claims["project_id"] = number.into()).await.is_ok());
    }
    assert_eq!(issued, 6);
    // An issuer that has no numbers: the name, and without one the rule.
    let nameless = |claims: &mut serde_json::Value| drop(claims.as_object_mut().unwrap().remove("project_id"));
    assert_eq!(ask(50, &nameless).await, Err(IssuingError::Rate));
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
    // 64 characters are 64 characters, however many octets they take.
    let path = format!("harbour/{}", "é".repeat(56));
    let issued = ask(&path).await.unwrap();
    let view = issued.chain[0].view(&PkiLimits::default()).unwrap();
    assert!(view.subject().attributes().any(|one| one.text() == path.as_str()));
    assert!(ask(&format!("{path}é")).await.is_err());
}

#[tokio::test]
async fn a_value_that_is_put_together_is_counted_whole() {
    let rules = RULES.replace("CN={project_path},O=Harbour", "CN={project_path} at {ref},O=Harbour");
    let world = world_with(KeySpec::P256, &rules);
    let ask = async |tail: usize| {
        let token = world.ci.token(|claims| {
            claims["project_path"] = "harbour/other".into();
            claims["ref"] = "r".repeat(tail).into();
        });
        world.service.issue(&Job::new().request(&token)).await.map_err(|error| error.to_string())
    };
    assert!(ask(47).await.is_ok());
    let message =
        "rule `rest` fits, but its `subject` cannot be written: expected at most 64 characters in `CN`, found 65";
    assert_eq!(ask(48).await.unwrap_err(), message);
}

/// A public key as it stands in a request, with what `jwk` says of it.
fn weak_rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    use der::{
        Encode as _,
        asn1::{AnyRef, BitStringRef, UintRef},
    };
    let parts = [UintRef::new(modulus).unwrap().to_der().unwrap(), UintRef::new(exponent).unwrap().to_der().unwrap()];
    let key = AnyRef::new(der::Tag::Sequence, &parts.concat()).unwrap().to_der().unwrap();
    let oid = spki::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    let algorithm = spki::AlgorithmIdentifierRef { oid, parameters: Some(AnyRef::NULL) };
    let subject_public_key = BitStringRef::from_bytes(&key).unwrap();
    spki::SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().unwrap()
}

// attack: A-151
// attack: A-154
#[tokio::test]
async fn a_151_a_key_that_is_weak_or_none_gets_no_certificate() {
    let world = world();
    let modulus = |bytes: usize| [&[0xff][..], &vec![0xa5; bytes - 2], &[0x01]].concat();
    // The curve of a good key, and a point that is not on it.
    let mut off_curve = Job::new().0.public_key_spki_der().to_vec();
    let last = off_curve.len() - 1;
    off_curve[last] ^= 1;
    let keys = [
        weak_rsa(&modulus(128), &[1, 0, 1]),
        weak_rsa(&modulus(257), &[1, 0, 1]),
        weak_rsa(&modulus(2048), &[1, 0, 1]),
        weak_rsa(&modulus(256), &[1]),
        weak_rsa(&modulus(256), &[2]),
        off_curve,
    ];
    for (number, key) in keys.iter().enumerate() {
        let token = world.ci.token(|claims| claims["jti"] = number.into());
        let digest = HEXLOWER.encode(Digest::sha256_of(token.as_bytes()).as_bytes());
        let header = [("typ".into(), "plimsoll-possession+jws".into())];
        let proof = common::jws(&Job::new().0, &header, digest.as_bytes());
        let request = IssuingRequest::with_proof(token, pem("PUBLIC KEY", key), proof);
        assert!(world.service.issue(&request).await.is_err(), "key {number}");
    }
    assert_eq!(world.authority.ledger().lines(), 0, "none of them was proven, none got a line");
}

// attack: A-364
#[tokio::test]
async fn a_364_a_request_that_is_dropped_at_any_point_leaves_a_ledger_that_holds() {
    let world = world();
    for polls in 0..8_u32 {
        let token = world.ci.token(|claims| claims["jti"] = polls.into());
        let request = Job::new().request(&token);
        let mut issuing = Box::pin(world.service.issue(&request));
        for _ in 0..polls {
            let ready = std::future::poll_fn(|cx| std::task::Poll::Ready(issuing.as_mut().poll(cx).is_ready())).await;
            if ready {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(issuing);
    }
    // What was under way on a thread of its own comes to its end there; no lock is left behind.
    assert!(world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.is_ok());
    assert!(Audit::read(world.authority.ledger().path(), &[]).is_ok());
}

// attack: A-382
#[tokio::test]
async fn a_382_nothing_that_a_terminal_obeys_gets_into_the_ledger() {
    let world = world();
    let evil = "harbour/\u{1b}[2J\u{9b}2J\u{202e}é\u{1f600}\u{7f}";
    let token = world.ci.token(|claims| claims["sub"] = evil.into());
    assert!(world.service.issue(&Job::new().request(&token)).await.is_ok());
    let ledger = fs::read(world.directory.path().join("ledger.jsonl")).unwrap();
    assert!(ledger.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')));
    // And it is what the token said.
    let line: serde_json::Value = serde_json::from_slice(&ledger).unwrap();
    assert_eq!(line["entry"]["issued"]["request"]["subject"], evil);
    assert!(Ledger::open(world.directory.path().join("ledger.jsonl")).is_ok());
}

#[tokio::test]
async fn a_line_of_the_ledger_is_short_whatever_a_token_says() {
    let world = world();
    let job = Job::new();
    for project in ["harbour/pilot", "strangers/app"] {
        let token = world.ci.token(|claims| {
            claims["sub"] = "\u{1f600}".repeat(2500).into();
            claims["project_path"] = project.into();
        });
        assert_eq!(world.service.issue(&job.request(&token)).await.is_ok(), project == "harbour/pilot");
    }
    let ledger = fs::read_to_string(world.directory.path().join("ledger.jsonl")).unwrap();
    assert_eq!(ledger.lines().count(), 2);
    assert!(ledger.lines().all(|line| line.len() < 16 * 1024), "{}", ledger.len());
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

#[tokio::test]
async fn who_is_refused_without_end_hides_no_refusal_of_another_kind() {
    let world = world();
    let lines = |code: &str| {
        let ledger = fs::read_to_string(world.directory.path().join("ledger.jsonl")).unwrap();
        ledger.lines().filter(|line| line.contains("refused") && line.contains(code)).count()
    };
    let (job, thief, token) = (Job::new(), Job::new(), world.ci.token(|_| ()));
    assert!(world.service.issue(&job.request(&token)).await.is_ok());
    // A stranger whose token is valid, and whom no rule knows.
    let strange = job.request(&world.ci.token(|claims| claims["project_path"] = "stranger/app".into()));
    for _ in 0..210 {
        assert_eq!(world.service.issue(&strange).await.unwrap_err().code(), code::NO_ISSUING_RULE);
    }
    assert_eq!(lines("no-issuing-rule"), 200, "no more than a bounded number");
    assert_eq!(world.service.issue(&thief.request(&token)).await, Err(IssuingError::TokenReused));
    assert_eq!(lines("token-reused"), 1);
}

/// Keys that come when they are let.
struct Gated(KeySet, Arc<tokio::sync::Semaphore>);
impl Keys for Gated {
    fn key_set<'a>(
        &'a self,
        _: Option<&'a str>,
        _: UnixTime,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Arc<KeySet>, KeysError>> + Send + 'a>> {
        Box::pin(async {
            self.1.acquire().await.unwrap().forget();
            Ok(Arc::new(self.0.clone()))
        })
    }
}

#[tokio::test]
async fn a_request_that_is_under_way_ends_by_what_was_in_force_when_it_came() {
    let world = world();
    let (gate, limits) = (Arc::new(tokio::sync::Semaphore::new(0)), Limits::default());
    let issuers = |keys: Gated| Issuers::new([Issuer::new(common::ISSUER, AUDIENCE, keys)], limits.clone());
    let old = issuers(Gated(world.ci.keys(), gate.clone()));
    let rules = |text: &str| Rules::parse(text, &limits).unwrap();
    let service = IssuingService::new(world.authority.clone(), old, rules(RULES), limits.clone());
    let request = Job::new().request(&world.ci.token(|_| ()));
    let mut under_way = std::pin::pin!(service.issue(&request));
    assert!(futures_poll(under_way.as_mut()).await.is_none(), "it waits for the keys");
    // Other keys and other rules, by neither of which it would get anything.
    let stranger = issuers(Gated(Ci::new().keys(), Arc::new(tokio::sync::Semaphore::new(9))));
    service.replace(stranger, rules(&RULES.replace("harbour/", "other/")), None);
    gate.add_permits(1);
    assert!(under_way.await.is_ok());
    assert!(service.issue(&request).await.is_err(), "the next goes by the new ones");
}

/// Polls once.
async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        std::task::Poll::Ready(done) => std::task::Poll::Ready(Some(done)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}
