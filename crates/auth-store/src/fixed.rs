//! Statements of the most frequent requests whose text is built once. diesel builds the text of a statement anew each time,
//! from its types, to find the one that is prepared; for a refresh that was a quarter of what it computes besides the
//! signature.

use std::marker::PhantomData;
use std::sync::OnceLock;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

/// The text of the statement at one call site, for each engine.
pub(crate) struct Texts {
    postgres: OnceLock<String>,
    sqlite: OnceLock<String>,
}

impl Texts {
    pub(crate) const fn new() -> Self {
        Self { postgres: OnceLock::new(), sqlite: OnceLock::new() }
    }
}

/// An engine that has a text of its own.
pub(crate) trait HasText: Backend<QueryBuilder: Default> {
    fn text(texts: &Texts) -> &OnceLock<String>;
}

impl HasText for Pg {
    fn text(texts: &Texts) -> &OnceLock<String> {
        &texts.postgres
    }
}

impl HasText for Sqlite {
    fn text(texts: &Texts) -> &OnceLock<String> {
        &texts.sqlite
    }
}

/// A call site, which has one statement.
pub(crate) trait CallSite: Send + 'static {
    fn texts() -> &'static Texts;
}

/// The statement of a call site, which [`fixed`] creates. Its parameters differ from one call to the next, its text never
/// does.
pub(crate) struct Fixed<S, C> {
    statement: S,
    call_site: PhantomData<C>,
}

impl<S, C: CallSite> Fixed<S, C> {
    pub(crate) fn new(statement: S, _: C) -> Self {
        Self { statement, call_site: PhantomData }
    }
}

/// Marks a statement whose text is the same each time. Do not use it where a part may be left out or repeated, such as an
/// `Option` that is not written, or a list on SQLite; builds with debug assertions find out.
macro_rules! fixed {
    ($statement:expr) => {{
        struct Here;
        impl $crate::fixed::CallSite for Here {
            fn texts() -> &'static $crate::fixed::Texts {
                static TEXTS: $crate::fixed::Texts = $crate::fixed::Texts::new();
                &TEXTS
            }
        }
        $crate::fixed::Fixed::new($statement, Here)
    }};
}
pub(crate) use fixed;

/// Tells the call site, by which the prepared statement is found.
impl<S, C: CallSite> QueryId for Fixed<S, C> {
    type QueryId = C;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Query, C> Query for Fixed<S, C> {
    type SqlType = S::SqlType;
}

impl<DB: HasText, S: QueryFragment<DB>, C: CallSite> QueryFragment<DB> for Fixed<S, C> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(pass)
    }

    fn to_sql(&self, out: &mut DB::QueryBuilder, backend: &DB) -> QueryResult<()> {
        let build = || {
            let mut built = DB::QueryBuilder::default();
            self.statement.to_sql(&mut built, backend).map(|()| built.finish())
        };
        let kept = DB::text(C::texts());
        let text = match kept.get() {
            Some(text) => text,
            None => {
                let built = build()?;
                kept.get_or_init(|| built)
            }
        };
        debug_assert_eq!(build().as_ref(), Ok(text), "the statement has several texts");
        out.push_sql(text);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use diesel::{ExpressionMethods as _, QueryDsl as _, debug_query};

    use super::*;
    use crate::schema::sessions;

    #[test]
    fn the_text_is_that_of_the_engine_and_the_parameters_are_those_of_the_call() {
        for user_agent in ["a", "b"] {
            let statement = fixed!(diesel::update(sessions::table).set(sessions::user_agent.eq(user_agent)));
            let (postgres, sqlite) = (debug_query::<Pg, _>(&statement), debug_query::<Sqlite, _>(&statement));
            let binds = format!(" -- binds: [\"{user_agent}\"]");
            assert_eq!(postgres.to_string(), format!("UPDATE \"sessions\" SET \"user_agent\" = $1{binds}"));
            assert_eq!(sqlite.to_string(), format!("UPDATE `sessions` SET `user_agent` = ?{binds}"));
        }
    }

    #[test]
    #[should_panic(expected = "the statement has several texts")]
    #[cfg(debug_assertions)]
    fn a_text_that_varies_is_noticed() {
        for generations in [&[1][..], &[1, 2]] {
            let list = sessions::table.filter(sessions::generation.eq_any(generations));
            let _text: String = debug_query::<Sqlite, _>(&fixed!(list.select(sessions::id))).to_string();
        }
    }
}
