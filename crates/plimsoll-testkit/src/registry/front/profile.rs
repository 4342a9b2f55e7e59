//! Registries of the field, as far as they differ from the specification.

use super::Quirk;

/// A registry that behaves as one of the field does, where that is known.
///
/// Each quirk has its source; what a source does not say is as in the specification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Profile {
    /// [Harbor](https://goharbor.io), with immutable tags. Names of robots hold a `$`, which any login must survive: see
    /// [`FrontBuilder::tokens`](super::FrontBuilder::tokens).
    /// - an immutable tag: 412 with a code of its own ([harbor#9427](https://github.com/goharbor/harbor/pull/9427),
    ///   [harbor#17332](https://github.com/goharbor/harbor/issues/17332));
    /// - a quota: see [`Quirk::Quota`]; 403 at the end of an upload ([harbor#17390](https://github.com/goharbor/harbor/issues/17390),
    ///   [harbor#11527](https://github.com/goharbor/harbor/pull/11527)).
    Harbor,
    /// [Sonatype Nexus](https://help.sonatype.com/en/docker-registry.html): OCI 1.0.
    /// - no referrers API ([nydus#1705](https://github.com/dragonflyoss/nydus/issues/1705) quotes the documentation);
    /// - the next page of a list is said to be below `/repository/NAME`, where the connector's port has nothing
    ///   ([nexus-public#1011](https://github.com/sonatype/nexus-public/issues/1011));
    /// - what is not there is a page of HTML ([vscode-docker#537](https://github.com/microsoft/vscode-docker/issues/537)).
    Nexus,
    /// Amazon ECR as it was before it had a referrers API.
    /// - no referrers API ([ratify#231](https://github.com/notaryproject/ratify/issues/231)).
    /// - no catalog, which its API for administrators has instead.
    Ecr,
    /// The GitHub container registry.
    /// - the referrers API redirects to the web site, which knows nothing of it ([hub#4785](https://github.com/artifacthub/hub/issues/4785)),
    ///   and there is no `OCI-Subject` ([ghcr-cleanup-action#13](https://github.com/dataaxiom/ghcr-cleanup-action/issues/13));
    /// - content comes in one piece ([powerloader#32](https://github.com/mamba-org/powerloader/pull/32)).
    Ghcr,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Harbor, Self::Nexus, Self::Ecr, Self::Ghcr];

    pub(super) fn quirks(self) -> Vec<Quirk> {
        match self {
            Self::Harbor => vec![Quirk::ImmutableTags],
            Self::Nexus => vec![
                Quirk::WithoutReferrers,
                Quirk::LinksBelow("/repository/docker-hosted".into()),
                Quirk::HtmlNotFound,
                Quirk::WithoutConditions,
            ],
            Self::Ecr => vec![Quirk::WithoutReferrers, Quirk::WithoutCatalog, Quirk::WithoutConditions],
            Self::Ghcr => vec![
                // Relative, so that it stays on this machine: what matters is that it leads to no registry.
                Quirk::ReferrersElsewhere("/-/v2/packages/container/package".into()),
                Quirk::WithoutChunks,
                Quirk::WithoutConditions,
                Quirk::WithoutCatalog,
            ],
        }
    }
}
