//! `auth-server doctor`, beside a running server.

use auth_black_box::{Server, each_engine};
use auth_testkit::postgres::free_port;

fn doctor(server: &Server) -> (bool, String) {
    let output = server.try_command(&["doctor"]);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[track_caller]
fn says(told: &str, line: &str) {
    assert!(told.lines().any(|told| told.starts_with(line)), "{line} in:\n{told}");
}

each_engine! {
    async fn a_healthy_service_is_called_so_and_a_sick_one_is_not(engine) {
        let listen = format!("127.0.0.1:{}", free_port());
        let mut server = Server::with(engine, &[("AUTH_LISTEN", &listen)]).await;
        server.session("ann").await;
        let (healthy, told) = doctor(&server);
        assert!(healthy, "{told}");
        for line in ["ok      database: ", "ok      clock: ", "ok      keys: master keys", "ok      outbox: ",
            "warning backups: no restore has been rehearsed yet", "ok      mail: ", "ok      workers: ", "ok      disk: "] {
            says(&told, line);
        }
        says(&told, &format!("ok      public URL: http://{listen} is reachable and sees this machine as 127.0.0.0/24"));

        server.sql("UPDATE signing_keys SET active_from = active_from - 3110400000000");
        server.sql("INSERT INTO marks VALUES ('verified_restore', 1790000000000000)");
        let (healthy, told) = doctor(&server);
        assert!(!healthy);
        says(&told, "PROBLEM keys: ");
        says(&told, "warning backups: the last restore drill was long ago, on 2026-09-");

        server.restart_with("AUTH_MAIL_URL", "smtp://u:canary@127.0.0.1:1");
        server.restart_with("AUTH_TRUSTED_PROXIES", "127.0.0.0/8");
        server.kill();
        let (healthy, told) = doctor(&server);
        assert!(!healthy && !told.contains("canary"), "{told}");
        says(&told, "PROBLEM mail: mail cannot be sent");
        says(&told, "PROBLEM public URL: ");
        says(&told, "warning workers: unknown: no server answers at ");
        server.restart();
        says(&doctor(&server).1, "warning public URL: ");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_told_and_the_rest_is_looked_at_all_the_same() {
    let server = Server::with(auth_black_box::Engine::Sqlite, &[]).await;
    let database = server.dir.path().join("data/auth.db");
    std::fs::rename(&database, database.with_extension("away")).unwrap();
    let (healthy, told) = doctor(&server);
    assert!(!healthy);
    says(&told, "PROBLEM database: there is no database at ");
    says(&told, "ok      mail: ");
}
