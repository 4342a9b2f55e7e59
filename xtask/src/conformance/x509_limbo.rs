//! Paths of certificates, as everybody who validates them should judge. Only the cases that the suite itself calls pedantic are left
//! out.

use super::{Report, read};
use plimsoll_core::UnixTime;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Limits, NamedStore, TrustStore,
    crl::{CertificateList, CrlLimits},
    path::{Conformance, ExpectedName, PathBuilder, PathLimits, PathProfile, VerifiedPath},
    revocation::{NoAnswers, Requirement, RevocationSources, check_chain},
};
use serde_json::Value;
use std::{path::Path, sync::Arc};

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    for case in read::list(&read::json(&folder.join("limbo.json"))?, "testcases")? {
        let id = read::text(case, "id")?;
        if texts(case, "features")?.iter().any(|feature| feature.starts_with("pedantic-")) {
            report.skip(id, "the suite calls it pedantic");
            continue;
        }
        let accept = match read::text(case, "expected_result")? {
            "SUCCESS" => true,
            "FAILURE" => false,
            other => return Err(format!("{id}: unknown result `{other}`")),
        };
        report.verdict(id, accept, judge(&Case::read(case)?));
    }
    Ok(())
}

/// The input of a case, which is as the suite promises; what is in the certificates is not.
struct Case {
    leaf: Vec<u8>,
    bag: Vec<Vec<u8>>,
    anchors: Vec<Vec<u8>>,
    lists: Vec<Vec<u8>>,
    profile: PathProfile,
    limits: PathLimits,
    at: UnixTime,
}

impl Case {
    fn read(case: &Value) -> Result<Self, String> {
        let all = |member| texts(case, member)?.into_iter().map(der).collect::<Result<Vec<_>, _>>();
        let at = case["validation_time"].as_str().map_or(Ok(NOW), str::parse);
        let mut limits = PathLimits::default();
        if let Some(depth) = case["max_chain_depth"].as_u64() {
            limits = limits.with_authorities(depth);
        }
        Ok(Self {
            leaf: der(read::text(case, "peer_certificate")?)?,
            bag: all("untrusted_intermediates")?,
            anchors: all("trusted_certs")?,
            lists: all("crls")?,
            profile: profile(case)?,
            limits,
            at: at.map_err(|error| format!("{}: {error}", case["id"]))?,
        })
    }
}

fn profile(case: &Value) -> Result<PathProfile, String> {
    let names = std::iter::once(&case["expected_peer_name"]).chain(read::list(case, "expected_peer_names")?);
    let mut expected = names.filter(|name| !name.is_null()).map(|name| {
        let value = read::text(name, "value")?;
        Ok(match read::text(name, "kind")? {
            "RFC822" => ExpectedName::Email(value.to_owned()),
            _ => ExpectedName::Server(value.parse().map_err(|error| format!("{value}: {error}"))?),
        })
    });
    let profile = match (read::text(case, "validation_kind")?, expected.next().transpose()?) {
        ("SERVER", Some(ExpectedName::Server(name))) => PathProfile::server(name),
        ("CLIENT", None) => PathProfile::client(),
        ("CLIENT", Some(name)) => PathProfile::client().with_name(name),
        (kind, _) => return Err(format!("{}: no profile for `{kind}`", case["id"])),
    };
    // The suite's own division: what only the baseline requirements forbid, and what real servers send, stands apart.
    let id = read::text(case, "id")?;
    let web = id.starts_with("webpki::") || id.starts_with("online::");
    let profile = profile.with_conformance(if web { Conformance::WebPki } else { Conformance::Rfc5280 });
    expected.try_fold(profile, |profile, name: Result<_, String>| Ok(profile.with_name(name?)))
}

fn judge(case: &Case) -> Result<(), String> {
    let name = "ca:limbo".parse().map_err(|error| format!("{error}"))?;
    let anchors = case.anchors.iter().map(Vec::as_slice);
    let store = NamedStore::load(name, anchors, provider(), &Limits::default()).map_err(|error| error.to_string())?;
    let store = TrustStore::new([Arc::new(store)]);
    let bag: Vec<_> = case.bag.iter().map(Vec::as_slice).collect();
    let builder = PathBuilder::new(&store, &case.profile, provider()).with_limits(case.limits);
    let path = builder.build(&case.leaf, &bag, case.at).map_err(|error| error.to_string())?;
    if case.lists.is_empty() { Ok(()) } else { revocation(case, &path) }
}

fn revocation(case: &Case, path: &VerifiedPath<'_>) -> Result<(), String> {
    let lists = case.lists.iter().map(|der| CertificateList::from_der(der.clone(), &CrlLimits::default()));
    let lists = lists.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let sources = RevocationSources::new().with_lists(&lists).with_requirement(Requirement::Required);
    let report = check_chain(path.chain(), case.at, &sources, &mut NoAnswers, provider());
    report.map_err(|missing| format!("{missing:?}"))?.outcome().map_err(|error| error.to_string())
}

fn texts<'a>(case: &'a Value, member: &str) -> Result<Vec<&'a str>, String> {
    let text = |value: &'a Value| value.as_str().ok_or_else(|| format!("expected texts in `{member}`"));
    read::list(case, member)?.iter().map(text).collect()
}

/// The bytes of one PEM block, whatever is in it: a certificate that is malformed is malformed on purpose.
fn der(pem: &str) -> Result<Vec<u8>, String> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    data_encoding::BASE64.decode(base64.as_bytes()).map_err(|error| error.to_string())
}

/// 2026-06-29, when the suite was made: the certificates of cases without a time are valid from 1970 to 2969.
const NOW: UnixTime = UnixTime::saturating_from_secs(1_782_691_200);
