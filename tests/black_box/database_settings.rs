//! PostgreSQL as others set it up: defaults that are not ours, roles that may do little, an encoding without every
//! character, a row that somebody broke. Under each, 16 clients see no 5xx that the fault does not force.

use std::collections::BTreeMap;

use auth_black_box::{Engine, PASSWORD, Server};
use auth_testkit::postgres::{GERMAN, cluster};
use serde_json::json;

const CLIENTS: usize = 16;
const ROUNDS: usize = 5;

/// How many answers had which status.
type Statuses = BTreeMap<u16, usize>;

/// What one client does: registers, logs in, refreshes, and misses a password beside everybody else.
async fn busy(server: &Server, number: usize) -> Vec<u16> {
    let client = server.client();
    let name = format!("user{number}");
    let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
    let mut statuses = vec![client.post("/auth/register", body).await.status];
    let login = client.login(&name, PASSWORD).await;
    statuses.push(login.status);
    let (access, mut refresh) = login.tokens();
    for _ in 0..ROUNDS {
        statuses.push(client.bearer(&access).get("/auth/me").await.status);
        let refreshed = client.refresh(&refresh).await;
        statuses.push(refreshed.status);
        refresh = refreshed.tokens().1;
        // One row for all of them: whoever loses reads again.
        statuses.push(client.login("nobody-at-all", "a wrong password").await.status);
    }
    statuses
}

async fn storm(server: &Server, what: &str) -> Statuses {
    let clients = (0..CLIENTS).map(|number| busy(server, number));
    let mut statuses = Statuses::new();
    for status in futures_util::future::join_all(clients).await.into_iter().flatten() {
        *statuses.entry(status).or_default() += 1;
    }
    println!("{what}: {} requests, by status {statuses:?}", statuses.values().sum::<usize>());
    assert!(statuses.keys().all(|status| *status < 500), "{what}: {statuses:?}");
    assert_eq!(statuses.get(&201), Some(&CLIENTS), "{what}: everybody registered");
    statuses
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

/// A new role that may log in, and the same database in its name.
fn role(url: &str, options: &str) -> (String, String) {
    let role = format!("role_of_{}", name_of(url));
    cluster().query(url, &format!("CREATE ROLE {role} LOGIN {options}"));
    let (scheme, rest) = url.split_once("://").unwrap();
    (format!("{scheme}://{role}@{}", rest.split_once('@').unwrap().1), role)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_default_isolation_of_a_database_or_a_role_does_not_matter() {
    for level in ["repeatable read", "serializable"] {
        let url = cluster().database();
        cluster()
            .query(&url, &format!("ALTER DATABASE {} SET default_transaction_isolation = '{level}'", name_of(&url)));
        storm(&Server::on(Some(url), &[]).await, &format!("database with {level}")).await;

        let url = cluster().database();
        let (as_role, role) = role(&url, "");
        cluster().query(&url, &format!("ALTER DATABASE {} OWNER TO {role}", name_of(&url)));
        cluster().query(&url, &format!("ALTER ROLE {role} SET default_transaction_isolation = '{level}'"));
        storm(&Server::on(Some(as_role), &[]).await, &format!("role with {level}")).await;
    }
}

/// What a session can ask for, it asks for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_else_a_database_or_a_role_sets_does_not_matter() {
    let url = cluster().database();
    let (as_role, role) = role(&url, "");
    cluster().query(&url, &format!("ALTER DATABASE {} OWNER TO {role}", name_of(&url)));
    for (setting, value) in [
        ("TimeZone", "Asia/Kathmandu"),
        ("DateStyle", "SQL, DMY"),
        ("client_encoding", "LATIN1"),
        ("bytea_output", "escape"),
        ("statement_timeout", "1ms"),
        ("lock_timeout", "1ms"),
        ("idle_in_transaction_session_timeout", "1ms"),
        ("idle_session_timeout", "50ms"),
        ("default_transaction_deferrable", "on"),
        ("default_transaction_isolation", "serializable"),
    ] {
        // From another database: in this one they would hold for whoever sets them.
        cluster().query("x/postgres", &format!("ALTER DATABASE {} SET {setting} = '{value}'", name_of(&url)));
        cluster().query("x/postgres", &format!("ALTER ROLE {role} SET {setting} = '{value}'"));
    }
    let server = Server::on(Some(as_role), &[]).await;
    storm(&server, "everything set to something else").await;
    // Longer than it lets an idle session live.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let log = server.log();
    assert!(!log.contains("ERROR"), "{log}");
}

fn refusal(server: &Server, url: &str) -> String {
    let started = server.try_command_with("AUTH_DATABASE_URL", url, &["migrate"]);
    let said = String::from_utf8_lossy(&started.stderr).trim().to_owned();
    assert!(!started.status.success() && said.lines().count() == 1, "{said}");
    said
}

/// It would find no table, make new ones, and serve nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_path_that_leads_elsewhere_is_refused_at_the_start() {
    let url = cluster().database();
    let set = |path: &str| cluster().query(&url, &format!("ALTER DATABASE {} SET search_path = {path}", name_of(&url)));
    let server = Server::on(Some(url.clone()), &[]).await;
    server.register("ann").await;
    cluster().query(&url, "CREATE SCHEMA other");
    for (path, shown) in [("other", "other"), ("other, public", "other, public"), ("nowhere", "nowhere")] {
        set(path);
        let said = refusal(&server, &url);
        assert!(said.contains("\"public\"") && said.contains(shown) && said.contains("SET search_path"), "{said}");
    }
    // The URL says what is meant.
    for schema in ["public", "other"] {
        let migrated = server.try_command_with(
            "AUTH_DATABASE_URL",
            &format!("{url}?options=-c%20search_path%3D{schema}"),
            &["migrate"],
        );
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    }
    set("other");
    assert!(server.try_command_with("AUTH_DATABASE_URL", &url, &["migrate"]).status.success(), "it has tables now");

    let empty = cluster().database();
    cluster().query(&empty, &format!("ALTER DATABASE {} SET search_path = nowhere", name_of(&empty)));
    let said = refusal(&server, &empty);
    assert!(said.contains("nowhere") && said.contains("no existing schema"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_only_reads_by_default_is_refused_at_the_start() {
    let (server, url) = (Server::start(Engine::Postgres).await, cluster().database());
    cluster().query(&url, &format!("ALTER DATABASE {} SET default_transaction_read_only = on", name_of(&url)));
    let said = refusal(&server, &url);
    assert!(said.contains("RESET default_transaction_read_only"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_german_is_understood() {
    let url = cluster().database();
    cluster().query(&url, &format!("ALTER DATABASE {} SET lc_messages = '{GERMAN}'", name_of(&url)));
    let what_it_says = "CREATE FUNCTION pg_temp.said() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
                        PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN RETURN SQLERRM; END $$; SELECT pg_temp.said()";
    assert_eq!(cluster().query(&url, what_it_says), "Division durch Null", "PostgreSQL has no German messages");

    let server = Server::on(Some(url.clone()), &[]).await;
    storm(&server, GERMAN).await;
    let taken = json!({ "username": "user0", "email": "another@example.org", "password": PASSWORD });
    server.client().post("/auth/register", taken).await.expect(400, "USER_EXISTS");
    // A connection that the server ends is told from a query that failed.
    cluster().query(
        &url,
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    for user in 0..CLIENTS {
        server.client().login(&format!("user{user}"), PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_share_the_connections_that_a_role_is_granted() {
    let url = cluster().database();
    let (as_role, role) = role(&url, "CONNECTION LIMIT 4");
    cluster().query(&url, &format!("ALTER DATABASE {} OWNER TO {role}", name_of(&url)));
    storm(&Server::on(Some(as_role), &[("AUTH_DB_CONNECTIONS", "8")]).await, "connection limit 4, pool of 8").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_only_read_and_write_rows_serves_what_its_owner_migrated() {
    let url = cluster().database();
    drop(Server::on(Some(url.clone()), &[]).await);
    let (as_role, role) = role(&url, "");
    let grant = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}");
    cluster().query(&url, &grant);
    storm(&Server::on(Some(as_role), &[]).await, "rows only").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_every_character_is_refused_at_the_start() {
    let (server, url) = (Server::start(Engine::Postgres).await, cluster().database());
    let name = format!("{}_latin", name_of(&url));
    cluster().query(&url, &format!("CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
    let latin = url.replace(name_of(&url), &name);
    let started = server.try_command_with("AUTH_DATABASE_URL", &latin, &["migrate"]);
    let said = String::from_utf8_lossy(&started.stderr);
    assert!(!started.status.success() && said.contains("LATIN1") && said.contains("UTF8"), "{said}");
}

/// A 500 that says nothing, a line in the log that says which table and column, and nobody else is disturbed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_row_that_cannot_be_read_is_a_fault_of_its_owner_alone() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let server = Server::with(engine, &[]).await;
        server.register("ann").await;
        server.register("bob").await;
        server.sql("UPDATE accounts SET preferred_factor = 'carrier pigeon' WHERE username = 'ann'");
        let client = server.client();
        for _ in 0..3 {
            client.login("ann", PASSWORD).await.expect(500, "INTERNAL_SERVER_ERROR");
            client.login("bob", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        }
        assert_eq!(client.get("/health/ready").await.status, 200);
        let log = server.log();
        assert!(log.contains("preferred_factor") && log.contains("accounts"), "{engine:?}: {log}");
    }
}
