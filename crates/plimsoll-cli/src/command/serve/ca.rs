//! `serve ca`: an identity is swapped for a certificate of minutes.

use super::{reloading, serve};
use crate::{
    arguments::{Global, ServeCa},
    command::{Scene, pki::Authority},
    failure::{Blame as _, Failure},
    place::{client, transport},
    report::{Report, progress, warn},
    trust::Anchors,
};
use plimsoll::{
    authority::{
        AuthorityError, CheckpointSettings, Checkpoints, FetchedKeys, Issuer, Issuers, IssuingService, KeySet,
        KeySetUrl, Limits, Rules, SvidTrust,
    },
    core::{Escaped, Sign},
    crypto::provider,
    host::{Platform, notation::NotationDirectory},
    pki::{
        self,
        svid::{SpiffeBundle, SpiffeBundles, TrustDomain},
    },
};
use std::{path::Path, sync::Arc};

pub(super) async fn run(words: &ServeCa, scene: &Scene<'_>) -> Result<Report, Failure> {
    let limits = Limits::default();
    let authority = Arc::new(Authority::read(&words.authority, &words.token)?.open(&words.ocsp_url, &words.crl_url)?);
    let checkpoint = words.checkpoint.clone();
    let checkpoint = checkpoint.unwrap_or_else(|| authority.ledger().path().with_extension("checkpoint"));
    let checkpoints = Checkpoints::open(Arc::clone(&authority), checkpoint, CheckpointSettings::default());
    let checkpoints = Arc::new(checkpoints.evidence("")?);
    let mut issuers = Vec::new();
    for (name, keys) in &words.token_issuer {
        issuers.push(issuer(name, keys, &words.audience, scene.global, &limits)?);
    }
    let ruling = Ruling::read(words, scene, &limits)?;
    ruling.heed(words);
    let issuers = Issuers::new(issuers, limits.clone());
    let service = IssuingService::new(authority, issuers, ruling.rules, limits.clone());
    let service = service.with_checkpoints(Arc::clone(&checkpoints));
    let service = Arc::new(match ruling.svids {
        Some(svids) => service.with_svids(svids),
        None => service,
    });
    let reload = || match Ruling::read(words, scene, &limits) {
        Ok(ruling) => {
            ruling.heed(words);
            service.replace_rules(ruling.rules);
            ruling.svids.into_iter().for_each(|svids| service.replace_svids(svids));
            progress("the rules were read again");
        }
        Err(failure) => warn(format!("the rules that were read before stay in force: {}", failure.message)),
    };
    checkpointed(reloading(serve(Arc::clone(&service), &words.addr, &words.listen, false), reload), &checkpoints).await
}

/// Serves; beside it signs checkpoints of the ledger as they are due, and the last one at the end.
async fn checkpointed<S: Sign>(
    serving: impl Future<Output = Result<Report, Failure>>,
    checkpoints: &Checkpoints<S>,
) -> Result<Report, Failure> {
    let kept = |error: &AuthorityError| warn(format!("no checkpoint of the ledger could be written: {error}"));
    let report = tokio::select! {
        report = serving => report?,
        never = checkpoints.run(kept) => match never {},
    };
    checkpoints.write().await.given("")?;
    Ok(report)
}

/// What says who gets what. It is read again as a whole, or not at all.
struct Ruling {
    rules: Rules,
    svids: Option<SvidTrust>,
    /// For whom somebody speaks.
    known: Vec<String>,
}

impl Ruling {
    fn read(words: &ServeCa, scene: &Scene<'_>, limits: &Limits) -> Result<Self, Failure> {
        let rules = crate::given::read(&words.rules)?;
        let rules = Rules::parse(&String::from_utf8_lossy(&rules), limits).given(words.rules.display())?;
        let bundles = words.spiffe_bundle.iter().map(|(domain, file)| bundle(domain, Path::new(file)));
        let bundles = bundles.collect::<Result<Vec<_>, _>>()?;
        let mut known: Vec<String> = words.token_issuer.iter().map(|(name, _)| name.clone()).collect();
        known.extend(bundles.iter().map(|bundle| format!("spiffe://{}", bundle.trust_domain().as_str())));
        if known.is_empty() {
            return Err(Failure::given("expected --token-issuer or --spiffe-bundle, found neither: nobody could ask"));
        }
        let svids = match bundles.is_empty() {
            true => None,
            false => {
                let trust = SvidTrust::new(SpiffeBundles::new(bundles), &*words.audience, limits.clone());
                Some(distrusting(trust, scene)?)
            }
        };
        Ok(Self { rules, svids, known })
    }
    /// Says what was likely not meant.
    fn heed(&self, words: &ServeCa) {
        let file = words.rules.display();
        for named in self.rules.issuers().into_iter().filter(|named| !self.known.iter().any(|known| known == named)) {
            warn(format!("{file}: nobody speaks for the issuer `{}`", Escaped::new(named)));
        }
        self.rules.warnings().iter().for_each(|warning| warn(format!("{file}: {warning}")));
    }
}

/// Workloads that the operator distrusts, or whose SVIDs are revoked, get no certificate: by the operator's own lists, or by whom their
/// certificates name, as far as `network.yaml` lets them be asked.
fn distrusting(trust: SvidTrust, scene: &Scene<'_>) -> Result<SvidTrust, Failure> {
    let trust = trust.with_answers(Arc::new(client(scene.global, scene.machine)?));
    let home = NotationDirectory::find(scene.global.config.as_deref(), scene.machine.environment(), Platform::CURRENT);
    // Without a home there is nothing that could distrust.
    let Ok(directory) = home else { return Ok(trust) };
    let beside = Anchors::read(&directory, Default::default())?;
    Ok(trust.with_distrust(beside.distrust().clone()).with_lists(beside.lists().to_vec()))
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
