//! `serve ca`: an identity is swapped for a certificate of minutes.

use super::{reloading, serve};
use crate::{
    arguments::{Global, ServeCa},
    command::{Scene, pki::Authority},
    failure::{Blame as _, Failure},
    machine::heeded,
    place::{client, transport},
    report::{Report, progress, warn},
};
use plimsoll::{
    authority::{
        AuthorityError, CheckpointSettings, Checkpoints, FetchedKeys, Issuer, Issuers, IssuingService, KeySet,
        KeySetUrl, Limits, Rules, SvidTrust,
    },
    core::{Escaped, Sign},
    crypto::provider,
    host::{
        Platform,
        notation::{NotationDirectory, find_distrust, find_revocation_lists},
    },
    pki::{
        self,
        crl::CrlLimits,
        svid::{SpiffeBundle, SpiffeBundles, TrustDomain},
    },
};
use std::{cell::Cell, collections::BTreeSet, path::Path, sync::Arc};

pub(super) async fn run(words: &ServeCa, scene: &Scene<'_>) -> Result<Report, Failure> {
    let limits = Limits::default();
    let authority = Arc::new(Authority::read(&words.authority, &words.token)?.open(&words.ocsp_url, &words.crl_url)?);
    let checkpoint = words.checkpoint.clone();
    let checkpoint = checkpoint.unwrap_or_else(|| authority.ledger().path().with_extension("checkpoint"));
    let checkpoints = Checkpoints::open(Arc::clone(&authority), checkpoint, CheckpointSettings::default());
    let checkpoints = Arc::new(checkpoints.evidence("")?);
    let sources = words.token_issuer.iter().map(|(name, keys)| Source::of(name, keys, words, scene.global, &limits));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    let ruling = Ruling::read(words, &sources, scene, &limits)?;
    ruling.heed(words);
    let beside = Cell::new(ruling.beside);
    let service = IssuingService::new(authority, ruling.issuers, ruling.rules, limits.clone());
    let service = service.with_checkpoints(Arc::clone(&checkpoints));
    let service = Arc::new(match ruling.svids {
        Some(svids) => service.with_svids(svids),
        None => service,
    });
    let read = || Ruling::read(words, &sources, scene, &limits).and_then(|ruling| ruling.after(beside.get()));
    let reload = || match read() {
        Ok(ruling) => {
            ruling.heed(words);
            beside.set(ruling.beside);
            service.replace(ruling.issuers, ruling.rules, ruling.svids);
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

/// Where the keys of an issuer of tokens come from.
enum Source<'a> {
    /// Fetched by the service, which keeps them for a while.
    Fetched(Issuer),
    /// In a file, which is read again with everything else.
    File { name: &'a str, path: &'a Path },
}

impl<'a> Source<'a> {
    fn of(name: &'a str, keys: &'a str, words: &ServeCa, global: &Global, limits: &Limits) -> Result<Self, Failure> {
        if keys.starts_with("https://") || keys.starts_with("http://") {
            let url =
                KeySetUrl::new(transport(global)?, keys, limits).map_err(|error| Failure::given(error.to_string()))?;
            let keys = FetchedKeys::new(url, limits.clone());
            return Ok(Self::Fetched(Issuer::new(name, &*words.audience, keys)));
        }
        Ok(Self::File { name, path: Path::new(keys) })
    }
    fn issuer(&self, audience: &str, limits: &Limits) -> Result<Issuer, Failure> {
        match self {
            Self::Fetched(issuer) => Ok(issuer.clone()),
            Self::File { name, path } => {
                let set = KeySet::parse(&crate::given::read(path)?, limits).given(path.display())?;
                Ok(Issuer::new(*name, audience, set))
            }
        }
    }
}

/// What of the operator's own word against workloads is there. What was there once and is not any more was lost, and says nothing about whom
/// to trust: nobody is trusted again for that.
#[derive(Clone, Copy, Default)]
struct Beside {
    distrust: bool,
    lists: bool,
}

/// What says who gets what. It is read again as a whole, or not at all.
struct Ruling {
    issuers: Issuers,
    rules: Rules,
    svids: Option<SvidTrust>,
    beside: Beside,
    /// For whom somebody speaks.
    known: Vec<String>,
}

impl Ruling {
    fn read(words: &ServeCa, sources: &[Source<'_>], scene: &Scene<'_>, limits: &Limits) -> Result<Self, Failure> {
        demand_directory(scene)?;
        let issuers = sources.iter().map(|source| source.issuer(&words.audience, limits));
        let issuers = Issuers::new(issuers.collect::<Result<Vec<_>, _>>()?, limits.clone());
        let rules = crate::given::read(&words.rules)?;
        let rules = Rules::parse(&String::from_utf8_lossy(&rules), limits).given(words.rules.display())?;
        let bundles = words.spiffe_bundle.iter().map(|(domain, file)| bundle(domain, Path::new(file)));
        let bundles = bundles.collect::<Result<Vec<_>, _>>()?;
        let mut domains = BTreeSet::new();
        if let Some(twice) = bundles.iter().find(|bundle| !domains.insert(bundle.trust_domain().as_str())) {
            let domain = twice.trust_domain().as_str();
            return Err(Failure::given(format!("--spiffe-bundle: expected one bundle for `{domain}`, found two")));
        }
        let mut known: Vec<String> = words.token_issuer.iter().map(|(name, _)| name.clone()).collect();
        known.extend(bundles.iter().map(|bundle| format!("spiffe://{}", bundle.trust_domain().as_str())));
        if known.is_empty() {
            return Err(Failure::given("expected --token-issuer or --spiffe-bundle, found neither: nobody could ask"));
        }
        let (svids, beside) = match bundles.is_empty() {
            true => (None, Beside::default()),
            false => {
                let trust = SvidTrust::new(SpiffeBundles::new(bundles), &*words.audience, limits.clone());
                let (trust, beside) = distrusting(trust, scene)?;
                (Some(trust), beside)
            }
        };
        Ok(Self { issuers, rules, svids, beside, known })
    }
    /// The same, if nothing was lost since the last.
    fn after(self, last: Beside) -> Result<Self, Failure> {
        let now = self.beside;
        let lost = [(last.distrust, now.distrust, "distrust.json"), (last.lists, now.lists, "the folder crl")];
        match lost.into_iter().find(|(before, now, _)| *before && !now) {
            Some((_, _, what)) => Err(Failure::given(format!("expected {what}, which was there before, found none"))
                .hint("start the service anew if that is meant")),
            None => Ok(self),
        }
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
fn distrusting(trust: SvidTrust, scene: &Scene<'_>) -> Result<(SvidTrust, Beside), Failure> {
    let trust = trust.with_answers(Arc::new(client(scene.global, scene.machine)?));
    let home = NotationDirectory::find(scene.global.config.as_deref(), scene.machine.environment(), Platform::CURRENT);
    // Without a home there is nothing that could distrust.
    let Ok(directory) = home else { return Ok((trust, Beside::default())) };
    let distrust = find_distrust(&directory).given("")?.map(heeded);
    let lists = find_revocation_lists(&directory, &CrlLimits::default()).given("")?.map(heeded);
    let beside = Beside { distrust: distrust.is_some(), lists: lists.is_some() };
    Ok((trust.with_distrust(distrust.unwrap_or_default()).with_lists(lists.unwrap_or_default()), beside))
}

/// A configuration directory that somebody names must be there: one whose name is mistyped distrusts nobody.
fn demand_directory(scene: &Scene<'_>) -> Result<(), Failure> {
    let variable = || scene.machine.environment()("NOTATION_CONFIG").filter(|path| !path.is_empty());
    let named = scene.global.config.clone().or_else(|| variable().map(Into::into));
    match named {
        Some(path) if !path.is_dir() => {
            Err(Failure::given(format!("{}: expected the configuration directory, found none", path.display())))
        }
        _ => Ok(()),
    }
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
