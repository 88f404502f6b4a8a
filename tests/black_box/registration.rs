//! `POST /auth/register`

use auth_black_box::{Client, PASSWORD, Server, each_engine};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn register(client: &Client, body: Value) -> auth_black_box::Reply {
    client.post("/auth/register", body).await
}

each_engine! {
    async fn a_new_user_is_answered_in_full_and_has_no_session(engine) {
        let server = Server::start(engine).await;
        let body = json!({
            "username": "Ann", "email": "Ann@Example.org", "password": PASSWORD, "confirmPassword": PASSWORD,
            "roles": ["admin"], "id": "chosen",
        });
        let data = register(&server.client(), body).await.expect(201, "USER_REGISTERED");
        let user = &data["user"];
        assert_eq!(data.as_object().unwrap().keys().collect::<Vec<_>>(), ["user"]);
        assert_eq!(user["username"], "Ann");
        assert_eq!(user["email"], "Ann@Example.org", "kept as typed");
        assert_eq!(user["emailVerified"], false);
        assert_eq!(user["roles"], json!(["user"]), "unknown fields have no effect");
        assert_eq!(user["linkedProviders"], json!([]));
        assert_eq!(user["hasPassword"], true);
        assert_eq!(user["twoFa"], json!({ "enabled": false, "primary": null }));
        let id = user["id"].as_str().unwrap();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'7'), "a UUIDv7");
        assert!(user["createdAt"].as_str().unwrap().ends_with('Z'));
        assert_eq!(server.sql("SELECT count(*) FROM sessions"), "0");
    }

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

    async fn nobody_is_buried_in_mail_by_accounts_that_come_and_go(engine) {
        let server = Server::start(engine).await;
        let client = server.client();
        let body = json!({ "email": "victim@example.org", "password": PASSWORD });
        for _ in 0..20 {
            register(&client, body.clone()).await.expect(201, "USER_REGISTERED");
            let (access, _) = client.login("victim@example.org", PASSWORD).await.tokens();
            client.bearer(&access).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
        }
        register(&client, body).await.expect(429, "RATE_LIMITED");
    }

    async fn what_is_wrong_is_said_field_by_field_and_changes_nothing(engine) {
        let server = Server::start(engine).await;
        let client = server.client();
        let fields = |data: Value| -> Vec<String> {
            data["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
        };
        let both = json!({ "username": "a b", "email": "nobody", "password": PASSWORD });
        assert_eq!(fields(register(&client, both).await.expect(400, "VALIDATION_FAILED")), ["/email", "/username"]);
        for (body, field) in [
            (json!({ "password": PASSWORD }), "/email"),
            (json!({ "email": "a@example.org" }), "/password"),
            (json!({ "email": ["a@example.org"], "password": PASSWORD }), "/email"),
            (json!({ "email": "a@example.org", "password": 12345678 }), "/password"),
            (json!({ "email": "a@[127.0.0.1]", "password": PASSWORD }), "/email"),
            (json!({ "email": "a\r\nBcc: b@example.org", "password": PASSWORD }), "/email"),
            (json!({ "email": "a@exam\u{0}ple.org", "password": PASSWORD }), "/email"),
            (json!({ "email": format!("{}@example.org", "a".repeat(300)), "password": PASSWORD }), "/email"),
            (json!({ "email": "a@example.org", "username": "ab", "password": PASSWORD }), "/username"),
            (json!({ "email": "a@example.org", "username": "a@b", "password": PASSWORD }), "/username"),
        ] {
            let data = register(&client, body.clone()).await.expect(400, "VALIDATION_FAILED");
            assert_eq!(fields(data), [field], "{body}");
        }
        let different = json!({ "email": "a@example.org", "password": PASSWORD, "confirmPassword": "another one" });
        register(&client, different).await.expect(400, "UNMATCHED_PASSWORDS");
        for (password, reason) in [
            ("qv8#kzp", "TOO_SHORT"),
            ("password1", "TOO_COMMON"),
            ("A@Example.org", "SAME_AS_EMAIL"),
            ("ann-the-great", "SAME_AS_USERNAME"),
            (&"é".repeat(129), "TOO_LONG"),
        ] {
            let body = json!({ "username": "Ann-The-Great", "email": "a@example.org", "password": password });
            let data = register(&client, body).await.expect(400, "PASSWORD_POLICY");
            assert_eq!(data["reasons"], json!([reason]), "{password}");
        }
        assert_eq!(server.sql("SELECT count(*) FROM accounts"), "0");
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
}
