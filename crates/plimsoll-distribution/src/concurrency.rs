//! Bounded concurrency.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::future::Future;

/// Runs at most `most` pieces of work at once; the results are in the order of the work, the first error ends all.
///
/// # Errors
/// The first that a piece of work gives.
///
/// ```
/// # use futures_util::FutureExt as _;
/// use plimsoll_distribution::at_most;
/// let work = (1..=3).map(|n| async move { if n < 3 { Ok(n) } else { Err("three") } });
/// assert_eq!(at_most(2, work).now_or_never(), Some(Err("three")));
/// ```
pub async fn at_most<T, E, F>(most: usize, work: impl IntoIterator<Item = F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    stream::iter(work).map(Ok).try_buffered(most.max(1)).try_collect().await
}
