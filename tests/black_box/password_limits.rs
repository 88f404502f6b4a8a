//! Limits for passwords: what happens at once.

use std::time::Instant;

use auth_black_box::{PASSWORD, Server, each_engine};
use futures_util::future::join_all;

each_engine! {
    async fn fifty_guesses_at_once_get_five_verdicts(engine) {
        let server = Server::start(engine).await;
        server.register("ann").await;
        let client = server.client();
        // The right password is among them: it is told only if it is judged among the first five.
        let guesses = (0..50).map(|number| {
            let client = client.clone();
            async move { client.login("ann", if number == 49 { PASSWORD } else { "wrong password" }).await }
        });
        let began = Instant::now();
        let codes: Vec<String> = join_all(guesses).await.iter().map(|reply| reply.code().to_owned()).collect();
        let count = |code: &str| codes.iter().filter(|one| *one == code).count();
        let (misses, hits) = (count("INVALID_PASSWORD"), count("USER_LOGGED_IN"));
        // A second later a sixth is due.
        let due = usize::try_from(began.elapsed().as_secs()).unwrap();
        assert!(misses <= 5 + 5 * hits + due, "{codes:?}");
        assert_eq!(misses + hits + count("RATE_LIMITED"), 50, "{codes:?}");
    }

    async fn many_right_passwords_at_once_all_get_in(engine) {
        let server = Server::start(engine).await;
        server.register("ann").await;
        let client = server.client();
        for reply in join_all((0..30).map(|_| client.login("ann", PASSWORD))).await {
            reply.expect(200, "USER_LOGGED_IN");
        }
        assert_eq!(server.sql("SELECT count(*) FROM sessions"), "30");
    }
}
