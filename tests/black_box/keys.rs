//! `auth-server keys …`, beside a running server.

use auth_black_box::{Client, Server, each_engine};

async fn published(client: &Client) -> Vec<String> {
    let keys = client.get("/.well-known/jwks.json").await.body["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// What each line of `keys` says of its key, after its id.
fn states(lines: &str) -> Vec<(String, String)> {
    let key = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())
    };
    lines.lines().filter(|line| !line.starts_with("master keys")).map(key).collect()
}

each_engine! {
    async fn an_operator_rotates_a_signing_key_before_its_time(engine) {
        let server = Server::with(engine, &[("AUTH_PUBLIC_URL", "http://127.0.0.1:1")]).await;
        let client = server.client();
        let first = published(&client).await;
        let (access, _) = server.session("ann").await;
        let list = server.command(&["keys", "list"]);
        assert_eq!(states(&list), [(first[0].clone(), "current".to_owned())]);
        let masters = list.lines().last().unwrap().strip_prefix("master keys, the first one encrypts: ").unwrap();
        assert_eq!(masters.len(), 8, "an id, not a key: {list}");

        let rotated = states(&server.command(&["keys", "rotate"]));
        assert_eq!(rotated[0], (first[0].clone(), "current".to_owned()));
        assert_eq!(rotated[1].1, "next");
        assert_eq!(published(&client).await, [first[0].clone(), rotated[1].0.clone()], "verifiers learn of it at once");
        assert_eq!(states(&server.command(&["keys", "rotate"])), rotated, "one waits already");
        server.me(&access).await.expect(200, "USER_FETCHED");

        // Twenty minutes later, and what was signed before is still good.
        server.sql("UPDATE signing_keys SET active_from = active_from - 1300000000");
        let later = states(&server.command(&["keys", "list"]));
        assert_eq!((later[0].1.as_str(), later[1].1.as_str()), ("previous", "current"));
        let mut server = server;
        server.restart();
        server.me(&access).await.expect(200, "USER_FETCHED");
        let (new, _) = server.session("bob").await;
        server.me(&new).await.expect(200, "USER_FETCHED");
    }

    async fn a_stolen_signing_key_is_withdrawn_and_nobody_is_logged_out(engine) {
        let server = Server::start(engine).await;
        let client = server.client();
        let stolen = published(&client).await.remove(0);
        let (access, refresh) = server.session("ann").await;
        server.me(&access).await.expect(200, "USER_FETCHED");
        let left = states(&server.command(&["keys", "withdraw", &stolen]));
        assert_eq!((left.len(), left[0].1.as_str()), (1, "current"));
        assert_ne!(left[0].0, stolen);
        assert_eq!(published(&client).await, [left[0].0.clone()]);
        // Without a restart, within seconds.
        let mut refused = server.me(&access).await;
        for _ in 0..300 {
            if refused.status == 401 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            refused = server.me(&access).await;
        }
        refused.expect(401, "ACCESS_TOKEN_INVALID");
        let (access, _) = client.refresh(&refresh).await.tokens();
        server.me(&access).await.expect(200, "USER_FETCHED");
        for (key, hint) in [(stolen.as_str(), "is published"), ("x", "keys list")] {
            let output = server.try_command(&["keys", "withdraw", key]);
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && error.contains(hint), "{error}");
        }
        let audit = server.command(&["audit"]);
        assert!(audit.lines().any(|line| line.contains("signing_key.withdrawn") && line.contains("operator")), "{audit}");
    }
}
