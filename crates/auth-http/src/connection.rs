//! How long a connection may wait, and for what. actix-http bounds the head of the first request alone, and answers a
//! connection that stays silent with a `408` that nobody asked for: a client that connects ahead of need, as pools and
//! proxies do, takes it for the answer to its next request. Here a connection that waits too long is closed without a byte.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a connection is kept without a byte of its next request, the first one included. Longer than proxies keep
/// theirs (nginx: 60 s), so that it is them who close: a request sent while the other side closes is lost.
pub(crate) const IDLE: Duration = Duration::from_secs(75);
/// How long the head of a request may take from its first byte on.
pub(crate) const HEAD: Duration = Duration::from_secs(10);
/// How long a caller may take none of the answer that waits for it.
pub(crate) const STALLED: Duration = Duration::from_secs(60);

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// The first byte of a request.
    Request,
    /// The rest of its head.
    Head,
    /// The end of its answer. Handlers bound their bodies and themselves.
    Answer,
}

/// What a connection waits for and since when: known to its stream and to its requests.
#[derive(Debug)]
pub(crate) struct Progress {
    awaited: Cell<Awaited>,
    since: Cell<Instant>,
}

impl Progress {
    fn new() -> Self {
        Self { awaited: Cell::new(Awaited::Request), since: Cell::new(Instant::now()) }
    }

    fn wait_for(&self, awaited: Awaited) {
        self.awaited.set(awaited);
        self.since.set(Instant::now());
    }

    fn deadline(&self) -> Option<Instant> {
        let patience = match self.awaited.get() {
            Awaited::Request => IDLE,
            Awaited::Head => HEAD,
            Awaited::Answer => return None,
        };
        Some(self.since.get() + patience)
    }

    /// Counts bytes that arrived. Answers whether they are in time.
    fn receive(&self) -> bool {
        match self.awaited.get() {
            Awaited::Request => self.wait_for(Awaited::Head),
            // Not left to the timer: bytes that never stop coming would starve it.
            Awaited::Head => return self.deadline().is_none_or(|deadline| Instant::now() < deadline),
            Awaited::Answer => {}
        }
        true
    }

    /// The head of a request is complete. Nothing is awaited from the caller until the value is dropped.
    pub(crate) fn answer(self: &Rc<Self>) -> Answering {
        self.wait_for(Awaited::Answer);
        Answering(Rc::clone(self))
    }
}

/// Exists from the end of a request's head to the end of its answer.
#[derive(Debug)]
pub(crate) struct Answering(Rc<Progress>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.wait_for(Awaited::Request);
    }
}

/// The body of an answer. actix-http drops it when its last byte is on its way.
pub(crate) struct AnswerBody {
    body: BoxBody,
    _answering: Option<Answering>,
}

impl AnswerBody {
    pub(crate) fn new(body: BoxBody, answering: Option<Answering>) -> Self {
        Self { body, _answering: answering }
    }
}

impl MessageBody for AnswerBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A stream that ends by itself once its [`Progress`] stops: to its reader it looks as if the caller had closed it, which
/// makes actix-http close it without a byte.
pub(crate) struct BoundedStream<S> {
    stream: S,
    progress: Rc<Progress>,
    /// Since when the caller has taken nothing of what waits for it.
    stalled_since: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl<S> BoundedStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        let progress = Rc::new(Progress::new());
        let timer = Box::pin(sleep_until(progress.since.get() + IDLE));
        Self { stream, progress, stalled_since: None, timer }
    }

    pub(crate) fn progress(&self) -> &Rc<Progress> {
        &self.progress
    }

    /// Ready once the caller has kept the connection waiting for too long.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = match self.stalled_since {
            Some(since) => Some(since + STALLED),
            None => self.progress.deadline(),
        };
        let Some(deadline) = deadline else { return Poll::Pending };
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        self.timer.as_mut().poll(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for BoundedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                if !self.progress.receive() {
                    buffer.set_filled(before);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Pending => {
                ready!(self.poll_deadline(context));
                Poll::Ready(Ok(()))
            }
            ended => ended,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.stalled_since = None;
            return written;
        }
        self.stalled_since.get_or_insert_with(Instant::now);
        ready!(self.poll_deadline(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // After an answer nothing is read until the timer or the caller says so: the timer is set here.
        if self.poll_deadline(context).is_ready() {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
