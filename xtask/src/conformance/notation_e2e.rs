//! Notation's end-to-end tests: image layouts, trust policies and trust stores, through store, session and signatures.

use super::{Report, read};
use plimsoll_core::{
    Class, Completeness, Decision, Digest, Evaluate, Fact as _, Facts, Gather, Horizon, Outcome, Reads, Reason,
    Reference, UnixTime, Verdict,
};
use plimsoll_crypto::provider;
use plimsoll_notary::{NotarySignatures, SignatureFact, TrustStores, policy::TrustPolicy};
use plimsoll_pki::{Limits, NamedStore, read_certificates};
use plimsoll_store::{Access, Layout};
use plimsoll_verify::{Session, Setup, drive};
use serde_json::Value;
use std::{
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// When upstream's suite was current: its certificates live until 2122, and the expired signature expired in 2023.
const AT: &str = "2026-02-18T00:00:00Z";
/// The layout that holds an artifact and what `e2e.crt` signed of it.
const SIGNED: &str = "e2e-valid-signature";

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let cases = read::json(&folder.join("E2E_CASES.json"))?;
    for case in cases.as_array().ok_or("expected a list in E2E_CASES.json")? {
        let name = format!("{}: {}", read::text(case, "suite")?, read::text(case, "name")?);
        if case["data_only"] != true && !is_of_policy(case)? {
            report.skip(name, "signs first, with a key that is not there");
            continue;
        }
        let verdicts = read::list(case, "verify")?;
        let accept = match verdicts.first().and_then(Value::as_str).filter(|one| verdicts.iter().all(|it| it == one)) {
            Some("pass") => true,
            Some("fail") => false,
            _ => return Err(format!("{name}: expected pass or fail, found {verdicts:?}")),
        };
        for (reference, number) in references(case)?.iter().zip(1..) {
            let name = if number == 1 { name.clone() } else { format!("{name}, repository {number}") };
            match judge(folder, case, reference)? {
                Found::Accepted => report.verdict(name, accept, Ok(())),
                Found::Refused(why) => report.verdict(name, accept, Err(why)),
                // Neither answer of upstream's: a refusal must come of what was read.
                Found::Unknown(why) => report.equal(name, Err(format!("expected a verdict, found: {why}"))),
            }
        }
    }
    Ok(())
}

/// Whether it tries a trust policy on an artifact that upstream signs with the key of `e2e.crt` first: the layout that was
/// signed with this key serves as well.
fn is_of_policy(case: &Value) -> Result<bool, String> {
    let suite = read::text(case, "suite")?;
    Ok(suite.starts_with("trustpolicy/") && read::list(case, "extra_trust_certs")?.is_empty())
}

/// What is verified: `v1` of the repositories that the case names, or of any, on upstream's registry.
fn references(case: &Value) -> Result<Vec<Reference>, String> {
    let mut repositories: Vec<&str> = read::list(case, "repo")?.iter().filter_map(Value::as_str).collect();
    if repositories.is_empty() {
        repositories.push("e2e");
    }
    let reference = |name: &str| format!("localhost:5000/{name}:v1").parse();
    repositories.into_iter().map(reference).collect::<Result<_, _>>().map_err(|error| format!("{error}"))
}

enum Found {
    Accepted,
    Refused(String),
    Unknown(String),
}

fn judge(folder: &Path, case: &Value, reference: &Reference) -> Result<Found, String> {
    let config = folder.join("config");
    let policy = config.join("trustpolicies").join(only(case, "policy")?.trim_end_matches(" (BaseOptions)"));
    let policy = match TrustPolicy::parse(&read::bytes(&policy)?) {
        Ok(policy) => policy,
        Err(error) => return Ok(Found::Refused(error.to_string())),
    };
    let notary = NotarySignatures::new(policy, stores(&config.join("localkeys"), case)?);
    let layout = if case["data_only"] == true { only(case, "layout")? } else { SIGNED };
    let layout = folder.join("registry/oci_layout").join(layout);
    let layout = Layout::open(layout, Access::Read).map_err(|error| error.to_string())?;

    let gather: [&dyn Gather; 1] = [&notary];
    let at: UnixTime = AT.parse().map_err(|error| format!("{AT}: {error:?}"))?;
    let mut session = Session::new(Setup::new(&AnySignature, provider(), at).gathering(&gather), reference.clone());
    let verdict = now(drive(&mut session, &layout))?.verdict;
    let reasons: Vec<_> = verdict.reasons.iter().map(|reason| format!("{}: {}", reason.code, reason.message)).collect();
    Ok(match verdict.decision {
        Decision::Admit => Found::Accepted,
        Decision::Deny(Class::Untrusted) => Found::Refused(reasons.join("; ")),
        Decision::Deny(_) => Found::Unknown(reasons.join("; ")),
    })
}

/// The only entry of a list of names.
fn only<'a>(case: &'a Value, member: &str) -> Result<&'a str, String> {
    match read::list(case, member)? {
        [Value::String(name)] => Ok(name),
        other => Err(format!("expected one name in `{member}`, found {other:?}")),
    }
}

/// `ca:e2e` holds `e2e.crt`, or what the case names instead.
fn stores(keys: &Path, case: &Value) -> Result<TrustStores, String> {
    let mut names: Vec<&str> = read::list(case, "extra_trust_certs")?.iter().filter_map(Value::as_str).collect();
    if names.is_empty() {
        names.push("e2e.crt");
    }
    let mut certificates = Vec::new();
    for name in names {
        let file = read::bytes(&keys.join(name))?;
        certificates.extend(read_certificates(&file, &Limits::default()).map_err(|error| format!("{name}: {error}"))?);
    }
    let name = "ca:e2e".parse().map_err(|error| format!("{error}"))?;
    let ders = certificates.iter().map(|certificate| certificate.der());
    let store = NamedStore::load(name, ders, provider(), &Limits::default()).map_err(|error| error.to_string())?;
    let mut stores = TrustStores::new();
    stores.add(store);
    Ok(stores)
}

/// A layout on disk never lets its reader wait.
fn now<T>(future: impl Future<Output = T>) -> Result<T, String> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err("expected an answer at once".into()),
    }
}

/// `notation verify`: one signature that passes every check which the trust policy enforces.
struct AnySignature;

impl Evaluate for AnySignature {
    fn digest(&self) -> Digest {
        Digest::sha256_of(b"any signature")
    }
    fn reads(&self) -> Reads {
        Reads::kinds([SignatureFact::SCHEMA.kind])
    }
    fn evaluate(&self, facts: &Facts) -> Verdict {
        let subject = facts.targets().first();
        let digest = subject.map(|subject| subject.descriptor.digest);
        let verdict = |reasons| Verdict::of(digest, self.digest(), reasons, Vec::new(), Horizon::ALWAYS);
        if facts.of::<SignatureFact>().any(|(_, fact)| fact.is_accepted()) {
            return verdict(Vec::new());
        }
        let mut reasons = Vec::new();
        for (row, _) in facts.of::<SignatureFact>() {
            if let Outcome::Failed(code, message) = &row.outcome {
                reasons.push(Reason::new(*code, "e2e", digest, message.clone()));
            }
        }
        let listed = subject.map(|subject| facts.about(subject).completeness(SignatureFact::SCHEMA.kind));
        if let Some(Completeness::Partial(code, message)) = listed {
            reasons.push(Reason::new(code, "e2e", digest, message));
        }
        if reasons.is_empty() {
            reasons.push(Reason::new(plimsoll_core::code::NOT_FOUND, "e2e", digest, "no signature"));
        }
        verdict(reasons)
    }
}
