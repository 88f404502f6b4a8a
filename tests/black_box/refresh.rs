//! `POST /auth/refresh`

use auth_black_box::{Client, Engine, PASSWORD, Server, each_engine};
use futures_util::future::join_all;

each_engine! {
    async fn a_chain_of_refreshes_is_one_row(engine) {
        let server = Server::start(engine).await;
        let (mut access, mut refresh) = server.session("ann").await;
        for _ in 0..10 {
            let before = (access, refresh.clone());
            (access, refresh) = server.client().refresh(&refresh).await.tokens();
            assert_ne!(access, before.0);
            assert_ne!(refresh, before.1);
            server.me(&access).await.expect(200, "USER_FETCHED");
        }
        assert_eq!(server.sql("SELECT count(*), max(generation) FROM sessions"), "1|11");
    }

    async fn a_lost_answer_is_given_again_to_the_same_client(engine) {
        let server = Server::start(engine).await;
        let (_, first) = server.session("ann").await;
        let client = server.client();
        let (_, lost) = client.refresh(&first).await.tokens();
        let (access, again) = client.refresh(&first).await.tokens();
        assert_eq!(lost, again);
        server.me(&access).await.expect(200, "USER_FETCHED");
        let (_, second_tab) = client.refresh(&first).await.tokens();
        assert_eq!(second_tab, again, "within the retry window, though the answer is known to have arrived");
        client.refresh(&again).await.expect(200, "TOKEN_REFRESHED");
    }

    async fn a_row_that_the_version_before_wrote_is_refreshed(engine) {
        let server = Server::start(engine).await;
        let (_, first) = server.session("ann").await;
        let (_, second) = server.client().refresh(&first).await.tokens();
        server.sql("UPDATE sessions SET rotated_at = NULL");
        assert_eq!(server.client().refresh(&first).await.tokens().1, second);
        assert_eq!(Client::from_network(&server.url, 2).refresh(&first).await.tokens().1, second);
        server.client().refresh(&second).await.expect(200, "TOKEN_REFRESHED");
    }

    /// They name no account. Those of a database that older nodes may serve stay so.
    async fn tokens_of_the_first_form_are_good_until_they_rotate(engine) {
        let mut server = Server::start(engine).await;
        let (_, named) = server.session("ann").await;
        assert!(named.starts_with("rt2."), "{named}");
        server.sql("DELETE FROM marks WHERE name = 'accounts_in_refresh_tokens'");
        server.restart();
        let (_, unnamed) = server.client().refresh(&named).await.tokens();
        let (_, second) = server.client().login("ann", PASSWORD).await.tokens();
        assert!(unnamed.starts_with("rt1.") && second.starts_with("rt1."), "{unnamed} {second}");
        server.sql("INSERT INTO marks (name, at) VALUES ('accounts_in_refresh_tokens', 1)");
        server.restart();
        let client = server.client();
        let service = client.bearer(&server.internal_token());
        let introspected = service.post("/auth/introspect", serde_json::json!({ "token": unnamed })).await;
        assert_eq!(introspected.body["active"], true, "{introspected:?}");
        let (_, again) = client.refresh(&unnamed).await.tokens();
        assert!(again.starts_with("rt2."), "{again}");
        assert_eq!(client.refresh(&unnamed).await.tokens().1, again, "the answer was lost");
        client.post("/auth/logout", serde_json::json!({ "token": second })).await.expect(200, "USER_LOGGED_OUT");
        client.refresh(&second).await.expect(401, "REFRESH_TOKEN_INVALID");
        assert_eq!(server.sql("SELECT count(*) FROM sessions WHERE revoked_at IS NULL"), "1");
    }

    async fn another_client_that_comes_first_is_left_behind(engine) {
        let server = Server::start(engine).await;
        let (_, first) = server.session("ann").await;
        let (owner, thief) = (server.client(), Client::with_user_agent(&server.url, "thief"));
        let (stolen_access, stolen) = thief.refresh(&first).await.tokens();
        // As if the window had passed.
        server.sql("UPDATE sessions SET served_at = served_at - 11000000");
        let (access, mine) = owner.refresh(&first).await.tokens();
        assert_ne!(stolen, mine);
        server.me(&access).await.expect(200, "USER_FETCHED");
        server.me(&stolen_access).await.expect(401, "UNAUTHORIZED");
        let (access, mine) = owner.refresh(&mine).await.tokens();
        server.me(&access).await.expect(200, "USER_FETCHED");
        server.me(&stolen_access).await.expect(401, "UNAUTHORIZED");
        thief.refresh(&stolen).await.expect(401, "REFRESH_TOKEN_INVALID");
        owner.refresh(&mine).await.expect(401, "REFRESH_TOKEN_INVALID");
        assert_eq!(server.sql("SELECT revocation_reason FROM sessions"), "token_reused");
    }

    async fn a_forged_token_is_refused(engine) {
        let server = Server::start(engine).await;
        let (access, refresh) = server.session("ann").await;
        let forged = format!("{}{}", &refresh[..refresh.len() - 1], if refresh.ends_with('A') { "B" } else { "A" });
        for token in ["x", "rt1.", "rt2.", access.as_str(), forged.as_str(), &format!("{refresh}=")] {
            server.client().refresh(token).await.expect(401, "REFRESH_TOKEN_INVALID");
        }
        server.client().refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
    }

    async fn fifty_at_once_for_twenty_rounds_leave_one_branch_and_nobody_out(engine) {
        let server = Server::start(engine).await;
        let (_, mut token) = server.session("ann").await;
        let client = server.client();
        for round in 0..20 {
            let replies = join_all((0..50).map(|_| client.refresh(&token))).await;
            let mut successors: Vec<(String, String)> = replies.into_iter().map(|reply| reply.tokens()).collect();
            let (access, successor) = successors.pop().unwrap();
            assert!(successors.iter().all(|(_, other)| *other == successor), "round {round}");
            server.me(&access).await.expect(200, "USER_FETCHED");
            token = successor;
        }
        assert_eq!(server.sql("SELECT count(*), max(generation) FROM sessions WHERE revoked_at IS NULL"), "1|21");
    }

    /// IPv4 beside IPv6, a rendering server beside its browser: on the same session from several networks at once.
    async fn bursts_from_several_exits_end_no_session(engine) {
        let server = Server::start(engine).await;
        server.register("ann").await;
        for exits in 2..=4_u8 {
            let clients: Vec<Client> = (1..=exits).map(|exit| Client::from_network(&server.url, exit)).collect();
            for session in 0..20 {
                let (_, token) = server.client().login("ann", PASSWORD).await.tokens();
                let burst = join_all((0..5).map(|number| clients[number % clients.len()].refresh(&token))).await;
                let mut successors: Vec<(String, String)> = burst.into_iter().map(|reply| reply.tokens()).collect();
                let (access, successor) = successors.pop().unwrap();
                assert!(successors.iter().all(|(_, other)| *other == successor), "{exits} exits, session {session}");
                server.me(&access).await.expect(200, "USER_FETCHED");
                clients[0].refresh(&successor).await.expect(200, "TOKEN_REFRESHED");
            }
        }
        let alive = "SELECT count(*), max(notes) FROM sessions WHERE revoked_at IS NULL AND generation = 3";
        assert_eq!(server.sql(alive), "60|3");
    }
}

/// On PostgreSQL: SQLite is served by one node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_sessions_and_keys() {
    let server = Server::start(Engine::Postgres).await;
    let second = Server::on(server.database.clone(), &[("AUTH_PUBLIC_URL", server.url.as_str())]).await;
    let (access, refresh) = server.session("ann").await;
    second.me(&access).await.expect(200, "USER_FETCHED");
    let (access, _) = second.client().refresh(&refresh).await.tokens();
    server.me(&access).await.expect(200, "USER_FETCHED");
}
