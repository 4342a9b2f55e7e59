use plimsoll_core::*;

fn repository() -> Repository {
    "registry.test/app".parse().unwrap()
}

fn blob(descriptor: &Descriptor) -> Want {
    Want::Blob { repository: repository(), descriptor: descriptor.clone() }
}

/// Asks once for `want` over `evidence`.
fn asked(evidence: &Evidence, want: Want) -> Result<Answer, Missing> {
    let mut cx = Context::new(UnixTime::MIN, Provider::new(&[]), evidence, Budget::new("steps", 10));
    cx.ask(want).cloned()
}

// attack
#[test]
fn content_that_does_not_match_never_gets_in() {
    let wanted = Descriptor::of("application/json", b"{}");
    let mut evidence = Evidence::default();
    evidence.supply(blob(&wanted), Answer::Bytes("[]".into()));
    let Err(Missing::Failed(failure)) = asked(&evidence, blob(&wanted)) else { panic!("expected a failure") };
    assert_eq!(failure.code(), code::DIGEST_MISMATCH);

    let reference = Reference::new(repository(), Pointer::Digest(wanted.digest));
    let other = Descriptor::of("application/json", b"other");
    let want = Want::Resolve { reference };
    evidence.supply(want.clone(), Answer::Descriptor(other));
    let Err(Missing::Failed(failure)) = asked(&evidence, want) else { panic!("expected a failure") };
    assert_eq!(failure.code(), code::DIGEST_MISMATCH);
}

// attack: A-009
#[test]
fn the_first_answer_stands() {
    let want = Want::Resolve { reference: "registry.test/app:v1".parse().unwrap() };
    let (first, second) = (Descriptor::of("m", b"first"), Descriptor::of("m", b"second"));
    let mut evidence = Evidence::default();
    evidence.supply(want.clone(), Answer::Descriptor(first.clone()));
    evidence.supply(want.clone(), Answer::Descriptor(second));
    assert_eq!(asked(&evidence, want), Ok(Answer::Descriptor(first)));
}

#[test]
fn an_answer_of_another_kind_is_malformed() {
    let wanted = Descriptor::of("application/json", b"{}");
    let mut evidence = Evidence::default();
    evidence.supply(blob(&wanted), Answer::Referrers(vec![]));
    let Err(Missing::Failed(failure)) = asked(&evidence, blob(&wanted)) else { panic!("expected a failure") };
    assert_eq!(
        (failure.to_string().as_str(), failure.code()),
        ("the answer is not of the kind of its question", code::MALFORMED_ANSWER)
    );
}

#[test]
fn an_http_answer_beyond_its_limit_is_refused() {
    let want = Want::Http { url: "http://ocsp.test".into(), body: None, limit: 3, purpose: Purpose::Ocsp };
    let mut evidence = Evidence::default();
    evidence.supply(want.clone(), Answer::Bytes("four".into()));
    let Err(Missing::Failed(failure)) = asked(&evidence, want) else { panic!("expected a failure") };
    assert_eq!(
        (failure.to_string().as_str(), failure.code()),
        ("more than 3 bytes of an answer", code::LIMIT_EXCEEDED)
    );
}

#[test]
fn open_questions_are_listed_once() {
    let evidence = Evidence::default();
    let mut cx = Context::new(UnixTime::MIN, Provider::new(&[]), &evidence, Budget::new("steps", 10));
    let wanted = Descriptor::of("application/json", b"{}");
    assert_eq!(cx.blob(&repository(), &wanted), Err(Missing::Pending));
    assert_eq!(cx.blob(&repository(), &wanted), Err(Missing::Pending));
    assert_eq!(cx.into_wants(), [blob(&wanted)]);
}
