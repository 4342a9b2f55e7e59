//! What a verification may ask beyond the place of the image: responders that certificates name, and plugins that the policy lists.

use crate::{
    failure::{Blame as _, Failure},
    interrupted,
    machine::{Scene, heeded},
    place::{Place, Target, client},
    report::warn,
    trust::Trust,
};
use futures_util::future::join_all;
use plimsoll::{
    core::{Answer, Answerer, Budget, Context, DynAnswerer, Evidence, Failure as Fault, Missing, UnixTime, Want, code},
    crypto::provider,
    distribution::{Client, StatusTime, TokioTimer},
    host::{
        Platform, Settings,
        notation::{CrlCache, cache_directory},
        plugin::{PluginAnswers, PluginDirectory, PluginEnvironment, PluginRunError, PluginRunner},
    },
    notary::{code::PLUGIN_NOT_ALLOWED, plugin::PluginName},
    verify::Limits,
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
        Self::new(Some(Arc::clone(&target.place)), trust.plugins(), scene)
    }
    /// Opens what may be needed where there is no image.
    pub(crate) fn without_place<'a>(
        allowed: impl Iterator<Item = &'a PluginName>,
        scene: &Scene<'_>,
    ) -> Result<Self, Failure> {
        Self::new(None, allowed, scene)
    }
    fn new<'a>(
        place: Option<Arc<Place>>,
        allowed: impl Iterator<Item = &'a PluginName>,
        scene: &Scene<'_>,
    ) -> Result<Self, Failure> {
        let outside = Outside { place, client: client(scene.global, scene.machine)? };
        // Without a place for a cache, every list is fetched.
        let cache = cache_directory(&scene.machine.environment(), Platform::CURRENT).ok();
        let cache = cache.map(|path| CrlCache::new(outside.clone(), &path));
        let answers: Box<dyn DynAnswerer> = match &cache {
            Some(cache) => Box::new(timed(scene.machine.shared_status().over(cache.clone()))),
            None => Box::new(timed(scene.machine.shared_status().over(outside))),
        };
        let allowed: Vec<_> = allowed.cloned().collect();
        if allowed.is_empty() {
            return Ok(Self { answers, cache });
        }
        let runner = plugins(scene)?;
        let answers = PluginAnswers::new(Boxed(answers), runner.clone()).allow(allowed);
        Ok(Self { answers: Box::new(Told { answers, runner }), cache })
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
    scene.machine.plugins(|| runner(scene))
}

fn runner(scene: &Scene<'_>) -> Result<PluginRunner, Failure> {
    interrupted::heed();
    let notation = scene.machine.notation(scene.global)?;
    let settings = heeded(Settings::load(&notation).given("")?);
    let directory = PluginDirectory::find(&scene.machine.environment(), &notation).given("")?;
    let environment = PluginEnvironment::new(scene.machine.variables());
    Ok(PluginRunner::new(directory, environment).with_settings(&settings))
}

/// What a plugin that was run and failed was not given, for the user: which names, and where more are given.
pub(crate) fn held_back(error: &PluginRunError, runner: &PluginRunner, plugin: &PluginName) -> Option<String> {
    match error {
        PluginRunError::Failed { .. } | PluginRunError::Contract(_) => held_back_of(runner, plugin),
        _ => None,
    }
}

fn held_back_of(runner: &PluginRunner, plugin: &PluginName) -> Option<String> {
    let names = runner.held_back(plugin);
    let (shown, more) = names.split_at(names.len().min(SHOWN));
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = shown.join(", ");
    (!names.is_empty()).then(|| {
        format!(
            "the plugin was not given the variables {shown}{more}: `plugins: {{{plugin}: {{environment: [NAME]}}}}` in plimsoll.yaml gives it one"
        )
    })
}

/// Runs what asks until nothing is open any more: one round of questions after the other.
pub(crate) async fn settle<T>(
    at: UnixTime,
    from: &(dyn DynAnswerer + 'static),
    mut round: impl FnMut(&mut Context<'_>) -> Result<T, Missing>,
) -> Result<T, Failure> {
    // As a session is bounded.
    let Limits { rounds, steps, .. } = Limits::default();
    let mut evidence = Evidence::default();
    for _ in 0..rounds {
        let mut cx = Context::new(at, provider(), &evidence, Budget::new("steps of one round", steps));
        let found = round(&mut cx);
        let wants = cx.into_wants();
        if wants.is_empty() {
            return found
                .map_err(|missing| match missing {
                    Missing::Failed(fault) => fault,
                    Missing::Absent => Fault::new(code::NOT_FOUND, "what was asked for is not there"),
                    Missing::Pending => Fault::new(code::NOT_COLLECTED, "it was asked for, and nothing came"),
                })
                .evidence("");
        }
        let answers = join_all(wants.iter().map(|want| from.answer_boxed(want))).await;
        for (want, answer) in wants.into_iter().zip(answers) {
            evidence.supply(want, answer);
        }
    }
    Err(Failure {
        code: Some(code::LIMIT_EXCEEDED),
        ..Failure::unknown(format!("more than {rounds} rounds of questions"))
    })
}

/// Whatever a chain names, one verdict waits for so long in all, for a disk and for other images that ask the same, too.
fn timed<A: Answerer>(answers: A) -> StatusTime<A, TokioTimer> {
    StatusTime::new(answers, TokioTimer::new())
}

#[derive(Clone)]
struct Outside {
    place: Option<Arc<Place>>,
    client: Client,
}

impl Answerer for Outside {
    async fn answer(&self, want: &Want) -> Answer {
        match (want, &self.place) {
            (Want::Http { .. }, _) => self.client.answer(want).await,
            (want, Some(place)) => place.answer(want).await,
            (_, None) => Answer::Absent,
        }
    }
}

/// Says of a plugin that failed what it was not given. The verdict is the same on every machine, so that this is no part of it.
struct Told {
    answers: PluginAnswers<Boxed>,
    runner: PluginRunner,
}

impl Answerer for Told {
    async fn answer(&self, want: &Want) -> Answer {
        let answer = self.answers.answer(want).await;
        if let (Want::Plugin { name, .. }, Answer::Failed(fault)) = (want, &answer)
            && fault.code != PLUGIN_NOT_ALLOWED
            && let Some(held_back) = name.parse().ok().and_then(|plugin| held_back_of(&self.runner, &plugin))
        {
            warn(held_back);
        }
        answer
    }
}

struct Boxed(Box<dyn DynAnswerer>);

impl Answerer for Boxed {
    async fn answer(&self, want: &Want) -> Answer {
        self.0.answer_boxed(want).await
    }
}

/// So many names of variables are shown.
const SHOWN: usize = 12;
