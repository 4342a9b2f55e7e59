//! Plugins as a source of answers.

use super::{PluginRunError, PluginRunner};
use plimsoll_core::{Answer, Answerer, Escaped, Failure, Want};
use plimsoll_notary::plugin::{Command, PluginName};
use std::collections::BTreeSet;

/// An answerer that asks plugins, and leaves every other question to another one.
///
/// Only plugins that are listed are started, and only to say what they are and to verify: no evidence makes anything sign. By
/// default none is listed. A listed plugin that is not installed is known to be absent.
#[derive(Clone, Debug)]
pub struct PluginAnswers<A> {
    answers: A,
    runner: PluginRunner,
    allowed: BTreeSet<PluginName>,
}

impl<A> PluginAnswers<A> {
    /// Wraps an answerer. No plugin is allowed yet.
    pub fn new(answers: A, runner: PluginRunner) -> Self {
        Self { answers, runner, allowed: BTreeSet::new() }
    }
    /// Allows plugins.
    #[must_use]
    pub fn allow(mut self, plugins: impl IntoIterator<Item = PluginName>) -> Self {
        self.allowed.extend(plugins);
        self
    }
    async fn ask(&self, name: &str, command: &str, request: &plimsoll_core::Bytes) -> Result<Answer, Failure> {
        let plugin: PluginName = name.parse().map_err(|error| Failure::of(&error))?;
        if !self.allowed.contains(&plugin) {
            let message = format!("the plugin `{plugin}` is not among those that may be started");
            return Err(Failure::new(plimsoll_notary::code::PLUGIN_NOT_ALLOWED, message));
        }
        let known = [Command::GetPluginMetadata, Command::VerifySignature];
        let Some(command) = known.into_iter().find(|known| known.as_str() == command) else {
            let message = format!("the plugin `{plugin}` is not asked to `{}` for a verdict", Escaped::new(command));
            return Err(Failure::new(plimsoll_notary::code::PLUGIN_NOT_ALLOWED, message));
        };
        match self.runner.run(&plugin, command, request.clone()).await {
            Ok(answer) => Ok(Answer::Bytes(answer)),
            Err(PluginRunError::NotInstalled { .. }) => Ok(Answer::Absent),
            Err(error) => Err(Failure::of(&error)),
        }
    }
}

impl<A: Answerer> Answerer for PluginAnswers<A> {
    async fn answer(&self, want: &Want) -> Answer {
        match want {
            Want::Plugin { name, command, request } => {
                self.ask(name, command, request).await.unwrap_or_else(Answer::Failed)
            }
            want => self.answers.answer(want).await,
        }
    }
}
