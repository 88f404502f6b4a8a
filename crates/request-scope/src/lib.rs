//! The request that a task is answering: its id, for log lines, and whether it has begun, for who goes first. The HTTP
//! layer sets it once, and code that passes work to another task carries it over.
//!
//! A span of `tracing` would do the same for the id, but would cost microseconds per request even when nothing is logged.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

struct Request {
    id: Arc<str>,
    has_begun: AtomicBool,
}

impl Request {
    fn new(id: Arc<str>) -> Arc<Self> {
        Arc::new(Self { id, has_begun: AtomicBool::new(false) })
    }
}

tokio::task_local! {
    static REQUEST: Arc<Request>;
}

/// Runs `answering` as part of the request with this id.
pub async fn scope<T>(id: Arc<str>, answering: impl Future<Output = T>) -> T {
    REQUEST.scope(Request::new(id), answering).await
}

/// Does `work` as part of the request with this id, without awaiting anything.
pub fn within<T>(id: Arc<str>, work: impl FnOnce() -> T) -> T {
    REQUEST.sync_scope(Request::new(id), work)
}

/// Returns the id of the request that is being answered here; `None` if there is none.
#[must_use]
pub fn current() -> Option<Arc<str>> {
    REQUEST.try_with(|request| Arc::clone(&request.id)).ok()
}

/// Notes that the request that is being answered here was given something that others wait for.
pub fn begin() {
    let _ = REQUEST.try_with(|request| request.has_begun.store(true, Ordering::Relaxed));
}

/// Returns whether the request that is being answered here has begun. If it has to give up then, what it was given is wasted.
///
/// Work that belongs to no request has always begun: there is little of it, and requests wait for what it does.
#[must_use]
pub fn has_begun() -> bool {
    REQUEST.try_with(|request| request.has_begun.load(Ordering::Relaxed)).unwrap_or(true)
}

/// Makes `work` part of the request that is being answered here, to run as a separate task.
pub fn carry<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let request = REQUEST.try_with(Arc::clone).ok();
    async move {
        match request {
            Some(request) => REQUEST.scope(request, work).await,
            None => work.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_is_carried_belongs_to_the_request_that_handed_it_over() {
        let told = async || current().as_deref().map(str::to_owned);
        assert_eq!(told().await, None);
        assert_eq!(tokio::spawn(carry(told())).await.unwrap(), None, "nobody asked for it");
        let answering = async {
            assert_eq!(told().await.as_deref(), Some("one"));
            assert_eq!(tokio::spawn(told()).await.unwrap(), None, "a task of its own");
            tokio::spawn(carry(told())).await.unwrap()
        };
        assert_eq!(scope("one".into(), answering).await.as_deref(), Some("one"));
        assert_eq!(within("two".into(), current).as_deref(), Some("two"));
        assert_eq!(told().await, None);
    }

    #[tokio::test]
    async fn a_request_that_began_in_one_task_has_begun_in_all_of_its_own() {
        begin();
        assert!(has_begun(), "there is no request");
        let answering = async {
            assert!(!has_begun());
            tokio::spawn(carry(async { begin() })).await.unwrap();
            has_begun()
        };
        assert!(scope("one".into(), answering).await);
        assert!(!scope("two".into(), async { has_begun() }).await);
    }
}
