//! When a server was last heard, which tells one that is slow or far away from one that is silent.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout_at};

/// When something last arrived on a connection. Clones share it.
#[derive(Clone, Debug)]
pub struct Heard {
    since: Instant,
    /// Milliseconds after `since`.
    last: Arc<AtomicU64>,
}

impl Default for Heard {
    /// Something has just arrived.
    fn default() -> Self {
        Self { since: Instant::now(), last: Arc::default() }
    }
}

impl Heard {
    fn note(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(millis, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.since + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }

    /// Waits for `work` for as long as the server is never silent for `silence`, and at most until `by`. `None` if it did
    /// not end.
    pub async fn wait_for<T>(&self, work: impl Future<Output = T>, silence: Duration, by: Instant) -> Option<T> {
        let mut work = pin!(work);
        let mut until = (self.last() + silence).min(by);
        loop {
            if let Ok(done) = timeout_at(until, work.as_mut()).await {
                return Some(done);
            }
            let next = (self.last() + silence).min(by);
            if next <= until {
                return None;
            }
            until = next;
        }
    }
}

/// A stream that notes when something arrives.
pub struct HeardStream<S> {
    stream: S,
    heard: Heard,
}

impl<S> HeardStream<S> {
    /// Notes in `heard` when something arrives from `stream`.
    pub const fn new(stream: S, heard: Heard) -> Self {
        Self { stream, heard }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeardStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.heard.note();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeardStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::sleep;

    use super::*;

    const SILENCE: Duration = Duration::from_secs(3);

    /// Waits for an end that comes after `takes` seconds, from a server that says something at each of these seconds.
    /// Returns whether the end came, and the seconds until that was known.
    async fn wait(takes: u64, said_at: &'static [u64], at_most: u64) -> (bool, u64) {
        let began = Instant::now();
        let (mut server, client) = duplex(64);
        let heard = Heard::default();
        let mut stream = HeardStream::new(client, heard.clone());
        tokio::spawn(async move { while stream.read_u8().await.is_ok() {} });
        tokio::spawn(async move {
            for second in said_at {
                tokio::time::sleep_until(began + Duration::from_secs(*second)).await;
                server.write_u8(0).await.unwrap();
            }
            sleep(Duration::from_secs(60)).await;
        });
        let done =
            heard.wait_for(sleep(Duration::from_secs(takes)), SILENCE, began + Duration::from_secs(at_most)).await;
        (done.is_some(), began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_for_as_long_as_the_server_is_heard() {
        assert_eq!(wait(2, &[], 30).await, (true, 2));
        assert_eq!(wait(9, &[2, 4, 6, 8], 30).await, (true, 9));
        assert_eq!(wait(9, &[], 30).await, (false, 3));
        assert_eq!(wait(9, &[2, 4], 30).await, (false, 7));
        assert_eq!(wait(9, &[2, 4, 6, 8], 5).await, (false, 5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_was_silent_before_is_given_no_more_time() {
        let heard = Heard::default();
        sleep(SILENCE).await;
        let (began, by) = (Instant::now(), Instant::now() + Duration::from_secs(60));
        assert!(heard.wait_for(sleep(SILENCE), SILENCE, by).await.is_none());
        assert_eq!(began.elapsed().as_secs(), 0);
    }
}
