//! In which schema the tables are. The database and the role may each have a `search_path`; if that changed after the
//! tables were created, the service would find none, create new ones, and serve an empty database.

use diesel_async::AsyncPgConnection;

use crate::{ConnectError, lines};

/// Finds two tables that no other application has together. Those in a schema that this role may not use belong to
/// another service.
const WITH_TABLES: &str = "SELECT n.nspname::text AS line FROM pg_catalog.pg_namespace n \
     WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND 2 = (SELECT count(*) FROM pg_catalog.pg_class c \
     WHERE c.relnamespace = n.oid AND c.relname IN ('__diesel_schema_migrations', 'event_deliveries') AND c.relkind = 'r') \
     ORDER BY 1";
/// Asks where a table would be created, and what determined that.
const CURRENT: &str = "SELECT coalesce(pg_catalog.current_schema()::text, '') AS line \
     UNION ALL SELECT 'search_path: ' || pg_catalog.current_setting('search_path')";

/// Requires that tables are created where those of this service are, or that there are none yet.
pub(crate) async fn demand_one(driver: &mut AsyncPgConnection) -> Result<(), ConnectError> {
    let failed = |error: diesel::result::Error| ConnectError::Execute(format!("to tell its search_path: {error}"));
    let (mut current, mut path) = (String::new(), String::new());
    for line in lines(driver, CURRENT).await.map_err(failed)? {
        match line.strip_prefix("search_path: ") {
            Some(found) => found.clone_into(&mut path),
            None => current = line,
        }
    }
    let with_tables = lines(driver, WITH_TABLES).await.map_err(failed)?;
    judge(&current, &path, &with_tables).map_err(ConnectError::SearchPath)
}

fn judge(current: &str, path: &str, with_tables: &[String]) -> Result<(), String> {
    let remedy =
        "ALTER ROLE … or ALTER DATABASE … SET search_path = …, or end the URL with ?options=-c%20search_path%3D…";
    match with_tables.first() {
        _ if with_tables.iter().any(|schema| schema == current) => Ok(()),
        None if !current.is_empty() => Ok(()),
        None => {
            Err(format!("search_path is {path:?}, which contains no existing schema. Name one that exists: {remedy}"))
        }
        Some(there) => {
            let others = if with_tables.len() > 1 { format!(" ({} in all)", with_tables.len()) } else { String::new() };
            Err(format!(
                "the tables are in the schema {there:?}{others}, but search_path is {path:?}, which begins with \
                 another one. Name the schema to use: {remedy}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_made_where_the_others_are() {
        let there = |schemas: &[&str]| schemas.iter().map(|schema| (*schema).to_owned()).collect::<Vec<_>>();
        assert_eq!(judge("public", "public", &[]), Ok(()));
        assert_eq!(judge("b", "b", &there(&["a", "b"])), Ok(()));
        assert!(judge("", "nowhere", &[]).unwrap_err().contains("nowhere"));
        assert!(judge("", "nowhere", &there(&["public"])).unwrap_err().contains("\"public\""));
        let elsewhere = judge("other", "other, public", &there(&["public"])).unwrap_err();
        assert!(elsewhere.contains("\"public\"") && elsewhere.contains("other, public"), "{elsewhere}");
    }
}
