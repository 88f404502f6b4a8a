//! The mail server, other services, and the source of commits.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use auth_domain::audit::{Actor, AuditContext, RequestId};
use auth_domain::event::Event;
use auth_domain::mail::OutgoingMail;
use auth_domain::ports::{AuditContextSource, DeliveryError, EventSink, MailError, Mailer};

/// Records what it accepts, except what it is told to refuse.
#[derive(Debug)]
struct Recorder<T, E> {
    taken: Mutex<Vec<T>>,
    failures: Mutex<VecDeque<E>>,
}

impl<T, E> Default for Recorder<T, E> {
    fn default() -> Self {
        Self { taken: Mutex::default(), failures: Mutex::default() }
    }
}

impl<T: Clone, E> Recorder<T, E> {
    fn take(&self, one: T) -> Result<(), E> {
        if let Some(error) = self.failures.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            return Err(error);
        }
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        Ok(())
    }

    fn fail_next(&self, error: E) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push_back(error);
    }

    fn taken(&self) -> Vec<T> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A mail server that keeps the mails that it receives.
#[derive(Debug, Default)]
pub struct RecordingMailer(Recorder<OutgoingMail, MailError>);

impl RecordingMailer {
    /// Refuses the next mail with this error. Called twice, it refuses the next two, and so on.
    pub fn fail_next(&self, error: MailError) {
        self.0.fail_next(error);
    }

    /// Returns every mail that was sent.
    pub fn sent(&self) -> Vec<OutgoingMail> {
        self.0.taken()
    }
}

#[async_trait]
impl Mailer for RecordingMailer {
    async fn send(&self, letter: &OutgoingMail) -> Result<(), MailError> {
        self.0.take(letter.clone())
    }
}

/// Services that keep the events that they receive.
#[derive(Debug, Default)]
pub struct RecordingEventSink(Recorder<(String, Event), DeliveryError>);

impl RecordingEventSink {
    /// Refuses the next delivery. Called twice, it refuses the next two, and so on.
    pub fn fail_next(&self, error: &str) {
        self.0.fail_next(DeliveryError(error.to_owned()));
    }

    /// Returns every event that was acknowledged, with the service that did.
    pub fn delivered(&self) -> Vec<(String, Event)> {
        self.0.taken()
    }
}

#[async_trait]
impl EventSink for RecordingEventSink {
    async fn deliver(&self, service: &str, event: &Event) -> Result<(), DeliveryError> {
        self.0.take((service.to_owned(), *event))
    }
}

/// Reports the source of commits that a test chooses; initially a client, with the request `test`.
#[derive(Debug)]
pub struct TestAuditContext(Mutex<AuditContext>);

impl Default for TestAuditContext {
    fn default() -> Self {
        let request_id = Some(RequestId::Own("test".to_owned()));
        Self(Mutex::new(AuditContext { actor: Actor::Client, network: None, request_id }))
    }
}

impl TestAuditContext {
    /// Sets the source of all commits from now on.
    pub fn set(&self, context: AuditContext) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = context;
    }
}

impl AuditContextSource for TestAuditContext {
    fn current(&self) -> AuditContext {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
