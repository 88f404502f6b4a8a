//! `POST /auth/login`, `GET /auth/me`

use auth_black_box::{PASSWORD, Server, each_engine};
use serde_json::json;

each_engine! {
    async fn an_outdated_hash_is_made_anew_at_login(engine) {
        let mut server = Server::start(engine).await;
        server.register("ann").await;
        let hash = |server: &Server| server.sql("SELECT password_hash FROM accounts");
        assert!(hash(&server).contains("$m=8192,t=1,p=1,"));
        let dearer = [("AUTH_HASH_PASSES", "2"), ("AUTH_DATABASE_URL", &match &server.database {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", server.dir.path().join("data/auth.db").display()),
        })];
        server.kill();
        let second = Server::on(server.database.clone(), &dearer).await;
        second.client().login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
        assert!(hash(&server).contains("$m=8192,t=1,p=1,"));
        second.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert!(hash(&server).contains("$m=8192,t=2,p=1,"));
        second.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }

    async fn a_hash_that_cannot_be_read_is_our_fault_and_says_nothing_else(engine) {
        let server = Server::start(engine).await;
        server.register("ann").await;
        server.sql("UPDATE accounts SET password_hash = 'canary'");
        let data = server.client().login("ann", PASSWORD).await.expect(500, "INTERNAL_SERVER_ERROR");
        assert_eq!(data.as_object().unwrap().len(), 1, "{data}");
        let log = server.log();
        assert!(log.contains("PHC") && !log.contains("canary"), "{log}");
    }

    async fn a_storm_of_logins_is_refused_at_once_where_the_queue_is_full(engine) {
        let server = Server::with(engine, &[("AUTH_HASH_THREADS", "1"), ("AUTH_HASH_QUEUE", "2"), ("AUTH_HASH_MEMORY_KIB", "65536")]).await;
        let (access, refresh) = server.session("ann").await;
        let client = server.client();
        let storm = futures_util::future::join_all((0..40).map(|number| {
            let client = client.clone();
            async move {
                if number % 2 == 0 {
                    return client.login(&format!("user-{number}"), PASSWORD).await;
                }
                let body = json!({ "email": format!("user-{number}@example.org"), "password": PASSWORD });
                client.post("/auth/register", body).await
            }
        }));
        let calm = async {
            server.me(&access).await.expect(200, "USER_FETCHED");
            client.refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
        };
        let (replies, ()) = tokio::join!(storm, calm);
        let mut overloaded = 0;
        for reply in replies.into_iter().filter(|reply| reply.code() == "OVERLOADED") {
            reply.expect(503, "OVERLOADED");
            overloaded += 1;
        }
        assert!((1..40).contains(&overloaded), "{overloaded} of 40");
    }
}
