//! The body of a request outlives its handler here, until the answer is complete. actix-http goes by that: when an answer
//! ends and the handler has dropped a chunked body unread, it reads on for as long as the caller likes to send, and keeps
//! the connection; while somebody still holds the body, it ends the connection with the answer, as it does with bodies of
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

/// The body of a request. The connection ends when this is dropped before all of it has come.
pub(crate) struct HeldBody(#[expect(dead_code, reason = "is there to be dropped late")] Rc<RefCell<Payload>>);

impl HeldBody {
    /// Holds the body of a request, where it has one: its handler reads the same one.
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

/// What the handler reads.
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

/// The body of an answer. actix-http drops it when its last byte is on its way.
pub(crate) struct AnswerBody {
    body: BoxBody,
    _answering: Option<Answering>,
    _request: Option<HeldBody>,
}

impl AnswerBody {
    /// `request` is what the caller sent, where that was anything.
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
