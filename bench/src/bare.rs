//! What the service is compared with, beside pgbench and Argon2: a handler that answers the same bytes and does nothing for
//! them, and a thread that commits to SQLite.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

/// Serves the headers of `GET /auth/verify` on every path until the process ends.
pub(crate) fn handler() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let workers = std::thread::available_parallelism().unwrap().get();
    std::thread::spawn(move || {
        let app = || App::new().default_service(web::to(answer));
        let server = HttpServer::new(app).workers(workers).listen(listener).unwrap();
        actix_web::rt::System::new().block_on(server.run()).unwrap();
    });
    address
}

async fn answer() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-auth-user-id", "01936f4e-9b2a-7c3d-8e4f-5a6b7c8d9e0f"))
        .insert_header(("x-auth-roles", "user"))
        .insert_header(("x-auth-session-id", "01936f4e-9b2a-7c3d-8e4f-5a6b7c8d9e0f"))
        .insert_header(("x-request-id", "0123456789abcdef0123456789abcdef"))
        .insert_header(("x-content-type-options", "nosniff"))
        .finish()
}

/// Commits a second of one thread that updates a row by its key, with the pragmas of the service, each commit by itself.
pub(crate) fn sqlite_commits_a_second(folder: &Path, measured: Duration) -> f64 {
    let file = folder.join("commits.db");
    let mut conn = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    conn.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         CREATE TABLE sessions (id INTEGER PRIMARY KEY, generation BIGINT, served_at BIGINT, client TEXT); \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         INSERT INTO sessions SELECT i, 1, 1, '127.0.0.0/24' FROM n;",
    )
    .unwrap();
    let (began, mut commits) = (Instant::now(), 0_i64);
    while began.elapsed() < measured {
        let update = diesel::sql_query(
            "UPDATE sessions SET generation = generation + 1, served_at = ?, client = '127.0.0.0/24' WHERE id = ?",
        );
        let update = update.bind::<BigInt, _>(commits).bind::<BigInt, _>(commits % 1_000 + 1);
        assert_eq!(update.execute(&mut conn).unwrap(), 1);
        commits += 1;
    }
    commits as f64 / began.elapsed().as_secs_f64()
}
