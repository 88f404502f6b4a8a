//! The id of the request that a task is answering, for its log lines. The HTTP layer sets it once, code that passes
//! work to another task carries it over, and the log reads it when it writes a line.
//!
//! A span of `tracing` would do the same, but would cost microseconds per request even when nothing is logged.

use std::future::Future;
use std::sync::Arc;

tokio::task_local! {
    static ID: Arc<str>;
}

/// Runs `answering` as part of the request with this id.
pub async fn scope<T>(id: Arc<str>, answering: impl Future<Output = T>) -> T {
    ID.scope(id, answering).await
}

/// Does `work` as part of the request with this id, without awaiting anything.
pub fn within<T>(id: Arc<str>, work: impl FnOnce() -> T) -> T {
    ID.sync_scope(id, work)
}

/// Returns the id of the request that is being answered here; `None` if there is none.
#[must_use]
pub fn current() -> Option<Arc<str>> {
    ID.try_with(Arc::clone).ok()
}

/// Makes `work` part of the request that is being answered here, to run as a separate task.
pub fn carry<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let id = current();
    async move {
        match id {
            Some(id) => ID.scope(id, work).await,
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
}
