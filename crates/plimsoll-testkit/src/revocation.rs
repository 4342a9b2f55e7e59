//! Scripted answers about revocation, for tests: nothing is asked over a network.

use plimsoll_core::{Bytes, Code, Failure, Missing, Purpose, code};
use plimsoll_pki::{ocsp::OcspRequest, revocation::StatusAnswers};
use std::collections::BTreeMap;

/// Answers by address, and a record of what was asked.
///
/// An address is the URL as it stands in a certificate: the path that a GET of OCSP adds to it is cut off. Whatever has no answer is
/// unreachable.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    answers: BTreeMap<(String, bool), Result<Bytes, Missing>>,
    /// Each address that was asked, in order, with the purpose.
    pub asked: Vec<(String, Purpose)>,
}

impl Answers {
    /// Answers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Answers an address.
    #[must_use]
    pub fn with(mut self, url: &str, answer: impl Into<Bytes>) -> Self {
        let answer = Ok(answer.into());
        self.answers.insert((url.into(), true), answer.clone());
        self.answers.insert((url.into(), false), answer);
        self
    }
    /// Answers an address out of a cache that has an old copy: past the cache it is as [`Answers::with`] says.
    #[must_use]
    pub fn with_cached(mut self, url: &str, answer: impl Into<Bytes>) -> Self {
        self.answers.insert((url.into(), false), Ok(answer.into()));
        self
    }
    /// Says why there is no answer.
    #[must_use]
    pub fn without(mut self, url: &str, missing: Missing) -> Self {
        self.answers.insert((url.into(), true), Err(missing.clone()));
        self.answers.insert((url.into(), false), Err(missing));
        self
    }
    /// The addresses that were asked.
    #[must_use]
    pub fn urls(&self) -> Vec<&str> {
        self.asked.iter().map(|(url, _)| url.as_str()).collect()
    }
}

impl StatusAnswers for Answers {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        let is_request = |path: &str| OcspRequest::from_get(path, &Default::default()).is_ok();
        let place = match url.rsplit_once('/') {
            Some((place, path)) if purpose == Purpose::Ocsp && body.is_none() && is_request(path) => place,
            _ => url,
        };
        self.asked.push((place.into(), purpose));
        let fresh = purpose == Purpose::FreshCrl;
        let answer = self.answers.get(&(place.to_owned(), fresh)).cloned();
        let answer = answer.unwrap_or_else(|| Err(failure(code::UNREACHABLE, "cannot connect").into()))?;
        let size = u64::try_from(answer.len()).unwrap_or(u64::MAX);
        if size > limit { Err(failure(code::LIMIT_EXCEEDED, "the answer is too large").into()) } else { Ok(answer) }
    }
}

fn failure(code: Code, message: &str) -> Failure {
    Failure::new(code, message)
}
