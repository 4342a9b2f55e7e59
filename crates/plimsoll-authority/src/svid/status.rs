//! Whether an SVID that holds is distrusted or revoked.

use crate::TokenError;
use plimsoll_core::{
    Answer, Budget, Bytes, Context, DynAnswerer, Evidence, Failure, Missing, Provider, Purpose, UnixTime, Want,
};
use plimsoll_pki::{
    VerifiedChain,
    code::REVOCATION_UNKNOWN,
    crl::CertificateList,
    distrust::Distrust,
    revocation::{Requirement, RevocationReport, RevocationSources, StatusAnswers, check_chain},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::Instant;

/// What is known of certificates beside themselves, and whom to ask.
#[derive(Clone, Default)]
pub(super) struct Status {
    pub(super) distrust: Distrust,
    pub(super) lists: Vec<CertificateList>,
    pub(super) answers: Option<Arc<dyn DynAnswerer>>,
    pub(super) requirement: Requirement,
}

impl Status {
    /// Checks a chain that a bundle holds.
    pub(super) async fn check(
        &self,
        chain: &VerifiedChain<'_>,
        now: UnixTime,
        provider: Provider<'_>,
        most: Duration,
    ) -> Result<(), TokenError> {
        // A statement is made now, and nobody vouches for an earlier time.
        self.distrust.check(chain, None)?;
        let (mut evidence, end) = (Evidence::default(), Instant::now().checked_add(most));
        // Each answer may lead to the next question.
        for _ in 0..ROUNDS {
            let (found, wants) = self.round(chain, now, provider, &evidence, Asking::Open);
            let (Some(answers), true) = (&self.answers, found.is_err()) else { break };
            for want in wants {
                let answer = within(end, answers.answer_boxed(&want)).await;
                evidence.supply(want, answer.unwrap_or_else(|| Answer::Failed(too_late(most))));
            }
        }
        // What nobody was there to answer, or came to no end, is not known.
        let (found, _) = self.round(chain, now, provider, &evidence, Asking::Closed);
        // INVARIANT: a closed round leaves no question open.
        let found = found.map_err(|_| TokenError::NoSvid { expected: "an SVID that can be looked up" })?;
        Ok(found.outcome()?)
    }

    fn round(
        &self,
        chain: &VerifiedChain<'_>,
        now: UnixTime,
        provider: Provider<'_>,
        evidence: &Evidence,
        asking: Asking,
    ) -> (Result<RevocationReport, Missing>, Vec<Want>) {
        let sources = RevocationSources::new().with_lists(&self.lists).with_requirement(self.requirement);
        let sources = sources.with_distrust(&self.distrust);
        let cx = Context::new(now, provider, evidence, Budget::new("steps of one check", STEPS));
        let mut round = Round { cx, asking };
        let found = check_chain(chain, now, &sources, &mut round, provider);
        (found, round.cx.into_wants())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Asking {
    Closed,
    Open,
}

/// One round of questions; in a closed one, what was not answered has failed.
struct Round<'e> {
    cx: Context<'e>,
    asking: Asking,
}

impl StatusAnswers for Round<'_> {
    fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        match self.cx.http(url, body, limit, purpose) {
            Err(Missing::Pending) if self.asking == Asking::Closed => {
                let message = "nobody was asked: the service asks nothing over the network, or there was no end";
                Err(Missing::Failed(Failure::new(REVOCATION_UNKNOWN, message)))
            }
            answered => answered,
        }
    }
}

async fn within<T>(end: Option<Instant>, answer: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout_at(end?, answer).await.ok()
}

fn too_late(most: Duration) -> Failure {
    Failure::new(REVOCATION_UNKNOWN, format!("expected all answers within {most:?}, found none in time"))
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("distrust", &self.distrust.entries().len())
            .field("lists", &self.lists.len())
            .field("asks", &self.answers.is_some())
            .finish_non_exhaustive()
    }
}

/// Rounds of questions: a delta list is named by a list, a responder's certificate by its response. 8, as a verdict has.
const ROUNDS: usize = 8;

/// Steps of one round; nothing of revocation spends any.
const STEPS: u64 = 1_000_000;
