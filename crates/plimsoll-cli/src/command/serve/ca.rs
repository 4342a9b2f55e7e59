//! `serve ca`: an identity is swapped for a certificate of minutes.

use super::serve;
use crate::{
    arguments::{Global, ServeCa},
    command::{Scene, pki::Authority},
    failure::{Blame as _, Failure},
    report::{Report, warn},
};
use plimsoll::{
    authority::{FetchedKeys, Issuer, Issuers, IssuingService, KeySet, KeySetUrl, Limits, Rules, SvidTrust},
    core::Escaped,
    crypto::provider,
    distribution::ReqwestTransport,
    pki::{
        self, read_certificates,
        svid::{SpiffeBundle, SpiffeBundles, TrustDomain},
    },
};
use std::{path::Path, sync::Arc};

pub(super) async fn run(words: &ServeCa, scene: &Scene<'_>) -> Result<Report, Failure> {
    let limits = Limits::default();
    let authority = Authority::read(&words.authority)?.open(&words.ocsp_url, &words.crl_url)?;
    let rules = crate::given::read(&words.rules)?;
    let rules = Rules::parse(&String::from_utf8_lossy(&rules), &limits).given(words.rules.display())?;
    let mut issuers = Vec::new();
    for (name, keys) in &words.token_issuer {
        issuers.push(issuer(name, keys, &words.audience, scene.global, &limits)?);
    }
    let bundles = words.spiffe_bundle.iter().map(|(domain, file)| bundle(domain, Path::new(file)));
    let bundles = bundles.collect::<Result<Vec<_>, _>>()?;
    let mut known: Vec<String> = words.token_issuer.iter().map(|(name, _)| name.clone()).collect();
    known.extend(bundles.iter().map(|bundle| format!("spiffe://{}", bundle.trust_domain().as_str())));
    if known.is_empty() {
        return Err(Failure::given("expected --token-issuer or --spiffe-bundle, found neither: nobody could ask"));
    }
    for named in rules.issuers().into_iter().filter(|named| !known.iter().any(|known| known == named)) {
        warn(format!("{}: nobody speaks for the issuer `{}`", words.rules.display(), Escaped::new(named)));
    }
    let mut service =
        IssuingService::new(Arc::new(authority), Issuers::new(issuers, limits.clone()), rules, limits.clone());
    if !bundles.is_empty() {
        service = service.with_svids(SvidTrust::new(SpiffeBundles::new(bundles), &*words.audience, limits));
    }
    serve(service, &words.addr, &words.listen, false).await
}

/// An issuer of tokens, with its keys from a URL or a file.
fn issuer(name: &str, keys: &str, audience: &str, global: &Global, limits: &Limits) -> Result<Issuer, Failure> {
    if keys.starts_with("https://") || keys.starts_with("http://") {
        let url =
            KeySetUrl::new(transport(global)?, keys, limits).map_err(|error| Failure::given(error.to_string()))?;
        return Ok(Issuer::new(name, audience, FetchedKeys::new(url, limits.clone())));
    }
    let set = KeySet::parse(&crate::given::read(Path::new(keys))?, limits).given(keys)?;
    Ok(Issuer::new(name, audience, set))
}

fn transport(global: &Global) -> Result<ReqwestTransport, Failure> {
    let mut transport = ReqwestTransport::builder();
    if let Some(path) = &global.ca_file {
        let pem = crate::given::read(path)?;
        for root in read_certificates(&pem, &pki::Limits::default()).given(path.display())? {
            transport = transport.root_certificate(root.der());
        }
    }
    transport.build().map_err(|error| Failure::unknown(error.to_string()))
}

/// A bundle as JSON (a JWK set), or as PEM.
fn bundle(domain: &str, file: &Path) -> Result<SpiffeBundle, Failure> {
    let bytes = crate::given::read(file)?;
    let domain: TrustDomain = domain.parse().given("--spiffe-bundle")?;
    let limits = pki::Limits::default();
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    match is_json {
        true => SpiffeBundle::from_json(domain, &bytes, provider(), &limits),
        false => SpiffeBundle::from_pem(domain, &bytes, provider(), &limits),
    }
    .given(file.display())
}
