//! Judging by rules: what `check` does, live and from a recording. One code path for both.

use crate::{
    codes,
    failure::{Blame as _, Failure},
    machine::Scene,
    report::warn,
    trust::Trust,
};
use plimsoll::{
    core::{Answerer, Bytes, Fact as _, Gather, Reference, Schema, UnixTime},
    crypto::provider,
    notary::SignatureFact,
    notary::policy::StoreName,
    oci::{ImageFact, ImageFacts, Platform, Platforms},
    pki::svid::{SpiffePattern, TrustDomain},
    policy::{Limits, Policy, Syntax, Vocabulary},
    provenance::{AttestationFact, Attestations, Authorities, AuthorityConfig, InventoryFact, ProvenanceFact},
    verify::{Input, Judged, Recording, Request, Session, Setup, drive},
};

/// All that a verdict depends on beside the evidence: the rules, the trust, and the platforms that are judged.
pub(crate) struct Inputs {
    rules: Rules,
    trust: Trust,
    platforms: Vec<Platform>,
}

/// What stands before the name of the rules among the inputs of a recording, whatever that name is.
const RULES: &str = "rules/";
/// The name of the platforms among the inputs of a recording.
const PLATFORMS: &str = "platforms";

/// The kinds of fact that are gathered here.
static KINDS: [&Schema; 6] = [
    SignatureFact::SCHEMA,
    AttestationFact::SCHEMA,
    ProvenanceFact::SCHEMA,
    InventoryFact::SCHEMA,
    ImageFact::SCHEMA,
    Request::SCHEMA,
];

/// Reads a policy with the kinds and codes of this build.
pub(crate) fn policy(name: &str, bytes: &[u8]) -> Result<Policy, Failure> {
    let codes: Vec<_> = codes::all().copied().collect();
    let vocabulary = Vocabulary { kinds: &KINDS, codes: &codes };
    Policy::parse_with(bytes, Syntax::of_name(name), &vocabulary, &Limits::default()).given(name)
}

/// The rules, read once: who may attest what stands in the same file.
pub(crate) struct Rules {
    input: Input,
    policy: Policy,
    authorities: Vec<AuthorityConfig>,
}

impl Rules {
    /// Reads a file of rules.
    pub(crate) fn read(input: Input) -> Result<Self, Failure> {
        let policy = policy(&input.name, &input.bytes)?;
        let authorities = match policy.attestations() {
            Some(section) => serde_json::from_value(section.clone())
                .map_err(|error| Failure::given(format!("attestations: {error}")))?,
            None => Vec::new(),
        };
        Ok(Self { input, policy, authorities })
    }
    /// The rules of a recording.
    pub(crate) fn of_recording(recording: &Recording) -> Result<Self, Failure> {
        let named = |input: &Input| Some(Input::new(input.name.strip_prefix(RULES)?, input.bytes.clone()));
        let recorded = recording.inputs.iter().find_map(named);
        Self::read(recorded.ok_or_else(|| Failure::given("the recording holds no rules"))?)
    }
    /// The trust of this machine, as far as the trust policy and these rules name it.
    pub(crate) fn trust_of_machine(&self, scene: &Scene<'_>) -> Result<Trust, Failure> {
        Trust::with_attesters(scene, &self.attestation_stores()?, &self.trust_domains()?)
    }
    /// The trust domains of the workloads that may attest.
    fn trust_domains(&self) -> Result<Vec<TrustDomain>, Failure> {
        let workloads = self.authorities.iter().filter_map(|one| one.workloads.as_ref());
        let domain = |text: &String| text.parse::<SpiffePattern>().map(|pattern| pattern.trust_domain().clone());
        workloads.flat_map(|one| &one.identities).map(domain).collect::<Result<_, _>>().given("attestations")
    }
    /// The trust stores that name who may attest.
    fn attestation_stores(&self) -> Result<Vec<StoreName>, Failure> {
        let certificates = self.authorities.iter().filter_map(|one| one.certificates.as_ref());
        let named = certificates.flat_map(|one| &one.trust_stores);
        named.map(|name| name.parse()).collect::<Result<_, _>>().given("attestations")
    }
}

impl Inputs {
    /// Judges by these rules and this trust; no platforms are all.
    pub(crate) fn new(rules: Rules, trust: Trust, platforms: Vec<Platform>) -> Self {
        Self { rules, trust, platforms }
    }
    /// Judges for the platforms of a recording.
    pub(crate) fn of_recording(recording: &Recording, rules: Rules, trust: Trust) -> Result<Self, Failure> {
        let platforms = recording.input(PLATFORMS).map(|input| input.bytes.clone()).unwrap_or_default();
        let platforms =
            String::from_utf8_lossy(&platforms).lines().map(str::parse).collect::<Result<_, _>>().given(PLATFORMS)?;
        Ok(Self { rules, trust, platforms })
    }
    /// What is trusted.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }
    /// The platforms that are judged, where it is not all of them.
    pub(crate) fn platforms(&self) -> Option<String> {
        let names: Vec<String> = self.platforms.iter().map(ToString::to_string).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
    /// As inputs of a recording.
    fn to_inputs(&self) -> Vec<Input> {
        let mut inputs = vec![Input::new(format!("{RULES}{}", self.rules.input.name), self.rules.input.bytes.clone())];
        inputs.extend(self.trust.to_inputs());
        if !self.platforms.is_empty() {
            let lines: Vec<String> = self.platforms.iter().map(ToString::to_string).collect();
            inputs.push(Input::new(PLATFORMS, Bytes::from(lines.join("\n"))));
        }
        inputs
    }
    /// Judges a reference by the answers of `from`.
    pub(crate) async fn judge(
        &self,
        reference: &Reference,
        at: UnixTime,
        from: &(impl Answerer + ?Sized),
    ) -> Result<(Judged, Recording), Failure> {
        for lint in self.rules.policy.lints() {
            warn(lint);
        }
        let notary = self.trust.notary(provider());
        let stores = self.trust.named(&self.rules.attestation_stores()?, provider())?;
        let bundles = self.trust.bundles(provider())?;
        let authorities = Authorities::load_with_bundles(&self.rules.authorities, &stores, &bundles, provider())
            .given("attestations")?;
        let authorities = authorities.with_distrust(self.trust.distrust().clone());
        let authorities = authorities.with_revocation_lists(self.trust.lists().to_vec());
        let attestations = Attestations::new(authorities).with_notary(&notary);
        let images = ImageFacts;
        let platforms =
            if self.platforms.is_empty() { Platforms::all() } else { Platforms::only(self.platforms.clone()) };
        let gather: [&dyn Gather; 3] = [&notary, &attestations, &images];
        let setup = Setup::new(&self.rules.policy, provider(), at).gathering(&gather).expanding(&platforms);
        let mut session = Session::new(setup, reference.clone());
        let judged = drive(&mut session, from).await;
        Ok((judged, Recording::of(&session, self.to_inputs())))
    }
}
