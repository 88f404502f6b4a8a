//! The `Archive` port: rows of any table as JSON, with SQL generated from the catalogue. A column or table that a later
//! migration adds is part of every export without a change here, except for its place in [`TABLES`].

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::account::Account;
use auth_domain::ports::{Archive, ArchiveError, ArchiveReader, ArchiveWriter, Writers};
use auth_domain::{AccountId, Timestamp};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::accounts::{self, AccountRow};
use crate::connection::Connection;
use crate::engine::{ArchiveDialect, Engine};
use crate::identities::IdentityRow;
use crate::migrations;
use crate::names::{self, Name};
use crate::schema::{accounts as accounts_table, identities};
use crate::store::{Inner, SqlStore};
use crate::types::DbUuid;

/// Every table with a unique key; those that others refer to come first. A key begins with an id where possible, so
/// that the index can be used even if the engine sorts texts by the rules of a language.
const TABLES: [(&str, &[&str]); 20] = [
    // Before the accounts, which add their names where these are missing.
    ("names", &["account_id", "kind"]),
    ("accounts", &["id"]),
    ("identities", &["account_id", "provider"]),
    ("sessions", &["account_id", "id"]),
    ("challenges", &["id"]),
    ("pending_credentials", &["challenge_id"]),
    ("totp_steps", &["account_id", "step"]),
    ("password_network_attempts", &["subject", "network"]),
    ("password_daily_misses", &["subject"]),
    ("tallies", &["subject", "kind", "network"]),
    ("signing_keys", &["id"]),
    ("retired_keys", &["id"]),
    ("deletions", &["id"]),
    ("events", &["id"]),
    ("event_positions", &["id"]),
    ("event_deliveries", &["event_id", "service"]),
    ("invitations", &["id"]),
    ("mails", &["id"]),
    ("used_authorizations", &["id"]),
    ("audit_records", &["id"]),
];
/// Tables that no archive contains: what concerns one database only, and what the engines and diesel keep.
const NOT_ARCHIVED: [&str; 2] = ["marks", "__diesel_schema_migrations"];
const PAGE: u32 = 2_000;
const ACCOUNTS_PAGE: u32 = 500;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after what they are")]
pub enum Kind {
    Uuid,
    Bytes,
    Bool,
    Integer,
    Text,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    declared: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// The columns of each table, by name: the order in which rows are written.
type Catalogue = BTreeMap<String, BTreeMap<String, Kind>>;

async fn catalogue(conn: &mut Connection, dialect: &dyn ArchiveDialect) -> Result<Catalogue, ArchiveError> {
    let columns: QueryResult<Vec<Column>> = conn.load_told(diesel::sql_query(dialect.columns())).await;
    let columns = columns.map_err(|error| failed("the catalogue", &error))?;
    let mut catalogue = Catalogue::new();
    // Other tables in the schema are none of our business.
    for Column { table_name, name, declared } in
        columns.into_iter().filter(|column| !key(&column.table_name).is_empty())
    {
        let kind = dialect.kind(&name, &declared).ok_or_else(|| {
            failed(&table_name, &format!("the column {name} has the type {declared}, which exports do not support"))
        })?;
        catalogue.entry(table_name).or_default().insert(name, kind);
    }
    Ok(catalogue)
}

fn failed(table: &str, reason: &dyn std::fmt::Display) -> ArchiveError {
    ArchiveError::Failed { table: table.to_owned(), reason: reason.to_string() }
}

/// A connection in a transaction, and what its tables hold.
struct Rows<E> {
    store: Arc<Inner<E>>,
    conn: Connection,
    catalogue: Catalogue,
}

impl<E: Engine> Rows<E> {
    /// Opens a separate connection and begins with these statements.
    async fn begin(store: &SqlStore<E>, begin: &str) -> Result<Self, ArchiveError> {
        let store = Arc::clone(&store.inner);
        let mut conn = store.engine.archive_connection().await?;
        conn.batch_told(begin).await.map_err(|error| failed("the database", &error))?;
        let catalogue = catalogue(&mut conn, store.engine.archive_dialect()).await?;
        Ok(Self { store, conn, catalogue })
    }

    fn dialect(&self) -> &'static dyn ArchiveDialect {
        self.store.engine.archive_dialect()
    }

    async fn one<R>(&mut self, table: &str, query: String) -> Result<R, ArchiveError>
    where
        R: QueryableByName<Pg> + QueryableByName<diesel::sqlite::Sqlite> + Send + 'static,
    {
        let rows: QueryResult<Vec<R>> = self.conn.load_told(diesel::sql_query(query)).await;
        let row = rows.map_err(|error| failed(table, &error))?.pop();
        row.ok_or_else(|| failed(table, &diesel::result::Error::NotFound))
    }

    fn columns(&self, table: &str) -> Result<&BTreeMap<String, Kind>, ArchiveError> {
        self.catalogue.get(table).ok_or_else(|| ArchiveError::UnknownTable(table.to_owned()))
    }

    /// Returns the key of `table` with the kind of each of its columns.
    fn key(&self, table: &str) -> Result<Vec<(&'static str, Kind)>, ArchiveError> {
        let columns = self.columns(table)?;
        let unknown = || ArchiveError::UnknownTable(table.to_owned());
        key(table).iter().map(|name| Ok((*name, *columns.get(*name).ok_or_else(unknown)?))).collect()
    }

    async fn rows_of(&mut self, table: &str) -> Result<u64, ArchiveError> {
        self.columns(table)?;
        let counted: Count = self.one(table, format!("SELECT count(*) AS count FROM {table}")).await?;
        Ok(u64::try_from(counted.count).unwrap_or_default())
    }

    async fn execute(&mut self, table: &str, statement: String, rows: &str) -> Result<(), ArchiveError> {
        let done = self.conn.execute_told(diesel::sql_query(statement).bind::<Text, _>(rows)).await;
        done.map(drop).map_err(|error| failed(table, &error))
    }
}

/// Returns the tables that an archive contains, and those that are left out for a reason. A test of each engine
/// compares them with the catalogue, so that no table is forgotten.
pub fn archived_tables() -> (Vec<&'static str>, &'static [&'static str]) {
    (TABLES.iter().map(|(name, _)| *name).collect(), &NOT_ARCHIVED)
}

fn key(table: &str) -> &'static [&'static str] {
    TABLES.iter().find(|(name, _)| *name == table).map_or(&[], |(_, key)| key)
}

#[async_trait]
impl<E: Engine> Archive for SqlStore<E> {
    async fn begin_read(&self, writers: Writers) -> Result<Box<dyn ArchiveReader>, ArchiveError> {
        let dialect = self.inner.engine.archive_dialect();
        let begin = match writers {
            Writers::GoOn => dialect.begin_read().to_owned(),
            Writers::Wait => format!("{}; {}", dialect.begin_alone(), dialect.lock(&TABLES.map(|(name, _)| name))),
        };
        Ok(Box::new(Rows::begin(self, &begin).await?))
    }

    async fn database_time(&self) -> Result<Option<Timestamp>, ArchiveError> {
        let dialect = self.inner.engine.archive_dialect();
        let Some(query) = dialect.clock() else { return Ok(None) };
        // Asked in a transaction that ends with the connection; otherwise a pooler would keep the statement.
        let told: Count = Rows::begin(self, dialect.begin_read()).await?.one("the clock", query.to_owned()).await?;
        Ok(Some(Timestamp::from_micros(told.count)))
    }

    async fn begin_write(&self) -> Result<Box<dyn ArchiveWriter>, ArchiveError> {
        Ok(Box::new(Rows::begin(self, self.inner.engine.archive_dialect().begin_write()).await?))
    }
}

#[async_trait]
impl<E: Engine> ArchiveReader for Rows<E> {
    async fn schema_version(&mut self) -> Result<String, ArchiveError> {
        let query = "SELECT CAST(max(version) AS TEXT) AS line FROM __diesel_schema_migrations";
        let Line { line: version } = self.one("the schema", query.to_owned()).await?;
        match migrations::knows::<Pg>(&self.store.engine.migrations(), &version) {
            true => Ok(version),
            false => {
                Err(failed("the schema", &format!("version {version} was made by a newer auth-server: use that one")))
            }
        }
    }

    fn tables(&self) -> Vec<&'static str> {
        TABLES.iter().map(|(name, _)| *name).filter(|name| self.catalogue.contains_key(*name)).collect()
    }

    fn key(&self, table: &str) -> &'static [&'static str] {
        key(table)
    }

    async fn count(&mut self, table: &str) -> Result<u64, ArchiveError> {
        self.rows_of(table).await
    }

    async fn rows(&mut self, table: &str, after: Option<&str>) -> Result<Vec<String>, ArchiveError> {
        let dialect = self.dialect();
        let fields = self.columns(table)?.iter().map(|(name, kind)| format!("'{name}', {}", dialect.read(name, *kind)));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let key = self.key(table)?;
        let order = key.iter().map(|(name, kind)| dialect.ordered(name, *kind)).collect::<Vec<_>>().join(", ");
        let bounds = key.iter().enumerate().map(|(index, (_, kind))| dialect.bound(index, *kind));
        let bounds = bounds.collect::<Vec<_>>().join(", ");
        // The first page has the parameter, too, so that both bind alike.
        let filter = if after.is_some() { format!("({order}) > ({bounds})") } else { dialect.anything().to_owned() };
        let object = dialect.object();
        let query = format!(
            "SELECT CAST({object}({fields}) AS TEXT) AS line FROM {table} WHERE {filter} ORDER BY {order} LIMIT {PAGE}"
        );
        let lines = diesel::sql_query(query).bind::<Text, _>(after.unwrap_or("[]"));
        let lines: QueryResult<Vec<Line>> = self.conn.load_told(lines).await;
        let lines = lines.map_err(|error| failed(table, &error))?;
        Ok(lines.into_iter().map(|line| line.line).collect())
    }

    async fn accounts(&mut self, after: Option<AccountId>) -> Result<Vec<Account>, ArchiveError> {
        accounts::list(&mut self.conn, after, ACCOUNTS_PAGE).await.map_err(|error| failed("accounts", &error))
    }
}

#[async_trait]
impl<E: Engine> ArchiveWriter for Rows<E> {
    async fn lock(&mut self) -> Result<(), ArchiveError> {
        let there: Vec<&str> = ArchiveReader::tables(self);
        self.conn.batch_told(&self.dialect().lock(&there)).await.map_err(|error| failed("the database", &error))
    }

    async fn count(&mut self, table: &str) -> Result<u64, ArchiveError> {
        self.rows_of(table).await
    }

    async fn insert(&mut self, table: &str, columns: &[String], rows: &str) -> Result<(), ArchiveError> {
        let (dialect, kinds) = (self.dialect(), self.columns(table)?);
        let unknown = |name: &String| failed(table, &format!("there is no column {name:?}"));
        // Only names from the catalogue reach the statement.
        let values = columns.iter().map(|name| Ok(dialect.write(name, *kinds.get(name).ok_or_else(|| unknown(name))?)));
        let values = values.collect::<Result<Vec<_>, ArchiveError>>()?.join(", ");
        let source = dialect.each_row();
        let statement = format!("INSERT INTO {table} ({}) SELECT {values} FROM {source}", columns.join(", "));
        self.execute(table, statement, rows).await
    }

    async fn delete(&mut self, table: &str, rows: &str) -> Result<(), ArchiveError> {
        let (dialect, key) = (self.dialect(), self.key(table)?);
        let names = key.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let values = key.iter().map(|(name, kind)| dialect.write(name, *kind)).collect::<Vec<_>>().join(", ");
        let source = dialect.each_row();
        let statement = format!("DELETE FROM {table} WHERE ({names}) IN (SELECT {values} FROM {source})");
        self.execute(table, statement, rows).await
    }

    async fn empty(&mut self, table: &str) -> Result<(), ArchiveError> {
        self.columns(table)?;
        let done = self.conn.execute_told(diesel::sql_query(format!("DELETE FROM {table}"))).await;
        done.map(drop).map_err(|error| failed(table, &error))
    }

    async fn insert_accounts(&mut self, accounts: &[Account]) -> Result<(), ArchiveError> {
        let conn = &mut self.conn;
        for account in accounts {
            let linked = account.identities.iter().map(|own| Name::identity(&own.provider, &own.subject));
            for name in Name::all_of(account).chain(linked) {
                let claimed = conn.execute_told(names::claim_statement(&name, account.id)).await;
                if claimed.map_err(|error| failed("names", &format!("{}: {error}", account.id)))? == 0 {
                    return Err(failed("names", &format!("{}: another account has the same {name}", account.id)));
                }
            }
            let row = AccountRow::from(account);
            let done = conn.execute_told(diesel::insert_into(accounts_table::table).values(row)).await;
            done.map_err(|error| failed("accounts", &format!("{}: {error}", account.id)))?;
            for identity in &account.identities {
                let row = IdentityRow::new(DbUuid(account.id.as_uuid()), identity);
                let done = conn.execute_told(diesel::insert_into(identities::table).values(row)).await;
                done.map_err(|error| failed("identities", &format!("{}: {error}", account.id)))?;
            }
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), ArchiveError> {
        self.conn.batch_told("COMMIT").await.map_err(|error| failed("the database", &error))
    }
}
