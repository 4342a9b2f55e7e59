//! Running plugins.

use super::{PluginDirectory, PluginEnvironment, PluginFault, PluginRunError, program::Program};
use crate::{
    Settings,
    process::{self, Errors, Fault},
};
use plimsoll_core::{Bytes, Digest, Escaped};
use plimsoll_notary::plugin::{Call, Command, GetPluginMetadata, Limits, PluginMetadata, PluginName, ReportedError};
use std::{collections::BTreeMap, future::Future, path::Path, sync::Arc, time::Duration};

/// Runs the plugins of one directory. Cheap to clone.
///
/// Each call is one process, in a process group of its own, which is gone when the call ends: after the answer, at a limit, at the end of
/// its time, and when nobody waits for it any more. No call blocks the executor that it is awaited on.
///
/// ```no_run
/// use plimsoll_host::{Settings, notation::NotationDirectory, plugin::{PluginDirectory, PluginEnvironment, PluginRunner}};
/// use plimsoll_notary::plugin::PluginName;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let directory = PluginDirectory::find(&|_: &str| None, &NotationDirectory::at("/etc/notation"))?;
/// let runner = PluginRunner::new(directory, PluginEnvironment::new(std::env::vars_os())).with_settings(&Settings::default());
/// let refused = runner.metadata(&"absent".parse()?).await.unwrap_err();
/// assert!(refused.to_string().starts_with("expected the plugin `absent` in `/etc/notation/plugins/absent/notation-absent`"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PluginRunner(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    directory: PluginDirectory,
    environment: PluginEnvironment,
    limits: RunLimits,
    answers: Limits,
    pinned: BTreeMap<String, Digest>,
    times: BTreeMap<String, Duration>,
}

/// What one run of a plugin may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RunLimits {
    /// Bytes of standard output, and of standard error: 64 MiB each, as notation-go (plugin/plugin.go).
    pub output: u64,
    /// How long it may take: 60 s. A plugin may have to ask a key service that is far away.
    pub time: Duration,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self { output: 64 << 20, time: Duration::from_secs(60) }
    }
}

impl PluginRunner {
    /// Runs the plugins of this directory, with these variables to choose from.
    #[must_use]
    pub fn new(directory: PluginDirectory, environment: PluginEnvironment) -> Self {
        Self(Arc::new(Inner {
            directory,
            environment,
            limits: RunLimits::default(),
            answers: Limits::default(),
            pinned: BTreeMap::new(),
            times: BTreeMap::new(),
        }))
    }
    /// Sets what each run may cost.
    #[must_use]
    pub fn with_limits(self, limits: RunLimits) -> Self {
        self.changed(|inner| inner.limits = limits)
    }
    /// Takes what the settings say about plugins: variables, pinned digests, times.
    #[must_use]
    pub fn with_settings(self, settings: &Settings) -> Self {
        settings.plugins().fold(self, |runner, (name, plugin)| {
            runner.changed(|inner| {
                inner.environment =
                    std::mem::take(&mut inner.environment).allow(name, plugin.environment.iter().cloned());
                inner.pinned.extend(plugin.sha256.map(|digest| (name.to_owned(), digest)));
                inner.times.extend(plugin.time.map(|time| (name.to_owned(), time)));
            })
        })
    }
    /// Where the plugins are.
    #[must_use]
    pub fn directory(&self) -> &PluginDirectory {
        &self.0.directory
    }
    /// The names of the variables that a plugin does not get, to tell the user when it fails.
    #[must_use]
    pub fn held_back(&self, plugin: &PluginName) -> Vec<String> {
        self.0.environment.held_back(plugin)
    }
    /// Asks a plugin what it is: name, contract version and capabilities are checked.
    ///
    /// # Errors
    /// [`PluginRunError`].
    pub async fn metadata(&self, plugin: &PluginName) -> Result<PluginMetadata, PluginRunError> {
        self.call(plugin, &GetPluginMetadata::new(plugin)).await
    }
    /// Asks a plugin, and reads its answer.
    ///
    /// # Errors
    /// [`PluginRunError`].
    pub async fn call<C: Call + Sync>(&self, plugin: &PluginName, call: &C) -> Result<C::Answer, PluginRunError> {
        let answer = self.run(plugin, C::COMMAND, call.to_json().into()).await?;
        Ok(call.read(&answer, &self.0.answers)?)
    }
    /// Asks a plugin, and gives its answer as it came.
    ///
    /// # Errors
    /// [`PluginRunError`]: it is not there, may not be run, failed, or said too much.
    pub fn run(
        &self,
        plugin: &PluginName,
        command: Command,
        request: Bytes,
    ) -> impl Future<Output = Result<Bytes, PluginRunError>> + Send + use<> {
        let path = self.0.directory.program(plugin);
        self.run_program(plugin.clone(), &path, command, request)
    }
    /// Asks a program that is not installed yet what it is.
    pub(super) async fn metadata_of(
        &self,
        plugin: &PluginName,
        program: &Path,
    ) -> Result<PluginMetadata, PluginRunError> {
        let call = GetPluginMetadata::new(plugin);
        let answer =
            self.run_program(plugin.clone(), program, Command::GetPluginMetadata, call.to_json().into()).await?;
        Ok(call.read(&answer, &self.0.answers)?)
    }
    fn run_program(
        &self,
        plugin: PluginName,
        path: &Path,
        command: Command,
        request: Bytes,
    ) -> impl Future<Output = Result<Bytes, PluginRunError>> + Send + use<> {
        let (inner, path) = (self.0.clone(), path.to_owned());
        async move {
            let (sender, receiver) = futures_channel::oneshot::channel();
            let failed = {
                let plugin = plugin.clone();
                move |fault| PluginRunError::Failed { plugin, command, fault }
            };
            // A thread of its own: reading a program and waiting for it would hold up whoever else runs on this one.
            let started = std::thread::Builder::new().name("plugin".into()).spawn(move || {
                let done = inner.ask(&plugin, &path, command, &request, || sender.is_canceled());
                // Nobody may be waiting any more.
                let _ = sender.send(done);
            });
            match started {
                Err(error) => Err(failed(PluginFault::Io(error.kind()))),
                Ok(_) => receiver.await.unwrap_or_else(|_| Err(failed(PluginFault::Cancelled))),
            }
        }
    }
    fn changed(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

impl Inner {
    fn ask(
        &self,
        plugin: &PluginName,
        path: &Path,
        command: Command,
        request: &[u8],
        cancelled: impl Fn() -> bool,
    ) -> Result<Bytes, PluginRunError> {
        let program = Program::open(plugin, path, self.pinned.get(plugin.as_str()))?;
        if !cfg!(unix) {
            return Err(PluginRunError::Unsupported);
        }
        let mut child = program.command();
        child.arg(command.as_str()).env_clear().envs(self.environment.given(plugin));
        let time = self.times.get(plugin.as_str()).copied().unwrap_or(self.limits.time);
        let limits = process::Limits { output: self.limits.output, time };
        let failed = |fault: Fault| PluginRunError::Failed { plugin: plugin.clone(), command, fault: fault.into() };
        let mut output = process::run(child, request, limits, Errors::Read, cancelled).map_err(failed)?;
        drop(program);
        match output.status.code() {
            // An answer is no secret.
            Some(0) => Ok(std::mem::take(&mut *output.stdout).into()),
            status => Err(self.refusal(plugin, command, status, &output.stderr)),
        }
    }
    /// Only with the exit code 1 is there an error object, and even then it is optional.
    fn refusal(&self, plugin: &PluginName, command: Command, status: Option<i32>, stderr: &[u8]) -> PluginRunError {
        if status == Some(1)
            && let Ok(reported) = ReportedError::parse(command, stderr, &self.answers)
        {
            return PluginRunError::Contract(reported.into());
        }
        let line = stderr.split(|byte| *byte == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
        let fault = PluginFault::Exit { status, said: Escaped::bytes(line) };
        PluginRunError::Failed { plugin: plugin.clone(), command, fault }
    }
}
