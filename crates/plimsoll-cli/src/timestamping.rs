//! Proof of the time of a signature: asked for after signing, checked at once, and only then is anything pushed.

use crate::{
    arguments::{Scheme, TimestampWords},
    failure::{Blame as _, Failure},
    machine::{Scene, heeded},
    outside::{Sources, settle},
    place::client,
    signer::read_chain,
    trust::Anchors,
};
use plimsoll::{
    core::UnixTime,
    crypto::{provider, random},
    distribution::Client,
    host::{Platform, Settings, notation::NotationDirectory},
    notary::{AttachedSignature, SignOptions, SigningError},
    pki::{
        Certificate, Limits, NamedStore, OwnedCertificate, TrustStore,
        revocation::RevocationSources,
        timestamp::{Nonce, TimestampLimits, TimestampResponse},
    },
};
use std::sync::Arc;

/// What proves the time of signatures, if anything is to.
pub(crate) struct Timestamping {
    lasting: Option<u64>,
    authority: Option<Authority>,
}

struct Authority {
    url: String,
    store: TrustStore,
    client: Client,
    /// Revocation lists of the user's own, and whom the user distrusts.
    beside: Anchors,
}

impl Timestamping {
    /// Reads the root of the authority. Nobody is asked yet.
    pub(crate) fn open(words: &TimestampWords, scene: &Scene<'_>) -> Result<Self, Failure> {
        let authority = match (&words.timestamp_url, &words.timestamp_root_cert) {
            (Some(url), Some(root)) => {
                let roots = read_chain(root)?;
                let name = STORE.parse().given("")?;
                let der = roots.iter().map(OwnedCertificate::der);
                let store = NamedStore::load(name, der, provider(), &Limits::default()).given(root.display())?;
                let store = TrustStore::new([Arc::new(store)]);
                let directory = scene.machine.notation(scene.global)?;
                let beside = Anchors::read(&directory, Default::default())?;
                Some(Authority { url: url.clone(), store, client: client(scene.global, scene.machine)?, beside })
            }
            _ => None,
        };
        Ok(Self { lasting: lasting(words, scene)?, authority })
    }
    /// What tells these settings from others, for the journal of a run.
    pub(crate) fn identity(&self) -> String {
        let roots = self.authority.as_ref().map(|authority| (&authority.url, &authority.store));
        format!("{:?} {roots:?}", self.lasting)
    }
    /// Demands that the signature counts long enough. One that expires by its signer's will needs to last no longer.
    pub(crate) fn demand(&self, options: SignOptions) -> SignOptions {
        let Some(lasting) = self.lasting else { return options };
        let until = options.signing_time.saturating_add(lasting);
        let until = options.expiry.map_or(until, |expiry| expiry.min(until));
        options.lasting_until(until)
    }
    /// Refuses to have a time attested that its signer answers for.
    pub(crate) fn suit(&self, scheme: Scheme) -> Result<(), Failure> {
        match scheme {
            Scheme::SigningAuthority if self.is_asked() => Err(Failure::given(
                "--timestamp-url: under the scheme notary.x509.signingAuthority the signer answers for the time",
            )),
            _ => Ok(()),
        }
    }
    /// Whether a time-stamping authority was named.
    pub(crate) fn is_asked(&self) -> bool {
        self.authority.is_some()
    }
    /// Refuses a chain that does not last, where nobody attests the time.
    pub(crate) fn foresee(&self, chain: &[&[u8]], options: SignOptions) -> Result<(), Failure> {
        let Some(until) = self.demand(options).must_last_until.filter(|_| self.authority.is_none()) else {
            return Ok(());
        };
        for certificate in chain {
            let not_after = Certificate::from_der(certificate, &Limits::default()).given("")?.validity().not_after;
            if not_after < until {
                return Err(SigningError::ShortLived { not_after, until }).given("");
            }
        }
        Ok(())
    }
    /// Has the time attested, if that was asked for: by an authority whose root was named and whose certificates are neither distrusted nor
    /// revoked.
    pub(crate) async fn stamp(
        &self,
        made: AttachedSignature,
        now: UnixTime,
        scene: &Scene<'_>,
    ) -> Result<AttachedSignature, Failure> {
        let Some(authority) = &self.authority else { return Ok(made) };
        // To the envelope of a plugin nobody else adds a timestamp: its own must be one of this authority.
        let made = if made.is_by_plugin() {
            made.with_own_timestamp(&authority.store, provider()).evidence(&authority.url)?
        } else {
            authority.stamp(made).await?
        };
        let distrust = authority.beside.distrust();
        made.timestamp_distrust(&authority.store, distrust, provider()).evidence(&authority.url)?;
        authority.check_revocation(&made, now, scene).await?;
        Ok(made)
    }
}

/// How long a signature must count at least: as the flags say, else the settings, else a day.
fn lasting(words: &TimestampWords, scene: &Scene<'_>) -> Result<Option<u64>, Failure> {
    if words.allow_short_lived {
        return Ok(None);
    }
    if let Some(span) = words.lasting {
        return Ok(Some(span));
    }
    let home = NotationDirectory::find(scene.global.config.as_deref(), scene.machine.environment(), Platform::CURRENT);
    // Without a home there are no settings.
    let Ok(directory) = home else { return Ok(Some(DAY)) };
    let settings = heeded(Settings::load(&directory).given("")?);
    Ok(Some(settings.signing().lasting.map_or(DAY, |span| span.as_secs())))
}

impl Authority {
    async fn stamp(&self, made: AttachedSignature) -> Result<AttachedSignature, Failure> {
        let nonce = Nonce::from_random(random().given("")?);
        let request = made.timestamp_request(nonce).given("")?;
        let answer = self.client.timestamp(&self.url, request.to_der().into()).await.evidence("")?;
        let answer = TimestampResponse::parse(&answer, &TimestampLimits::default()).evidence(&self.url)?;
        let token = answer.token_for(&request).evidence(&self.url)?;
        made.with_timestamp(token.der(), &self.store, provider()).evidence(&self.url)
    }
    /// A verifier would refuse a timestamp of an authority that was revoked, and one that it cannot find out about.
    async fn check_revocation(
        &self,
        made: &AttachedSignature,
        now: UnixTime,
        scene: &Scene<'_>,
    ) -> Result<(), Failure> {
        let sources = Sources::without_place(std::iter::empty(), scene)?;
        let lists = RevocationSources::new().with_lists(self.beside.lists()).with_distrust(self.beside.distrust());
        let report =
            settle(now, sources.answers(), |cx| made.timestamp_revocation(&self.store, now, &lists, cx, provider()));
        let report = report.await?.evidence(&self.url)?;
        sources.heed();
        report.map_or(Ok(()), |report| report.outcome()).evidence(&self.url)
    }
}

/// Seconds for which a signature counts at least, where nobody says otherwise.
const DAY: u64 = 86_400;

/// The trust store that the root of the authority stands in for the time of the signing.
const STORE: &str = "tsa:timestamp-root-cert";
