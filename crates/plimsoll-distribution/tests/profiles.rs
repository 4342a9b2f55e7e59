//! Registries of the field, as far as they differ from the specification: one client for all.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails loudly"
)]

use plimsoll_core::{Classify as _, Push as _, Retag as _};
use plimsoll_distribution::{
    Client, Credential, Error, FixedCredentials, RemoteRepository, ReqwestTransport, TokioTimer, code,
};
use plimsoll_oci::{ImageManifest, media_type};
use plimsoll_testkit::{
    contract,
    registry::{Fault, Front, Harm, Profile, Quirk},
};

fn repository(front: &Front, name: &str) -> RemoteRepository {
    let transport = ReqwestTransport::builder().without_system_roots().build().unwrap();
    let login = FixedCredentials::default().with(front.name(), Credential::basic("robot$team+ci", "s3cret"));
    let client = Client::builder(transport, TokioTimer::new()).credentials(login).build();
    client.repository(&format!("{}/{name}", front.name()).parse().unwrap()).unwrap()
}

#[tokio::test]
async fn every_registry_of_the_field_is_a_store() {
    for profile in Profile::ALL {
        // Where tags never move, what moves tags has its own test.
        if profile != Profile::Harbor {
            let front = Front::builder().profile(profile).tokens("robot$team+ci", "s3cret", 50).start().await;
            contract::store(&repository(&front, "team/app")).await;
        }
    }
}

#[tokio::test]
async fn a_tag_that_harbor_keeps_is_refused_with_its_words() {
    let front = Front::builder().profile(Profile::Harbor).tokens("robot$team+ci", "s3cret", 50).start().await;
    let remote = repository(&front, "team/app");
    let empty = media_type::empty_blob();
    remote.push(empty.descriptor(), &empty.to_bytes()).await.unwrap();
    let [one, two] = ["1", "2"].map(|mark| ImageManifest::artifact("application/x").annotate("mark", mark).to_blob());
    for manifest in [&one, &two] {
        remote.push(manifest.descriptor(), &manifest.to_bytes()).await.unwrap();
    }
    remote.retag(one.descriptor(), &"v1".parse().unwrap()).await.unwrap();
    let error = remote.retag(two.descriptor(), &"v1".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), code::REGISTRY_REFUSED);
    assert!(error.to_string().contains("'app:v1' configured as immutable"), "{error}");
}

#[tokio::test]
async fn every_page_of_a_list_is_read_though_its_links_lead_nowhere() {
    let front = Front::builder().profile(Profile::Nexus).start().await;
    let remote = repository(&front, "team/app");
    let empty = media_type::empty_blob();
    remote.push(empty.descriptor(), &empty.to_bytes()).await.unwrap();
    let manifest = ImageManifest::artifact("application/x").to_blob();
    remote.push(manifest.descriptor(), &manifest.to_bytes()).await.unwrap();
    let names: Vec<String> = (0..5).map(|number| format!("v{number}")).collect();
    for name in &names {
        remote.retag(manifest.descriptor(), &name.parse().unwrap()).await.unwrap();
    }
    // The registry's pages are long; this says what a link of a short one would.
    let link =
        format!("<http://{}/repository/docker-hosted/v2/team/app/tags/list?n=2&last=v1>; rel=\"next\"", front.name());
    front.fault(Fault::new("GET", "/tags/list", Harm::Header("link", link)));
    let found: Vec<_> = remote.tags().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(found, names);
    assert!(front.log().iter().any(|line| line.contains("tags/list?n=2&last=v4")), "{:?}", front.log());
}

#[tokio::test]
async fn a_repository_that_does_not_exist_is_named_in_the_error() {
    let only = Quirk::OnlyRepositories(["team/app".to_owned()].into());
    let front = Front::builder().profile(Profile::Ecr).quirk(only).start().await;
    let empty = media_type::empty_blob();
    repository(&front, "team/app").push(empty.descriptor(), &empty.to_bytes()).await.unwrap();
    let error = repository(&front, "other").push_content(empty.descriptor(), &empty.to_bytes()).await.unwrap_err();
    assert!(matches!(&error, Error::Status { status: 404, .. }), "{error}");
    assert!(error.to_string().contains("'other' does not exist"), "{error}");
}
