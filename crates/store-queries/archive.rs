//! The `Archive` port: rows of any table as JSON, by SQL that is made from the catalogue. So a column or table that a
//! later migration adds is part of every export without a line here, but for its place in [`TABLES`].

use std::collections::BTreeMap;

use async_trait::async_trait;
use auth_domain::account::Account;
use auth_domain::ports::{Archive, ArchiveError, ArchiveReader, ArchiveWriter, Writers};
use auth_domain::{AccountId, Timestamp};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};

use super::identities::IdentityRow;
use super::migrations;
use super::reads::list_accounts;
use super::rows::AccountRow;
use super::schema::{accounts, identities};
use crate::Engine;
use crate::archive_sql as sql;
use crate::dialect::{Connection, DbUuid};

/// Every table with a unique key of it, those that others refer to first. A key begins with an id where it can: the index
/// is of use then even where the engine sorts texts by the rules of a language. `marks` say something of one database
/// only and stay with it.
const TABLES: [(&str, &[&str]); 18] = [
    ("accounts", &["id"]),
    ("identities", &["account_id", "provider"]),
    ("sessions", &["id"]),
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
    ("mails", &["id"]),
    ("used_authorizations", &["id"]),
    ("audit_records", &["id"]),
];
const PAGE: u32 = 2_000;
const ACCOUNTS_PAGE: u32 = 500;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
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

async fn catalogue(conn: &mut Connection) -> Result<Catalogue, ArchiveError> {
    let columns: Vec<Column> =
        diesel::sql_query(sql::COLUMNS).load(conn).await.map_err(|error| failed("the catalogue", &error))?;
    let mut catalogue = Catalogue::new();
    // What else lives in the schema is none of our business.
    for Column { table_name, name, declared } in
        columns.into_iter().filter(|column| !key(&column.table_name).is_empty())
    {
        let kind = sql::kind(&name, &declared).ok_or_else(|| {
            failed(&table_name, &format!("the column {name} is declared as {declared}, which no export knows"))
        })?;
        catalogue.entry(table_name).or_default().insert(name, kind);
    }
    Ok(catalogue)
}

fn failed(table: &str, reason: &dyn std::fmt::Display) -> ArchiveError {
    ArchiveError::Failed { table: table.to_owned(), reason: reason.to_string() }
}

/// A connection in a transaction, and what its tables hold.
struct Rows {
    conn: Connection,
    catalogue: Catalogue,
}

impl Rows {
    async fn begin(mut conn: Connection) -> Result<Self, ArchiveError> {
        let catalogue = catalogue(&mut conn).await?;
        Ok(Self { conn, catalogue })
    }

    fn columns(&self, table: &str) -> Result<&BTreeMap<String, Kind>, ArchiveError> {
        self.catalogue.get(table).ok_or_else(|| ArchiveError::UnknownTable(table.to_owned()))
    }

    /// The key of `table` with the kind of each of its columns.
    fn key(&self, table: &str) -> Result<Vec<(&'static str, Kind)>, ArchiveError> {
        let columns = self.columns(table)?;
        let unknown = || ArchiveError::UnknownTable(table.to_owned());
        key(table).iter().map(|name| Ok((*name, *columns.get(*name).ok_or_else(unknown)?))).collect()
    }

    async fn rows_of(&mut self, table: &str) -> Result<u64, ArchiveError> {
        self.columns(table)?;
        let query = format!("SELECT count(*) AS count FROM {table}");
        let counted: Result<Count, _> = diesel::sql_query(query).get_result(&mut self.conn).await;
        let count = counted.map_err(|error| failed(table, &error))?.count;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn execute(&mut self, table: &str, statement: String, rows: &str) -> Result<(), ArchiveError> {
        let done = diesel::sql_query(statement).bind::<Text, _>(rows).execute(&mut self.conn).await;
        done.map(drop).map_err(|error| failed(table, &error))
    }
}

fn key(table: &str) -> &'static [&'static str] {
    TABLES.iter().find(|(name, _)| *name == table).map_or(&[], |(_, key)| key)
}

#[async_trait]
impl Archive for Engine {
    async fn begin_read(&self, writers: Writers) -> Result<Box<dyn ArchiveReader>, ArchiveError> {
        let mut conn = self.archive_connection().await?;
        let begin = match writers {
            Writers::GoOn => sql::BEGIN_READ.to_owned(),
            Writers::Wait => format!("{}; {}", sql::BEGIN_ALONE, sql::lock(&TABLES.map(|(name, _)| name))),
        };
        conn.batch_execute(&begin).await.map_err(|error| failed("the database", &error))?;
        Ok(Box::new(Rows::begin(conn).await?))
    }

    async fn database_time(&self) -> Result<Option<Timestamp>, ArchiveError> {
        let Some(query) = sql::CLOCK else { return Ok(None) };
        let mut conn = self.archive_connection().await?;
        // In a transaction, which the connection ends with: else a pooler would keep the statement.
        conn.batch_execute(sql::BEGIN_READ).await.map_err(|error| failed("the clock", &error))?;
        let told: Result<Count, _> = diesel::sql_query(query).get_result(&mut conn).await;
        told.map(|told| Some(Timestamp::from_micros(told.count))).map_err(|error| failed("the clock", &error))
    }

    async fn begin_write(&self) -> Result<Box<dyn ArchiveWriter>, ArchiveError> {
        let mut conn = self.archive_connection().await?;
        conn.batch_execute(sql::BEGIN_WRITE).await.map_err(|error| failed("the database", &error))?;
        Ok(Box::new(Rows::begin(conn).await?))
    }
}

#[async_trait]
impl ArchiveReader for Rows {
    async fn schema_version(&mut self) -> Result<String, ArchiveError> {
        let query = "SELECT CAST(max(version) AS TEXT) AS line FROM __diesel_schema_migrations";
        let version: Result<Line, _> = diesel::sql_query(query).get_result(&mut self.conn).await;
        let version = version.map(|line| line.line).map_err(|error| failed("the schema", &error))?;
        match migrations::knows(&crate::MIGRATIONS, &version) {
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
        let fields = self.columns(table)?.iter().map(|(name, kind)| format!("'{name}', {}", sql::read(name, *kind)));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let key = self.key(table)?;
        let list = |text: fn(&str, Kind) -> String| {
            key.iter().map(|(name, kind)| text(name, *kind)).collect::<Vec<_>>().join(", ")
        };
        let order = list(sql::ordered);
        let bounds = key.iter().enumerate().map(|(index, (_, kind))| sql::bound(index, *kind));
        let bounds = bounds.collect::<Vec<_>>().join(", ");
        // The parameter is there on the first page too, so that both are bound alike.
        let filter = if after.is_some() { format!("({order}) > ({bounds})") } else { sql::ANYTHING.to_owned() };
        let object = sql::OBJECT;
        let query = format!(
            "SELECT CAST({object}({fields}) AS TEXT) AS line FROM {table} WHERE {filter} ORDER BY {order} LIMIT {PAGE}"
        );
        let lines = diesel::sql_query(query).bind::<Text, _>(after.unwrap_or("[]"));
        let lines: Vec<Line> = lines.load(&mut self.conn).await.map_err(|error| failed(table, &error))?;
        Ok(lines.into_iter().map(|line| line.line).collect())
    }

    async fn accounts(&mut self, after: Option<AccountId>) -> Result<Vec<Account>, ArchiveError> {
        list_accounts(&mut self.conn, after, ACCOUNTS_PAGE).await.map_err(|error| failed("accounts", &error))
    }
}

#[async_trait]
impl ArchiveWriter for Rows {
    async fn lock(&mut self) -> Result<(), ArchiveError> {
        let there: Vec<&str> = ArchiveReader::tables(self);
        self.conn.batch_execute(&sql::lock(&there)).await.map_err(|error| failed("the database", &error))
    }

    async fn count(&mut self, table: &str) -> Result<u64, ArchiveError> {
        self.rows_of(table).await
    }

    async fn insert(&mut self, table: &str, columns: &[String], rows: &str) -> Result<(), ArchiveError> {
        let kinds = self.columns(table)?;
        let unknown = |name: &String| failed(table, &format!("there is no column {name:?}"));
        // Only names that the catalogue has reach the statement.
        let values = columns.iter().map(|name| Ok(sql::write(name, *kinds.get(name).ok_or_else(|| unknown(name))?)));
        let values = values.collect::<Result<Vec<_>, ArchiveError>>()?.join(", ");
        let source = sql::EACH_ROW;
        let statement = format!("INSERT INTO {table} ({}) SELECT {values} FROM {source}", columns.join(", "));
        self.execute(table, statement, rows).await
    }

    async fn delete(&mut self, table: &str, rows: &str) -> Result<(), ArchiveError> {
        let key = self.key(table)?;
        let names = key.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let values = key.iter().map(|(name, kind)| sql::write(name, *kind)).collect::<Vec<_>>().join(", ");
        let source = sql::EACH_ROW;
        let statement = format!("DELETE FROM {table} WHERE ({names}) IN (SELECT {values} FROM {source})");
        self.execute(table, statement, rows).await
    }

    async fn empty(&mut self, table: &str) -> Result<(), ArchiveError> {
        self.columns(table)?;
        let done = diesel::sql_query(format!("DELETE FROM {table}")).execute(&mut self.conn).await;
        done.map(drop).map_err(|error| failed(table, &error))
    }

    async fn insert_accounts(&mut self, accounts: &[Account]) -> Result<(), ArchiveError> {
        let conn = &mut self.conn;
        for account in accounts {
            let row = AccountRow::from(account);
            let done = diesel::insert_into(accounts::table).values(row).execute(conn).await;
            done.map_err(|error| failed("accounts", &format!("{}: {error}", account.id)))?;
            for identity in &account.identities {
                let row = IdentityRow::new(DbUuid(account.id.as_uuid()), identity);
                let done = diesel::insert_into(identities::table).values(row).execute(conn).await;
                done.map_err(|error| failed("identities", &format!("{}: {error}", account.id)))?;
            }
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), ArchiveError> {
        self.conn.batch_execute("COMMIT").await.map_err(|error| failed("the database", &error))
    }
}
