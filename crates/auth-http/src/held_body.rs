//! Keeps the body of a request alive after its handler, until the answer is complete. actix-http depends on that: if
//! the handler has dropped a chunked body unread when the answer ends, it reads on for as long as the caller sends, and
//! keeps the connection; if the body still exists, it closes the connection after the answer, as it does for bodies of
//! an announced length.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::error::PayloadError;
use actix_http::{Payload, Request};
use actix_web::web::Bytes;
use futures_util::Stream;

use crate::connection::{Answering, Progress};

/// The body of a request. The connection closes if this is dropped before all of it has arrived.
pub(crate) struct HeldBody(#[expect(dead_code, reason = "is there to be dropped late")] Rc<RefCell<Payload>>);

impl HeldBody {
    /// Holds the body of a request, if it has one; its handler reads the same body.
    pub(crate) fn of(request: &mut Request, progress: Option<Rc<Progress>>) -> Option<Self> {
        let payload = match request.take_payload() {
            Payload::None => return None,
            payload => Rc::new(RefCell::new(payload)),
        };
        let read = ReadBody { body: Rc::clone(&payload), progress };
        *request.payload() = Payload::Stream { payload: Box::pin(read) };
        Some(Self(payload))
    }
}

/// The view of the body that the handler reads.
struct ReadBody {
    body: Rc<RefCell<Payload>>,
    progress: Option<Rc<Progress>>,
}

impl Stream for ReadBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = Pin::new(&mut *self.body.borrow_mut()).poll_next(context);
        if let Some(progress) = &self.progress {
            progress.reads_body(piece.is_pending());
        }
        piece
    }
}

/// The body of an answer. actix-http drops it when the last byte is on its way.
pub(crate) struct AnswerBody {
    body: BoxBody,
    _answering: Option<Answering>,
    _request: Option<HeldBody>,
}

impl AnswerBody {
    /// Creates the body of an answer; `request` is the body that the caller sent, if any.
    pub(crate) fn new(body: BoxBody, answering: Option<Answering>, request: Option<HeldBody>) -> Self {
        Self { body, _answering: answering, _request: request }
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
