//! Statements that are sent to PostgreSQL without waiting for each other's answers, so that several cost one round
//! trip. `docs/adr/0016-a-commit-in-two-round-trips.md` explains why this is all or nothing.

use super::transactions::BEGIN;
use super::*;

impl Connection {
    /// Does `each` of `items`, all or none of them. PostgreSQL receives everything at once, in this order, and the
    /// commit after all of it was answered; the first failure in this order counts. In an existing transaction, and in
    /// SQLite, they are done one after the other.
    pub(crate) async fn all_or_nothing<I: Sync>(
        &mut self,
        items: &[I],
        each: impl for<'c> Fn(&'c mut Self, &'c I) -> BoxFuture<'c, Done<()>> + Send + Sync,
    ) -> Done<()> {
        // Done before there are handles: it cannot be determined while they share the connection.
        let in_transaction = self.is_in_transaction().unwrap_or(true);
        match self.handles(items.len()) {
            Some(handles) if !in_transaction => self.send_at_once(handles, items, each).await,
            shared => {
                drop(shared);
                let begun = self.begin().await?;
                let done = one_after_the_other(self, items, each).await;
                self.end(begun, done).await
            }
        }
    }

    async fn send_at_once<I: Sync>(
        &mut self,
        mut handles: Vec<Self>,
        items: &[I],
        each: impl for<'c> Fn(&'c mut Self, &'c I) -> BoxFuture<'c, Done<()>> + Send + Sync,
    ) -> Done<()> {
        // Set until the outcome is known: a future that is dropped in the middle leaves a transaction open.
        self.broken = true;
        let [beginning, handles @ ..] = handles.as_mut_slice() else { return Err(StoreError::Failed.into()) };
        let pieces = handles.iter_mut().zip(items).map(|(handle, item)| each(handle, item));
        // Polled in this order, and sent when polled first.
        let (begun, done) = join(beginning.batch_execute(BEGIN), join_all(pieces)).await;
        // The failures after the first one are its consequences, and said so: the log has no use for them.
        if let Some(failed) = done.iter().position(Result::is_err).filter(|_| begun.is_ok()) {
            handles[failed].complain();
        }
        beginning.complain();
        let done = begun.and_then(|()| done.into_iter().collect::<Done<()>>());
        let ended = self.batch_told(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        self.broken = ended.is_err() || beginning.broken || handles.iter().any(|handle| handle.broken);
        self.read_only |= handles.iter().any(|handle| handle.read_only);
        match done {
            Ok(()) => self.judge(ended),
            Err(error) => Err(error),
        }
    }

    /// Finds two rows at once, as [`Self::find`] does one.
    pub(crate) async fn find_both<'q, P, Q, R, S>(&mut self, first: P, second: Q) -> Done<(Option<R>, Option<S>)>
    where
        R: Send + 'q,
        S: Send + 'q,
        P: Query<'q, R>,
        Q: Query<'q, S>,
    {
        let Some(mut handles) = self.handles(1) else {
            return Ok((self.find(first).await?, self.find(second).await?));
        };
        let [one, other] = handles.as_mut_slice() else { return Err(StoreError::Failed.into()) };
        let (first, second) = join(one.find(first), other.find(second)).await;
        self.broken |= one.broken || other.broken;
        one.complain();
        other.complain();
        Ok((first?, second?))
    }

    /// Loads rows and finds two more at once, as [`Self::load`] and [`Self::find`] do.
    pub(crate) async fn load_and_find_both<'q, M, P, Q, T, R, S>(
        &mut self,
        many: M,
        first: P,
        second: Q,
    ) -> Done<(Vec<T>, Option<R>, Option<S>)>
    where
        T: Send + 'q,
        R: Send + 'q,
        S: Send + 'q,
        M: Query<'q, T>,
        P: Query<'q, R>,
        Q: Query<'q, S>,
    {
        let Some(mut handles) = self.handles(2) else {
            return Ok((self.load(many).await?, self.find(first).await?, self.find(second).await?));
        };
        let [all, one, other] = handles.as_mut_slice() else { return Err(StoreError::Failed.into()) };
        let (many, first, second) = join3(all.load(many), one.find(first), other.find(second)).await;
        for handle in [all, one, other] {
            self.broken |= handle.broken;
            handle.complain();
        }
        Ok((many?, first?, second?))
    }

    /// Returns this many handles of the connection and one more; `None` if the engine answers one statement at a time.
    fn handles(&self, count: usize) -> Option<Vec<Self>> {
        match &self.engine {
            Engine::Postgres(connection) => {
                connection.sqlstates.forget();
                let handle = || Engine::Postgres(Arc::clone(connection));
                Some((0..=count).map(|_| Self { is_handle: true, ..Self::of(handle()) }).collect())
            }
            Engine::Sqlite(_) => None,
        }
    }
}

async fn one_after_the_other<I: Sync>(
    conn: &mut Connection,
    items: &[I],
    each: impl for<'c> Fn(&'c mut Connection, &'c I) -> BoxFuture<'c, Done<()>> + Send + Sync,
) -> Done<()> {
    for item in items {
        each(conn, item).await?;
    }
    Ok(())
}
