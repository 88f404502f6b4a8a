//! What owners are told: nobody is buried in it, and none of it is taken back.

use auth_black_box::{Mail, PASSWORD, Server, each_engine, wait_for};
use futures_util::future::join_all;
use serde_json::json;

use crate::second_factor_steps::with_app;

const REQUESTS: usize = 500;
const AT_ONCE: usize = 4;

/// What is kept back is due now.
fn hurry(server: &Server) {
    server.sql("UPDATE mails SET next_attempt_at = 0");
}

fn subjects(server: &Server) -> Vec<String> {
    let notices = server.mails().into_iter().filter(|mail| mail.kind == "notice");
    notices.map(|mail| mail.subject).collect()
}

/// The rows that tell Ann of new recovery codes: how many, and how many notices are owed by them.
fn rows(server: &Server) -> (String, u32) {
    let of = |what: &str| server.sql(&format!("SELECT {what} FROM mails WHERE kind = 'recovery_codes_renewed'"));
    (of("count(*)"), of("coalesce(sum(times), 0)").parse().unwrap())
}

each_engine! {
    async fn five_hundred_notices_are_one_mail_and_one_row(engine) {
        let server = Server::start(engine).await;
        let (ann, _, _) = with_app(&server, "ann").await;
        server.all_mails_sent().await;
        server.prove_addresses();
        for _ in 0..REQUESTS / AT_ONCE {
            let renewals = (0..AT_ONCE).map(|_| ann.post("/2fa/recovery/regenerate", json!({})));
            for reply in join_all(renewals).await {
                reply.expect(200, "RECOVERY_CODES_CREATED");
            }
        }
        wait_for("the first", || subjects(&server).len() == 2).await;
        let (first, renewed) = ("A two-factor authentication method was turned on", "You have new recovery codes");
        let (count, owed) = rows(&server);
        let sent = u32::try_from(REQUESTS).unwrap() - owed;
        println!("{REQUESTS} requests that each owe a notice: 1 mail of {sent}, 1 row that owes {owed}");
        assert_eq!((subjects(&server), count.as_str()), (vec![first.to_owned(), renewed.to_owned()], "1"));
        // What is still owed outlives the account.
        ann.delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
        wait_for("the third", || subjects(&server).contains(&"Your account was deleted".to_owned())).await;
        // The hour is over.
        hurry(&server);
        server.all_mails_sent().await;
        let counted = format!("This happened {owed} times.");
        let told = |mail: &Mail| mail.subject == renewed && mail.source.contains(&counted);
        assert_eq!((server.mails().iter().filter(|mail| told(mail)).count(), subjects(&server).len()), (1, 4));
    }

    async fn an_address_that_was_never_proved_gets_three_a_day(engine) {
        let server = Server::start(engine).await;
        let (ann, _, _) = with_app(&server, "ann").await;
        ann.post("/2fa/recovery/regenerate", json!({})).await.expect(200, "RECOVERY_CODES_CREATED");
        wait_for("two", || subjects(&server).len() == 2).await;
        // One is kept for what changes who has the account.
        ann.post("/2fa/disable", json!({ "method": "app" })).await.expect(200, "METHOD_DISABLED");
        ann.delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
        wait_for("the third", || subjects(&server).contains(&"Your account was deleted".to_owned())).await;
        let held = "SELECT count(*) FROM mails WHERE times = 1 AND attempt = 0 AND next_attempt_at > happened_at";
        wait_for("the day's limit", || server.sql(held) == "1").await;
        assert_eq!(subjects(&server).len(), 3);
        server.sql("UPDATE tallies SET began_at = 0 WHERE kind = 'notices_to_unproved_address'");
        hurry(&server);
        let last = "A two-factor authentication method was turned off".to_owned();
        wait_for("the fourth", || subjects(&server).contains(&last)).await;
    }

    async fn an_account_that_is_made_and_deleted_again_and_again_leaves_a_mail_and_a_row(engine) {
        let server = Server::start(engine).await;
        for _ in 0..8 {
            let (access, _) = server.session("ann").await;
            server.client().bearer(&access).delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
        }
        server.client().login("ann", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        wait_for("the first", || subjects(&server).len() == 1).await;
        let all = server.sql("SELECT count(*) FROM mails");
        let owed = server.sql("SELECT count(*) FROM mails WHERE challenge_id IS NOT NULL");
        assert_eq!((all.as_str(), owed.as_str()), ("1", "0"), "the codes of her registrations went with her accounts");
    }
}
