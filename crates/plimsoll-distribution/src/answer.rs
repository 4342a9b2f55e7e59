//! Registries as a source of answers.

use crate::{Client, Error, Exchange, Reach, RemoteRepository, reach::literal, reading, timer::within};
use http::{HeaderValue, Method, header};
use plimsoll_core::{Answer, Answerer, Bytes, Failure, OneChunk, Pointer, Purpose, Repository, Want};
use std::time::Duration;
use url::Url;

/// Answers for every repository of every registry, and asks the addresses that certificates name.
impl Answerer for Client {
    async fn answer(&self, want: &Want) -> Answer {
        let answered = match want {
            Want::Blob { repository, descriptor } => self.blob_of(repository, descriptor).await,
            Want::Http { url, body, limit, purpose } => self.http(url, body.clone(), *limit, *purpose).await,
            Want::Manifest { repository, descriptor } => self.manifest_of(repository, descriptor).await,
            Want::Referrers { repository, subject, artifact_type } => {
                self.referrers_of(repository, subject, artifact_type.as_deref()).await
            }
            Want::Resolve { reference } => self.resolve(reference.repository(), &reference.pointer()).await,
            _ => Err(Error::Unsupported { what: "this question to a registry" }),
        };
        match answered {
            Ok(answer) => answer,
            // Only what the registry itself says is not there is known to be absent.
            Err(error) if error.is_absent() && !matches!(want, Want::Http { .. }) => Answer::Absent,
            Err(error) => Answer::Failed(Failure::of(&error)),
        }
    }
}

/// Answers as its client does.
impl Answerer for RemoteRepository {
    async fn answer(&self, want: &Want) -> Answer {
        self.client().answer(want).await
    }
}

impl Client {
    async fn blob_of(&self, repository: &Repository, descriptor: &plimsoll_core::Descriptor) -> Result<Answer, Error> {
        Ok(Answer::Bytes(self.repository(repository)?.blob(descriptor).await?.to_bytes()))
    }
    async fn manifest_of(
        &self,
        repository: &Repository,
        descriptor: &plimsoll_core::Descriptor,
    ) -> Result<Answer, Error> {
        let found = self.repository(repository)?.manifest(&Pointer::Digest(descriptor.digest)).await?;
        Ok(Answer::Bytes(found.to_bytes()))
    }
    async fn referrers_of(
        &self,
        repository: &Repository,
        subject: &plimsoll_core::Digest,
        artifact_type: Option<&str>,
    ) -> Result<Answer, Error> {
        Ok(Answer::Referrers(self.repository(repository)?.list_referrers(subject, artifact_type).await?))
    }
    async fn resolve(&self, repository: &Repository, pointer: &Pointer) -> Result<Answer, Error> {
        Ok(Answer::Descriptor(self.repository(repository)?.manifest(pointer).await?.descriptor().clone()))
    }
    /// Asks an address that stands in a certificate whose chain holds: [`Responders`](crate::Responders) and what the operator allows
    /// say which addresses are open. Link-local and metadata addresses are not. No redirect, no credential.
    async fn http(&self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Answer, Error> {
        let forbidden = |reason| Error::ForbiddenTarget {
            named_by: "a certificate".into(),
            role: "revocation address",
            target: url.into(),
            reason,
        };
        let mut target = Url::parse(url).map_err(|_| forbidden("it is no URL"))?;
        let plain = matches!(target.scheme(), "http" | "https")
            && target.set_username("").is_ok()
            && target.set_password(None).is_ok();
        if !plain {
            return Err(forbidden("expected an http or https URL"));
        }
        let named = self.allowed().names(&target);
        let reach = if named { Reach::Machine } else { self.0.responders.reach() };
        if !self.allowed().permits_host(reach, &target) {
            let reason = match literal(&target) {
                Some(address) if !Reach::Machine.permits(address) => "it is an address that nobody may name",
                _ => "it is an address that the network settings do not allow",
            };
            return Err(forbidden(reason));
        }
        // Without a listed network, a name that is not listed leads nowhere: it need not even be resolved.
        if reach == Reach::Listed && self.allowed().networks.is_empty() {
            return Err(forbidden("the network settings do not list it"));
        }
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.request(method, target.clone(), reach);
        if let Some(body) = body {
            if purpose == Purpose::Ocsp {
                let ocsp = HeaderValue::from_static("application/ocsp-request");
                request.headers.insert(header::CONTENT_TYPE, ocsp);
            }
            request.size = u64::try_from(body.len()).unwrap_or(u64::MAX);
            request.body = Box::pin(OneChunk::new(body));
        }
        let exchange = Exchange::new(&request.method, &target);
        let work = async {
            let sent = self.0.transport.send_boxed(request).await;
            let response = sent.map_err(|source| Error::Transport { exchange: exchange.clone(), source })?;
            if response.status != http::StatusCode::OK {
                return Err(reading::refusal(self, exchange.clone(), response).await);
            }
            reading::read_whole(&exchange, response.body, "bytes of an answer", limit).await
        };
        let span = revocation_time(purpose);
        let done = within(&*self.0.timer, span, work).await;
        let timed_out = || Error::TimedOut { exchange: exchange.clone(), seconds: span.as_secs() };
        Ok(Answer::Bytes(done.ok_or_else(timed_out)??))
    }
}

/// notation-core-go: 2 s for OCSP, 5 s for a CRL.
fn revocation_time(purpose: Purpose) -> Duration {
    Duration::from_secs(if purpose == Purpose::Ocsp { 2 } else { 5 })
}
