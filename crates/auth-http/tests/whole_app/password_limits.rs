//! Limits for passwords, by a clock that the test moves.

use crate::harness::{App, PASSWORD};

#[tokio::test]
async fn five_misses_then_a_wait_that_doubles_whoever_it_is() {
    let app = App::start().await;
    app.register("ann").await;
    let client = app.client();
    // One counter for all names of an account; a name that nobody has is treated the same.
    for (names, miss) in
        [(["ann", "ANN@example.org"], "INVALID_PASSWORD"), (["nobody", "NoBody"], "INVALID_CREDENTIALS")]
    {
        for attempt in 0..5 {
            client.login(names[attempt % 2], "wrong password").await.expect(400, miss);
        }
        // The right password is not told either.
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] {
            assert_eq!(client.login(names[0], "wrong password").await.retry_after(), wait);
            assert_eq!(client.login(names[1], PASSWORD).await.retry_after(), wait);
            app.wait(wait - 1);
            assert_eq!(client.login(names[0], PASSWORD).await.retry_after(), 1);
            app.wait(1);
            client.login(names[0], "wrong password").await.expect(400, miss);
        }
        let refused = client.login(names[0], PASSWORD).await;
        assert_eq!(refused.header("retry-after"), "900", "and not for longer");
        if miss == "INVALID_PASSWORD" {
            insta::assert_snapshot!("too_many_misses", refused);
        }
    }
    app.in_network(77).login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    app.wait(900);
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    client.login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
}

#[tokio::test]
async fn past_a_hundred_misses_a_day_only_known_networks_may_try() {
    let app = App::start().await;
    app.register("ann").await;
    app.in_network(200).login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    // Twenty-five networks, four misses each: none of them has to wait for itself.
    for number in 1..=25 {
        for _ in 0..4 {
            app.in_network(number).login("ann", "wrong password").await.expect(400, "INVALID_PASSWORD");
        }
    }
    assert_eq!(app.in_network(99).login("ann", PASSWORD).await.retry_after(), 86_400);
    let app = app.restarted().await;
    assert_eq!(app.in_network(98).login("ann", PASSWORD).await.retry_after(), 86_400);
    app.in_network(200).login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    app.wait(86_399);
    assert_eq!(app.in_network(98).login("ann", PASSWORD).await.retry_after(), 1);
    app.wait(1);
    app.in_network(98).login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
}
