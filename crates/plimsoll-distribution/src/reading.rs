//! Reading answers of services that are no registries.

use crate::{Client, Error, Exchange, Response, protocol::status_error, timer::within};
use plimsoll_core::{BoxBody, Bytes, LimitExceeded, next_chunk};

/// Reads a body of at most `limit` bytes. The buffer grows with what came, not with what was announced.
pub(crate) async fn read_whole(
    exchange: &Exchange,
    mut body: BoxBody,
    what: &'static str,
    limit: u64,
) -> Result<Bytes, Error> {
    let mut whole = Vec::new();
    while let Some(chunk) = next_chunk(&mut body).await {
        let chunk = chunk.map_err(|source| Error::Body { exchange: exchange.clone(), source })?;
        let length = u64::try_from(whole.len().saturating_add(chunk.len())).unwrap_or(u64::MAX);
        LimitExceeded::check(what, limit, length)
            .map_err(|source| Error::Limit { exchange: exchange.clone(), source })?;
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

/// The error that an unexpected status is, with what the body says.
pub(crate) async fn refusal(client: &Client, exchange: Exchange, response: Response) -> Error {
    let body = discard(client, response.body).await;
    status_error(exchange, response.status, &body)
}

/// Reads a little, for a little time, so that the connection can be used again, and lets go of the rest: a body that comes
/// byte by byte would otherwise last for days without ever being idle.
async fn discard(client: &Client, mut body: BoxBody) -> Vec<u8> {
    let limits = client.limits();
    let mut kept = Vec::new();
    let work = async {
        while let Some(Ok(chunk)) = next_chunk(&mut body).await {
            let left = usize::try_from(limits.error_bytes).unwrap_or(usize::MAX).saturating_sub(kept.len());
            kept.extend_from_slice(chunk.get(..left.min(chunk.len())).unwrap_or_default());
            if chunk.len() > left {
                break;
            }
        }
    };
    within(&*client.0.timer, limits.error_time, work).await;
    kept
}
