//! How long a connection may wait, and for what. actix-http limits only the head of the first request, and sends a
//! silent connection an unsolicited `408`, which clients that connect ahead of need, such as pools and proxies, take
//! for the answer to their next request. Here a connection that waits too long is closed without a byte.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::connections::Admission;

/// How long a connection stays open without a byte of its next request, including the first one. This is longer than
/// proxies keep theirs (nginx: 60 s), so that they close first: a request sent while the other side closes is lost.
pub(crate) const IDLE: Duration = Duration::from_secs(75);
/// The same time when there are many connections.
pub(crate) const IDLE_UNDER_PRESSURE: Duration = Duration::from_secs(10);
/// How long the head of a request may take from its first byte.
pub(crate) const HEAD: Duration = Duration::from_secs(10);
/// How long a caller may accept none of the answer that waits for it.
pub(crate) const STALLED: Duration = Duration::from_secs(60);

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// The first byte of a request.
    Request,
    /// The rest of the head.
    Head,
    /// More of the body, for the handler, which limits the time.
    Body,
    /// The end of the answer, whose time handlers limit.
    Answer,
}

/// What a connection is waiting for and since when, shared by its stream and its requests.
#[derive(Debug)]
pub(crate) struct Progress {
    awaited: Cell<Awaited>,
    since: Cell<Instant>,
    admission: Admission,
}

impl Progress {
    fn new(admission: Admission) -> Self {
        Self { awaited: Cell::new(Awaited::Request), since: Cell::new(Instant::now()), admission }
    }

    fn wait_for(&self, awaited: Awaited) {
        self.awaited.set(awaited);
        self.since.set(Instant::now());
        self.tell();
    }

    /// Reports to the other connections what this one waits for from now on.
    fn tell(&self) {
        match self.awaited.get() {
            Awaited::Request => self.admission.waits(false),
            Awaited::Head | Awaited::Body => self.admission.waits(true),
            Awaited::Answer => self.admission.is_busy(),
        }
    }

    /// Reports to the other connections that the caller accepts nothing of what was sent.
    fn tell_stalled(&self) {
        self.admission.waits(true);
    }

    /// Records whether the handler is waiting for more of the body.
    pub(crate) fn reads_body(&self, waits: bool) {
        match self.awaited.get() {
            Awaited::Answer if waits => self.wait_for(Awaited::Body),
            Awaited::Body if !waits => self.wait_for(Awaited::Answer),
            _ => {}
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let patience = match self.awaited.get() {
            Awaited::Request => self.admission.patience(IDLE, IDLE_UNDER_PRESSURE),
            Awaited::Head => HEAD,
            Awaited::Body | Awaited::Answer => return None,
        };
        Some(self.since.get() + patience)
    }

    /// Tells whether the connection must make room for another; never before its answer is complete.
    fn is_dismissed(&self, context: &Context<'_>) -> bool {
        self.admission.is_dismissed(context) && self.awaited.get() != Awaited::Answer
    }

    /// Counts bytes that arrived, and returns whether they are in time.
    fn receive(&self) -> bool {
        match self.awaited.get() {
            Awaited::Request => self.wait_for(Awaited::Head),
            // Not left to the timer, which bytes that never stop arriving would starve.
            Awaited::Head => return self.deadline().is_none_or(|deadline| Instant::now() < deadline),
            Awaited::Body | Awaited::Answer => {}
        }
        true
    }

    /// Records that the head of a request is complete. Until the value is dropped, nothing is expected of the caller.
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

/// A stream that ends by itself once its [`Progress`] stops. Its reader sees it as closed by the caller, which makes
/// actix-http close it without a byte.
pub(crate) struct BoundedStream<S> {
    stream: S,
    progress: Rc<Progress>,
    /// Since when the caller has accepted nothing of what waits for it.
    stalled_since: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl<S> BoundedStream<S> {
    pub(crate) fn new(stream: S, admission: Admission) -> Self {
        let progress = Rc::new(Progress::new(admission));
        let timer = Box::pin(sleep_until(progress.since.get() + IDLE));
        Self { stream, progress, stalled_since: None, timer }
    }

    pub(crate) fn progress(&self) -> &Rc<Progress> {
        &self.progress
    }

    /// Ready once nothing more is to be read, because the connection must make room or has waited too long.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.progress.is_dismissed(context) { Poll::Ready(()) } else { self.poll_deadline(context) }
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
                ready!(self.poll_end(context));
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
            if self.stalled_since.take().is_some() {
                self.progress.tell();
            }
            return written;
        }
        if self.stalled_since.is_none() {
            self.stalled_since = Some(Instant::now());
            self.progress.tell_stalled();
        }
        if !self.progress.admission.is_dismissed(context) {
            ready!(self.poll_deadline(context));
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // After an answer nothing is read until the timer or the caller wakes the task, so the timer is set here.
        if self.poll_end(context).is_ready() {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
