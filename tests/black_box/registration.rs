//! `POST /auth/register`

use auth_black_box::{Client, PASSWORD, Server, each_engine};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn register(client: &Client, body: Value) -> auth_black_box::Reply {
    client.post("/auth/register", body).await
}

each_engine! {
    async fn a_name_that_is_taken_in_any_spelling_is_refused(engine) {
        let server = Server::start(engine).await;
        let client = server.client();
        register(&client, json!({ "username": "ann", "email": "ann@bücher.example", "password": PASSWORD })).await.expect(201, "USER_REGISTERED");
        for body in [
            json!({ "email": "ANN@xn--bcher-kva.example", "password": PASSWORD }),
            json!({ "username": "ANN", "email": "other@example.org", "password": PASSWORD }),
        ] {
            register(&client, body).await.expect(400, "USER_EXISTS");
        }
        register(&client, json!({ "email": "ann2@example.org", "password": PASSWORD })).await.expect(201, "USER_REGISTERED");
        register(&client, json!({ "username": null, "email": "ann3@example.org", "password": PASSWORD })).await.expect(201, "USER_REGISTERED");
    }

    async fn fifty_at_once_with_one_address_give_one_user(engine) {
        let server = Server::start(engine).await;
        let client = server.client();
        let attempt = |_| register(&client, json!({ "email": "ann@example.org", "password": PASSWORD }));
        let mut codes: Vec<(u16, String)> =
            join_all((0..50).map(attempt)).await.into_iter().map(|reply| (reply.status, reply.code().to_owned())).collect();
        codes.sort();
        assert_eq!(codes.remove(0), (201, "USER_REGISTERED".to_owned()));
        assert!(codes.iter().all(|code| *code == (400, "USER_EXISTS".to_owned())), "{codes:?}");
        assert_eq!(codes.len(), 49);
        assert_eq!(server.sql("SELECT count(*) FROM accounts"), "1");
    }

    /// It knows of accounts alone.
    async fn names_follow_what_an_older_version_writes(engine) {
        let server = Server::start(engine).await;
        let client = server.client();
        server.register("ann").await;
        server.sql("UPDATE accounts SET email = 'New@example.org', email_key = 'new@example.org'");
        client.login("new@example.org", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        client.login("ann@example.org", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        let body = |email: &str| json!({ "email": email, "password": PASSWORD });
        register(&client, body("new@example.org")).await.expect(400, "USER_EXISTS");
        register(&client, body("ann@example.org")).await.expect(201, "USER_REGISTERED");
        server.sql("DELETE FROM accounts WHERE username_key = 'ann'");
        client.login("new@example.org", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        server.sql("DELETE FROM names");
        server.sql("UPDATE accounts SET email_key = email_key, username_key = 'bob', username = 'Bob'");
        for name in ["ann@example.org", "bob"] {
            client.login(name, PASSWORD).await.expect(200, "USER_LOGGED_IN");
        }
        server.register("ann2").await;
    }
}
