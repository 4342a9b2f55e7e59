//! The end-points of distribution-spec 1.1.

use crate::refusal::Refusal;
use plimsoll_core::{Digest, Pointer, Repository};

/// What a path names.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// end-2, end-10.
    Blob(Repository, Digest),
    /// end-3, end-7, end-9.
    Manifest(Repository, Pointer),
    /// end-1.
    Ping,
    /// end-12.
    Referrers(Repository, Digest),
    /// end-8.
    Tags(Repository),
    /// end-5, end-6, end-13.
    Upload(Repository, String),
    /// end-4, end-11.
    Uploads(Repository),
}

impl Route {
    /// Reads a path from its end, since a repository may be called `blobs/manifests`.
    pub(crate) fn parse(path: &str) -> Result<Self, Refusal> {
        let unknown = || Refusal::not_found("UNSUPPORTED", path);
        let Some(rest) = path.strip_prefix("/v2") else { return Err(unknown()) };
        let Some(rest) = rest.strip_prefix('/').filter(|rest| !rest.is_empty()) else {
            return if matches!(rest, "" | "/") { Ok(Self::Ping) } else { Err(unknown()) };
        };
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Ok(Self::Tags(repository(name)?));
        }
        if let Some(name) = rest.strip_suffix("/blobs/uploads/").or_else(|| rest.strip_suffix("/blobs/uploads")) {
            return Ok(Self::Uploads(repository(name)?));
        }
        let (front, last) = rest.rsplit_once('/').ok_or_else(unknown)?;
        // The only sign that clients escape in a digest.
        let last = last.replace("%3A", ":").replace("%3a", ":");
        if let Some(name) = front.strip_suffix("/blobs/uploads") {
            return Ok(Self::Upload(repository(name)?, last));
        }
        if let Some(name) = front.strip_suffix("/blobs") {
            return Ok(Self::Blob(repository(name)?, digest(&last)?));
        }
        if let Some(name) = front.strip_suffix("/referrers") {
            return Ok(Self::Referrers(repository(name)?, digest(&last)?));
        }
        let name = front.strip_suffix("/manifests").ok_or_else(unknown)?;
        let pointer = if last.contains(':') {
            Pointer::Digest(digest(&last)?)
        } else {
            // What is no tag names nothing.
            Pointer::Tag(last.parse().map_err(|_| Refusal::not_found("MANIFEST_UNKNOWN", &last))?)
        };
        Ok(Self::Manifest(repository(name)?, pointer))
    }
}

/// A repository of this registry. Its path is what the grammar allows, so it names a folder below ours and nothing else.
pub(crate) fn repository(name: &str) -> Result<Repository, Refusal> {
    let parsed = format!("{HERE}/{name}").parse::<Repository>();
    parsed.ok().filter(|parsed| parsed.path() == name).ok_or_else(|| Refusal::name_invalid(name))
}

fn digest(text: &str) -> Result<Digest, Refusal> {
    text.parse().map_err(|_| Refusal::digest_invalid(text))
}

/// The registry's own name in its types; clients never see it.
const HERE: &str = "registry.invalid";

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    #[test]
    fn paths_name_end_points() {
        let app = || repository("team/app").unwrap();
        let digest: Digest = SHA.parse().unwrap();
        for (path, route) in [
            ("/v2", Route::Ping),
            ("/v2/", Route::Ping),
            ("/v2/team/app/tags/list", Route::Tags(app())),
            ("/v2/team/app/blobs/uploads/", Route::Uploads(app())),
            ("/v2/team/app/blobs/uploads", Route::Uploads(app())),
            ("/v2/team/app/blobs/uploads/12ab", Route::Upload(app(), "12ab".into())),
            ("/v2/team/app/manifests/v1", Route::Manifest(app(), Pointer::Tag("v1".parse().unwrap()))),
        ] {
            assert_eq!(Route::parse(path).unwrap(), route, "{path}");
        }
        assert_eq!(Route::parse(&format!("/v2/team/app/blobs/{SHA}")).unwrap(), Route::Blob(app(), digest));
        let escaped = SHA.replace(':', "%3A");
        assert_eq!(
            Route::parse(&format!("/v2/team/app/referrers/{escaped}")).unwrap(),
            Route::Referrers(app(), digest)
        );
        let odd = repository("blobs/manifests").unwrap();
        assert_eq!(Route::parse(&format!("/v2/blobs/manifests/blobs/{SHA}")).unwrap(), Route::Blob(odd, digest));
    }

    // attack: A-003
    #[test]
    fn a_003_no_path_leaves_the_store() {
        for path in [
            "/",
            "/v1/",
            "/v2x",
            "/v2/tags/list",
            "/v2/../x/tags/list",
            "/v2/a/../../b/tags/list",
            "/v2//a/tags/list",
            "/v2/A/tags/list",
            "/v2/_layout/tags/list",
            "/v2/a/_layout/tags/list",
            "/v2/a%2f..%2fb/tags/list",
            "/v2/a/blobs/sha256:../../x",
            "/v2/a/blobs/x",
            "/v2/a/manifests/../../x",
            "/v2/a/manifests/sha256:x",
            "/v2/a/referrers/v1",
            "/v2/a/%00/tags/list",
            "/v2/a b/tags/list",
        ] {
            assert!(Route::parse(path).is_err(), "{path}");
        }
    }
}
