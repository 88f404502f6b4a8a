//! Budgets for passwords.

use std::time::Instant;

use auth_black_box::{Client, PASSWORD, Server, each_engine};
use futures_util::future::join_all;

async fn retry_after(client: &Client, name: &str, password: &str) -> u64 {
    let reply = client.login(name, password).await;
    let seconds = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    let data = reply.expect(429, "RATE_LIMITED");
    assert_eq!(data["retryAfter"], seconds);
    seconds
}

each_engine! {
    async fn five_misses_then_a_wait_that_doubles_whoever_it_is(engine) {
        let server = Server::start(engine).await;
        server.register("ann").await;
        let client = server.client();
        // One counter for all names of an account; a name that nobody has is treated the same.
        for (names, miss) in [(["ann", "ANN@example.org"], "INVALID_PASSWORD"), (["nobody", "NoBody"], "INVALID_CREDENTIALS")] {
            for attempt in 0..5 {
                client.login(names[attempt % 2], "wrong password").await.expect(400, miss);
            }
            // Twelve misses in a row cost 128 s: long enough for a slow machine to see them.
            server.sql("UPDATE password_network_attempts SET misses = 12 WHERE misses = 5");
            for (name, password) in [(names[0], "wrong password"), (names[1], PASSWORD)] {
                let wait = retry_after(&client, name, password).await;
                assert!((60..=128).contains(&wait), "{wait}: the right password is not told either");
            }
            server.sql("UPDATE password_network_attempts SET last_miss_at = last_miss_at - 129000000, misses = 13 WHERE misses = 12");
            retry_after(&client, names[0], PASSWORD).await;
            server.sql("UPDATE password_network_attempts SET last_miss_at = last_miss_at - 129000000 WHERE misses = 13");
            client.login(names[0], "wrong password").await.expect(400, miss);
            let wait = retry_after(&client, names[0], PASSWORD).await;
            assert!((400..=512).contains(&wait), "{wait}: it doubles");
        }
        let elsewhere = Client::from_network(&server.url, 77);
        elsewhere.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        server.sql("UPDATE password_network_attempts SET last_miss_at = last_miss_at - 513000000 WHERE misses = 14");
        client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        client.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
        client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }

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

    async fn past_a_hundred_misses_a_day_only_known_networks_may_try(engine) {
        let mut server = Server::start(engine).await;
        server.register("ann").await;
        let home = Client::from_network(&server.url, 200);
        home.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        // Twenty-five networks, four misses each: none of them has to wait for itself.
        for number in 1..=25 {
            let stranger = Client::from_network(&server.url, number);
            for _ in 0..4 {
                stranger.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
            }
        }
        let stranger = Client::from_network(&server.url, 99);
        let wait = retry_after(&stranger, "ann", PASSWORD).await;
        assert!((80_000..=86_400).contains(&wait), "{wait}");
        server.restart();
        retry_after(&Client::from_network(&server.url, 98), "ann", PASSWORD).await;
        Client::from_network(&server.url, 200).login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }
}
