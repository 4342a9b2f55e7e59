//! Lists in pages: tags (end-8) and referrers (end-12).

use crate::{
    body::{Answer, full},
    refusal::Refusal,
    registry::{Registry, query, set},
};
use http::{HeaderName, Response, header};
use plimsoll_core::{Digest, Referrer, Referrers as _, Repository};
use plimsoll_oci::{media_type, referrers_index};
use url::form_urlencoded::Serializer;

impl Registry {
    /// Tags in the order of their bytes; `last` is exclusive; `n` is at most the limit.
    pub(crate) fn tags(&self, repository: &Repository, parameters: Option<&str>) -> Result<Answer, Refusal> {
        let layout = self.0.repositories.find(repository)?;
        let layout = layout.ok_or_else(|| Refusal::not_found("NAME_UNKNOWN", repository.path()))?;
        let most = self.page_size(parameters)?;
        let last = query(parameters, "last").unwrap_or_default();
        let tags = layout.tags()?;
        let mut left = tags.iter().map(plimsoll_core::Tag::as_str).filter(|tag| *tag > last.as_str());
        let page: Vec<_> = left.by_ref().take(most).collect();
        let body = serde_json::json!({ "name": repository.path(), "tags": page });
        let mut answer = Response::new(full(body.to_string()));
        set(&mut answer, header::CONTENT_TYPE, "application/json");
        if let (Some(_), Some(end)) = (left.next(), page.last()) {
            let path = format!("/v2/{}/tags/list", repository.path());
            let parameters = [("n", most.to_string()), ("last", (*end).to_owned())];
            set(&mut answer, header::LINK, &next_link(&path, parameters));
        }
        Ok(answer)
    }
    /// Referrers in the order of their digests. An unknown subject has none; an unknown repository as well.
    pub(crate) async fn referrers(
        &self,
        repository: &Repository,
        subject: &Digest,
        parameters: Option<&str>,
    ) -> Result<Answer, Refusal> {
        let artifact_type = query(parameters, "artifactType").filter(|text| !text.is_empty());
        let most = self.page_size(parameters)?.max(1);
        let last = query(parameters, "last").unwrap_or_default();
        let mut found = match self.0.repositories.find(repository)? {
            Some(layout) => layout.referrers(subject, artifact_type.as_deref()).await?,
            None => Vec::new(),
        };
        found.sort_by_cached_key(|entry| entry.descriptor.digest.to_string());
        found.retain(|entry| entry.descriptor.digest.to_string() > last);
        let before = found.len();
        found.truncate(most.min(self.fitting(&found)));
        let more = found.len() < before;
        let mut answer = Response::new(full(referrers_index(&found).to_bytes()));
        set(&mut answer, header::CONTENT_TYPE, media_type::IMAGE_INDEX);
        if artifact_type.is_some() {
            set(&mut answer, FILTERS_APPLIED, "artifactType");
        }
        if let Some(end) = found.last().filter(|_| more) {
            let path = format!("/v2/{}/referrers/{subject}", repository.path());
            let filter = artifact_type.map(|text| ("artifactType", text));
            let parameters = [("n", most.to_string()), ("last", end.descriptor.digest.to_string())];
            set(&mut answer, header::LINK, &next_link(&path, parameters.into_iter().chain(filter)));
        }
        Ok(answer)
    }
    /// How many entries fit into what clients read of a page; at least one.
    fn fitting(&self, entries: &[Referrer]) -> usize {
        let mut left = self.0.limits.manifest_bytes;
        let fits = |entry: &&Referrer| {
            let size = page_bytes(std::slice::from_ref(*entry));
            left.checked_sub(size).map(|rest| left = rest).is_some()
        };
        entries.iter().take_while(fits).count().max(1)
    }
    /// What `n` asks for, at most the limit (distribution CVE-2023-2253).
    fn page_size(&self, parameters: Option<&str>) -> Result<usize, Refusal> {
        let limit = self.0.limits.page;
        let Some(text) = query(parameters, "n") else { return Ok(limit) };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("expected a number as `n`, found `{}`", plimsoll_core::Escaped::new(&text));
            return Err(Refusal::new(http::StatusCode::BAD_REQUEST, "UNSUPPORTED", message));
        }
        Ok(text.parse().unwrap_or(usize::MAX).min(limit))
    }
}

/// Bytes of a page with these entries.
pub(crate) fn page_bytes(entries: &[Referrer]) -> u64 {
    referrers_index(entries).descriptor().size
}

fn next_link(path: &str, parameters: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("<{path}?{query}>; rel=\"next\"")
}

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
