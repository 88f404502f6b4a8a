//! Where a URL may lead.

use auth_domain::ports::Store as _;
use auth_postgres::{connect, migrate};
use auth_testkit::postgres::cluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unix_socket_is_a_host() {
    let (cluster, tcp) = (cluster(), cluster().database());
    let name = tcp.rsplit('/').next().unwrap();
    let folder = cluster.socket_folder().to_str().unwrap();
    let (port, escaped) = (cluster.port(), folder.replace('/', "%2F"));
    for url in [
        format!("postgres:///{name}?host={folder}&port={port}&user=postgres"),
        format!("postgresql:///{name}?host={escaped}&port={port}&user=postgres"),
        format!("postgres://postgres@{escaped}:{port}/{name}"),
    ] {
        migrate(&url, true).await.unwrap();
        let store = connect(&url, true, 2, None).await.unwrap();
        store.ping().await.unwrap();
        let addresses = "SELECT DISTINCT client_addr IS NULL FROM pg_stat_activity \
                         WHERE application_name = 'auth-server' AND datname = current_database()";
        assert_eq!(cluster.query(&tcp, addresses), "t", "no address: not over the network");
    }
    let error = connect("postgres://u:hunter2@%2Fnonexistent/d", true, 1, None).await.err().unwrap().to_string();
    assert!(error.contains("/nonexistent port 5432") && !error.contains("hunter2"), "{error}");
}

/// One whose machine hangs say: it accepts, and says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_never_answers_keeps_nobody_from_the_next() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    let good = cluster().database();
    let both = good.replace("127.0.0.1:", &format!("{silent},127.0.0.1:"));
    migrate(&both, true).await.unwrap();
    connect(&both, true, 2, None).await.unwrap().ping().await.unwrap();

    let alone = format!("postgres://postgres@{silent}/d");
    let error = connect(&alone, true, 2, None).await.err().unwrap().to_string();
    assert!(error.contains("no answer in time"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_reads_will_not_do() {
    let url = cluster().database();
    let name = url.rsplit('/').next().unwrap();
    cluster().query(&url, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let error = connect(&url, true, 2, None).await.err().unwrap().to_string();
    assert!(error.contains("does not allow writes"), "{error}");
}
