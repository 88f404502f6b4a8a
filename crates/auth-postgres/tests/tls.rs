//! TLS to a real server.

use auth_domain::ports::Store as _;
use auth_postgres::{connect, migrate};
use auth_testkit::postgres::cluster;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A new database, at that host, with these parameters.
fn url(host: &str, parameters: &str) -> String {
    format!("{}?{parameters}", cluster().database().replace("127.0.0.1", host))
}

/// Whether the connections to that database are encrypted.
fn encrypted(url: &str) -> String {
    let sql = "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'auth-server' \
               AND datname = current_database()";
    cluster().query(url, sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_url_asks_for_is_what_is_spoken() {
    let roots = cluster().roots().display();
    for (parameters, expected) in [
        ("sslmode=disable".to_owned(), "f"),
        ("sslmode=require".to_owned(), "t"),
        (format!("sslmode=verify-full&sslrootcert={roots}"), "t"),
    ] {
        let url = url("localhost", &parameters);
        migrate(&url, true).await.unwrap();
        let store = connect(&url, true, 2, None).await.unwrap();
        store.ping().await.unwrap();
        assert_eq!(encrypted(&url), expected, "{parameters}");
    }
    let plain = cluster().database();
    migrate(&plain, true).await.unwrap();
    let store = connect(&plain, true, 2, None).await.unwrap();
    store.ping().await.unwrap();
    assert_eq!(encrypted(&plain), "f", "on this machine nobody listens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_trusted_is_not_spoken_to() {
    let roots = cluster().roots().display();
    for (host, parameters, said) in [
        ("localhost", "sslmode=verify-full".to_owned(), "certificate"),
        // The certificate names localhost, not its address.
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={roots}"), "certificate"),
        ("localhost", "sslmode=prefer".to_owned(), "must be disable, require or verify-full"),
        ("localhost", "sslmode=verify-full&sslrootcert=/nonexistent".to_owned(), "/nonexistent"),
    ] {
        let error = connect(&url(host, &parameters), true, 1, None).await.err().unwrap().to_string();
        assert!(error.contains(said), "{host} {parameters}: {error}");
    }
}

/// One that says it speaks no TLS is sent no password.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_in_clear_where_tls_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = [0; 8];
        connection.read_exact(&mut request).await.unwrap();
        assert_eq!(request[4..], [4, 210, 22, 47], "an SSLRequest");
        connection.write_all(b"N").await.unwrap();
        let mut rest = Vec::new();
        connection.read_to_end(&mut rest).await.unwrap();
        rest
    });
    let error = connect(&format!("postgres://u:canary@127.0.0.1:{port}/d?sslmode=require"), true, 1, None).await;
    let error = error.err().unwrap().to_string();
    assert!(error.contains("TLS") && !error.contains("canary"), "{error}");
    assert_eq!(server.await.unwrap(), b"");
}
