//! What a verification plugin has to say.

use super::{Signer, VerificationError, Verifier};
use crate::{
    Answers, CheckedEnvelope,
    plugin::{
        Call, Capability, CapabilityResult, GetPluginMetadata, Limits, PluginMetadata, PluginName, PluginVersion,
        VerifySignature,
    },
    policy::{Action, Check},
};
use alloc::{collections::BTreeSet, string::String, vec::Vec};
use plimsoll_core::{Bytes, Escaped, Missing};

/// The plugin that a signature names, before it is asked about the signature.
pub(super) enum Asked {
    /// The signature names none.
    None,
    /// It does its part.
    Ready { name: PluginName, capabilities: Vec<Capability> },
    /// It cannot.
    Refused(VerificationError),
}

impl Asked {
    /// Whether the plugin stands in for the native check of revocation.
    pub(super) fn checks_revocation(&self) -> bool {
        self.can(Capability::RevocationVerifier)
    }
    /// Whether it stands in for the comparison of identities.
    pub(super) fn checks_identity(&self) -> bool {
        self.can(Capability::TrustedIdentityVerifier)
    }
    fn can(&self, capability: Capability) -> bool {
        matches!(self, Self::Ready { capabilities, .. } if capabilities.contains(&capability))
    }
}

/// What the plugin said of the signature.
pub(super) struct Said {
    /// Whether the demands of the signature are met: that is no matter of the level.
    pub(super) demands: Result<(), VerificationError>,
    pub(super) identity: Option<Result<(), VerificationError>>,
    pub(super) revocation: Option<Result<(), VerificationError>>,
    /// Whether the plugin was asked.
    pub(super) asked: bool,
}

impl Said {
    const fn nothing(demands: Result<(), VerificationError>) -> Self {
        Self { demands, identity: None, revocation: None, asked: false }
    }
}

impl Verifier<'_> {
    /// Asks the plugin what it is, if the signature names one and it may be asked.
    pub(super) fn plugin<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        signer: &Signer<'_>,
        ask: &mut A,
    ) -> Result<Asked, Missing> {
        let attributes = checked.attributes();
        let Some(named) = attributes.plugin.as_deref() else { return Ok(Asked::None) };
        if !signer.may_ask(true) {
            return Ok(Asked::Refused(VerificationError::NotAsked { what: "a verification plugin" }));
        }
        let listed = &self.trust.statement().extension().plugins;
        let Some(name) = listed.iter().find(|one| one.as_str() == named) else {
            let statement = Escaped::new(self.trust.statement().name());
            let error = VerificationError::PluginNotAllowed { plugin: Escaped::new(named), statement };
            return Ok(Asked::Refused(error));
        };
        let call = GetPluginMetadata::new(name).with_config(self.trust.plugin_config(name));
        let metadata = match self.call(name, &call, ask)? {
            Ok(metadata) => metadata,
            Err(error) => return Ok(Asked::Refused(error)),
        };
        Ok(match suitable(&metadata, attributes.plugin_min_version.as_deref()) {
            Ok(capabilities) => Asked::Ready { name: name.clone(), capabilities },
            Err(error) => Asked::Refused(error),
        })
    }

    /// Asks the plugin about the signature.
    pub(super) fn ask_plugin<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        plugin: Asked,
        ask: &mut A,
    ) -> Result<Said, Missing> {
        let (name, mut capabilities) = match plugin {
            Asked::None => return Ok(Said::nothing(Ok(()))),
            Asked::Refused(error) => return Ok(Said::nothing(Err(error))),
            Asked::Ready { name, capabilities } => (name, capabilities),
        };
        if self.action(Check::Revocation) == Action::Skip {
            capabilities.retain(|one| *one != Capability::RevocationVerifier);
        }
        if capabilities.is_empty() {
            return Ok(Said::nothing(processed(checked, &BTreeSet::new())));
        }
        let identities = self.trust.statement().written_identities().to_vec();
        let chain = checked.chain().certificates().iter().map(|one| one.der().to_vec());
        let call = VerifySignature::new(checked.attributes(), chain)
            .for_policy(identities, capabilities)
            .with_config(self.trust.plugin_config(&name));
        let mut answer = match self.call(&name, &call, ask)? {
            Ok(answer) => answer,
            Err(error) => return Ok(Said { asked: true, ..Said::nothing(Err(error)) }),
        };
        let mut result = |capability| answer.results.remove(&capability).map(|result| held(&name, capability, result));
        Ok(Said {
            identity: result(Capability::TrustedIdentityVerifier),
            revocation: result(Capability::RevocationVerifier),
            demands: processed(checked, &answer.processed),
            asked: true,
        })
    }

    fn call<A: Answers + ?Sized, C: Call>(
        &self,
        name: &PluginName,
        call: &C,
        ask: &mut A,
    ) -> Result<Result<C::Answer, VerificationError>, Missing> {
        match ask.plugin(name.as_str(), C::COMMAND.as_str(), Bytes::from(call.to_json())) {
            Ok(answer) => Ok(call.read(&answer, &Limits::default()).map_err(Into::into)),
            Err(Missing::Absent) => Ok(Err(VerificationError::PluginNotInstalled { plugin: name.clone() })),
            Err(Missing::Failed(failure)) => Ok(Err(VerificationError::PluginFailed(failure))),
            Err(Missing::Pending) => Err(Missing::Pending),
        }
    }
}

/// What the plugin is asked to do, if it is new enough and does anything.
fn suitable(metadata: &PluginMetadata, least: Option<&str>) -> Result<Vec<Capability>, VerificationError> {
    if let Some(least) = least {
        let least: PluginVersion =
            least.parse().map_err(|_| VerificationError::PluginMinVersion { found: Escaped::new(least) })?;
        metadata.demand_version(&least)?;
    }
    Ok(metadata.verifies()?)
}

/// "Unprocessed critical attributes MUST fail", whatever the results.
fn processed(checked: &CheckedEnvelope<'_>, processed: &BTreeSet<String>) -> Result<(), VerificationError> {
    let mut unknown = checked.attributes().unknown_critical();
    match unknown.find(|name| !processed.contains(*name)) {
        Some(name) => Err(VerificationError::UnknownCritical { name: Escaped::new(name) }),
        None => Ok(()),
    }
}

fn held(plugin: &PluginName, capability: Capability, result: CapabilityResult) -> Result<(), VerificationError> {
    if result.held {
        return Ok(());
    }
    Err(VerificationError::PluginRefused { plugin: plugin.clone(), capability, reason: result.reason })
}
