//! What a verification may ask beyond the place of the image: responders that certificates name, and plugins that the policy lists.

use crate::{
    failure::{Blame as _, Failure},
    machine::{Scene, heeded},
    place::{Place, Target, client},
    report::warn,
    trust::Trust,
};
use plimsoll::{
    core::{Answer, Answerer, DynAnswerer, Want},
    distribution::Client,
    host::{
        Platform, Settings,
        notation::{CrlCache, cache_directory},
        plugin::{PluginAnswers, PluginDirectory, PluginEnvironment, PluginRunner},
    },
};
use std::sync::Arc;

/// Answers for one image: the place where it lies, responders, and the policy's plugins.
pub(crate) struct Sources {
    answers: Box<dyn DynAnswerer>,
    cache: Option<CrlCache<Outside>>,
}

impl Sources {
    /// Opens what the trust policy may need.
    pub(crate) fn open(target: &Target, trust: &Trust, scene: &Scene<'_>) -> Result<Self, Failure> {
        let outside = Outside { place: Arc::clone(&target.place), client: client(scene.global, scene.machine)? };
        // Without a place for a cache, every list is fetched.
        let cache = cache_directory(&scene.machine.environment(), Platform::CURRENT).ok();
        let cache = cache.map(|path| CrlCache::new(outside.clone(), &path));
        let answers: Box<dyn DynAnswerer> = match &cache {
            Some(cache) => Box::new(cache.clone()),
            None => Box::new(outside),
        };
        let allowed: Vec<_> = trust.plugins().cloned().collect();
        if allowed.is_empty() {
            return Ok(Self { answers, cache });
        }
        let plugins = PluginAnswers::new(Boxed(answers), plugins(scene)?).allow(allowed);
        Ok(Self { answers: Box::new(plugins), cache })
    }
    /// As the session asks.
    pub(crate) fn answers(&self) -> &(dyn DynAnswerer + 'static) {
        &*self.answers
    }
    /// Says what went wrong with the cache, which changes no verdict.
    pub(crate) fn heed(&self) {
        self.cache.iter().flat_map(CrlCache::warnings).for_each(warn);
    }
}

/// The runner of the machine's plugins.
pub(crate) fn plugins(scene: &Scene<'_>) -> Result<PluginRunner, Failure> {
    let notation = scene.machine.notation(scene.global)?;
    let settings = heeded(Settings::load(&notation).given("")?);
    let directory = PluginDirectory::find(&scene.machine.environment(), &notation).given("")?;
    let environment = PluginEnvironment::new(scene.machine.variables());
    Ok(PluginRunner::new(directory, environment).with_settings(&settings))
}

#[derive(Clone)]
struct Outside {
    place: Arc<Place>,
    client: Client,
}

impl Answerer for Outside {
    async fn answer(&self, want: &Want) -> Answer {
        match want {
            Want::Http { .. } => self.client.answer(want).await,
            want => self.place.answer(want).await,
        }
    }
}

struct Boxed(Box<dyn DynAnswerer>);

impl Answerer for Boxed {
    async fn answer(&self, want: &Want) -> Answer {
        self.0.answer_boxed(want).await
    }
}
