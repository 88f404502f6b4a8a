//! How what works in the background is told: in `/metrics` and in `/health/ready`.

use serde_json::json;
use supervisor::Supervisor;

use auth_domain::use_cases::Policy;

use crate::harness::App;

async fn failing_once() -> App {
    let workers = Supervisor::default();
    workers.worker("purge");
    workers.worker("mail").count_failure();
    App::with(Policy::for_tests(), move |edge| edge.workers = workers).await
}

#[tokio::test]
async fn a_worker_that_failed_is_told_and_requests_are_answered_all_the_same() {
    let app = failing_once().await;
    let ready = app.client().get("/health/ready").await;
    let workers = json!([
        { "failing": true, "failures": 1, "name": "mail" },
        { "failing": false, "failures": 0, "name": "purge" },
    ]);
    let all = json!({ "status": "ok", "workersFailing": true, "workers": workers });
    assert_eq!((ready.status, ready.body), (200, all));
    // Whoever comes from elsewhere is told no names.
    let ready = app.client().header("via", "1.1 proxy").get("/health/ready").await;
    assert_eq!((ready.status, ready.body), (200, json!({ "status": "ok", "workersFailing": true })));
    for _ in 0..2 {
        let metrics = String::from_utf8(app.client().get("/metrics").await.bytes).unwrap();
        for line in [
            "auth_worker_failures_total{worker=\"mail\"} 1",
            "auth_worker_failures_total{worker=\"purge\"} 0",
            "auth_worker_failing{worker=\"mail\"} 1",
            "auth_worker_failing{worker=\"purge\"} 0",
        ] {
            assert!(metrics.lines().any(|told| told == line), "{line} in {metrics}");
        }
    }
}
