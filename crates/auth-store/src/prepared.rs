//! Statements that a connection prepares once. diesel assumes that the text of every `UPDATE` and `sql_query` may
//! differ each time, so it is parsed and planned again, which costs a round trip in PostgreSQL. Ours have few texts,
//! and a statement without an id is kept by its text, so that another text is another statement.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

/// A statement that is kept prepared, whatever diesel assumes. Do not use it for an unlimited number of texts: each is
/// kept as long as its connection.
pub(crate) struct Prepared<S>(pub(crate) S);

impl<S: QueryId> QueryId for Prepared<S> {
    type QueryId = S::QueryId;

    const HAS_STATIC_QUERY_ID: bool = S::HAS_STATIC_QUERY_ID;
}

impl<DB: Backend, S: QueryFragment<DB>> QueryFragment<DB> for Prepared<S> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn to_sql(&self, out: &mut DB::QueryBuilder, backend: &DB) -> QueryResult<()> {
        self.0.to_sql(out, backend)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}
