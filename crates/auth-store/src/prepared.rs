//! Statements that a connection prepares once. diesel takes every `UPDATE` and every `sql_query` for one whose text may
//! differ each time, so it is parsed and planned anew, which in PostgreSQL costs a round trip. Ours have few texts, and a
//! statement without an id of its own is kept by its text, so another text is another statement.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

/// A statement that is kept prepared, whatever diesel takes it for. Not for texts without end: each is kept as long as its
/// connection.
pub(crate) struct Prepared<S>(pub(crate) S);

impl<S: QueryId> QueryId for Prepared<S> {
    type QueryId = S::QueryId;

    const HAS_STATIC_QUERY_ID: bool = S::HAS_STATIC_QUERY_ID;
}

impl<DB: Backend, S: QueryFragment<DB>> QueryFragment<DB> for Prepared<S> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}
